#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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

/// Rows that pass through each GPU block by block, over and over, and what openmp would read instead.
struct StreamedPass {
    std::uint64_t rows = 0;          ///< bytes of a GPU's rows
    std::uint64_t longest_row = 0;   ///< bytes; two buffers of that size are the least
    int devices = 1;                 ///< GPUs that share the rows
    int passes = 1;                  ///< over the rows in each iteration or round
    std::uint64_t openmp_bytes = 0;  ///< that openmp reads in an iteration or round, what it gathers included
};

/// What an algorithm takes of each GPU, the graph included, in one of the ways it can run there.
struct DevicePlan {
    std::string way;  ///< resident; streamed: the least, with two blocks of rows at a time
    MemoryPlan memory;
    std::optional<StreamedPass> streamed = {};
};

// Ways from the fastest to the one that takes least; `devices` GPUs share the rows of PageRank and label propagation, the others
// run on one. Bytes of rows laid out anew are predicted from degrees, and of label propagation resident without the tables of
// accounts with tens of thousands of neighbors. Time O(n); no edge is touched.

std::vector<DevicePlan> pagerank_device_plans(const Graph& graph, const PageRankOptions& options, int devices = 1);
/// `starts`: accounts where any topic starts, or more.
std::vector<DevicePlan> pagerank_topics_device_plans(const Graph& graph, const PageRankOptions& options,
                                                     std::size_t topics, AccountId starts);
std::vector<DevicePlan> communities_device_plans(const Graph& graph, const CommunitiesOptions& options,
                                                 int devices = 1);
std::vector<DevicePlan> betweenness_device_plans(const Graph& graph, const BetweennessOptions& options);
std::vector<DevicePlan> degrees_device_plans(const Graph& graph);
std::vector<DevicePlan> components_device_plans(const Graph& graph);
std::vector<DevicePlan> cores_device_plans(const Graph& graph);

/// Both directions of `graph`, or the one of an undirected graph, in bytes.
std::uint64_t graph_bytes(const Graph& graph);

}  // namespace coterie
