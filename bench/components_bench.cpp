#include "host/components.hpp"

#include "bench/graphs.hpp"

namespace coterie::bench {
namespace {

const bool registered = on_graphs("Components", usual_graphs(), [](benchmark::State& state, const PlacedGraph& graph) {
    for (auto _ : state) benchmark::DoNotOptimize(components(graph).sizes.data());
    report_rates(state, graph.graph().num_edges());
});

}  // namespace
}  // namespace coterie::bench
