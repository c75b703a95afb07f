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

/// Degrees, strengths and reciprocity. Same bytes on every backend. Time O(n + m).
/// An undirected graph has reciprocity 1 (if it has edges) and in = out = mutual degree.
DegreesResult degrees(const PlacedGraph& graph);

}  // namespace coterie
