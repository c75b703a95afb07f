#include "host/degrees.hpp"

#include <fmt/format.h>

#include <memory>

#include "cli/commands.hpp"
#include "cli/layer_run.hpp"
#include "cli/text_numbers.hpp"

namespace coterie::cli {

namespace {

void run_degrees(const LayerOptions& options) {
    LayerRun run("degrees", options);
    const PlacedGraph& graph = run.place(degrees_device_plans);
    const DegreesResult result = run.compute([&] { return degrees(graph); });
    run.report()["reciprocity"] = result.reciprocity;
    run.say(fmt::format("degrees: {} of the edges are returned", in_percent(result.reciprocity)));
    run.finish({{"in_degree", std::span<const AccountId>(result.in_degree)},
                {"out_degree", std::span<const AccountId>(result.out_degree)},
                {"mutual_degree", std::span<const AccountId>(result.mutual_degree)},
                {"in_strength", std::span<const double>(result.in_strength)},
                {"out_strength", std::span<const double>(result.out_strength)}},
               {{"algorithm", std::string("degrees")}, {"reciprocity", result.reciprocity}});
}

}  // namespace

void add_degrees(CLI::App& app) {
    const auto options = std::make_shared<LayerOptions>();
    CLI::App* command =
        app.add_subcommand("degrees", "Edges in, out and both ways, and their weights, of every account");
    add_layer_options(*command, *options);
    command->callback([options] { run_degrees(*options); });
}

}  // namespace coterie::cli
