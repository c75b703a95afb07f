#pragma once

#include <vector>

#include "host/edge_changes.hpp"
#include "io/identify.hpp"
#include "io/store.hpp"

namespace coterie {

/// The accounts of a store and those of new rows, as one.
struct UnitedAccounts {
    IdentifiedAccounts accounts;
    AccountPositions positions;              ///< how they and the store's internal numbers belong together
    std::vector<AccountId> position_of_new;  ///< [accounts of the new rows] from their positions alone to those of all
};

/// Time O(n). Throws IoError if there are more than 2^32 - 2 accounts; both must have numeric ids, or both handles.
UnitedAccounts unite(const Accounts& old, IdentifiedAccounts added);

/// The position of an id in `accounts`, as it is printed; no_account if there is none.
AccountId position_of(const IdentifiedAccounts& accounts, std::string_view id);

}  // namespace coterie
