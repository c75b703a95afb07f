#include "bench/graphs.hpp"
#include "host/communities.hpp"

namespace coterie::bench {
namespace {

/// Rates are per round: each reads every edge at both of its ends.
void run(benchmark::State& state, const PlacedGraph& graph, CommunityMethod method) {
    int rounds = 0;
    for (auto _ : state) {
        const CommunitiesResult result = communities(graph, {.method = method});
        rounds = result.rounds;
    }
    const auto per_round = static_cast<EdgeOffset>(rounds);
    report_rates(state, per_round * graph.graph().num_edges(),
                 per_round * 2 * graph.graph().num_edges() * sizeof(AccountId));
    state.counters["rounds"] = rounds;
}

const bool lpa = on_graphs("Lpa", usual_graphs(), [](benchmark::State& state, const PlacedGraph& graph) {
    run(state, graph, CommunityMethod::lpa);
});
const bool cdlp = on_graphs("Cdlp", usual_graphs(), [](benchmark::State& state, const PlacedGraph& graph) {
    run(state, graph, CommunityMethod::cdlp);
});

}  // namespace
}  // namespace coterie::bench
