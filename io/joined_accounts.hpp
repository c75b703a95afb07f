#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/accounts_table.hpp"
#include "io/edge_text.hpp"
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

/// The table of accounts on its way into a store: accounts that exist whether or not they have an edge, and their columns.
class JoinedAccounts {
  public:
    /// Reads the table at `path` as read_accounts_table does. Returns its path and SHA-256.
    SourceFile read(const std::string& path, const RowOptions& options, const std::string& id_column);

    std::uint64_t rows() const { return table_.rows; }  ///< rejected ones included
    const std::vector<std::string>& column_names() const { return table_.column_names; }
    IdCounts id_counts() const;

    /// Forgets the columns that are not among `names` (case does not matter), and says so in `notes`.
    /// Throws IoError if one of `names` is none.
    void keep_columns(const std::vector<std::string>& names, std::vector<std::string>& notes);

    /// Rejects the rows whose id is no number where ids are numbers, and those that name an account again (by `names`, if they
    /// are handles).
    /// Returns how many rows of the table are rejected, with those that were not readable.
    std::uint64_t settle(IdKind ids, const NameRules& names, RejectsFile& rejects);

    /// The accounts that are named, after `settle`: as numbers, or as handles.
    std::vector<std::uint64_t> numbers() const;
    std::vector<std::string> handles() const;

    /// The columns by internal id, once: their texts are moved out of the table. `by_id` [n] leads from positions in
    /// ascending order of id to internal ids. With a `key`, `accounts` has pseudonyms.
    std::vector<AccountColumn> take_columns(const IdentifiedAccounts& accounts, const Array<AccountId>& by_id,
                                            const PseudonymKey* key = nullptr);

  private:
    std::string path_;
    AccountsTable table_;
    std::vector<std::size_t> kept_;  ///< rows of the table that are joined
};

}  // namespace coterie
