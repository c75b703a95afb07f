#include "host/betweenness.hpp"

#include <map>

#include "bench/graphs.hpp"

namespace coterie::bench {
namespace {

constexpr AccountId num_sources = 64;

/// Both ways, as GAPBS `bc` is measured.
const Graph& undirected_kronecker(int scale) {
    static std::map<int, Graph> graphs;
    if (const auto found = graphs.find(scale); found != graphs.end()) return found->second;
    return graphs[scale] =
               build_graph(AccountId{1} << static_cast<unsigned>(scale), kronecker_edges(scale, 16, seed), true);
}

/// Seconds per source that has edges: the others cost nothing, and GAPBS does not draw them.
void measure(benchmark::State& state, const PlacedGraph& graph) {
    std::size_t with_edges = 0;
    for (auto _ : state) {
        const BetweennessResult result = betweenness(graph, {.num_sources = num_sources});
        with_edges = 0;
        for (const AccountId source : result.sources) with_edges += graph.graph().out().degree(source) != 0;
    }
    const auto sources = static_cast<double>(state.iterations()) * static_cast<double>(with_edges);
    state.counters["seconds/source"] =
        benchmark::Counter(sources, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    report_rates(state, graph.graph().num_edges() * with_edges);
}

const bool registered_directed = on_kronecker_graphs("Betweenness", {16, 18, 20}, measure);

const bool registered_undirected = [] {
    for (const Backend backend : usable_backends())
        for (const int scale : {16, 18, 20, 22})
            benchmark::RegisterBenchmark(
                ("Betweenness/kronecker undirected/" + std::string(name_of(backend)) + "/" + std::to_string(scale))
                    .c_str(),
                [=](benchmark::State& state) {
                    measure(state, place(undirected_kronecker(scale), {.backend = backend}));
                })
                ->Unit(benchmark::kMillisecond)
                ->UseRealTime();
    return true;
}();

}  // namespace
}  // namespace coterie::bench
