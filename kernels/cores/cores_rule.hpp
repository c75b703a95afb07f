#pragma once

#include "host/csr.hpp"

// Peeling by levels (Kabir & Madduri, PKC, 2017): at level k all accounts with k neighbors left go, and those whose count
// falls to k by that, until nobody else falls. A count never falls below the level, so the count at which an account
// went is its core number, in whatever order the accounts of a level go.

namespace coterie::cores_rule {

/// `account` loses a neighbor that goes at `level`. True if it falls to the level by that, once: then it goes too.
/// `Counts` has `load(v)` and `replace(v, expected, count)`, which stores if the count is as expected, else tells in
/// `expected` what it is; both atomic.
template <class Counts>
constexpr bool lose_neighbor(const Counts& counts, AccountId account, AccountId level) {
    AccountId count = counts.load(account);
    while (count > level)
        if (counts.replace(account, count, count - 1)) return count - 1 == level;
    return false;
}

}  // namespace coterie::cores_rule
