#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/accounts_table.hpp"
#include "io/edge_text.hpp"
#include "io/formats/graph_rows.hpp"
#include "io/formats/post_accounts.hpp"
#include "io/identify.hpp"
#include "io/rejects.hpp"
#include "io/store.hpp"

namespace coterie {

/// How many rows name accounts by numbers, and how many do not.
struct IdCounts {
    std::uint64_t numbers = 0;
    std::uint64_t words = 0;

    /// Ids are numbers if more rows say so than not: the rule, for the counts of the whole input or of its beginning.
    IdKind majority() const { return numbers > words || words == 0 ? IdKind::numeric : IdKind::handles; }
    IdCounts operator+(const IdCounts& other) const { return {numbers + other.numbers, words + other.words}; }
};

/// Tables of accounts on their way into a store: accounts that exist whether or not they have an edge, and their columns. The table
/// that the user gave comes first, then what files of edges and posts say themselves; of several texts for one place the first
/// that is not empty stands.
class JoinedAccounts {
  public:
    /// Reads the table at `path` as read_accounts_table does. Returns its path and SHA-256.
    SourceFile read(const std::string& path, const RowOptions& options, const std::string& id_column);

    /// What the file at `path` says of its nodes.
    void add(const std::string& path, GraphNodes nodes);
    void add(std::shared_ptr<const PostAccounts> posts) { posts_ = std::move(posts); }

    std::uint64_t rows() const;  ///< of tables, rejected ones included
    bool has_columns() const;
    IdCounts id_counts() const;

    /// Forgets the columns that are not among `names` (case does not matter), of all tables, and says so in `notes` of those
    /// that are there already. Throws IoError if one of `names` is none, unless `more_follow`.
    void keep_columns(const std::vector<std::string>& names, bool more_follow, std::vector<std::string>& notes);

    /// Rejects the rows whose id is no number where ids are numbers, and those that name an account again (by `names`, if they
    /// are handles).
    /// Returns how many rows of the table are rejected, with those that were not readable.
    std::uint64_t settle(IdKind ids, const NameRules& names, RejectsFile& rejects);

    /// The accounts that are named, after `settle`: as numbers, or as handles.
    std::vector<std::uint64_t> numbers() const;
    std::vector<std::string> handles() const;

    /// The columns by internal id, once: their texts are moved out of the tables. `by_id` [n] leads from positions in
    /// ascending order of id to internal ids. With a `key`, `accounts` has pseudonyms.
    std::vector<AccountColumn> take_columns(const IdentifiedAccounts& accounts, const Array<AccountId>& by_id,
                                            const PseudonymKey* key = nullptr);

  private:
    struct Table {
        std::string path;
        AccountsTable table;
        std::vector<std::uint64_t> numbers = {};  ///< accounts of which no more than their number is known
        std::vector<std::size_t> kept = {};       ///< rows of the table that are joined
    };
    static std::uint64_t settle(Table& table, IdKind ids, const NameRules& names, RejectsFile& rejects);

    std::vector<std::string> forget_columns(Table& table) const;

    std::vector<Table> tables_;
    std::optional<std::set<std::string>> kept_columns_;  ///< in lower case; nothing: all are kept
    std::shared_ptr<const PostAccounts> posts_;
};

}  // namespace coterie
