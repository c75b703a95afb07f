#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/device_options.hpp"
#include "cli/layer_run.hpp"
#include "cli/layer_scores.hpp"
#include "cli/options.hpp"
#include "cli/run_report.hpp"
#include "cli/text_numbers.hpp"
#include "host/backend_choice.hpp"
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
    std::string sources;  ///< as they are given; empty: all, of score the default
    bool unweighted = false;
    bool teleport = false;
    std::uint64_t device_memory = 0;
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

/// What `command` takes on openmp, and on a GPU.
struct Plans {
    MemoryPlan host;
    std::vector<DevicePlan> device;
};

Plans plans_of(std::string_view command, const Options& options, const Store& store, const LayerInfo& layer) {
    const Graph graph = read_graph(store, layer, options.unweighted);
    const int threads = thread_count(options.run);
    if (command == "pagerank") {
        PageRankOptions settings;
        settings.precision = options.precision == "single" ? Precision::single : Precision::full;
        const std::vector<double> some(1);  // that there is a teleport vector counts, not what stands in it
        if (options.teleport) settings.teleport = some;
        return {pagerank_memory(graph, settings, threads), pagerank_device_plans(graph, settings)};
    }
    if (command == "communities") {
        CommunitiesOptions settings;
        settings.method = options.method == "cdlp" ? CommunityMethod::cdlp : CommunityMethod::lpa;
        settings.direction = direction_of(options.direction, Direction::either);
        return {communities_memory(graph, settings, threads), communities_device_plans(graph, settings)};
    }
    BetweennessOptions settings;
    settings.direction = direction_of(options.direction, Direction::directed);
    settings.num_sources = parse_sources(options.sources.empty() ? "all" : options.sources);
    const Graph in_hops = graph.unweighted();
    return {betweenness_memory(in_hops, settings, threads), betweenness_device_plans(in_hops, settings)};
}

/// Every result of a layer, which `score` keeps until its files are written.
std::uint64_t score_result_bytes(std::uint64_t num_accounts) {
    const std::uint64_t degrees = 28, components = 4, cores = 4, pagerank = 8, communities = 4, betweenness = 8;
    const std::uint64_t percentiles = 8, order = 4, places = 4;
    return (degrees + components + cores + pagerank + communities + betweenness + percentiles + order + places) *
           num_accounts;
}

/// The largest of what runs one after the other, beside all results.
Plans score_plans(const Options& options, const Store& store, const LayerInfo& layer) {
    Options each = options;
    if (options.sources.empty() || options.sources == "default")
        each.sources = std::to_string(default_sources(store.accounts()->size(), layer.num_edges));
    Plans largest = plans_of("pagerank", each, store, layer);
    for (const char* command : {"communities", "betweenness"}) {
        Plans plans = plans_of(command, each, store, layer);
        if (plans.host.bytes() > largest.host.bytes()) largest.host = std::move(plans.host);
        if (plans.device.back().memory.bytes() > largest.device.back().memory.bytes())
            largest.device = std::move(plans.device);
    }
    largest.host.add("results of the layer", score_result_bytes(store.accounts()->size()));
    return largest;
}

Json uses_of(const MemoryPlan& plan) {
    Json uses = Json::array();
    for (const MemoryUse& use : plan.uses) uses.push_back({{"name", use.name}, {"bytes", use.bytes}});
    return uses;
}

std::string described(const MemoryPlan& plan, std::string_view total) {
    std::string text;
    for (const MemoryUse& use : plan.uses)
        text += fmt::format("  {:>10}  {}\n", in_bytes(static_cast<double>(use.bytes)), use.name);
    return text + fmt::format("  {:>10}  {}\n", in_bytes(static_cast<double>(plan.bytes())), total);
}

