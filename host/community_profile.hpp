#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "host/graph.hpp"

namespace coterie {

/// What one community looks like. Self-loops count nowhere.
struct CommunityProfile {
    AccountId size = 0;
    double share = 0.0;             ///< of all accounts
    double internal_density = 0.0;  ///< edges inside / size (size - 1); 0 for a single account
    double conductance =
        0.0;  ///< weight that crosses its border / the smaller volume of the two sides; 0 without edges
    double reciprocity = 0.0;        ///< share of the edges inside whose reverse exists; 0 without edges
    std::vector<AccountId> leaders;  ///< its first accounts in the order that was given
};

/// Profiles of the communities `labels` [n], numbered 0 … k − 1, and their up to `num_leaders` first accounts in `order` [n].
///
///   volume(C) = weight of the edges that leave accounts of C + weight of the edges that enter them
///   conductance(C) = weight of the edges between C and the rest, either way / min(volume(C), volume(rest))
///
/// Sums are integers (a weight counts round(w * 2^20)), so the result does not depend on threads.
/// Time O(n + m); memory 32 bytes a community beside the result.
/// Throws GraphError if a weight is negative or all of them add to more than 2^42.
/// Conductance: Kannan, Vempala & Vetta 2004, with in- and out-edges alike.
std::vector<CommunityProfile> community_profiles(const Graph& graph, std::span<const AccountId> labels,
                                                 std::span<const AccountId> order, std::size_t num_leaders,
                                                 int threads);

}  // namespace coterie
