#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <vector>

#include "cli/commands.hpp"
#include "cli/layer_run.hpp"
#include "cli/layer_scores.hpp"
#include "cli/options.hpp"
#include "cli/run_report.hpp"
#include "cli/text_numbers.hpp"
#include "host/memory_plan.hpp"
#include "io/store.hpp"

namespace coterie::cli {

namespace {

/// The program, its libraries and the stacks of its threads.
constexpr std::uint64_t program_bytes = std::uint64_t{16} << 20;
constexpr std::uint64_t thread_bytes = std::uint64_t{1} << 20;

struct Options {
    std::string store;
    std::string layer;
    std::string precision = "double";
    std::string method = "lpa";
    std::string direction;
    std::string sources = "all";
    bool unweighted = false;
    bool teleport = false;
    RunOptions run;
};

Graph read_graph(const Store& store, const LayerInfo& layer, bool unweighted) {
    const Graph graph = store.graph(layer.name);
    return unweighted ? graph.unweighted() : graph;
}

Direction direction_of(const std::string& name, Direction otherwise) {
    if (name.empty()) return otherwise;
    return name == "either" ? Direction::either : name == "mutual" ? Direction::mutual : Direction::directed;
}

MemoryPlan plan_of(std::string_view command, const Options& options, const Store& store, const LayerInfo& layer) {
    const Graph graph = read_graph(store, layer, options.unweighted);
    const int threads = thread_count(options.run);
    if (command == "pagerank") {
        PageRankOptions settings;
        settings.precision = options.precision == "single" ? Precision::single : Precision::full;
        const std::vector<double> some(1);  // that there is a teleport vector counts, not what stands in it
        if (options.teleport) settings.teleport = some;
        return pagerank_memory(graph, settings, threads);
    }
    if (command == "communities") {
        CommunitiesOptions settings;
        settings.method = options.method == "cdlp" ? CommunityMethod::cdlp : CommunityMethod::lpa;
        settings.direction = direction_of(options.direction, Direction::either);
        return communities_memory(graph, settings, threads);
    }
    BetweennessOptions settings;
    settings.direction = direction_of(options.direction, Direction::directed);
    settings.num_sources = parse_sources(options.sources);
    return betweenness_memory(graph.unweighted(), settings, threads);
}

/// Every result of a layer, which `score` keeps until its files are written.
std::uint64_t score_result_bytes(std::uint64_t num_accounts) {
    const std::uint64_t degrees = 28, components = 4, cores = 4, pagerank = 8, communities = 4, betweenness = 8;
    const std::uint64_t percentiles = 8, order = 4, places = 4;
    return (degrees + components + cores + pagerank + communities + betweenness + percentiles + order + places) *
           num_accounts;
}

/// The largest of what runs one after the other, beside all results.
MemoryPlan score_plan(const Options& options, const Store& store, const LayerInfo& layer) {
    Options each = options;
    MemoryPlan largest = plan_of("pagerank", each, store, layer);
    for (const char* command : {"communities", "betweenness"}) {
        if (std::string_view(command) == "betweenness" && options.sources == "default")
            each.sources = std::to_string(default_sources(store.accounts()->size(), layer.num_edges));
        MemoryPlan plan = plan_of(command, each, store, layer);
        if (plan.bytes() > largest.bytes()) largest = std::move(plan);
    }
    largest.add("results of the layer", score_result_bytes(store.accounts()->size()));
    return largest;
}

void print(std::string_view command, const Options& options) {
    ProgressDisplay display(options.run.progress);
    RunReport report("estimate", display);
    const Store store = Store::open(options.store);
    const LayerInfo& layer = choose_layer(store, options.layer);

    MemoryPlan plan;
    plan.add("the program", program_bytes + thread_bytes * static_cast<std::uint64_t>(thread_count(options.run)));
    plan.add("the store's accounts, mapped", store.account_bytes());
    plan.add("the layer, mapped", graph_bytes(store.graph(layer.name)));
    const MemoryPlan work =
        command == "score" ? score_plan(options, store, layer) : plan_of(command, options, store, layer);
    plan.uses.insert(plan.uses.end(), work.uses.begin(), work.uses.end());

    report["store"] = options.store;
    report["layer"] = layer.name;
    report["of"] = command;
    report["backend"] = "openmp";
    report["accounts"] = store.accounts()->size();
    report["edges"] = layer.num_edges;
    for (const MemoryUse& use : plan.uses) report["uses"].push_back({{"name", use.name}, {"bytes", use.bytes}});
    report["memory_bytes"] = plan.bytes();
    if (options.run.json) {
        print_json(report.json());
        return;
    }
    std::string text = fmt::format("{} of {}, layer {}: {} accounts, {} edges; on openmp, {} threads\n", command,
                                   options.store, layer.name, with_separators(store.accounts()->size()),
                                   with_separators(layer.num_edges), thread_count(options.run));
    for (const MemoryUse& use : plan.uses)
        text += fmt::format("  {:>10}  {}\n", in_bytes(static_cast<double>(use.bytes)), use.name);
    text += fmt::format("  {:>10}  at most at once\n", in_bytes(static_cast<double>(plan.bytes())));
    print_text(text);
}

}  // namespace

void add_estimate_memory(CLI::App& estimate) {
    const auto options = std::make_shared<Options>();
    estimate.add_option("store", options->store, "The store whose layer an algorithm reads")->type_name("STORE");
    const auto add = [&](const char* name, const char* what) {
        CLI::App* command = estimate.add_subcommand(name, what);
        command->add_option("--layer", options->layer, "The layer to read; by default the only one, or follow")
            ->type_name("NAME");
        add_run_options(*command, options->run);
        command->callback([options, name] {
            if (options->store.empty())
                throw std::invalid_argument(
                    fmt::format("estimate {}: name the store before it: coterie estimate STORE {}", name, name));
            print(name, *options);
        });
        return command;
    };
    CLI::App* command = add("pagerank", "Memory that `coterie pagerank STORE` takes");
    command->add_option("--precision", options->precision, "As in pagerank")
        ->check(CLI::IsMember({"double", "single"}))
        ->capture_default_str();
    command->add_flag("--unweighted", options->unweighted, "As in pagerank");
    command->add_flag("--teleport", options->teleport, "With a teleport vector");
    command = add("communities", "Memory that `coterie communities STORE` takes");
    command->add_option("--method", options->method, "As in communities")
        ->check(CLI::IsMember({"lpa", "cdlp"}))
        ->capture_default_str();
    command->add_option("--direction", options->direction, "As in communities")
        ->check(CLI::IsMember({"either", "mutual"}));
    command = add("betweenness", "Memory that `coterie betweenness STORE` takes");
    command->add_option("--sources", options->sources, "As in betweenness")->type_name("all|K")->capture_default_str();
    command->add_option("--direction", options->direction, "As in betweenness")
        ->check(CLI::IsMember({"directed", "either"}));
    command = add("score", "Memory that `coterie score STORE` takes for the layer that takes most");
    command->add_option("--sources", options->sources, "As in score; default: as many as score takes by itself")
        ->type_name("default|all|K");
}

}  // namespace coterie::cli
