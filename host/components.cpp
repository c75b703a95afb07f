#include "host/components.hpp"

#include <algorithm>
#include <numeric>

#include "host/run_placed.hpp"
#include "kernels/kernels.hpp"

namespace coterie {

ComponentsResult components(const PlacedGraph& graph) {
    const std::vector<AccountId> labels = run_placed(
        graph, [&] { return openmp::components(graph, {}); }, [&] { return cuda::components(graph, {}); });
    return numbered_by_size(graph.graph(), labels);
}

ComponentsResult numbered_by_size(const Graph& graph, const std::vector<AccountId>& labels) {
    const AccountId n = graph.num_accounts();

    // Groups by first appearance in the order of original ids, so that a stable sort settles ties as
    // promised.
    std::vector<AccountId> group_of(n, no_account);
    std::vector<AccountId> sizes;
    for (AccountId position = 0; position < n; ++position) {
        AccountId& group = group_of[labels[graph.account_at(position)]];
        if (group == no_account) {
            group = static_cast<AccountId>(sizes.size());
            sizes.push_back(0);
        }
        ++sizes[group];
    }

    std::vector<AccountId> order(sizes.size());
    std::iota(order.begin(), order.end(), AccountId{0});
    std::stable_sort(order.begin(), order.end(), [&](AccountId a, AccountId b) { return sizes[a] > sizes[b]; });

    ComponentsResult result;
    result.sizes.resize(sizes.size());
    std::vector<AccountId> number(sizes.size());
    for (AccountId place = 0; place < order.size(); ++place) {
        number[order[place]] = place;
        result.sizes[place] = sizes[order[place]];
    }
    result.components.resize(n);
    for (AccountId v = 0; v < n; ++v) result.components[v] = number[group_of[labels[v]]];
    return result;
}

}  // namespace coterie
