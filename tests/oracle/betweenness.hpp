#pragma once

#include <span>
#include <vector>

#include "host/graph.hpp"

namespace coterie::testing {

/// Sum over `sources` of the dependency of each account, as Brandes (2001) wrote it down: a queue, lists of predecessors,
/// a stack, one source after the other. Neither scaled nor halved.
std::vector<double> oracle_dependencies(const Graph& graph, std::span<const AccountId> sources);

/// Betweenness by its definition, over ordered pairs: paths(s→v) * paths(v→t) / paths(s→t) if v lies on a shortest
/// path. Time O(n^3): for small graphs.
std::vector<double> oracle_betweenness_by_pairs(const Graph& graph);

}  // namespace coterie::testing
