#pragma once

#include <vector>

#include "host/backend.hpp"

namespace coterie {

struct CoresResult {
    std::vector<AccountId> cores;  ///< [n] core number
    AccountId degeneracy = 0;      ///< the largest
};

/// Core number of every account: the largest k such that it belongs to a subgraph in which everyone has at least k neighbors.
/// The graph is read as undirected and simple (u–v if u→v or v→u, self-loops left out). Same bytes on every backend.
/// Time O(n + m): levels without accounts are skipped. Memory 12n bytes (cuda: 16n + m/4 on the device), and for a graph that is
/// directed or has self-loops an undirected copy of 8(n + 1) + at most 8m bytes.
/// Seidman 1983; Batagelj & Zaversnik 2003.
CoresResult cores(const PlacedGraph& graph);

}  // namespace coterie
