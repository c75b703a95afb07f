#include "cli/layer_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "cli/text_numbers.hpp"

namespace coterie::cli {

namespace {

Store open_store(const LayerOptions& options, RunReport& report) {
    if (options.run.json && options.output == "-")
        throw std::invalid_argument("--json: standard output holds the report; name a file for the rows with -o FILE");
    std::error_code ignored;
    if (std::filesystem::equivalent(options.output, options.store, ignored))
        throw std::invalid_argument(fmt::format("-o: must be another file than the store, got {}", options.output));
    require_writable(options.output);
    report.trace_to(options.device.trace);
    return report.step("open", [&] { return Store::open(options.store); });
}

/// Accounts in ascending order of original id.
std::span<const AccountId> ascending(const Store& store) {
    return store.accounts()->by_id();
}

}  // namespace

void add_store_options(CLI::App& command, std::string& store, bool& no_verify) {
    command.add_option("store", store, "The store (made by `coterie ingest`)")->required()->type_name("STORE");
    command.add_flag("--no-verify", no_verify, "Skip the check of the store's checksums and structure");
}

void add_layer_options(CLI::App& command, LayerOptions& options) {
    add_store_options(command, options.store, options.no_verify);
    command.add_option("--layer", options.layer, "The layer to read; by default the only one, or follow")
        ->type_name("NAME");
    command
        .add_option("-o,--output", options.output,
                    "Where the rows go; by default standard output (with --json, nowhere)")
        ->type_name("FILE");
    command.add_option("--format", options.format, "Format of the rows; auto: json if FILE ends in .json, else csv")
        ->check(CLI::IsMember({"auto", "csv", "json"}))
        ->capture_default_str();
    command.add_option("--save", options.save, "Keep the result in the store under this name")->type_name("NAME");
    add_backend_option(command, options.backend);
    add_device_options(command, options.device);
    add_run_options(command, options.run);
}

const LayerInfo& choose_layer(const Store& store, const std::string& name) {
    const auto& layers = store.layers();
    if (!name.empty()) return store.layer(name);
    if (layers.size() == 1) return layers.front();
    std::string names;
    for (const LayerInfo& layer : layers) {
        if (layer.name == "follow") return layer;
        names += (names.empty() ? "" : ", ") + layer.name;
    }
    throw std::invalid_argument(fmt::format("{}: has the layers {}; say which one with --layer NAME",
                                            store.path().string(), names.empty() ? "(none)" : names));
}

LayerRun::LayerRun(std::string_view command, const LayerOptions& options)
    : options_(options),
      progress_(options.run.progress),
      report_(command, progress_),
      store_(open_store(options_, report_)),
      layer_(choose_layer(store_, options_.layer)) {
    if (!options_.no_verify)
        report_.step("verify", [&] { store_.verify(layer_.name, thread_count(options_.run), &progress_); });
    report_["store"] = options_.store;
    report_["layer"] = layer_.name;
    report_["accounts"] = store_.accounts()->size();
    report_["edges"] = layer_.num_edges;
}

const PlacedGraph& LayerRun::place(const std::function<std::vector<DevicePlan>(const Graph&)>& plans, bool unweighted) {
    const Graph graph = unweighted ? store_.graph(layer_.name).unweighted() : store_.graph(layer_.name);
    const int threads = thread_count(options_.run);
    const Machine machine = options_.backend == "auto" ? machine_for(threads, options_.device) : Machine{};
    const ChosenBackend chosen = chosen_backend(options_.backend, machine, [&] { return plans(graph); });
    const std::string device = device_of(chosen.backend);
    placed_ = report_.step("place", [&] {
        return coterie::place(graph, placement_of(chosen, threads, options_.device, report_.trace()));
    });
    if (const std::string idle = without_meaning(chosen, machine, options_.device); !idle.empty()) warn(idle);
    report_["backend"] = name_of(chosen.backend);
    if (!chosen.reason.empty()) report_["backend_reason"] = chosen.reason;
    report_["device"] = device;
    report_["threads"] = placed_->threads();
    say(fmt::format("{}, layer {}: {} accounts, {} edges", options_.store, layer_.name,
                    with_separators(store_.accounts()->size()), with_separators(layer_.num_edges)));
    say(fmt::format("on {}: {}, {} threads{}", name_of(chosen.backend), device, placed_->threads(),
                    chosen.reason.empty() ? "" : fmt::format(" (chosen since {})", chosen.reason)));
    return *placed_;
}

void LayerRun::tell_device_use() {
    if (placed_->backend() != Backend::cuda) return;
    const DeviceUse& use = placed_->last_use();
    report_["device_use"] = use_entry(use);
    if (use.failure.empty())
        say(use_in_words(use));
    else
        warn(use_in_words(use));
}

void LayerRun::say(std::string_view line) {
    if (!options_.run.json) progress_.say(line);
}

void LayerRun::warn(std::string_view line) {
    progress_.say(fmt::format("warning: {}", line));
}

StoredResult stored_result(const std::string& name, const std::vector<TableColumn>& columns, Attributes attributes) {
    StoredResult result{.name = name, .arrays = {}, .attributes = std::move(attributes)};
    for (const TableColumn& column : columns)
        std::visit(
            [&](const auto& cells) {
                const std::string array = columns.size() == 1 ? "values" : column.name;
                using Cells = std::decay_t<decltype(cells)>;
                if constexpr (std::is_same_v<Cells, OriginalIds>)
                    result.arrays[array] = std::vector<std::uint32_t>(cells.accounts.begin(), cells.accounts.end());
                else if constexpr (std::is_same_v<Cells, std::span<const double>>)
                    result.arrays[array] = std::vector<double>(cells.begin(), cells.end());
                else if constexpr (std::is_same_v<Cells, std::span<const std::uint32_t>>)
                    result.arrays[array] = std::vector<std::uint32_t>(cells.begin(), cells.end());
            },
            column.cells);
    return result;
}

void LayerRun::save(const std::vector<TableColumn>& columns, Attributes attributes) {
    attributes["layer"] = layer_.name;
    attributes["version"] = std::string(COTERIE_VERSION);
    report_.step("save", [&] {
        add_results(options_.store, {stored_result(options_.save, columns, std::move(attributes))}, &progress_);
    });
    report_["saved"] = options_.save;
    say(fmt::format("saved in {} as {}", options_.store, options_.save));
}

void LayerRun::finish(std::vector<TableColumn> columns, Attributes attributes) {
    if (!options_.save.empty()) save(columns, std::move(attributes));
    columns.insert(columns.begin(), TableColumn{"account", AccountItself{}});
    const bool rows_wanted = !options_.run.json || !options_.output.empty();
    if (rows_wanted) {
        const std::string output = options_.output.empty() ? "-" : options_.output;
        const TableFormat format = options_.format == "auto"   ? table_format(output)
                                   : options_.format == "json" ? TableFormat::json
                                                               : TableFormat::csv;
        report_.step("write", [&] {
            const ResultTable table{store_.accounts(), ascending(store_), std::move(columns)};
            write_table(output, format, table, thread_count(options_.run), &progress_);
        });
        if (output != "-") {
            report_["output"] = output;
            say(fmt::format("wrote {}", output));
        }
    }
    report_.write_trace();
    if (options_.run.json) print_json(report_.json());
}

}  // namespace coterie::cli
