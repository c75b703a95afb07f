#include "host/pagerank.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string_view>

#include "host/run_placed.hpp"
#include "kernels/kernels.hpp"

namespace coterie {

namespace {

/// Shares of float reach 2^62 / W: below this out-weight they would overflow.
constexpr double least_single_out_weight = 0x1.0p-64;

void check_options(const PageRankOptions& options) {
    const auto refuse = [](std::string_view what, const auto& got) {
        throw std::invalid_argument(fmt::format("pagerank: {}, got {}", what, got));
    };
    if (!(options.damping >= 0 && options.damping < 1)) refuse("damping must be in [0, 1)", options.damping);
    if (!(options.tolerance >= 0)) refuse("tolerance must be 0 or more", options.tolerance);
    if (options.max_iterations < 1) refuse("max_iterations must be 1 or more", options.max_iterations);
}

/// `values` and what normalises them. Throws unless there is one entry ≥ 0 per account, and a positive one.
Topic topic(std::span<const double> values, std::string_view name, AccountId num_accounts) {
    if (values.size() != num_accounts)
        throw std::invalid_argument(fmt::format("pagerank: {} must have one entry per account, {}, but has {}", name,
                                                num_accounts, values.size()));
    double largest = 0;
    for (std::size_t account = 0; account < values.size(); ++account) {
        const double value = values[account];
        if (!(value >= 0) || std::isinf(value))
            throw std::invalid_argument(fmt::format(
                "pagerank: entries of {} must be finite and 0 or more, but entry {} is {}", name, account, value));
        largest = std::max(largest, value);
    }
    if (largest == 0)
        throw std::invalid_argument(fmt::format("pagerank: {} must have a positive entry, but all are 0", name));

    // As an integer the sum does not depend on the internal order of accounts. 2^62 for the largest: 2^94 at most.
    constexpr double one = 0x1.0p62;
    unsigned __int128 sum = 0;
    for (const double value : values) sum += static_cast<std::uint64_t>(std::nearbyint(value / largest * one));
    return {values, largest, static_cast<double>(sum) / one};
}

/// `values` divided by their sum, or nothing if there are none.
std::vector<double> normalised(std::span<const double> values, std::string_view name, AccountId num_accounts) {
    if (values.empty()) return {};
    const Topic weights = topic(values, name, num_accounts);
    std::vector<double> shares(values.size());
    for (AccountId account = 0; account < num_accounts; ++account) shares[account] = weights.teleport(account);
    return shares;
}

[[noreturn]] void refuse_weight(const Graph& graph, EdgeOffset edge) {
    const CsrView& out = graph.out();
    const auto source = static_cast<AccountId>(std::upper_bound(out.offsets.begin(), out.offsets.end(), edge) -
                                               out.offsets.begin() - 1);
    const std::vector<AccountId> positions = id_positions(graph);
    throw GraphError(
        fmt::format("pagerank: weights must be finite and 0 or more, but the edge from account {} to account {} "
                    "(counted from 0, in "
                    "the order of their ids) weighs {}; leave such edges out, or rank without weights",
                    positions[source], positions[out.neighbors[edge]], out.weights[edge]));
}

/// Sum of the weights of each account's out-edges, in the order of its row. Empty if every edge counts 1.
std::vector<double> out_weights(const Graph& graph, Precision precision, int threads) {
    if (!graph.weighted()) return {};
    const CsrView& out = graph.out();
    const AccountId n = graph.num_accounts();
    std::vector<double> sums(n);
    EdgeOffset first_bad = out.num_edges();
    AccountId too_light = no_account;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1024) reduction(min : first_bad, too_light)
    for (AccountId account = 0; account < n; ++account) {
        double sum = 0;
        for (EdgeOffset edge = out.offsets[account]; edge < out.offsets[account + 1]; ++edge) {
            const float weight = out.weights[edge];
            if (!(weight >= 0) || std::isinf(weight)) first_bad = std::min(first_bad, edge);
            sum += static_cast<double>(weight);
        }
        sums[account] = sum;
        if (sum > 0 && sum < least_single_out_weight) too_light = std::min(too_light, account);
    }
    if (first_bad < out.num_edges()) refuse_weight(graph, first_bad);
    if (precision == Precision::single && too_light != no_account)
        throw GraphError(
            fmt::format("pagerank: in single precision the out-weight of an account must be 0, or 2^-64 or more, "
                        "but one is {}; use precision double, or scale the weights",
                        sums[too_light]));
    return sums;
}

}  // namespace

PageRankResult pagerank(const PlacedGraph& graph, const PageRankOptions& options) {
    check_options(options);
    const AccountId n = graph.graph().num_accounts();
    const std::vector<double> teleport = normalised(options.teleport, "teleport", n);
    const std::vector<double> start = normalised(options.start, "start", n);
    const std::vector<double> weights = out_weights(graph.graph(), options.precision, graph.threads());
    if (n == 0) return {};

    PageRankOptions checked = options;
    checked.teleport = teleport;
    checked.start = start;
    return run_placed(
        graph, [&] { return openmp::pagerank(graph, checked, weights); },
        [&] {
            return whole_or_streamed(
                graph, [&] { return cuda::pagerank(graph, checked, weights); },
                [&] { return cuda::pagerank_streamed(graph, checked, weights, graph.use()); });
        });
}

std::vector<PageRankResult> pagerank_topics(const PlacedGraph& graph, std::span<const std::vector<double>> teleports,
                                            const PageRankOptions& options) {
    check_options(options);
    if (!options.teleport.empty())
        throw std::invalid_argument(
            fmt::format("pagerank: teleport must be empty where topics bring their own, but has {} entries",
                        options.teleport.size()));
    const AccountId n = graph.graph().num_accounts();
    std::vector<Topic> topics;
    for (std::size_t i = 0; i < teleports.size(); ++i)
        topics.push_back(teleports[i].empty() ? Topic{{}, 1.0 / n, 1.0}
                                              : topic(teleports[i], fmt::format("teleport {}", i), n));
    const std::vector<double> start = normalised(options.start, "start", n);
    const std::vector<double> weights = out_weights(graph.graph(), options.precision, graph.threads());
    if (n == 0 || topics.empty()) return std::vector<PageRankResult>(teleports.size());

    PageRankOptions checked = options;
    checked.start = start;
    return run_placed(
        graph, [&] { return openmp::pagerank_topics(graph, topics, checked, weights); },
        [&] { return cuda::pagerank_topics(graph, topics, checked, weights); });
}

}  // namespace coterie
