#include <fmt/format.h>

#include <memory>
#include <utility>

#include "cli/commands.hpp"
#include "cli/layer_run.hpp"
#include "cli/text_numbers.hpp"
#include "host/communities.hpp"

namespace coterie::cli {

namespace {

struct Options {
    LayerOptions layer;
    CommunitiesOptions communities;
    std::string method = "lpa";
    std::string direction = "either";
};

void run_communities(const Options& options) {
    LayerRun run("communities", options.layer);
    CommunitiesOptions settings = options.communities;
    settings.method = options.method == "cdlp" ? CommunityMethod::cdlp : CommunityMethod::lpa;
    settings.direction = options.direction == "mutual" ? Direction::mutual : Direction::either;
    settings.progress = &run.progress();

    const PlacedGraph& graph =
        run.place([&](const Graph& read) { return communities_device_plans(read, settings, run.devices()); });
    const CommunitiesResult result = run.compute([&] { return communities(graph, settings); });

    const bool cdlp = settings.method == CommunityMethod::cdlp;
    RunReport& report = run.report();
    report["method"] = options.method;
    report["direction"] = options.direction;
    if (!cdlp) report["stop_share"] = settings.stop_share;
    if (!cdlp) report["seed"] = settings.seed;
    report["rounds"] = result.rounds;
    report["converged"] = result.converged;
    report["communities"] = result.num_communities;
    report["modularity"] = result.quality.modularity;
    report["coverage"] = result.quality.coverage;
    report["largest_share"] = result.quality.largest_share;
    run.say(fmt::format(
        "{}: {} communities after {} rounds; modularity {:.3f}, {} of the edges inside, the largest holds {}",
        options.method, with_separators(result.num_communities), result.rounds, result.quality.modularity,
        in_percent(result.quality.coverage), in_percent(result.quality.largest_share)));
    // cdlp runs a given number of rounds by definition: that labels still change is no surprise.
    if (!result.converged && !cdlp)
        run.warn(fmt::format(
            "lpa did not settle: at most {} of the accounts may still change, and more did after {} rounds; "
            "try a larger --rounds",
            in_percent(settings.stop_share), result.rounds));
    Attributes attributes{{"algorithm", std::string("communities")},
                          {"method", options.method},
                          {"direction", options.direction},
                          {"rounds", std::int64_t{result.rounds}},
                          {"converged", result.converged},
                          {"communities", std::int64_t{result.num_communities}},
                          {"modularity", result.quality.modularity},
                          {"coverage", result.quality.coverage},
                          {"largest_share", result.quality.largest_share}};
    if (!cdlp) attributes["stop_share"] = settings.stop_share;
    if (!cdlp) attributes["seed"] = fmt::format("{}", settings.seed);
    const TableColumn column = cdlp ? TableColumn{"community", OriginalIds{result.labels}}
                                    : TableColumn{"community", std::span<const AccountId>(result.labels)};
    run.finish({column}, std::move(attributes));
}

}  // namespace

void add_communities(CLI::App& app) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("communities", "Groups of accounts with more edges inside than across");
    add_layer_options(*command, options->layer);
    CommunitiesOptions& settings = options->communities;
    command
        ->add_option("--method", options->method,
                     "lpa: weighted, connected communities, numbered by size; cdlp: LDBC Graphalytics, exactly")
        ->check(CLI::IsMember({"lpa", "cdlp"}))
        ->capture_default_str();
    command->add_option("--rounds", settings.max_rounds, "Most rounds; 0: 50 of lpa, 10 of cdlp")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command
        ->add_option("--direction", options->direction,
                     "either: who follows or is followed counts; mutual: only who does both (lpa)")
        ->check(CLI::IsMember({"either", "mutual"}))
        ->capture_default_str();
    command
        ->add_option("--stop-share", settings.stop_share,
                     "lpa ends when at most this share of the accounts change in a round")
        ->capture_default_str();
    add_seed_option(*command, settings.seed, "lpa's choices");
    command->callback([options] { run_communities(*options); });
}

}  // namespace coterie::cli
