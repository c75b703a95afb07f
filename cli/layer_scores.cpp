#include "cli/layer_scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "cli/device_options.hpp"
#include "cli/layer_run.hpp"
#include "cli/options.hpp"
#include "host/ranking.hpp"
#include "io/data_checksum.hpp"

namespace coterie::cli {

namespace {

constexpr std::uint64_t source_budget = 20'000'000'000;
constexpr AccountId fewest_sources = 256;
constexpr std::size_t num_leaders = 5;

AccountId sources_of(const LayerInfo& layer, AccountId num_accounts, const ScoreSettings& settings) {
    return settings.sources.empty() ? default_sources(num_accounts, layer.num_edges) : parse_sources(settings.sources);
}

/// All that a result depends on beside the code: two with the same are the same.
Attributes made_with(const std::string& algorithm, const LayerScores& scores, AccountId num_accounts,
                     const ScoreSettings& settings) {
    Attributes made{{"algorithm", algorithm},
                    {"layer", scores.layer.name},
                    {"version", std::string(COTERIE_VERSION)},
                    {"data_checksum", scores.data_checksum}};
    if (algorithm == "pagerank") {
        made["damping"] = settings.damping;
        made["weighted"] = scores.layer.weighted;
    } else if (algorithm == "communities") {
        made["method"] = std::string("lpa");
        made["direction"] = std::string(settings.direction == Direction::mutual ? "mutual" : "either");
        made["seed"] = fmt::format("{}", settings.seed);
    } else if (algorithm == "betweenness") {
        const AccountId asked = sources_of(scores.layer, num_accounts, settings);
        const bool exact = asked == 0 || asked >= num_accounts;
        made["sources"] = std::int64_t{exact ? num_accounts : asked};
        made["exact"] = exact;
        made["seed"] = fmt::format("{}", settings.seed);
        made["direction"] = std::string("directed");
        made["normalized"] = false;
    }
    return made;
}

/// Results that an earlier run left in the store, if they may be taken: those made of the same data with the same options
/// by the same version.
class KeptResults {
  public:
    KeptResults(const Store& store, const ScoreSettings& settings, LayerScores& scores)
        : store_(store), settings_(settings), scores_(scores), names_(store.result_names()) {}

    std::optional<StoredResult> find(const std::string& algorithm) const {
        const std::string name = scores_.layer.name + "." + algorithm;
        if (!settings_.resume || std::ranges::find(names_, name) == names_.end()) return std::nullopt;
        StoredResult result = store_.result(name);
        for (const auto& [key, value] : made_with(algorithm, scores_, store_.accounts()->size(), settings_))
            if (const auto found = result.attributes.find(key);
                found == result.attributes.end() || found->second != value)
                return std::nullopt;
        scores_.reused.push_back(algorithm);
        return result;
    }

