#include "cli/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "cli/commands.hpp"
#include "cli/run_report.hpp"
#include "cli/text_numbers.hpp"
#include "io/ingest_estimate.hpp"

namespace coterie::cli {

namespace {

std::uint64_t whole(double number) {
    return static_cast<std::uint64_t>(std::llround(std::max(0.0, number)));
}

std::uint64_t free_bytes(const std::filesystem::path& folder) {
    std::error_code error;
    const auto space = std::filesystem::space(folder.empty() ? "." : folder, error);
    return error ? 0 : space.available;
}

std::string line(std::string_view name, const std::string& value) {
    return fmt::format("  {:<12}  {}\n", name, value);
}

std::string described(const std::string& store, const IngestEstimate& estimate) {
    const bool exact = estimate.sampled >= 1;
    const std::string about = exact ? "" : "about ";
    std::string text =
        fmt::format("ingest into {}, estimated from {}\n", store,
                    exact ? "all of the input"
                          : fmt::format("{} of text, {:.2g} % of the input",
                                        in_bytes(static_cast<double>(estimate.sample_bytes)), 100 * estimate.sampled));
    text += line("rows", about + with_separators(whole(estimate.rows)));
    text += line("accounts", about + with_separators(whole(estimate.accounts)));
    for (const auto& layer : estimate.layers)
        text +=
            line("edges", fmt::format("{}{} in the layer {}", about, with_separators(whole(layer.edges)), layer.name));
    text += line("store", in_bytes(estimate.store_bytes));
    text += line("temporary", estimate.external ? fmt::format("{} in {}", in_bytes(estimate.temporary_bytes),
                                                              estimate.temporary_directory.string())
                                                : "nothing: the rows fit into memory");
    text += line("memory",
                 fmt::format("{}{} of the {} allowed", estimate.external ? "up to " : "",
                             in_bytes(estimate.memory_bytes), in_bytes(static_cast<double>(estimate.memory_limit))));
    text += line("time", about + in_time(estimate.seconds));
    return text;
}

/// What the disks lack, in words; empty if they have enough.
std::string shortage(const std::string& store, const IngestEstimate& estimate) {
    const std::filesystem::path folder = std::filesystem::path(store).parent_path();
    const auto lacks = [](const std::filesystem::path& where, double bytes) {
        const auto there = static_cast<double>(free_bytes(where));
        return bytes > there ? fmt::format("warning: {} must have {} free, and has {}",
                                           where.empty() ? "." : where.string(), in_bytes(bytes), in_bytes(there))
                             : std::string();
    };
    if (const std::string text = lacks(folder, estimate.store_bytes); !text.empty()) return text;
    return lacks(estimate.temporary_directory, estimate.temporary_bytes);
}

void add_facts(RunReport& report, const std::string& store, const IngestEstimate& estimate) {
    report["store"] = store;
    report["sampled"] = estimate.sampled;
    report["sample_bytes"] = estimate.sample_bytes;
    report["input_bytes"] = estimate.input_bytes;
    report["rows"] = whole(estimate.rows);
    report["accounts"] = whole(estimate.accounts);
    report["layers"] = Json::array();
    for (const auto& layer : estimate.layers)
        report["layers"].push_back({{"name", layer.name}, {"edges", whole(layer.edges)}});
    report["store_bytes"] = whole(estimate.store_bytes);
    report["external"] = estimate.external;
    report["temporary_bytes"] = whole(estimate.temporary_bytes);
    report["memory_bytes"] = whole(estimate.memory_bytes);
    report["memory_limit"] = estimate.memory_limit;
    report["estimated_seconds"] = estimate.seconds;
}

}  // namespace

void add_sample_option(CLI::App& command, EstimateOptions& options) {
    command
        .add_option("--sample", options.sample_bytes,
                    "Text to draw from the files, such as 128M; more takes longer and is surer")
        ->transform(CLI::AsSizeValue(false))
        ->check(CLI::PositiveNumber)
        ->default_str("128M")
        ->group("Estimate");
}

void run_estimate_ingest(const std::string& store, const IngestOptions& options, const EstimateOptions& estimate,
                         const RunOptions& run) {
    // No display here: its thread would not survive where the samples are ingested.
    const IngestEstimate found = estimate_ingest(store, options, estimate.sample_bytes);
    ProgressDisplay display(run.progress);
    RunReport report("estimate ingest", display);
    if (run.json) {
        add_facts(report, store, found);
        print_json(report.json());
    } else {
        print_text(described(store, found));
    }
    if (const std::string text = shortage(store, found); !text.empty()) display.say(text);
}

void add_estimate(CLI::App& app) {
    CLI::App* command = app.add_subcommand("estimate", "What a command will take: disk, memory, time");
    command->require_subcommand(1);
    add_estimate_ingest(*command);
    add_estimate_memory(*command);
}

}  // namespace coterie::cli
