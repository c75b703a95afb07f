#include "host/cores.hpp"

#include <fmt/format.h>

#include <memory>

#include "cli/commands.hpp"
#include "cli/layer_run.hpp"

namespace coterie::cli {

namespace {

void run_cores(const LayerOptions& options) {
    LayerRun run("cores", options);
    const PlacedGraph& graph = run.place(cores_device_plans);
    const CoresResult result = run.compute([&] { return cores(graph); });
    run.report()["degeneracy"] = result.degeneracy;
    run.say(fmt::format("cores: the innermost is the {}-core", result.degeneracy));
    run.finish({{"core", std::span<const AccountId>(result.cores)}},
               {{"algorithm", std::string("cores")}, {"degeneracy", std::int64_t{result.degeneracy}}});
}

}  // namespace

void add_cores(CLI::App& app) {
    const auto options = std::make_shared<LayerOptions>();
    CLI::App* command =
        app.add_subcommand("cores", "Core number of every account: how deep in the dense middle it lies");
    add_layer_options(*command, *options);
    command->callback([options] { run_cores(*options); });
}

}  // namespace coterie::cli
