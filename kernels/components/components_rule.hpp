#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "host/csr.hpp"
#include "host/random.hpp"

// Union-find without locks (Afforest: Sutton, Ben-Nun & Barak, IPDPS 2018; the linking of Gjerde/Jayanti &
// Tarjan's kind). An account points to a smaller one or to itself, and a root is only ever hooked below a
// smaller root: so the root that remains is the smallest account of its component, whatever the schedule was.

namespace coterie::components_rule {

/// Neighbors of a row that are joined before the largest component is guessed. Two are enough for it to
/// appear in social networks, since rows begin with the accounts of highest degree.
inline constexpr EdgeOffset sampled_neighbors = 2;

inline constexpr unsigned num_guesses = 1024;

/// The account that guess `i` looks at.
constexpr AccountId guessed_account(unsigned i, AccountId num_accounts) {
    return static_cast<AccountId>(random_bits(0, i, 0) % num_accounts);
}

/// Only edges between accounts with equal `within` connect; empty: all do.
constexpr bool connects(std::span<const AccountId> within, AccountId u, AccountId v) {
    return within.empty() || within[u] == within[v];
}

/// Joins the components of `u` and `v`. `Parents` has `load(v)` and `hook(root, below)`, which points `root`
/// to `below` if it still points to itself, and says whether it did; both atomic.
template <class Parents>
constexpr void join(const Parents& parents, AccountId u, AccountId v) {
    AccountId a = parents.load(u);
    AccountId b = parents.load(v);
    while (a != b) {
        const AccountId high = a > b ? a : b;
        const AccountId low = a > b ? b : a;
        const AccountId above = parents.load(high);
        if (above == low) return;
        if (above == high && parents.hook(high, low)) return;
        a = parents.load(parents.load(high));
        b = parents.load(low);
    }
}

/// The smallest account of `v`'s component once all joins are done.
template <class Parents>
constexpr AccountId root(const Parents& parents, AccountId v) {
    AccountId parent = parents.load(v);
    while (parent != v) {
        v = parent;
        parent = parents.load(v);
    }
    return v;
}

/// The root that most guesses fell on; the smallest among equals. Its accounts need not be looked at again:
/// an edge that leaves them is seen from its other end. A wrong guess costs time, nothing else.
inline AccountId most_frequent(std::vector<AccountId> roots) {
    std::sort(roots.begin(), roots.end());
    AccountId winner = no_account;
    std::ptrdiff_t most = 0;
    for (auto first = roots.begin(); first != roots.end();) {
        const auto last = std::upper_bound(first, roots.end(), *first);
        if (last - first > most) {
            most = last - first;
            winner = *first;
        }
        first = last;
    }
    return winner;
}

}  // namespace coterie::components_rule
