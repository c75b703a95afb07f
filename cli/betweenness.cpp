#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>

#include "cli/commands.hpp"
#include "cli/layer_run.hpp"
#include "cli/text_numbers.hpp"
#include "host/betweenness.hpp"

namespace coterie::cli {

namespace {

struct Options {
    LayerOptions layer;
    BetweennessOptions betweenness;
    std::string sources = "all";
    std::string direction = "directed";
    bool hops = false;
};

void run_betweenness(const Options& options) {
    LayerRun run("betweenness", options.layer);
    BetweennessOptions settings = options.betweenness;
    settings.num_sources = parse_sources(options.sources);
    settings.direction = options.direction == "either" ? Direction::either : Direction::directed;
    settings.progress = &run.progress();
    if (run.layer().weighted && !options.hops)
        throw std::invalid_argument(fmt::format(
            "betweenness: paths are counted in hops, and layer {} has weights; pass --hops to leave the weights out",
            run.layer().name));

    const PlacedGraph& graph =
        run.place([&](const Graph& read) { return betweenness_device_plans(read, settings); }, options.hops);
    const BetweennessResult result = run.compute([&] { return betweenness(graph, settings); });

    RunReport& report = run.report();
    report["direction"] = options.direction;
    report["normalized"] = settings.normalized;
    report["sources"] = result.sources.size();
    report["exact"] = result.exact;
    if (!result.exact) {
        report["seed"] = settings.seed;
        // Enough to repeat a run of a few sources with another program; the seed says the rest.
        constexpr std::size_t listed = 100;
        for (const AccountId source : std::span(result.sources).first(std::min(listed, result.sources.size())))
            report["first_sources"].push_back(run.store().accounts()->text(source));
    }
    run.say(result.exact
                ? fmt::format("betweenness: exact, from all {} accounts", with_separators(result.sources.size()))
                : fmt::format("betweenness: estimated from {} sources drawn with seed {}",
                              with_separators(result.sources.size()), settings.seed));
    Attributes attributes{{"algorithm", std::string("betweenness")},
                          {"direction", options.direction},
                          {"normalized", settings.normalized},
                          {"sources", static_cast<std::int64_t>(result.sources.size())},
                          {"exact", result.exact}};
    if (!result.exact) attributes["seed"] = fmt::format("{}", settings.seed);
    run.finish({{"betweenness", std::span<const double>(result.values)}}, std::move(attributes));
}

}  // namespace

void add_betweenness(CLI::App& app) {
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("betweenness", "How many shortest paths between others lead through an account");
    add_layer_options(*command, options->layer);
    BetweennessOptions& settings = options->betweenness;
    command->add_option("--sources", options->sources, "Accounts to start paths from: all (exact), or how many to draw")
        ->type_name("all|K")
        ->capture_default_str();
    add_seed_option(*command, settings.seed, "the draw of sources");
    command->add_flag("--normalized", settings.normalized, "Divide by the number of pairs that could have such a path");
    command->add_option("--direction", options->direction, "directed: along edges; either: both ways, each pair once")
        ->check(CLI::IsMember({"directed", "either"}))
        ->capture_default_str();
    command->add_flag("--hops", options->hops, "Read a weighted layer without its weights");
    command->callback([options] { run_betweenness(*options); });
}

}  // namespace coterie::cli
