#pragma once

#include <span>
#include <vector>

#include "host/graph.hpp"

namespace coterie::testing {

/// Weakly connected components by breadth-first search, one account after the other: the smallest internal id
/// in the component of each. With `within`, only edges between accounts with equal labels connect.
std::vector<AccountId> oracle_components(const Graph& graph, std::span<const AccountId> within = {});

}  // namespace coterie::testing
