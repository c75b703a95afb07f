#include "host/ranking.hpp"

#include <algorithm>

namespace coterie {

std::vector<AccountId> ranking(const Graph& graph, std::span<const double> values) {
    std::vector<AccountId> order(graph.num_accounts());
    for (AccountId position = 0; position < graph.num_accounts(); ++position)
        order[position] = graph.account_at(position);
    std::stable_sort(order.begin(), order.end(), [&](AccountId a, AccountId b) { return values[a] > values[b]; });
    return order;
}

std::vector<double> percentiles(std::span<const double> values) {
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    std::vector<double> result;
    result.reserve(values.size());
    for (const double value : values) {
        const auto lower = std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin();
        result.push_back(
            values.size() == 1 ? 100.0 : 100.0 * static_cast<double>(lower) / static_cast<double>(values.size() - 1));
    }
    return result;
}

std::vector<AccountId> places_within(std::span<const AccountId> labels, std::span<const AccountId> order) {
    std::vector<AccountId> places(order.size());
    std::vector<AccountId> counts;
    for (const AccountId account : order) {
        const std::size_t label = labels[account];
        if (label >= counts.size()) counts.resize(label + 1, 0);
        places[account] = ++counts[label];
    }
    return places;
}

}  // namespace coterie
