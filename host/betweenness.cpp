#include "host/betweenness.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "host/errors.hpp"
#include "host/graph.hpp"
#include "host/random.hpp"
#include "host/run_placed.hpp"
#include "kernels/kernels.hpp"

namespace coterie {

namespace {

/// Sources that are a sample stand for all accounts; both ends of an undirected path find it; the rest is `normalized`.
double scale(AccountId num_accounts, std::size_t num_sources, bool directed, bool normalized) {
    const auto n = static_cast<double>(num_accounts);
    const double sampled = n / static_cast<double>(num_sources);
    const double unordered = directed ? 1.0 : 0.5;
    if (!normalized || num_accounts < 3) return sampled * unordered;
    const double pairs = (n - 1.0) * (n - 2.0) * unordered;
    return sampled * unordered / pairs;
}

}  // namespace

std::vector<AccountId> draw_sources(const Graph& graph, AccountId k, std::uint64_t seed) {
    const AccountId n = graph.num_accounts();
    std::vector<AccountId> sources;
    if (k == 0 || k >= n) {
        sources.resize(n);
        for (AccountId position = 0; position < n; ++position) sources[position] = graph.account_at(position);
        return sources;
    }
    std::vector<std::pair<std::uint64_t, AccountId>> keys(n);
    for (AccountId position = 0; position < n; ++position) keys[position] = {random_bits(seed, position, 0), position};
    std::nth_element(keys.begin(), keys.begin() + k, keys.end());
    std::sort(keys.begin(), keys.begin() + k);
    sources.reserve(k);
    for (AccountId i = 0; i < k; ++i) sources.push_back(graph.account_at(keys[i].second));
    return sources;
}

BetweennessResult betweenness(const PlacedGraph& placed, const BetweennessOptions& options) {
    const Graph& graph = placed.graph();
    if (options.direction == Direction::mutual)
        throw std::invalid_argument("betweenness: direction must be directed or either, got mutual");
    if (graph.weighted())
        throw GraphError(
            "betweenness: edges must have no weights, since paths are counted in hops, and got a weighted graph; "
            "pass graph.unweighted() to leave the weights out");

    const bool derive = graph.directed() && options.direction == Direction::either;
    const PlacedGraph searched =
        derive ? placed.place_derived(undirected_graph(graph, Direction::either, placed.threads())) : placed;

    BetweennessResult result;
    result.sources = draw_sources(graph, options.num_sources, options.seed);
    result.exact = result.sources.size() == graph.num_accounts();
    const auto sum =
        graph.num_accounts() == 0
            ? std::vector<double>{}
            : run_placed(
                  searched, [&] { return openmp::betweenness(searched, result.sources, options.progress); },
                  [&] { return cuda::betweenness(searched, result.sources, options.progress); });
    result.values = sum;
    const double factor =
        scale(graph.num_accounts(), result.sources.size(), searched.graph().directed(), options.normalized);
    for (double& value : result.values) value *= factor;
    return result;
}

}  // namespace coterie
