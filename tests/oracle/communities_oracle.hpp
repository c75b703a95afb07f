#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/communities.hpp"

namespace coterie::testing {

/// cdlp over std::map: the account that gave its label to each account after `rounds` rounds [n].
std::vector<AccountId> oracle_cdlp(const Graph& graph, int rounds);

/// lpa over std::map, one account after the other: the account that gave its label to each account [n], before
/// communities are made connected. `costs` by round, the last stays; {0} is plain label propagation.
std::vector<AccountId> oracle_lpa(const Graph& graph, const CommunitiesOptions& options,
                                  const std::vector<double>& costs = {0, 2, 1, 0.75, 0.5});

/// Modularity by its definition, a sum over all pairs of accounts:
/// (1/W) sum of (A(u,v) - out(u) in(v) / W) over u, v with equal labels. A loop of an undirected graph counts twice in A.
double oracle_modularity(const Graph& graph, std::span<const AccountId> labels);

/// Normalised mutual information of two partitions: 2 I / (H + H'); 1 if both have one part.
double mutual_information(std::span<const AccountId> a, std::span<const AccountId> b);

}  // namespace coterie::testing
