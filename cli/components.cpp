#include "host/components.hpp"

#include <fmt/format.h>

#include <memory>

#include "cli/commands.hpp"
#include "cli/layer_run.hpp"
#include "cli/text_numbers.hpp"

namespace coterie::cli {

namespace {

void run_components(const LayerOptions& options) {
    LayerRun run("components", options);
    const PlacedGraph& graph = run.place(components_device_plans);
    const ComponentsResult result = run.compute([&] { return components(graph); });
    const AccountId largest = result.sizes.empty() ? 0 : result.sizes.front();
    run.report()["components"] = result.sizes.size();
    run.report()["largest"] = largest;
    run.say(fmt::format("components: {}, the largest of {} accounts", with_separators(result.sizes.size()),
                        with_separators(largest)));
    run.finish({{"component", std::span<const AccountId>(result.components)}},
               {{"algorithm", std::string("components")},
                {"components", static_cast<std::int64_t>(result.sizes.size())},
                {"largest", std::int64_t{largest}}});
}

}  // namespace

void add_components(CLI::App& app) {
    const auto options = std::make_shared<LayerOptions>();
    CLI::App* command =
        app.add_subcommand("components", "Parts of the network that no edge connects; 0 is the largest");
    add_layer_options(*command, *options);
    command->callback([options] { run_components(*options); });
}

}  // namespace coterie::cli
