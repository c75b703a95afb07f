#pragma once

#include <cstdint>
#include <vector>

#include "host/backend.hpp"
#include "host/progress.hpp"

namespace coterie {

struct BetweennessOptions {
    AccountId num_sources = 0;                  ///< k; 0 or ≥ n: every account, exact
    std::uint64_t seed = 1;                     ///< of the draw; without effect if exact
    bool normalized = false;                    ///< divide by (n-1)(n-2), by half of that if undirected
    Direction direction = Direction::directed;  ///< directed or either (unordered pairs count once)
    Progress* progress = nullptr;
};

struct BetweennessResult {
    std::vector<double> values;      ///< [n], by internal id
    std::vector<AccountId> sources;  ///< in the order drawn
    bool exact = true;
};

/// Betweenness of every account: the shortest paths through it.
///
///   b(v) = sum over ordered pairs s ≠ v ≠ t of (shortest paths s→t through v) / (shortest paths s→t)
///
/// Endpoints do not count. An undirected graph, or `either`, counts unordered pairs once. Paths are counted in hops.
/// From k sources drawn without replacement, values are scaled by n/k; k = n is exact, whatever the seed.
/// Same bytes on every backend, with any number of threads and any batch of sources.
/// Time O(k * (n + m)), less where sources share levels; memory beside the graph: openmp about 540n bytes, cuda 604n bytes
/// from up to 32 sources, else 1,164n if that fits (`either` on a directed graph also holds its undirected reading).
/// Throws std::invalid_argument for direction mutual; GraphError if the graph has weights (pass `graph.unweighted()` to
/// count hops: weights are refused, never ignored) or if an account pair has more than 1.8e308 shortest paths.
/// Brandes 2001; Brandes & Pich 2007 for sampled sources.
BetweennessResult betweenness(const PlacedGraph& graph, const BetweennessOptions& options = {});

/// The k sources that `betweenness` draws: accounts by ascending random key (Philox of seed and position in the order of
/// original ids). 0 or k ≥ n gives all accounts, in the order of original ids.
std::vector<AccountId> draw_sources(const Graph& graph, AccountId k, std::uint64_t seed);

}  // namespace coterie
