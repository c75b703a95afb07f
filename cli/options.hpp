#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "cli/progress_display.hpp"
#include "host/csr.hpp"

namespace coterie::cli {

// Options that several commands share. Each command adds those that mean something to it.

/// How a run talks, and how many threads it takes.
struct RunOptions {
    int threads = 0;  ///< as it was given: 0 for all
    bool json = false;
    ProgressFormat progress = ProgressFormat::automatic;
};

/// Adds --threads, --json and --progress.
void add_run_options(CLI::App& command, RunOptions& options);

/// The threads that `options` ask for, as a number: as many as there are cores for 0.
int thread_count(const RunOptions& options);

/// Adds --backend auto|openmp|cuda.
void add_backend_option(CLI::App& command, std::string& backend);

/// Adds --pseudonyms KEYFILE, by which accounts of a store with pseudonyms are named by their originals.
void add_key_option(CLI::App& command, std::string& key);

/// Adds --seed.
void add_seed_option(CLI::App& command, std::uint64_t& seed, const std::string& of_what);

/// What --sources says: 0 for `all`, else how many to draw. Throws std::invalid_argument for anything else.
AccountId parse_sources(const std::string& text);

}  // namespace coterie::cli
