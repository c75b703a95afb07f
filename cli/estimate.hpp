#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "cli/options.hpp"
#include "io/ingest.hpp"

namespace coterie::cli {

/// Options that every estimate has beside those of the command that it estimates.
struct EstimateOptions {
    std::uint64_t sample_bytes = std::uint64_t{128} << 20;
};

void add_sample_option(CLI::App& command, EstimateOptions& options);

/// Prints what `ingest(store, options)` will take.
void run_estimate_ingest(const std::string& store, const IngestOptions& options, const EstimateOptions& estimate,
                         const RunOptions& run);

}  // namespace coterie::cli