  private:
    const Store& store_;
    const ScoreSettings& settings_;
    LayerScores& scores_;
    std::vector<std::string> names_;
};

template <class T>
std::vector<T> array_of(StoredResult& result, const std::string& name = "values") {
    return std::get<std::vector<T>>(std::move(result.arrays.at(name)));
}

int number_of(const StoredResult& result, const std::string& name) {
    return static_cast<int>(std::get<std::int64_t>(result.attributes.at(name)));
}

double real_of(const StoredResult& result, const std::string& name) {
    return std::get<double>(result.attributes.at(name));
}

bool truth_of(const StoredResult& result, const std::string& name) {
    return std::get<bool>(result.attributes.at(name));
}

std::vector<AccountId> sizes_of(std::span<const AccountId> numbers, int count) {
    std::vector<AccountId> sizes(static_cast<std::size_t>(count));
    for (const AccountId number : numbers) ++sizes.at(number);
    return sizes;
}

DegreesResult degrees_of(StoredResult& kept) {
    return {.in_degree = array_of<AccountId>(kept, "in_degree"),
            .out_degree = array_of<AccountId>(kept, "out_degree"),
            .mutual_degree = array_of<AccountId>(kept, "mutual_degree"),
            .in_strength = array_of<double>(kept, "in_strength"),
            .out_strength = array_of<double>(kept, "out_strength"),
            .reciprocity = real_of(kept, "reciprocity")};
}

CommunitiesResult communities_of(StoredResult& kept) {
    CommunitiesResult result;
    result.labels = array_of<AccountId>(kept);
    result.sizes = sizes_of(result.labels, number_of(kept, "communities"));
    result.num_communities = static_cast<AccountId>(result.sizes.size());
    result.rounds = number_of(kept, "rounds");
    result.converged = truth_of(kept, "converged");
    result.quality = {real_of(kept, "modularity"), real_of(kept, "coverage"), real_of(kept, "largest_share")};
    return result;
}

}  // namespace

AccountId default_sources(AccountId num_accounts, EdgeOffset num_edges) {
    const std::uint64_t visits = num_accounts + num_edges;  // of one source
    const std::uint64_t affordable =
        std::max<std::uint64_t>(fewest_sources, source_budget / std::max<std::uint64_t>(visits, 1));
    return static_cast<AccountId>(std::min<std::uint64_t>(num_accounts, affordable));
}

std::map<std::string, std::vector<DevicePlan>> score_device_plans(const Store& store, const LayerInfo& layer,
                                                                  const ScoreSettings& settings, int devices) {
    const Graph graph = store.graph(layer.name);
    const AccountId sources = sources_of(layer, graph.num_accounts(), settings);
    return {{"degrees", degrees_device_plans(graph)},
            {"components", components_device_plans(graph)},
            {"cores", cores_device_plans(graph)},
            {"pagerank", pagerank_device_plans(graph, {}, devices)},
            {"communities", communities_device_plans(graph, {.direction = settings.direction}, devices)},
            {"betweenness", betweenness_device_plans(graph.unweighted(), {.num_sources = sources})}};
}

LayerScores score_layer(const Store& store, const LayerInfo& layer, const ScoreSettings& settings,
                        const ScoreBackends& backends, int threads, const DeviceOptions& options, RunReport& report,
                        ProgressDisplay& progress) {
    const auto step = [&](const char* name, auto&& work) { return report.step(layer.name + "." + name, work); };
    progress.within(layer.name);
    LayerScores scores;
    scores.layer = layer;
    const Graph graph = store.graph(layer.name);
    scores.data_checksum = step("checksum", [&] { return data_checksum(store, layer.name); });
    // Once on each backend that one of them runs on.
    const std::map<Backend, PlacedGraph> places = step("place", [&] {
        std::map<Backend, PlacedGraph> made;
        for (const auto& [name, chosen] : backends) {
            Placement placement = placement_of(chosen, threads, options, report.trace());
            // Some algorithms cannot stream. The others should not go to waste for that.
            if (placement.on_gpu_failure == OnGpuFailure::stop)
                placement.on_gpu_failure = OnGpuFailure::openmp_if_no_room;
            if (!made.contains(chosen.backend)) made.emplace(chosen.backend, place(graph, placement));
        }
        return made;
    });

    // Each computes `work(placed)`, or takes what is kept.
    const auto on_device = [&](const char* name, auto&& work_on) {
        const PlacedGraph& placed = places.at(backends.at(name).backend);
        const auto work = [&] { return work_on(placed); };
        if (placed.backend() != Backend::cuda) return step(name, work);
        placed.use() = {};
        auto result = step(name, work);
        const DeviceUse& use = placed.last_use();
        if (!use.failure.empty()) scores.gpu_failures.push_back(use_in_words(use));
        // Nothing was held of the device: the result had been kept.
        if (use.peak_memory > 0 || !use.failure.empty()) scores.device_use[name] = use_entry(use);
        return result;
    };

    const KeptResults kept(store, settings, scores);
    scores.degrees = on_device("degrees", [&](const PlacedGraph& placed) {
        auto found = kept.find("degrees");
        return found ? degrees_of(*found) : degrees(placed);
    });
    scores.components = on_device("components", [&](const PlacedGraph& placed) {
        auto found = kept.find("components");
        if (!found) return components(placed);
        ComponentsResult result{.components = array_of<AccountId>(*found), .sizes = {}};
        result.sizes = sizes_of(result.components, number_of(*found, "components"));
        return result;
    });
    scores.cores = on_device("cores", [&](const PlacedGraph& placed) {
        auto found = kept.find("cores");
        if (!found) return cores(placed);
        const auto degeneracy = static_cast<AccountId>(number_of(*found, "degeneracy"));
        return CoresResult{.cores = array_of<AccountId>(*found), .degeneracy = degeneracy};
    });
    scores.pagerank = on_device("pagerank", [&](const PlacedGraph& placed) {
        auto found = kept.find("pagerank");
        if (!found) return pagerank(placed, {.damping = settings.damping, .progress = &progress});
        return PageRankResult{.ranks = array_of<double>(*found),
                              .iterations = number_of(*found, "iterations"),
                              .residual = real_of(*found, "residual"),
                              .converged = truth_of(*found, "converged")};
    });
    scores.communities = on_device("communities", [&](const PlacedGraph& placed) {
        if (auto found = kept.find("communities")) return communities_of(*found);
        return communities(placed, {.direction = settings.direction, .seed = settings.seed, .progress = &progress});
    });
    scores.betweenness = on_device("betweenness", [&](const PlacedGraph& placed) {
        const AccountId sources = sources_of(layer, graph.num_accounts(), settings);
        if (auto found = kept.find("betweenness"))
            return BetweennessResult{.values = array_of<double>(*found),
                                     .sources = draw_sources(graph, sources, settings.seed),
                                     .exact = truth_of(*found, "exact")};
        const PlacedGraph in_hops = graph.weighted() ? placed.place_derived(graph.unweighted()) : placed;
        return betweenness(in_hops, {.num_sources = sources, .seed = settings.seed, .progress = &progress});
    });
    step("profiles", [&] {
        scores.percentiles = percentiles(scores.pagerank.ranks);
        scores.order = ranking(graph, scores.pagerank.ranks);
        scores.community_places = places_within(scores.communities.labels, scores.order);
        scores.profiles = community_profiles(graph, scores.communities.labels, scores.order, num_leaders, threads);
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
    const auto num_accounts = static_cast<AccountId>(scores.pagerank.ranks.size());
    const auto keep = [&](const std::string& algorithm, const std::vector<TableColumn>& columns,
                          const Attributes& found) {
        Attributes attributes = made_with(algorithm, scores, num_accounts, settings);
        attributes.insert(found.begin(), found.end());
        results.push_back(stored_result(layer + "." + algorithm, columns, std::move(attributes)));
    };
    keep("pagerank", {{"pagerank", std::span<const double>(scores.pagerank.ranks)}},
         {{"iterations", std::int64_t{scores.pagerank.iterations}},
          {"residual", scores.pagerank.residual},
          {"converged", scores.pagerank.converged}});
    keep("communities", {{"community", std::span<const AccountId>(scores.communities.labels)}},
         {{"rounds", std::int64_t{scores.communities.rounds}},
          {"converged", scores.communities.converged},
          {"communities", std::int64_t{scores.communities.num_communities}},
          {"modularity", scores.communities.quality.modularity},
          {"coverage", scores.communities.quality.coverage},
          {"largest_share", scores.communities.quality.largest_share}});
    keep("betweenness", {{"betweenness", std::span<const double>(scores.betweenness.values)}}, {});
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
