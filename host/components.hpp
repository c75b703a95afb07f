#pragma once

#include <vector>

#include "host/backend.hpp"

namespace coterie {

struct ComponentsResult {
    std::vector<AccountId> components;  ///< [n] number of the component, 0 = largest, ties by smallest original id
    std::vector<AccountId> sizes;       ///< accounts per component, descending
};

/// Weakly connected components. Same bytes on every backend. Time O((n + m) log n) at worst, near O(n + m).
ComponentsResult components(const PlacedGraph& graph);

/// Numbers groups densely by descending size, ties by the smallest original id among their accounts.
/// `labels` [n]: any values < n; accounts with equal labels form a group.
ComponentsResult numbered_by_size(const Graph& graph, const std::vector<AccountId>& labels);

}  // namespace coterie
