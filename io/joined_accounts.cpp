#include "io/joined_accounts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "host/errors.hpp"
#include "io/fields.hpp"
#include "io/input_file.hpp"
#include "io/pseudonyms.hpp"

namespace coterie {

namespace {

AccountId position_of(const IdentifiedAccounts& accounts, const std::string& id) {
    if (accounts.numeric) {
        const auto found = std::lower_bound(accounts.ids.begin(), accounts.ids.end(), *parse_id(id));
        return static_cast<AccountId>(found - accounts.ids.begin());
    }
    AccountId position = 0;
    AccountId count = accounts.size();
    while (count > 0) {
        const AccountId half = count / 2;
        const bool below = accounts.handle(position + half) < id;
        position = below ? position + half + 1 : position;
        count = below ? count - half - 1 : half;
    }
    return position;
}

}  // namespace

SourceFile JoinedAccounts::read(const std::string& path, const RowOptions& options, const std::string& id_column) {
    file_bytes(path);
    InputFile file(path);
    tables_.push_back({path, read_accounts_table(file, options, id_column)});
    return {path, file.sha256()};
}

void JoinedAccounts::add(const std::string& path, GraphNodes nodes) {
    if (nodes.table.rows == 0 && nodes.numbers.empty()) return;
    tables_.push_back({path, std::move(nodes.table), std::move(nodes.numbers)});
    forget_columns(tables_.back());
}

std::uint64_t JoinedAccounts::rows() const {
    std::uint64_t rows = 0;
    for (const Table& table : tables_) rows += table.table.rows;
    return rows;
}

bool JoinedAccounts::has_columns() const {
    return posts_ != nullptr || std::any_of(tables_.begin(), tables_.end(),
                                            [](const Table& table) { return !table.table.column_names.empty(); });
}

IdCounts JoinedAccounts::id_counts() const {
    IdCounts counts;
    for (const Table& table : tables_)
        for (const std::string& id : table.table.ids) ++(looks_like_number(id) ? counts.numbers : counts.words);
    return counts;
}

/// Takes the columns out of `given` that are not kept; returns their names.
std::vector<std::string> JoinedAccounts::forget_columns(Table& given) const {
    std::vector<std::string> left_out;
    if (!kept_columns_) return left_out;
    AccountsTable& table = given.table;
    const std::vector<std::string> all = std::exchange(table.column_names, {});
    std::vector<std::vector<std::string>> columns = std::exchange(table.columns, {});
    for (std::size_t c = 0; c < all.size(); ++c) {
        if (!kept_columns_->contains(lowercase(all[c]))) {
            left_out.push_back(all[c]);
            continue;
        }
        table.column_names.push_back(all[c]);
        table.columns.push_back(std::move(columns[c]));
    }
    return left_out;
}

void JoinedAccounts::keep_columns(const std::vector<std::string>& names, bool more_follow,
                                  std::vector<std::string>& notes) {
    kept_columns_.emplace();
    for (const std::string& name : names) kept_columns_->insert(lowercase(name));
    std::set<std::string> there;
    std::vector<std::string> all;
    for (const Table& table : tables_)
        for (const std::string& name : table.table.column_names) {
            there.insert(lowercase(name));
            all.push_back(name);
        }
    for (const std::string& name : names)
        if (!more_follow && !there.contains(lowercase(name)))
            throw IoError(fmt::format("{}: --keep-column must name a column ({}), but is \"{}\"",
                                      tables_.empty() ? "ingest" : tables_[0].path, fmt::join(all, ", "), name));
    for (Table& table : tables_)
        if (const auto left_out = forget_columns(table); !left_out.empty())
            notes.push_back(fmt::format("{}: left out {}; to keep a column: --keep-column NAME", table.path,
                                        fmt::join(left_out, ", ")));
}

std::uint64_t JoinedAccounts::settle(IdKind ids, const NameRules& names, RejectsFile& rejects) {
    std::uint64_t rejected = 0;
    for (Table& table : tables_) rejected += settle(table, ids, names, rejects);
    return rejected;
}

std::uint64_t JoinedAccounts::settle(Table& given, IdKind ids, const NameRules& names, RejectsFile& rejects) {
    AccountsTable& table = given.table;
    std::vector<Reject> bad = std::move(table.rejects);
    std::unordered_map<std::string_view, std::size_t> seen;
    for (std::size_t i = 0; i < table.ids.size(); ++i) {
        const std::string& id = table.ids[i];
        std::string key = ids == IdKind::handles ? names.normalised(id) : id;
        if (ids == IdKind::numeric) {
            const auto number = parse_id(id);
            if (!number) {
                bad.push_back({table.lines[i],
                               fmt::format("the account's id must be a whole number from 0 to 2^64 - 1, got \"{}\"",
                                           printable(id, 80)),
                               id});
                continue;
            }
            key = std::to_string(*number);  // 007 is 7
        }
        table.ids[i] = std::move(key);
        if (const auto [first, added] = seen.emplace(table.ids[i], i); !added) {
            bad.push_back({table.lines[i],
                           fmt::format("an account must stand in the table once, but \"{}\" stands on line {} too",
                                       printable(table.ids[i], 80), table.lines[first->second]),
                           id});
            continue;
        }
        given.kept.push_back(i);
    }
    std::stable_sort(bad.begin(), bad.end(), [](const Reject& a, const Reject& b) { return a.line < b.line; });
    for (const Reject& reject : bad) rejects.add(given.path, reject);
    return bad.size();
}

std::vector<std::uint64_t> JoinedAccounts::numbers() const {
    std::vector<std::uint64_t> named = posts_ ? posts_->numbers() : std::vector<std::uint64_t>();
    for (const Table& table : tables_) {
        for (const std::size_t row : table.kept) named.push_back(*parse_id(table.table.ids[row]));
        named.insert(named.end(), table.numbers.begin(), table.numbers.end());
    }
    return named;
}

std::vector<std::string> JoinedAccounts::handles() const {
    std::vector<std::string> named = posts_ ? posts_->handles() : std::vector<std::string>();
    for (const Table& table : tables_) {
        for (const std::size_t row : table.kept) named.push_back(table.table.ids[row]);
        for (const std::uint64_t number : table.numbers) named.push_back(std::to_string(number));
    }
    return named;
}

std::vector<AccountColumn> JoinedAccounts::take_columns(const IdentifiedAccounts& accounts,
                                                        const Array<AccountId>& by_id, const PseudonymKey* key) {
    std::vector<AccountColumn> columns;
    for (Table& table : tables_) {
        std::vector<std::size_t> places;
        for (const std::string& name : table.table.column_names) {
            const auto found = std::find_if(columns.begin(), columns.end(),
                                            [&](const AccountColumn& column) { return column.name == name; });
            places.push_back(static_cast<std::size_t>(found - columns.begin()));
            if (found == columns.end()) columns.push_back({name, std::vector<std::string>(accounts.size())});
        }
        for (const std::size_t row : table.kept) {
            const std::string& id = table.table.ids[row];
            const AccountId account = by_id[position_of(accounts, key == nullptr ? id : key->pseudonym(id))];
            for (std::size_t c = 0; c < places.size(); ++c) {
                std::string& text = columns[places[c]].values[account];
                if (text.empty()) text = std::move(table.table.columns[c][row]);
            }
        }
    }
    if (posts_) posts_->join(accounts, by_id, key, columns);
    if (kept_columns_)
        std::erase_if(columns,
                      [&](const AccountColumn& column) { return !kept_columns_->contains(lowercase(column.name)); });
    return columns;
}

}  // namespace coterie
