#pragma once

#include <span>
#include <vector>

#include "host/graph.hpp"

namespace coterie {

/// Accounts [n] by descending `values` [n], ties by ascending original id. Time O(n log n).
std::vector<AccountId> ranking(const Graph& graph, std::span<const double> values);

/// How many percent of the other accounts each account is ahead of.
///
///   percentile(v) = 100 * |{u : value(u) < value(v)}| / (n - 1)
///
/// So the highest value, if it stands alone, has 100 and the lowest 0; equal values have equal percentiles. A single account
/// has 100. Time O(n log n); memory 8n bytes beside the result.
std::vector<double> percentiles(std::span<const double> values);

/// Place of each account [n] among those with its label, counted from 1 in the `order` [n] of all accounts. Time O(n).
std::vector<AccountId> places_within(std::span<const AccountId> labels, std::span<const AccountId> order);

}  // namespace coterie
