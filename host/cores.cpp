#include "host/cores.hpp"

#include <algorithm>

#include "host/run_placed.hpp"
#include "kernels/kernels.hpp"

namespace coterie {

namespace {

bool has_self_loop(const CsrView& rows, AccountId account) {
    const auto row = rows.row(account);
    return std::binary_search(row.begin(), row.end(), account);
}

/// An undirected, unweighted graph with its self-loops taken out.
Graph without_self_loops(const Graph& graph, int threads) {
    const CsrView& rows = graph.out();
    const AccountId n = graph.num_accounts();
    CsrArrays kept;
    kept.offsets.resize(std::size_t{n} + 1);
    kept.offsets[0] = 0;
    for (AccountId v = 0; v < n; ++v) kept.offsets[v + 1] = kept.offsets[v] + rows.degree(v) - has_self_loop(rows, v);
    if (kept.offsets[n] == graph.num_edges()) return graph;

    kept.neighbors.resize(kept.offsets[n]);
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1024)
    for (AccountId v = 0; v < n; ++v) {
        const auto row = rows.row(v);
        std::copy_if(row.begin(), row.end(), kept.neighbors.begin() + static_cast<std::ptrdiff_t>(kept.offsets[v]),
                     [&](AccountId neighbor) { return neighbor != v; });
    }
    return own_graph(std::move(kept), {}, Array<AccountId>(graph.by_id().begin(), graph.by_id().end()), false);
}

}  // namespace

CoresResult cores(const PlacedGraph& placed) {
    const Graph& graph = placed.graph();
    const Graph simple =
        without_self_loops(undirected_graph(graph.unweighted(), Direction::either, placed.threads()), placed.threads());
    // A graph that is simple already has been placed already.
    const bool as_it_is = simple.out().neighbors.data() == graph.out().neighbors.data();
    const PlacedGraph on_backend = as_it_is ? placed : placed.place_derived(simple);

    CoresResult result;
    result.cores = run_placed(
        on_backend, [&] { return openmp::cores(on_backend); }, [&] { return cuda::cores(on_backend); });
    if (!result.cores.empty()) result.degeneracy = *std::max_element(result.cores.begin(), result.cores.end());
    return result;
}

}  // namespace coterie
