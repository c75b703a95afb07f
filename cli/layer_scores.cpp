#include "cli/layer_scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/layer_run.hpp"
#include "cli/options.hpp"
#include "host/ranking.hpp"
#include "io/data_checksum.hpp"

namespace coterie::cli {

namespace {

constexpr std::uint64_t source_budget = 20'000'000'000;
constexpr AccountId fewest_sources = 256;
constexpr std::size_t num_leaders = 5;

}  // namespace

AccountId default_sources(AccountId num_accounts, EdgeOffset num_edges) {
    const std::uint64_t visits = num_accounts + num_edges;  // of one source
    const std::uint64_t affordable =
        std::max<std::uint64_t>(fewest_sources, source_budget / std::max<std::uint64_t>(visits, 1));
    return static_cast<AccountId>(std::min<std::uint64_t>(num_accounts, affordable));
}

LayerScores score_layer(const Store& store, const LayerInfo& layer, const ScoreSettings& settings, Placement placement,
                        RunReport& report, ProgressDisplay& progress) {
    const auto step = [&](const char* name, auto&& work) { return report.step(layer.name + "." + name, work); };
    progress.within(layer.name);
    LayerScores scores;
    scores.layer = layer;
    const Graph graph = store.graph(layer.name);
    scores.data_checksum = step("checksum", [&] { return data_checksum(store, layer.name); });
    const PlacedGraph placed = step("place", [&] { return place(graph, placement); });

    scores.degrees = step("degrees", [&] { return degrees(placed); });
    scores.components = step("components", [&] { return components(placed); });
    scores.cores = step("cores", [&] { return cores(placed); });
    scores.pagerank =
        step("pagerank", [&] { return pagerank(placed, {.damping = settings.damping, .progress = &progress}); });
    scores.communities = step("communities", [&] {
        return communities(placed, {.direction = settings.direction, .seed = settings.seed, .progress = &progress});
    });
    scores.betweenness = step("betweenness", [&] {
        const AccountId sources = settings.sources.empty() ? default_sources(graph.num_accounts(), graph.num_edges())
                                                           : parse_sources(settings.sources);
        const PlacedGraph in_hops = graph.weighted() ? place(graph.unweighted(), placed.placement()) : placed;
        return betweenness(in_hops, {.num_sources = sources, .seed = settings.seed, .progress = &progress});
    });
    step("profiles", [&] {
        scores.percentiles = percentiles(scores.pagerank.ranks);
        scores.order = ranking(graph, scores.pagerank.ranks);
        scores.community_places = places_within(scores.communities.labels, scores.order);
        scores.profiles =
            community_profiles(graph, scores.communities.labels, scores.order, num_leaders, placed.threads());
    });
    progress.within("");
    return scores;
}

std::vector<TableColumn> score_columns(const LayerScores& scores, const std::string& prefix) {
    return {{prefix + "pagerank", std::span<const double>(scores.pagerank.ranks)},
            {prefix + "percentile", std::span<const double>(scores.percentiles)},
            {prefix + "community", std::span<const AccountId>(scores.communities.labels)},
            {prefix + "community_rank", std::span<const AccountId>(scores.community_places)},
            {prefix + "betweenness", std::span<const double>(scores.betweenness.values)},
            {prefix + "in_degree", std::span<const AccountId>(scores.degrees.in_degree)},
            {prefix + "out_degree", std::span<const AccountId>(scores.degrees.out_degree)},
            {prefix + "in_strength", std::span<const double>(scores.degrees.in_strength)},
            {prefix + "out_strength", std::span<const double>(scores.degrees.out_strength)},
            {prefix + "core", std::span<const AccountId>(scores.cores.cores)}};
}

std::vector<StoredResult> score_results(const LayerScores& scores, const ScoreSettings& settings) {
    const std::string& layer = scores.layer.name;
    std::vector<StoredResult> results;
    const auto keep = [&](const std::string& algorithm, const std::vector<TableColumn>& columns,
                          Attributes attributes) {
        attributes["algorithm"] = algorithm;
        attributes["layer"] = layer;
        attributes["version"] = std::string(COTERIE_VERSION);
        attributes["data_checksum"] = scores.data_checksum;
        results.push_back(stored_result(layer + "." + algorithm, columns, std::move(attributes)));
    };
    keep("pagerank", {{"pagerank", std::span<const double>(scores.pagerank.ranks)}},
         {{"damping", settings.damping},
          {"weighted", scores.layer.weighted},
          {"iterations", std::int64_t{scores.pagerank.iterations}},
          {"residual", scores.pagerank.residual},
          {"converged", scores.pagerank.converged}});
    keep("communities", {{"community", std::span<const AccountId>(scores.communities.labels)}},
         {{"method", std::string("lpa")},
          {"direction", std::string(settings.direction == Direction::mutual ? "mutual" : "either")},
          {"seed", fmt::format("{}", settings.seed)},
          {"rounds", std::int64_t{scores.communities.rounds}},
          {"converged", scores.communities.converged},
          {"communities", std::int64_t{scores.communities.num_communities}},
          {"modularity", scores.communities.quality.modularity}});
    keep("betweenness", {{"betweenness", std::span<const double>(scores.betweenness.values)}},
         {{"sources", static_cast<std::int64_t>(scores.betweenness.sources.size())},
          {"exact", scores.betweenness.exact},
          {"seed", fmt::format("{}", settings.seed)},
          {"direction", std::string("directed")},
          {"normalized", false}});
    keep("components", {{"component", std::span<const AccountId>(scores.components.components)}},
         {{"components", static_cast<std::int64_t>(scores.components.sizes.size())}});
    keep("cores", {{"core", std::span<const AccountId>(scores.cores.cores)}},
         {{"degeneracy", std::int64_t{scores.cores.degeneracy}}});
    keep("degrees",
         {{"in_degree", std::span<const AccountId>(scores.degrees.in_degree)},
          {"out_degree", std::span<const AccountId>(scores.degrees.out_degree)},
          {"mutual_degree", std::span<const AccountId>(scores.degrees.mutual_degree)},
          {"in_strength", std::span<const double>(scores.degrees.in_strength)},
          {"out_strength", std::span<const double>(scores.degrees.out_strength)}},
         {{"reciprocity", scores.degrees.reciprocity}});
    return results;
}

}  // namespace coterie::cli
