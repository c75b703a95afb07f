#include <benchmark/benchmark.h>

#include "bench/graphs.hpp"
#include "host/pagerank.hpp"

namespace coterie::bench {

namespace {

/// Iterations of a run: the few passes over the accounts before and after them then weigh little.
constexpr int iterations = 10;

/// Bytes that an iteration must move at least: each id once, and for each account with edges its offset, rank (read and
/// written) and shares (read and written).
std::size_t floor_bytes(const Graph& graph, Precision precision) {
    std::size_t accounts = 0;
    for (AccountId account = 0; account < graph.num_accounts(); ++account) accounts += graph.in().degree(account) > 0;
    const std::size_t share = precision == Precision::full ? sizeof(std::uint64_t) : sizeof(float);
    return graph.num_edges() * sizeof(AccountId) +
           accounts * (sizeof(EdgeOffset) + 2 * sizeof(std::uint64_t) + 2 * share);
}

void run(benchmark::State& state, const PlacedGraph& graph, Precision precision) {
    const PageRankOptions options{.tolerance = 0, .max_iterations = iterations, .precision = precision};
    for (auto _ : state) benchmark::DoNotOptimize(pagerank(graph, options));
    const std::size_t floor = floor_bytes(graph.graph(), precision);
    report_rates(state, iterations * graph.graph().num_edges(), iterations * floor);
    state.counters["floor bytes"] = static_cast<double>(floor);
    state.counters["s/iteration"] =
        benchmark::Counter(iterations, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// As many topics as `topics`, of a thousand accounts each.
void run_topics(benchmark::State& state, const PlacedGraph& graph, Precision precision, std::size_t topics) {
    const AccountId n = graph.graph().num_accounts();
    std::vector<std::vector<double>> teleports(topics, std::vector<double>(n, 0.0));
    constexpr std::uint64_t stride = 0x9E37'79B9'7F4A'7C15;
    for (std::size_t topic = 0; topic < topics; ++topic)
        for (std::uint64_t i = 0; i < 1000; ++i) teleports[topic][((topic * 1000 + i) * stride >> 20U) % n] = 1.0;
    const PageRankOptions options{.tolerance = 0, .max_iterations = iterations, .precision = precision};
    for (auto _ : state) benchmark::DoNotOptimize(pagerank_topics(graph, teleports, options));
    report_rates(state, iterations * graph.graph().num_edges() * topics);
    state.counters["s/iteration"] =
        benchmark::Counter(iterations, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// Undirected, as GAPBS makes them with -g; and a real one.
std::vector<BenchGraph> graphs() {
    std::vector<BenchGraph> graphs = kronecker_graphs({16, 20, 22}, true);
    graphs.push_back(brand_followers());
    return graphs;
}

const bool full = on_graphs("PageRank/double", graphs(), [](benchmark::State& state, const PlacedGraph& graph) {
    run(state, graph, Precision::full);
});
const bool single = on_graphs("PageRank/single", graphs(), [](benchmark::State& state, const PlacedGraph& graph) {
    run(state, graph, Precision::single);
});

const bool topics_full =
    on_graphs("PageRank/32_topics/double", graphs(),
              [](benchmark::State& state, const PlacedGraph& graph) { run_topics(state, graph, Precision::full, 32); });
const bool topics_single = on_graphs(
    "PageRank/32_topics/single", graphs(),
    [](benchmark::State& state, const PlacedGraph& graph) { run_topics(state, graph, Precision::single, 32); });

}  // namespace

}  // namespace coterie::bench
