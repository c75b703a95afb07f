#include "host/community_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "host/errors.hpp"

namespace coterie {

namespace {

constexpr double weight_scale = 0x1.0p20;
constexpr double max_total_weight = 0x1.0p42;  // twice that, scaled, still fits 64 bits

std::uint64_t scaled(float weight) {
    return static_cast<std::uint64_t>(std::llrint(static_cast<double>(weight) * weight_scale));
}

void check_weights(std::span<const float> weights, int threads) {
    float lowest = 0.0F;
    double total = 0.0;
#pragma omp parallel for num_threads(threads) reduction(min : lowest) reduction(+ : total)
    for (std::size_t edge = 0; edge < weights.size(); ++edge) {
        lowest = std::min(lowest, weights[edge]);
        total += static_cast<double>(weights[edge]);
    }
    if (lowest < 0.0F)
        throw GraphError(fmt::format("community_profiles: weights must not be negative, got {}", lowest));
    if (!(total <= max_total_weight))
        throw GraphError(fmt::format("community_profiles: weights must add to at most 2^42, got {}", total));
}

struct Sums {
    std::uint64_t internal_edges = 0;
    std::uint64_t mutual_edges = 0;
    std::uint64_t crossing = 0;  ///< scaled weight, either way
    std::uint64_t volume = 0;    ///< scaled weight

    void add(const Sums& other) {
#pragma omp atomic
        internal_edges += other.internal_edges;
#pragma omp atomic
        mutual_edges += other.mutual_edges;
#pragma omp atomic
        crossing += other.crossing;
#pragma omp atomic
        volume += other.volume;
    }
};

Sums sums_of(const Graph& graph, std::span<const AccountId> labels, AccountId account) {
    Sums sums;
    const auto weigh = [&](const CsrView& rows) {
        for (EdgeOffset edge = rows.offsets[account]; edge < rows.offsets[account + 1]; ++edge) {
            const AccountId neighbor = rows.neighbors[edge];
            if (neighbor == account) continue;
            const std::uint64_t weight = scaled(rows.weight(edge));
            sums.volume += weight;
            if (labels[neighbor] != labels[account]) sums.crossing += weight;
        }
    };
    weigh(graph.out());
    weigh(graph.in());

    const auto followers = graph.in().row(account);
    auto follower = followers.begin();
    for (const AccountId neighbor : graph.out().row(account)) {
        if (neighbor == account || labels[neighbor] != labels[account]) continue;
        ++sums.internal_edges;
        follower = std::lower_bound(follower, followers.end(), neighbor);
        sums.mutual_edges += follower != followers.end() && *follower == neighbor;
    }
    return sums;
}

double ratio(double part, double whole) {
    return whole > 0.0 ? part / whole : 0.0;
}

}  // namespace

std::vector<CommunityProfile> community_profiles(const Graph& graph, std::span<const AccountId> labels,
                                                 std::span<const AccountId> order, std::size_t num_leaders,
                                                 int threads) {
    check_weights(graph.out().weights, threads);
    const AccountId n = graph.num_accounts();
    const std::size_t k = labels.empty() ? 0 : std::size_t{*std::max_element(labels.begin(), labels.end())} + 1;
    std::vector<Sums> sums(k);
#pragma omp parallel for num_threads(threads) schedule(dynamic, 256)
    for (AccountId account = 0; account < n; ++account) sums[labels[account]].add(sums_of(graph, labels, account));

    std::vector<CommunityProfile> profiles(k);
    for (const AccountId account : order) {
        CommunityProfile& profile = profiles[labels[account]];
        ++profile.size;
        if (profile.leaders.size() < num_leaders) profile.leaders.push_back(account);
    }
    std::uint64_t volume = 0;
    for (const Sums& sum : sums) volume += sum.volume;
    for (std::size_t i = 0; i < k; ++i) {
        CommunityProfile& profile = profiles[i];
        const double size = profile.size;
        profile.share = size / n;
        profile.internal_density = ratio(static_cast<double>(sums[i].internal_edges), size * (size - 1.0));
        profile.conductance = ratio(static_cast<double>(sums[i].crossing),
                                    static_cast<double>(std::min(sums[i].volume, volume - sums[i].volume)));
        profile.reciprocity =
            ratio(static_cast<double>(sums[i].mutual_edges), static_cast<double>(sums[i].internal_edges));
    }
    return profiles;
}

}  // namespace coterie
