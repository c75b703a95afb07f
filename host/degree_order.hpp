#pragma once

#include <vector>

#include "host/array.hpp"
#include "host/csr.hpp"

namespace coterie {

/// Accounts in the order of descending degree, ties in the order that they have: the internal order of a store, if they come
/// in ascending order of original id. Time O(n), or O(n log n) where an account has more edges than there are places
/// to count by.
std::vector<AccountId> degree_order(const Array<EdgeOffset>& degrees);

}  // namespace coterie
