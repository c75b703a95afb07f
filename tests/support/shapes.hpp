#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "host/build.hpp"
#include "host/graph.hpp"

namespace coterie::testing {

struct Edge {
    AccountId source;
    AccountId target;
    float weight = 1.0F;
};

/// A graph with the accounts numbered as written: internal order = order of ids.
Graph graph_of(AccountId num_accounts, const std::vector<Edge>& edges, bool undirected = false, bool weighted = false);
/// The same, relabelled by degree as in a store.
Graph relabelled_graph_of(AccountId num_accounts, const std::vector<Edge>& edges, bool undirected = false,
                          bool weighted = false);

std::vector<Edge> cycle(AccountId n);                        ///< 0 → 1 → … → 0
std::vector<Edge> path(AccountId n);                         ///< 0 → 1 → … → n − 1
std::vector<Edge> star(AccountId leaves);                    ///< every leaf → 0
std::vector<Edge> clique(AccountId n, AccountId first = 0);  ///< all ordered pairs of first … first + n − 1
std::vector<Edge> two_cliques_and_a_bridge(AccountId n);     ///< cliques 0 … n−1 and n … 2n−1, and n−1 ↔ n

/// Random edges with what real data has: hubs, repeats, self-loops, isolated and dangling accounts.
std::vector<Edge> messy_edges(AccountId num_accounts, std::size_t num_rows, std::uint64_t seed, bool weighted = false);

struct NamedGraph {
    std::string name;
    Graph graph;
};
/// What "the same bytes everywhere" is tested on: shapes, sizes around the warp of 32, random graphs with hubs, weighted
/// and not, directed and not.
std::vector<NamedGraph> assorted_graphs();

}  // namespace coterie::testing
