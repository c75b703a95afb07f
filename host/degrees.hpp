#pragma once

#include <cstdint>
#include <vector>

#include "host/backend.hpp"

namespace coterie {

struct DegreesResult {
    std::vector<AccountId> in_degree;      ///< [n] distinct accounts with an edge to v
    std::vector<AccountId> out_degree;     ///< [n]
    std::vector<AccountId> mutual_degree;  ///< [n] accounts with edges both ways
    std::vector<double> in_strength;       ///< [n] sum of weights, each rounded to 2^-20; the degree if unweighted
    std::vector<double> out_strength;      ///< [n]
    double reciprocity = 0.0;  ///< share of the edges whose reverse exists (self-loops left out); 0 without edges
};

/// Degrees, strengths and reciprocity. A self-loop counts in all three degrees.
/// An undirected graph has reciprocity 1 (if it has edges) and in = out = mutual degree.
/// Strengths are integer sums of round(w * 2^20), so that they do not depend on the order; weights may be negative.
/// Same bytes on every backend and with any number of threads. Time O(n + m) on openmp, O(n + m log(largest in-degree)) on
/// cuda; memory 28n bytes beside the graph, and on cuda 12n on the device.
/// Throws GraphError if the absolute weights of an account sum to 2^42 or more, or are not numbers.
DegreesResult degrees(const PlacedGraph& graph);

}  // namespace coterie
