#include "io/formats/post_accounts.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

#include "io/fields.hpp"

namespace coterie {

namespace {

constexpr std::size_t longest_text = 0x7fff;

enum Level : std::uint8_t { bare, called, named, profile };

Level level_of(const AccountFacts& facts) {
    const bool counted =
        std::any_of(facts.counts.begin(), facts.counts.end(), [](const auto& c) { return c.has_value(); });
    if (counted || !std::isnan(facts.created) || facts.verified || facts.is_protected) return profile;
    if (!facts.name.empty()) return named;
    return facts.account.username.empty() ? bare : called;
}

template <class Rows>
std::optional<AccountId> position_of(const IdentifiedAccounts& accounts, const Rows& row, std::string_view username) {
    AccountId position = 0;
    AccountId count = accounts.size();
    while (count > 0) {
        const AccountId half = count / 2;
        const AccountId middle = position + half;
        const bool below = accounts.numeric ? accounts.ids[middle] < row.id : accounts.handle(middle) < username;
        position = below ? middle + 1 : position;
        count = below ? count - half - 1 : half;
    }
    if (position == accounts.size()) return std::nullopt;
    const bool same = accounts.numeric ? accounts.ids[position] == row.id : accounts.handle(position) == username;
    return same ? std::optional(position) : std::nullopt;
}

/// NaN before everything, so that times have an order.
double ordered(double time) {
    return std::isnan(time) ? -std::numeric_limits<double>::infinity() : time;
}

std::string time_text(double time) {
    const bool known = time >= -62135596800.0 && time <= 253402300799.0;  // years 1 to 9999
    return known ? iso_time(static_cast<std::int64_t>(std::floor(time))) : std::string();
}

}  // namespace

std::uint64_t PostAccounts::hash(const PostAccount& account) const {
    return ids_ == IdKind::numeric ? XXH3_64bits(&account.id, sizeof account.id)
                                   : XXH3_64bits(account.username.data(), account.username.size());
}

PostAccounts::Row& PostAccounts::row_of(Shard& shard, const PostAccount& account, std::uint64_t hash) const {
    if (2 * (shard.rows.size() + 1) > shard.slots.size()) {
        shard.slots.assign(std::max<std::size_t>(16, 2 * shard.slots.size()), free_slot);
        for (std::size_t r = 0; r < shard.rows.size(); ++r) {
            const Row& row = shard.rows[r];
            std::size_t place = this->hash({row.id, true, shard.username(row)}) / num_shards;
            while (shard.slots[place & (shard.slots.size() - 1)] != free_slot) ++place;
            shard.slots[place & (shard.slots.size() - 1)] = static_cast<std::uint32_t>(r);
        }
    }
    for (std::size_t place = hash / num_shards;; ++place) {
        std::uint32_t& slot = shard.slots[place & (shard.slots.size() - 1)];
        if (slot == free_slot) {
            slot = static_cast<std::uint32_t>(shard.rows.size());
            Row row;
            row.id = account.id;
            row.seen = -std::numeric_limits<double>::infinity();
            row.counts.fill(no_count);
            return shard.rows.emplace_back(row);
        }
        Row& row = shard.rows[slot];
        if (ids_ == IdKind::numeric ? row.id == account.id : shard.username(row) == account.username) return row;
    }
}

bool PostAccounts::wins(const Row& row, const AccountFacts& facts, const Shard& shard, const Row& present) {
    const auto key = [](const Row& r, std::string_view username, std::string_view name) {
        return std::tuple(r.level, ordered(r.seen), ordered(r.created), r.counts, r.verified, r.is_protected, r.has_id,
                          r.id, username, name);
    };
    return key(row, facts.account.username, facts.name) > key(present, shard.username(present), shard.name(present));
}

void PostAccounts::put_texts(Shard& shard, Row& row, const AccountFacts& facts) {
    const std::size_t length = facts.account.username.size() + facts.name.size();
    if (length > row.room) {
        row.text = static_cast<std::uint32_t>(shard.texts.size());
        row.room = static_cast<std::uint16_t>(length);
        shard.texts.resize(shard.texts.size() + length);
    }
    char* text = shard.texts.data() + row.text;
    std::copy(facts.account.username.begin(), facts.account.username.end(), text);
    std::copy(facts.name.begin(), facts.name.end(), text + facts.account.username.size());
    row.username = static_cast<std::uint16_t>(facts.account.username.size());
    row.name = static_cast<std::uint16_t>(facts.name.size());
}

void PostAccounts::add(const AccountFacts& given) {
    if (ids_ == IdKind::numeric ? !given.account.has_id : given.account.username.empty()) return;
    if (ids_ == IdKind::handles && given.account.username.size() > longest_text) return;
    AccountFacts facts = given;
    if (facts.account.username.size() > longest_text) facts.account.username = {};
    if (facts.name.size() > longest_text) facts.name = {};
    std::string normalised;
    if (ids_ == IdKind::handles && !names_.change_nothing()) {
        normalised = names_.normalised(facts.account.username);
        facts.account.username = normalised;
    }
    Row row;
    row.id = facts.account.id;
    row.has_id = facts.account.has_id;
    row.seen = ordered(facts.seen);
    row.created = facts.created;
    row.level = level_of(facts);
    for (std::size_t c = 0; c < row.counts.size(); ++c)
        row.counts[c] = facts.counts[c] ? static_cast<std::uint32_t>(*facts.counts[c]) : no_count;
    if (facts.verified) row.verified = *facts.verified ? 1 : 0;
    if (facts.is_protected) row.is_protected = *facts.is_protected ? 1 : 0;

    const std::uint64_t hashed = hash(facts.account);
    Shard& shard = shards_[hashed % num_shards];
    const std::lock_guard lock(shard.mutex);
    Row& present = row_of(shard, facts.account, hashed);
    const bool is_new = present.room == 0 && !present.exists && !present.has_id;
    present.exists |= facts.exists;
    if (!is_new && !wins(row, facts, shard, present)) return;
    row.exists = present.exists;
    row.text = present.text;
    row.room = present.room;
    present = row;
    put_texts(shard, present, facts);
}

std::vector<std::uint64_t> PostAccounts::numbers() const {
    std::vector<std::uint64_t> numbers;
    for (std::size_t s = 0; s < num_shards; ++s)
        for (const Row& row : shards_[s].rows)
            if (row.exists) numbers.push_back(row.id);
    return numbers;
}

std::vector<std::string> PostAccounts::handles() const {
    std::vector<std::string> handles;
    for (std::size_t s = 0; s < num_shards; ++s)
        for (const Row& row : shards_[s].rows)
            if (row.exists) handles.emplace_back(shards_[s].username(row));
    return handles;
}

void PostAccounts::join(const IdentifiedAccounts& accounts, const Array<AccountId>& by_id, const PseudonymKey* key,
                        std::vector<AccountColumn>& columns) const {
    const bool any = std::any_of(shards_.get(), shards_.get() + num_shards, [](const Shard& shard) {
        return std::any_of(shard.rows.begin(), shard.rows.end(), [](const Row& row) { return row.level != bare; });
    });
    if (!any) return;
    const std::array<std::string, 9> names{ids_ == IdKind::numeric ? "username" : "account_id",
                                           "name",
                                           "created_at",
                                           "verified",
                                           "protected",
                                           "followers_count",
                                           "following_count",
                                           "tweet_count",
                                           "listed_count"};
    std::array<std::size_t, names.size()> places{};
    for (std::size_t c = 0; c < names.size(); ++c) {
        const auto found = std::find_if(columns.begin(), columns.end(),
                                        [&](const AccountColumn& column) { return column.name == names[c]; });
        places[c] = static_cast<std::size_t>(found - columns.begin());
        if (found == columns.end()) columns.push_back({names[c], std::vector<std::string>(accounts.size())});
    }
    // An account has one row, so that no two threads write the same text.
#pragma omp parallel for schedule(dynamic, 1) if (key == nullptr)
    for (std::size_t s = 0; s < num_shards; ++s) {
        const Shard& shard = shards_[s];
        for (const Row& row : shard.rows) {
            std::string original(shard.username(row));
            if (key != nullptr) original = key->pseudonym(ids_ == IdKind::numeric ? std::to_string(row.id) : original);
            const auto position = position_of(accounts, row, original);
            if (!position) continue;
            const AccountId account = by_id[*position];
            const auto put = [&](std::size_t column, std::string text) {
                std::string& value = columns[places[column]].values[account];
                if (value.empty()) value = std::move(text);
            };
            const auto flag = [](std::int8_t value) {
                return value < 0 ? std::string() : std::string(value > 0 ? "true" : "false");
            };
            if (ids_ == IdKind::numeric) {
                put(0, std::string(shard.username(row)));
            } else if (row.has_id) {
                put(0, std::to_string(row.id));
            }
            put(1, std::string(shard.name(row)));
            put(2, time_text(row.created));
            put(3, flag(row.verified));
            put(4, flag(row.is_protected));
            for (std::size_t c = 0; c < row.counts.size(); ++c)
                if (row.counts[c] != no_count) put(5 + c, std::to_string(row.counts[c]));
        }
    }
}

}  // namespace coterie
