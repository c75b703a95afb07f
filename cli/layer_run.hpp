#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/device_options.hpp"
#include "cli/options.hpp"
#include "cli/progress_display.hpp"
#include "cli/run_report.hpp"
#include "host/backend.hpp"
#include "io/result_table.hpp"
#include "io/store.hpp"

namespace coterie::cli {

/// What every command has that answers one question about one layer of a store.
struct LayerOptions {
    std::string store;
    std::string layer;  ///< empty: the only one, or follow
    std::string backend = "auto";
    DeviceOptions device;
    std::string output;           ///< empty: standard output
    std::string format = "auto";  ///< by the name of the output
    std::string save;             ///< name of the result in the store; empty: not saved
    bool no_verify = false;
    RunOptions run;
};

/// Adds STORE, --layer, -o, --format, --save, --backend, --no-verify and the options of add_device_options and add_run_options.
void add_layer_options(CLI::App& command, LayerOptions& options);
/// Adds STORE and --no-verify.
void add_store_options(CLI::App& command, std::string& store, bool& no_verify);

/// The layer that `name` names; empty: the only one, or the one called follow.
/// Throws std::invalid_argument that lists the layers there are.
const LayerInfo& choose_layer(const Store& store, const std::string& name);

/// One run of such a command: opens and verifies the store, places the layer, and at the end writes the rows and the report.
/// Each is a step with its own seconds.
class LayerRun {
  public:
    LayerRun(std::string_view command, const LayerOptions& options);

    const Store& store() const { return store_; }
    const LayerInfo& layer() const { return layer_; }
    ProgressDisplay& progress() { return progress_; }
    RunReport& report() { return report_; }
    /// The layer on the backend that was asked for, or that suits `plans(graph)`; without weights if `unweighted`.
    const PlacedGraph& place(const std::function<std::vector<DevicePlan>(const Graph&)>& plans,
                             bool unweighted = false);
    /// GPUs that were asked for.
    int devices() const { return options_.device.devices; }
    /// Runs `work` as the step that computes, and tells how it went on GPUs.
    template <class Work>
    auto compute(Work&& work) {
        auto result = report_.step("compute", std::forward<Work>(work));
        tell_device_use();
        return result;
    }
    /// Prints a line to stderr, unless --json says it all.
    void say(std::string_view line);
    /// Prints a line to stderr in any case.
    void warn(std::string_view line);
    /// Saves the result if that was asked for, writes the rows in ascending order of original id, and reports.
    /// `columns` follow the column of the accounts; `attributes` say how the result came about.
    void finish(std::vector<TableColumn> columns, Attributes attributes);

  private:
    void tell_device_use();
    void save(const std::vector<TableColumn>& columns, Attributes attributes);

    LayerOptions options_;
    ProgressDisplay progress_;
    RunReport report_;
    Store store_;
    LayerInfo layer_;
    std::optional<PlacedGraph> placed_;
};

/// The numbers of `columns` as a result named `name` to keep in a store: the one column as the array `values`, several
/// under their own names.
StoredResult stored_result(const std::string& name, const std::vector<TableColumn>& columns, Attributes attributes);

}  // namespace coterie::cli
