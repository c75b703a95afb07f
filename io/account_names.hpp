#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/pseudonyms.hpp"
#include "io/store.hpp"

namespace coterie {

/// How people name the accounts of a store: by original id or handle, as the store's naming has it (case, @); by pseudonym;
/// or, with the key, by what the pseudonym was made from.
class AccountNames {
  public:
    /// Throws std::invalid_argument if the store has no pseudonyms, or was made with another key.
    explicit AccountNames(const Store& store, std::optional<PseudonymKey> key = std::nullopt);
    /// The same for accounts that are in no store; `where` begins the texts of errors.
    AccountNames(std::string where, std::shared_ptr<const Accounts> accounts,
                 std::optional<PseudonymKey> key = std::nullopt);

    /// The account, if there is one. Time O(log n): some microseconds once the pages it touches are in memory.
    std::optional<AccountId> find(std::string_view name) const;
    /// The same; throws std::invalid_argument that says what was looked for and which accounts are called alike.
    AccountId at(std::string_view name) const;
    /// What `at` says.
    std::string why_not(std::string_view name) const;
    /// Names of at most `at_most` accounts that `name` may have been meant for: it becomes theirs when one character is taken
    /// out, put in, replaced or swapped with the next, or case and leading @ are left aside. Best connected first; if there are
    /// none, the nearest before and after in alphabetical order that begin alike. None with pseudonyms.
    std::vector<std::string> alike(std::string_view name, std::size_t at_most = 3) const;

    const Accounts& accounts() const { return *accounts_; }

  private:
    std::string where_;
    std::shared_ptr<const Accounts> accounts_;
    std::optional<PseudonymKey> key_;
};

/// Reads the key at `path`; nothing for an empty path.
std::optional<PseudonymKey> read_key(const std::filesystem::path& path);

/// The naming by which more rows can be added to a store of `stored` naming: that of the store. Throws std::invalid_argument if `asked`
/// or `key` ask for something else: a rule that the store was not made by, or pseudonyms of another key, of none, or where the
/// store has none.
const Naming& naming_to_append(const std::filesystem::path& store, const Naming& stored, const NameRules& asked,
                               const PseudonymKey* key);

}  // namespace coterie
