#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/betweenness.hpp"
#include "host/communities.hpp"
#include "host/graph.hpp"
#include "host/pagerank.hpp"

namespace coterie {

/// Memory that a run holds, by what it holds it for.
struct MemoryUse {
    std::string name;
    std::uint64_t bytes = 0;
};

/// What stands in memory at once when most does.
struct MemoryPlan {
    std::vector<MemoryUse> uses;

    void add(std::string name, std::uint64_t bytes);
    /// `count` large arrays of `bytes` each. They stand in huge pages, of whose last one half stays empty on average.
    void add_arrays(std::string name, std::uint64_t count, std::uint64_t bytes);
    void add_arrays(std::string name, std::span<const std::uint64_t> bytes);
    std::uint64_t bytes() const;
};

// What an algorithm takes on openmp beside the graph, on `threads` threads. Touches no edge. A graph that is read in another
// direction than it stands in (mutual; either where it is directed) is counted at the most that it can be.
// Time O(log n), of pagerank O(n).

/// Of the graph, what `pagerank` reads on openmp: of a directed one without weights, not all of the out-edges.
std::uint64_t pagerank_graph_bytes(const Graph& graph);
MemoryPlan pagerank_memory(const Graph& graph, const PageRankOptions& options, int threads);
MemoryPlan communities_memory(const Graph& graph, const CommunitiesOptions& options, int threads);
/// `num_sources` as in BetweennessOptions.
MemoryPlan betweenness_memory(const Graph& graph, const BetweennessOptions& options, int threads);

/// What an algorithm takes of one GPU, the graph included, in one of the ways it can run there.
struct DevicePlan {
    std::string way;  ///< resident; streamed: the least, with two blocks of rows at a time
    MemoryPlan memory;
};

// Ways from the fastest to the one that takes least. Bytes of rows laid out anew are predicted from degrees, and of label
// propagation without the tables of accounts with tens of thousands of neighbors.

std::vector<DevicePlan> pagerank_device_plans(const Graph& graph, const PageRankOptions& options);
std::vector<DevicePlan> communities_device_plans(const Graph& graph, const CommunitiesOptions& options);
std::vector<DevicePlan> betweenness_device_plans(const Graph& graph, const BetweennessOptions& options);

/// Both directions of `graph`, or the one of an undirected graph, in bytes.
std::uint64_t graph_bytes(const Graph& graph);

}  // namespace coterie
