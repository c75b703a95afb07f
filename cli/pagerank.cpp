#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/layer_run.hpp"
#include "host/pagerank.hpp"
#include "io/account_weights.hpp"

namespace coterie::cli {

namespace {

struct Options {
    LayerOptions layer;
    PageRankOptions pagerank;
    std::string precision = "double";
    std::vector<std::string> teleport_files;
    std::string key;
    std::string warm_start;
    bool unweighted = false;
};

/// The ranks of an earlier run, kept in the store with --save or by `coterie score`.
std::vector<double> stored_ranks(const Store& store, const std::string& name) {
    const StoredResult result = store.result(name);
    const auto values = result.arrays.find("values");
    const auto* ranks = values == result.arrays.end() ? nullptr : std::get_if<std::vector<double>>(&values->second);
    if (ranks == nullptr || ranks->size() != store.accounts()->size())
        throw std::invalid_argument(fmt::format(
            "--warm-start: {} must hold one number for each of the {} accounts, and does not; name a result of "
            "`coterie pagerank --save`",
            name, store.accounts()->size()));
    return *ranks;
}

/// A column for each topic, by the name of its file without folder and extension. Of files that share a name, all but the
/// first get the next number that leads to no other's: `politics`, `politics.2`, …
std::vector<std::string> topic_columns(const std::vector<std::string>& files) {
    const auto name_of_file = [](const std::string& file) { return std::filesystem::path(file).stem().string(); };
    std::set<std::string> files_names;
    for (const std::string& file : files) files_names.insert(name_of_file(file));
    std::set<std::string> used;
    std::vector<std::string> columns;
    for (const std::string& file : files) {
        const std::string own = name_of_file(file);
        std::string name = own;
        for (int number = 2; used.contains(name) || (name != own && files_names.contains(name)); ++number)
            name = fmt::format("{}.{}", own, number);
        used.insert(name);
        columns.push_back("pagerank." + name);
    }
    return columns;
}

/// Accounts where any topic starts.
AccountId accounts_with_a_start(const std::vector<std::vector<double>>& teleports) {
    AccountId count = 0;
    for (std::size_t account = 0; account < teleports.front().size(); ++account)
        count += std::ranges::any_of(teleports, [&](const auto& weights) { return weights[account] > 0; });
    return count;
}

void run_pagerank(const Options& options) {
    LayerRun run("pagerank", options.layer);
    const Store& store = run.store();
    PageRankOptions settings = options.pagerank;
    settings.precision = options.precision == "single" ? Precision::single : Precision::full;
    settings.progress = &run.progress();
    std::vector<std::vector<double>> teleports;
    const AccountNames names(store, read_key(options.key));
    for (const std::string& file : options.teleport_files) teleports.push_back(read_account_weights(file, names));
    std::vector<double> start;
    if (!options.warm_start.empty()) {
        start = stored_ranks(store, options.warm_start);
        settings.start = start;
    }

    const bool several = teleports.size() > 1;
    if (teleports.size() == 1) settings.teleport = teleports.front();
    const auto plans = [&](const Graph& read) {
        return several
                   ? pagerank_topics_device_plans(read, settings, teleports.size(), accounts_with_a_start(teleports))
                   : pagerank_device_plans(read, settings, run.devices());
    };
    const PlacedGraph& graph = run.place(plans, options.unweighted);
    const std::vector<PageRankResult> results = run.compute([&] {
        if (several) return pagerank_topics(graph, teleports, settings);
        return std::vector{pagerank(graph, settings)};
    });

    const bool weighted = graph.graph().weighted();
    RunReport& report = run.report();
    report["weighted"] = weighted;
    report["damping"] = settings.damping;
    report["tolerance"] = settings.tolerance;
    report["max_iterations"] = settings.max_iterations;
    report["precision"] = options.precision;
    if (teleports.size() == 1) report["teleport"] = options.teleport_files.front();
    if (!start.empty()) report["warm_start"] = options.warm_start;
    Attributes attributes = {{"algorithm", std::string("pagerank")},
                             {"weighted", weighted},
                             {"damping", settings.damping},
                             {"tolerance", settings.tolerance},
                             {"max_iterations", std::int64_t{settings.max_iterations}},
                             {"precision", options.precision},
                             {"personalised", !teleports.empty()}};
    const std::vector<std::string> column_names =
        several ? topic_columns(options.teleport_files) : std::vector<std::string>{"pagerank"};
    std::vector<TableColumn> columns;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const PageRankResult& result = results[i];
        columns.push_back({column_names[i], std::span<const double>(result.ranks)});
        if (several) {
            report["topics"].push_back({{"column", column_names[i]},
                                        {"teleport", options.teleport_files[i]},
                                        {"iterations", result.iterations},
                                        {"residual", result.residual},
                                        {"converged", result.converged}});
        } else {
            report["iterations"] = result.iterations;
            report["residual"] = result.residual;
            report["converged"] = result.converged;
        }
        const std::string of = several ? column_names[i] + "." : "";
        attributes[of + "iterations"] = std::int64_t{result.iterations};
        attributes[of + "residual"] = result.residual;
        attributes[of + "converged"] = result.converged;
        run.say(fmt::format("{}: {} iterations, the last changed the ranks by {:.2g} in all", column_names[i],
                            result.iterations, result.residual));
        if (!result.converged)
            run.warn(fmt::format(
                "{} did not converge: the change must fall below {} but is {:.3g} after {} iterations; "
                "try --max-iterations {} or a larger --tolerance",
                column_names[i], settings.tolerance, result.residual, result.iterations, 2 * settings.max_iterations));
    }
    run.finish(std::move(columns), std::move(attributes));
}

}  // namespace

void add_pagerank(CLI::App& app) {
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("pagerank", "Rank of every account: the chance that an endless walk is there");
    add_layer_options(*command, options->layer);
    PageRankOptions& settings = options->pagerank;
    command->add_option("--damping", settings.damping, "Chance to go on along an edge, in [0, 1)")
        ->capture_default_str();
    command->add_option("--tolerance", settings.tolerance, "Stop when the ranks change by less than this in all (L1)")
        ->capture_default_str();
    command->add_option("--max-iterations", settings.max_iterations, "Stop after so many")->capture_default_str();
    command
        ->add_option("--precision", options->precision, "Of the shares between iterations: double, or single for speed")
        ->check(CLI::IsMember({"double", "single"}))
        ->capture_default_str();
    command
        ->add_option(
            "--teleport", options->teleport_files,
            "Personalised: where the walk starts anew. CSV of account[,weight], by original id or handle. Given "
            "several times: a column pagerank.NAME for each file NAME.csv, several computed at once")
        ->type_name("FILE")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    add_key_option(*command, options->key);
    command->add_option("--warm-start", options->warm_start, "Start from this result in the store (kept with --save)")
        ->type_name("NAME");
    command->add_flag("--unweighted", options->unweighted, "Leave the weights out: every edge counts 1");
    command->callback([options] { run_pagerank(*options); });
}

}  // namespace coterie::cli
