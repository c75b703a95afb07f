#pragma once

#include <span>
#include <vector>

#include "host/graph.hpp"

namespace coterie::testing {

/// PageRank as the solution of a linear system, by Gaussian elimination in long double: no iteration, no tolerance.
///
///   (I - d M) rank = (1 - d) t,   M(v, u) = w(u,v)/W(u), or t(v) if W(u) = 0
///
/// `teleport` [n] sums to 1. O(n^3): for small graphs.
std::vector<double> pagerank_oracle(const Graph& graph, double damping, std::span<const double> teleport);

/// PageRank with a uniform teleport by pushing along out-edges, `iterations` times, in long double.
std::vector<double> pagerank_by_pushing(const Graph& graph, double damping, int iterations);

}  // namespace coterie::testing
