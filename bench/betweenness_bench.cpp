#include "host/betweenness.hpp"

#include "bench/graphs.hpp"

namespace coterie::bench {
namespace {

constexpr AccountId num_sources = 64;

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

const bool registered = on_graphs("Betweenness", usual_graphs(), measure);
// Both ways, as GAPBS `bc` is measured.
const bool registered_undirected = on_graphs("Betweenness", kronecker_graphs({16, 18, 20, 22}, true), measure);

}  // namespace
}  // namespace coterie::bench
