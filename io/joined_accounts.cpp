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
    path_ = path;
    file_bytes(path);
    InputFile file(path);
    table_ = read_accounts_table(file, options, id_column);
    return {path, file.sha256()};
}

IdCounts JoinedAccounts::id_counts() const {
    IdCounts counts;
    for (const std::string& id : table_.ids) ++(looks_like_number(id) ? counts.numbers : counts.words);
    return counts;
}

void JoinedAccounts::keep_columns(const std::vector<std::string>& names, std::vector<std::string>& notes) {
    std::set<std::string> wanted;
    for (const std::string& name : names) wanted.insert(lowercase(name));
    std::set<std::string> met;
    std::vector<std::string> left_out;
    AccountsTable kept = std::move(table_);
    const std::vector<std::string> all = std::exchange(kept.column_names, {});
    std::vector<std::vector<std::string>> columns = std::exchange(kept.columns, {});
    for (std::size_t c = 0; c < all.size(); ++c) {
        if (!wanted.contains(lowercase(all[c]))) {
            left_out.push_back(all[c]);
            continue;
        }
        met.insert(lowercase(all[c]));
        kept.column_names.push_back(all[c]);
        kept.columns.push_back(std::move(columns[c]));
    }
    table_ = std::move(kept);
    for (const std::string& name : names)
        if (!met.contains(lowercase(name)))
            throw IoError(fmt::format("{}: --keep-column must name a column ({}), but is \"{}\"",
                                      path_.empty() ? "ingest" : path_, fmt::join(all, ", "), name));
    if (!left_out.empty())
        notes.push_back(
            fmt::format("{}: left out {}; to keep a column: --keep-column NAME", path_, fmt::join(left_out, ", ")));
}

std::uint64_t JoinedAccounts::settle(IdKind ids, const NameRules& names, RejectsFile& rejects) {
    std::vector<Reject> bad = std::move(table_.rejects);
    std::unordered_map<std::string_view, std::size_t> seen;
    for (std::size_t i = 0; i < table_.ids.size(); ++i) {
        const std::string& id = table_.ids[i];
        std::string key = ids == IdKind::handles ? names.normalised(id) : id;
        if (ids == IdKind::numeric) {
            const auto number = parse_id(id);
            if (!number) {
                bad.push_back({table_.lines[i],
                               fmt::format("the account's id must be a whole number from 0 to 2^64 - 1, got \"{}\"",
                                           printable(id, 80)),
                               id});
                continue;
            }
            key = std::to_string(*number);  // 007 is 7
        }
        table_.ids[i] = std::move(key);
        if (const auto [first, added] = seen.emplace(table_.ids[i], i); !added) {
            bad.push_back({table_.lines[i],
                           fmt::format("an account must stand in the table once, but \"{}\" stands on line {} too",
                                       printable(table_.ids[i], 80), table_.lines[first->second]),
                           id});
            continue;
        }
        kept_.push_back(i);
    }
    std::stable_sort(bad.begin(), bad.end(), [](const Reject& a, const Reject& b) { return a.line < b.line; });
    for (const Reject& reject : bad) rejects.add(path_, reject);
    return bad.size();
}

std::vector<std::uint64_t> JoinedAccounts::numbers() const {
    std::vector<std::uint64_t> named;
    for (const std::size_t row : kept_) named.push_back(*parse_id(table_.ids[row]));
    return named;
}

std::vector<std::string> JoinedAccounts::handles() const {
    std::vector<std::string> named;
    for (const std::size_t row : kept_) named.push_back(table_.ids[row]);
    return named;
}

std::vector<AccountColumn> JoinedAccounts::take_columns(const IdentifiedAccounts& accounts,
                                                        const Array<AccountId>& by_id, const PseudonymKey* key) {
    std::vector<AccountColumn> columns;
    for (const std::string& name : table_.column_names)
        columns.push_back({name, std::vector<std::string>(accounts.size())});
    for (const std::size_t row : kept_) {
        const std::string& id = table_.ids[row];
        const AccountId account = by_id[position_of(accounts, key == nullptr ? id : key->pseudonym(id))];
        for (std::size_t c = 0; c < columns.size(); ++c) columns[c].values[account] = std::move(table_.columns[c][row]);
    }
    return columns;
}

}  // namespace coterie