/// What `--backend auto` chooses, as a run would: for each algorithm of `score`, else for `command` alone.
std::vector<std::pair<std::string, BackendChoice>> choices(const std::string& command, const Options& options,
                                                           const Store& store, const LayerInfo& layer,
                                                           const std::vector<DevicePlan>& plans) {
    const int threads = thread_count(options.run);
    const Machine machine = options.device_memory > 0 ? machine_with_gpu(options.device_memory, threads)
                                                      : this_machine({.threads = threads});
    if (command != "score") return {{command, choose_backend(plans, machine)}};
    ScoreSettings settings;
    if (options.sources != "default") settings.sources = options.sources;
    std::vector<std::pair<std::string, BackendChoice>> each;
    for (const auto& [name, of_one] : score_device_plans(store, layer, settings, 1))
        each.emplace_back(name, choose_backend(of_one, machine));
    return each;
}

void print(const std::string& command, const Options& options) {
    ProgressDisplay display(options.run.progress);
    RunReport report("estimate", display);
    const Store store = Store::open(options.store);
    const LayerInfo& layer = choose_layer(store, options.layer);
    const int threads = thread_count(options.run);

    MemoryPlan host;
    host.add("the program", program_bytes + thread_bytes * static_cast<std::uint64_t>(threads));
    host.add("the store's accounts, mapped", store.account_bytes());
    const Graph whole = store.graph(layer.name);
    host.add("the layer, mapped", command == "pagerank" ? pagerank_graph_bytes(whole) : graph_bytes(whole));
    const Plans plans =
        command == "score" ? score_plans(options, store, layer) : plans_of(command, options, store, layer);
    host.uses.insert(host.uses.end(), plans.host.uses.begin(), plans.host.uses.end());

    report["store"] = options.store;
    report["layer"] = layer.name;
    report["of"] = command;
    report["accounts"] = store.accounts()->size();
    report["edges"] = layer.num_edges;
    report["threads"] = threads;
    report["memory_bytes"] = host.bytes();
    report["uses"] = uses_of(host);
    report["device"] = Json::array();
    for (const DevicePlan& plan : plans.device)
        report["device"].push_back({{"way", plan.way}, {"bytes", plan.memory.bytes()}, {"uses", uses_of(plan.memory)}});
    if (options.device_memory > 0) report["device_memory"] = options.device_memory;
    std::string verdict;
    for (const auto& [name, choice] : choices(command, options, store, layer, plans.device)) {
        const std::string_view backend = name_of(choice.backend());
        verdict += fmt::format("--backend auto takes {} for {}, since {}\n", backend, name, in_words(choice));
        report["choices"][name] = {{"backend", backend}, {"way", choice.way}, {"reason", in_words(choice)}};
    }
    if (options.run.json) {
        print_json(report.json());
        return;
    }
    std::string text =
        fmt::format("{} of {}, layer {}: {} accounts, {} edges\non openmp, {} threads\n", command, options.store,
                    layer.name, with_separators(store.accounts()->size()), with_separators(layer.num_edges), threads);
    text += described(host, "in all, at most at once");
    for (const DevicePlan& plan : plans.device)
        text += fmt::format("on a GPU, {}\n{}", plan.way, described(plan.memory, "in all"));
    print_text(text + verdict);
}

}  // namespace

void add_estimate_memory(CLI::App& estimate) {
    const auto options = std::make_shared<Options>();
    estimate.add_option("store", options->store, "The store whose layer an algorithm reads")->type_name("STORE");
    const auto add = [&](const char* name, const char* what) {
        CLI::App* command = estimate.add_subcommand(name, what);
        command->add_option("--layer", options->layer, "The layer to read; by default the only one, or follow")
            ->type_name("NAME");
        command
            ->add_option(
                "--device-memory", options->device_memory,
                "Say what --backend auto chooses where a GPU has so much free memory, such as 24G; by default: "
                "here")
            ->transform(CLI::AsSizeValue(true))
            ->check(CLI::PositiveNumber)
            ->type_name("SIZE");
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
    command->add_option("--sources", options->sources, "As in betweenness; by default all")->type_name("all|K");
    command->add_option("--direction", options->direction, "As in betweenness")
        ->check(CLI::IsMember({"directed", "either"}));
    command = add("score", "Memory that `coterie score STORE` takes for the layer that takes most");
    command->add_option("--sources", options->sources, "As in score; default: as many as score takes by itself")
        ->type_name("default|all|K");
}

}  // namespace coterie::cli
