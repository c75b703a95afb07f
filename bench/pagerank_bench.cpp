#include <benchmark/benchmark.h>

#include "bench/graphs.hpp"
#include "host/pagerank.hpp"

namespace coterie::bench {

namespace {

/// Iterations of a run: the few passes over the accounts before and after them then weigh little.
constexpr int iterations = 10;

/// A Kronecker graph as GAPBS makes it with -g: each row an edge both ways.
const Graph& undirected_kronecker(int scale) {
    static std::map<int, Graph> graphs;
    if (const auto found = graphs.find(scale); found != graphs.end()) return found->second;
    return graphs[scale] =
               build_graph(AccountId{1} << static_cast<unsigned>(scale), kronecker_edges(scale, 16, seed), true);
}

/// Bytes that an iteration must move at least: each id once, and for each account with edges its offset, rank (read and
/// written) and shares (read and written).
std::size_t floor_bytes(const Graph& graph, Precision precision) {
    std::size_t accounts = 0;
    for (AccountId account = 0; account < graph.num_accounts(); ++account) accounts += graph.in().degree(account) > 0;
    const std::size_t share = precision == Precision::full ? sizeof(std::uint64_t) : sizeof(float);
    return graph.num_edges() * sizeof(AccountId) +
           accounts * (sizeof(EdgeOffset) + 2 * sizeof(std::uint64_t) + 2 * share);
}

void run(benchmark::State& state, Backend backend, int scale, Precision precision) {
    const PlacedGraph graph = place(undirected_kronecker(scale), {.backend = backend});
    const PageRankOptions options{.tolerance = 0, .max_iterations = iterations, .precision = precision};
    for (auto _ : state) benchmark::DoNotOptimize(pagerank(graph, options));
    const std::size_t floor = floor_bytes(graph.graph(), precision);
    report_rates(state, iterations * graph.graph().num_edges(), iterations * floor);
    state.counters["floor bytes"] = static_cast<double>(floor);
    state.counters["s/iteration"] =
        benchmark::Counter(iterations, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

const bool registered = [] {
    for (const Backend backend : usable_backends())
        for (const Precision precision : {Precision::full, Precision::single})
            for (const int scale : {16, 20, 22}) {
                const std::string name = std::string("pagerank/undirected_kronecker/") + std::string(name_of(backend)) +
                                         (precision == Precision::full ? "/double/" : "/single/") +
                                         std::to_string(scale);
                benchmark::RegisterBenchmark(name.c_str(),
                                             [=](benchmark::State& state) { run(state, backend, scale, precision); })
                    ->Unit(benchmark::kMillisecond)
                    ->UseRealTime();
            }
    return true;
}();

}  // namespace

}  // namespace coterie::bench
