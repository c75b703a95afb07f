#include "host/cores.hpp"

#include "bench/graphs.hpp"

namespace coterie::bench {
namespace {

// The undirected copy that core numbers are computed on is made and placed each time, as for a user.
const bool registered = on_graphs("Cores", usual_graphs(), [](benchmark::State& state, const PlacedGraph& graph) {
    for (auto _ : state) benchmark::DoNotOptimize(cores(graph).degeneracy);
    report_rates(state, graph.graph().num_edges(), 2 * graph.graph().out().neighbors.size_bytes());
});

}  // namespace
}  // namespace coterie::bench
