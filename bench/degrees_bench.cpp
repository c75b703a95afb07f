#include "host/degrees.hpp"

#include "bench/graphs.hpp"

namespace coterie::bench {
namespace {

const bool registered = on_graphs("Degrees", usual_graphs(), [](benchmark::State& state, const PlacedGraph& graph) {
    for (auto _ : state) benchmark::DoNotOptimize(degrees(graph).reciprocity);
    // Both directions' ids are read once.
    report_rates(state, graph.graph().num_edges(), 2 * graph.graph().out().neighbors.size_bytes());
});

}  // namespace
}  // namespace coterie::bench
