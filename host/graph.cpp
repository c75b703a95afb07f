#include "host/graph.hpp"

#include <algorithm>
#include <utility>

namespace coterie {

namespace {

struct OwnedArrays {
    CsrArrays out;
    CsrArrays in;
    Array<AccountId> by_id;
};

/// Merges the out-row and the in-row of an account: calls `visit(neighbor, weight, in_both)` once per distinct neighbor.
template <class Visit>
void merge_rows(const Graph& graph, AccountId account, Visit visit) {
    const CsrView& out = graph.out();
    const CsrView& in = graph.in();
    EdgeOffset i = out.offsets[account];
    EdgeOffset j = in.offsets[account];
    const EdgeOffset out_end = out.offsets[account + 1];
    const EdgeOffset in_end = in.offsets[account + 1];
    while (i < out_end || j < in_end) {
        const AccountId a = i < out_end ? out.neighbors[i] : no_account;
        const AccountId b = j < in_end ? in.neighbors[j] : no_account;
        if (a < b) {
            visit(a, out.weight(i++), false);
        } else if (b < a) {
            visit(b, in.weight(j++), false);
        } else {
            // A self-loop is one edge that stands in both rows; it adds nothing to itself.
            const float weight = a == account ? out.weight(i) : out.weight(i) + in.weight(j);
            visit(a, weight, true);
            ++i;
            ++j;
        }
    }
}

}  // namespace

Graph Graph::unweighted() const {
    Graph graph = *this;
    graph.out_.weights = {};
    graph.in_.weights = {};
    return graph;
}

Graph own_graph(CsrArrays out, CsrArrays in, Array<AccountId> by_id, bool directed) {
    const auto owned = std::make_shared<OwnedArrays>(OwnedArrays{std::move(out), std::move(in), std::move(by_id)});
    return {owned->out.view(), directed ? owned->in.view() : owned->out.view(), owned->by_id, directed, owned};
}

std::vector<AccountId> id_positions(const Graph& graph) {
    std::vector<AccountId> positions(graph.num_accounts());
    for (AccountId position = 0; position < graph.num_accounts(); ++position)
        positions[graph.account_at(position)] = position;
    return positions;
}

Graph undirected_graph(const Graph& graph, Direction direction, int threads) {
    if (!graph.directed() || direction == Direction::directed) return graph;
    const AccountId n = graph.num_accounts();
    const bool mutual = direction == Direction::mutual;

    CsrArrays rows;
    rows.offsets.resize(std::size_t{n} + 1);
    rows.offsets[0] = 0;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1024)
    for (AccountId account = 0; account < n; ++account) {
        EdgeOffset kept = 0;
        merge_rows(graph, account, [&](AccountId, float, bool both) { kept += !mutual || both; });
        rows.offsets[account + 1] = kept;
    }
    for (AccountId account = 0; account < n; ++account) rows.offsets[account + 1] += rows.offsets[account];

    rows.neighbors.resize(rows.offsets[n]);
    if (graph.weighted()) rows.weights.resize(rows.offsets[n]);
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1024)
    for (AccountId account = 0; account < n; ++account) {
        EdgeOffset next = rows.offsets[account];
        merge_rows(graph, account, [&](AccountId neighbor, float weight, bool both) {
            if (mutual && !both) return;
            rows.neighbors[next] = neighbor;
            if (!rows.weights.empty()) rows.weights[next] = weight;
            ++next;
        });
    }

    Array<AccountId> by_id(graph.by_id().begin(), graph.by_id().end());
    return own_graph(std::move(rows), {}, std::move(by_id), false);
}

}  // namespace coterie
