#pragma once

// THE CONTRACT: what a backend provides. Both namespaces hold the same functions with the same bytes as result;
// a build without CUDA links the stand-ins of cuda/cuda_unavailable.cpp, which throw BackendUnavailable.
// Options were checked by host/; kernels check nothing. Everything is by internal id.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/backend.hpp"
#include "host/betweenness.hpp"
#include "host/communities.hpp"
#include "host/degrees.hpp"
#include "host/pagerank.hpp"

namespace coterie {

/// What label propagation leaves before communities are made connected and numbered.
struct PropagatedLabels {
    std::vector<AccountId> labels;  ///< [n] internal id of the account that gave the label
    int rounds = 0;
    bool converged = true;
};

/// A teleport vector before it is divided by its sum.
struct Topic {
    std::span<const double> weights;  ///< [n] by internal id, or empty: everywhere `largest`
    double largest;
    double total;  ///< of weights / largest

    bool starts_at(AccountId account) const { return weights.empty() || weights[account] > 0; }
    double teleport(AccountId account) const {
        return (weights.empty() ? largest : weights[account] / largest) / total;
    }
};

/// How PageRank runs on a device. Changes no bit of the result.
struct PageRankTuning {
    std::size_t shared_bytes = 0;  ///< of shares that a block holds, 0: as many as it can
    bool loop_in_graph = true;     ///< where the driver knows graphs that loop; else the host launches each iteration
};

namespace openmp {
/// `teleport` and `start` of `options` are normalised (or empty); `out_weights` [n] is W(u), or empty: the out-degree.
PageRankResult pagerank(const PlacedGraph& graph, const PageRankOptions& options, std::span<const double> out_weights);
/// A result for each of `topics`, which are one or more; `options.teleport` is empty.
std::vector<PageRankResult> pagerank_topics(const PlacedGraph& graph, std::span<const Topic> topics,
                                            const PageRankOptions& options, std::span<const double> out_weights);
/// Accounts of whose out-edges `pagerank` reads none but their number: the first ones.
inline constexpr AccountId pagerank_pulled_accounts = AccountId{1} << 18U;
/// Bytes of each array of edges that `pagerank` lays out and of sums of its threads: a prediction from degrees alone.
std::vector<std::uint64_t> pagerank_edge_arrays(const Graph& graph, const PageRankOptions& options, int threads);
PropagatedLabels cdlp(const PlacedGraph& graph, const CommunitiesOptions& options);
PropagatedLabels lpa(const PlacedGraph& graph, const CommunitiesOptions& options);
/// Sum over `sources` of the dependency of each account, added in the order of the sources; neither scaled nor halved.
/// `lanes` sources are searched from at a time, 0: as many as suit the backend. They change no bit.
std::vector<double> betweenness(const PlacedGraph& graph, std::span<const AccountId> sources, Progress* progress,
                                int lanes = 0);
/// How `betweenness` puts so many sources together.
struct BetweennessBatches {
    int lanes;              ///< sources side by side in a batch
    std::uint64_t at_once;  ///< batches in memory
};
BetweennessBatches betweenness_batches(AccountId num_accounts, std::uint64_t num_sources, int threads);
/// Smallest internal id in the component of each account. With `within` [n] (or empty), only edges between accounts
/// with equal `within`, numbers below n, connect.
std::vector<AccountId> components(const PlacedGraph& graph, std::span<const AccountId> within);
/// Core numbers of an undirected graph without self-loops.
std::vector<AccountId> cores(const PlacedGraph& undirected);
DegreesResult degrees(const PlacedGraph& graph);
}  // namespace openmp

namespace cuda {
/// Why no kernel can run here, or empty.
std::string why_unavailable();
std::string device_name();
std::shared_ptr<const DeviceGraph> upload(const Graph& graph);
/// How many devices there are.
int num_devices();

/// What holds for the allocations of this thread while it lives: at most `memory_limit` bytes of each device are held by
/// the process (0: no limit).
class RunScope {
  public:
    explicit RunScope(std::uint64_t memory_limit);
    ~RunScope();
    RunScope(const RunScope&) = delete;
    RunScope& operator=(const RunScope&) = delete;
    /// The most bytes that were held of one device since it began.
    std::uint64_t peak_memory() const;

  private:
    std::uint64_t limit_before_;
};

/// Bytes that may be given out now on each of the first `devices` devices, within the limit of the RunScope.
std::uint64_t usable_memory(int devices);

/// Over a graph that need not be on a device: blocks of rows pass through it, or stay if they fit, and several devices share
/// the rows. Says in `use` how.
PageRankResult pagerank_streamed(const PlacedGraph& graph, const PageRankOptions& options,
                                 std::span<const double> out_weights, DeviceUse& use);

PropagatedLabels cdlp_streamed(const PlacedGraph& graph, const CommunitiesOptions& options, DeviceUse& use);
PropagatedLabels lpa_streamed(const PlacedGraph& graph, const CommunitiesOptions& options, DeviceUse& use);

// The graph must fit the device as a whole.
PageRankResult pagerank(const PlacedGraph& graph, const PageRankOptions& options, std::span<const double> out_weights,
                        const PageRankTuning& tuning = {});
std::vector<PageRankResult> pagerank_topics(const PlacedGraph& graph, std::span<const Topic> topics,
                                            const PageRankOptions& options, std::span<const double> out_weights);
PropagatedLabels cdlp(const PlacedGraph& graph, const CommunitiesOptions& options);
PropagatedLabels lpa(const PlacedGraph& graph, const CommunitiesOptions& options);
std::vector<double> betweenness(const PlacedGraph& graph, std::span<const AccountId> sources, Progress* progress,
                                int lanes = 0);
std::vector<AccountId> components(const PlacedGraph& graph, std::span<const AccountId> within);
std::vector<AccountId> cores(const PlacedGraph& undirected);
DegreesResult degrees(const PlacedGraph& graph);
}  // namespace cuda

}  // namespace coterie
