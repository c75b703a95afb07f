#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "io/block_parser.hpp"
#include "io/formats/post.hpp"
#include "io/identify.hpp"
#include "io/name_rules.hpp"
#include "io/pseudonyms.hpp"
#include "io/store.hpp"

namespace coterie {

/// What posts say of accounts: one row an account, the latest. Threads add at the same time.
///
/// Of several rows the one with more to say wins (a profile with counts or times before a name, that before a username in
/// passing), then the one seen later, then the larger one in the order of its fields: so the order of files, and the number of threads,
/// do not matter. About 70 bytes an account, and its texts.
class PostAccounts {
  public:
    /// How accounts are known: by number, or by username (as `names` writes it); facts of an account that lacks it are left out.
    explicit PostAccounts(IdKind ids, const NameRules& names = {})
        : ids_(ids), names_(names), shards_(std::make_unique<Shard[]>(num_shards)) {}

    void add(const AccountFacts& facts);

    /// Accounts that exist whether or not they have an edge, in no order.
    std::vector<std::uint64_t> numbers() const;
    std::vector<std::string> handles() const;

    /// Columns of accounts, once there is any profile: account_id or username, name, created_at, verified, protected,
    /// followers_count, following_count, tweet_count, listed_count. A column in `columns` of the same name keeps its texts, and
    /// gets those it lacks. `by_id` [n] leads from positions in ascending order of id to internal ids.
    /// With a `key`, `accounts` has pseudonyms.
    void join(const IdentifiedAccounts& accounts, const Array<AccountId>& by_id, const PseudonymKey* key,
              std::vector<AccountColumn>& columns) const;

  private:
    static constexpr std::size_t num_shards = 256;
    static constexpr std::uint32_t no_count = 0xffff'ffffU;
    static constexpr std::uint32_t free_slot = 0xffff'ffffU;

    struct Row {
        std::uint64_t id = 0;
        double seen = 0;
        double created = no_time;
        std::array<std::uint32_t, AccountFacts::num_counts> counts = {};
        std::uint32_t text = 0;  ///< where username and name begin
        std::uint16_t username = 0;
        std::uint16_t name = 0;
        std::uint16_t room = 0;  ///< for texts of later rows
        std::uint8_t level = 0;  ///< how much it says: nothing, a username, a name, a profile
        bool has_id = false;
        bool exists = false;
        std::int8_t verified = -1;
        std::int8_t is_protected = -1;
    };
    struct alignas(64) Shard {
        std::mutex mutex;
        std::vector<Row> rows;
        std::vector<std::uint32_t> slots;
        std::string texts;

        std::string_view username(const Row& row) const { return {texts.data() + row.text, row.username}; }
        std::string_view name(const Row& row) const { return {texts.data() + row.text + row.username, row.name}; }
    };

    std::uint64_t hash(const PostAccount& account) const;
    Row& row_of(Shard& shard, const PostAccount& account, std::uint64_t hash) const;
    static bool wins(const Row& row, const AccountFacts& facts, const Shard& shard, const Row& present);
    static void put_texts(Shard& shard, Row& row, const AccountFacts& facts);

    IdKind ids_;
    NameRules names_;
    std::unique_ptr<Shard[]> shards_;
};

}  // namespace coterie
