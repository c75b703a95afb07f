#include "host/communities.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "host/components.hpp"
#include "host/errors.hpp"
#include "host/run_placed.hpp"
#include "kernels/kernels.hpp"

namespace coterie {

namespace {

constexpr int default_rounds_lpa = 50;
constexpr int default_rounds_cdlp = 10;

/// A weight counts round(w * 2^20). Sums of both directions then fit 63 bits, and their products 126.
constexpr double units_per_weight = 0x1.0p20;
constexpr double max_total_weight = 0x1.0p42;

std::uint64_t units_of(const CsrView& rows, EdgeOffset edge) {
    return rows.weighted()
               ? static_cast<std::uint64_t>(std::nearbyint(static_cast<double>(rows.weights[edge]) * units_per_weight))
               : 1;
}

void check_options(const CommunitiesOptions& options) {
    if (options.max_rounds < 0)
        throw std::invalid_argument(fmt::format(
            "communities: max_rounds must be 0 (the method's default) or more, got {}", options.max_rounds));
    if (!(options.stop_share >= 0 && options.stop_share <= 1))
        throw std::invalid_argument(
            fmt::format("communities: stop_share must be in [0, 1], got {}", options.stop_share));
    if (options.direction == Direction::directed)
        throw std::invalid_argument("communities: direction must be either or mutual, got directed");
    if (options.method == CommunityMethod::cdlp && options.direction != Direction::either)
        throw std::invalid_argument(
            "communities: cdlp reads edges as direction either by its definition, got mutual (method lpa takes "
            "mutual)");
}

void check_weights(const Graph& graph, int threads) {
    const std::span<const float> weights = graph.out().weights;
    EdgeOffset first_wrong = weights.size();
    unsigned __int128 total = 0;  // in whole weights, rounded up
#pragma omp parallel num_threads(threads)
    {
        EdgeOffset wrong = weights.size();
        unsigned __int128 sum = 0;
#pragma omp for schedule(static)
        for (EdgeOffset edge = 0; edge < weights.size(); ++edge) {
            if (!(weights[edge] >= 0)) wrong = std::min(wrong, edge);
            sum += static_cast<std::uint64_t>(
                std::clamp(std::ceil(static_cast<double>(weights[edge])), 0.0, max_total_weight));
        }
#pragma omp critical
        {
            first_wrong = std::min(first_wrong, wrong);
            total += sum;
        }
    }
    if (first_wrong < weights.size())
        throw GraphError(fmt::format("communities: weights must be 0 or more, got {}", weights[first_wrong]));
    if (total >= static_cast<std::uint64_t>(max_total_weight))
        throw GraphError(fmt::format("communities: weights must add up to less than 2^42, got {:.3g}; scale them down",
                                     static_cast<double>(total)));
}

PropagatedLabels propagate(const PlacedGraph& graph, const CommunitiesOptions& options) {
    const bool cdlp = options.method == CommunityMethod::cdlp;
    return run_placed(
        graph, [&] { return cdlp ? openmp::cdlp(graph, options) : openmp::lpa(graph, options); },
        [&] {
            return whole_or_streamed(
                graph, [&] { return cdlp ? cuda::cdlp(graph, options) : cuda::lpa(graph, options); },
                [&] {
                    return cdlp ? cuda::cdlp_streamed(graph, options, graph.use())
                                : cuda::lpa_streamed(graph, options, graph.use());
                });
        });
}

/// The connected parts of the communities `labels`: on the device if the whole graph lies there.
std::vector<AccountId> connected_parts(const PlacedGraph& graph, const std::vector<AccountId>& labels) {
    const bool there =
        graph.backend() == Backend::cuda && graph.last_use().failure.empty() && graph.last_use().blocks == 0;
    if (!there) return openmp::components(graph, labels);
    try {
        const DeviceRun run(graph);
        return cuda::components(graph, labels);
    } catch (const OutOfDeviceMemory&) {
        return openmp::components(graph, labels);
    } catch (const DeviceFailure& failure) {
        note_failure(graph, failure);
    }
    return openmp::components(graph, labels);
}

}  // namespace

CommunitiesResult communities(const PlacedGraph& given, const CommunitiesOptions& given_options) {
    check_options(given_options);
    CommunitiesOptions options = given_options;
    const bool lpa = options.method == CommunityMethod::lpa;
    if (options.max_rounds == 0) options.max_rounds = lpa ? default_rounds_lpa : default_rounds_cdlp;
    if (lpa) check_weights(given.graph(), given.threads());

    const bool mutual = options.direction == Direction::mutual && given.graph().directed();
    const PlacedGraph placed =
        mutual ? given.place_derived(undirected_graph(given.graph(), Direction::mutual, given.threads())) : given;
    const Graph& graph = placed.graph();

    PropagatedLabels propagated = propagate(placed, options);
    CommunitiesResult result;
    result.rounds = propagated.rounds;
    result.converged = propagated.converged;
    if (lpa) {
        // Accounts can share a label after those between them have left it.
        const std::vector<AccountId> connected = connected_parts(placed, propagated.labels);
        ComponentsResult numbered = numbered_by_size(graph, connected);
        result.labels = std::move(numbered.components);
        result.sizes = std::move(numbered.sizes);
    } else {
        result.sizes = numbered_by_size(graph, propagated.labels).sizes;
        result.labels = std::move(propagated.labels);
    }
    result.num_communities = static_cast<AccountId>(result.sizes.size());
    result.quality = community_quality(lpa ? graph : graph.unweighted(), result.labels, placed.threads());
    return result;
}

CommunityQuality community_quality(const Graph& graph, std::span<const AccountId> labels, int threads) {
    const AccountId n = graph.num_accounts();
    if (labels.size() != n)
        throw std::invalid_argument(
            fmt::format("community_quality: there must be one label per account ({}), got {}", n, labels.size()));
    for (const AccountId label : labels)
        if (label >= n)
            throw std::invalid_argument(fmt::format("community_quality: labels must be below {}, got {}", n, label));
    if (threads == 0) threads = omp_get_num_procs();
    check_weights(graph, threads);
    if (n == 0) return {};

    // Strength of each community by out- and by in-edges (alike if the graph is undirected).
    std::vector<std::uint64_t> out_strength(n, 0);
    std::vector<std::uint64_t> in_strength(n, 0);
    std::uint64_t inside = 0;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1024) reduction(+ : inside)
    for (AccountId v = 0; v < n; ++v) {
        std::uint64_t strength = 0;
        for (EdgeOffset edge = graph.out().offsets[v]; edge < graph.out().offsets[v + 1]; ++edge) {
            const AccountId neighbor = graph.out().neighbors[edge];
            // An undirected graph stores an edge at each of its ends, but a self-loop once.
            const std::uint64_t units = units_of(graph.out(), edge) << (!graph.directed() && neighbor == v ? 1U : 0U);
            strength += units;
            if (labels[neighbor] == labels[v]) inside += units;
        }
#pragma omp atomic
        out_strength[labels[v]] += strength;
        if (!graph.directed()) continue;
        strength = 0;
        for (EdgeOffset edge = graph.in().offsets[v]; edge < graph.in().offsets[v + 1]; ++edge)
            strength += units_of(graph.in(), edge);
#pragma omp atomic
        in_strength[labels[v]] += strength;
    }

    std::vector<AccountId> sizes(n, 0);
    for (const AccountId label : labels) ++sizes[label];
    std::uint64_t total = 0;
    __int128 expected = 0;
    for (AccountId label = 0; label < n; ++label) {
        total += out_strength[label];
        expected += static_cast<__int128>(out_strength[label]) * (graph.directed() ? in_strength : out_strength)[label];
    }

    CommunityQuality quality;
    quality.largest_share = static_cast<double>(*std::max_element(sizes.begin(), sizes.end())) / n;
    if (total == 0) return quality;
    const auto weight = static_cast<double>(total);
    quality.coverage = static_cast<double>(inside) / weight;
    // One exact difference, rounded at the end.
    quality.modularity = static_cast<double>(static_cast<__int128>(inside) * total - expected) / (weight * weight);
    return quality;
}

}  // namespace coterie
