#include <fmt/format.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

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
    std::string teleport_file;
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

void run_pagerank(const Options& options) {
    LayerRun run("pagerank", options.layer);
    const Store& store = run.store();
    PageRankOptions settings = options.pagerank;
    settings.precision = options.precision == "single" ? Precision::single : Precision::full;
    settings.progress = &run.progress();
    std::vector<double> teleport;
    if (!options.teleport_file.empty()) {
        teleport = read_account_weights(options.teleport_file, AccountNames(store, read_key(options.key)));
        settings.teleport = teleport;
    }
    std::vector<double> start;
    if (!options.warm_start.empty()) {
        start = stored_ranks(store, options.warm_start);
        settings.start = start;
    }

    const PlacedGraph& graph = run.place(options.unweighted);
    const PageRankResult result = run.compute([&] { return pagerank(graph, settings); });

    const bool weighted = graph.graph().weighted();
    RunReport& report = run.report();
    report["weighted"] = weighted;
    report["damping"] = settings.damping;
    report["tolerance"] = settings.tolerance;
    report["max_iterations"] = settings.max_iterations;
    report["precision"] = options.precision;
    if (!teleport.empty()) report["teleport"] = options.teleport_file;
    if (!start.empty()) report["warm_start"] = options.warm_start;
    report["iterations"] = result.iterations;
    report["residual"] = result.residual;
    report["converged"] = result.converged;
    run.say(fmt::format("pagerank: {} iterations, the last changed the ranks by {:.2g} in all", result.iterations,
                        result.residual));
    if (!result.converged)
        run.warn(
            fmt::format("pagerank did not converge: the change must fall below {} but is {:.3g} after {} iterations; "
                        "try --max-iterations {} or a larger --tolerance",
                        settings.tolerance, result.residual, result.iterations, 2 * settings.max_iterations));
    run.finish({{"pagerank", std::span<const double>(result.ranks)}},
               {{"algorithm", std::string("pagerank")},
                {"weighted", weighted},
                {"damping", settings.damping},
                {"tolerance", settings.tolerance},
                {"max_iterations", std::int64_t{settings.max_iterations}},
                {"precision", options.precision},
                {"personalised", !teleport.empty()},
                {"iterations", std::int64_t{result.iterations}},
                {"residual", result.residual},
                {"converged", result.converged}});
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
        ->add_option("--teleport", options->teleport_file,
                     "Personalised: where the walk starts anew. CSV of account[,weight], by original id or handle")
        ->type_name("FILE");
    add_key_option(*command, options->key);
    command->add_option("--warm-start", options->warm_start, "Start from this result in the store (kept with --save)")
        ->type_name("NAME");
    command->add_flag("--unweighted", options->unweighted, "Leave the weights out: every edge counts 1");
    command->callback([options] { run_pagerank(*options); });
}

}  // namespace coterie::cli
