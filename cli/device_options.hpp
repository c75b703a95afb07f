#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "cli/run_report.hpp"
#include "host/backend.hpp"

namespace coterie::cli {

/// What commands that compute can be told about GPUs.
struct DeviceOptions {
    std::uint64_t memory_limit = 0;  ///< bytes of each GPU; 0: all that is free
    int devices = 1;
    std::string on_failure = "stop";
    std::string trace;  ///< file; empty: none
};

/// Adds --memory-limit, --devices, --on-gpu-failure and --trace.
void add_device_options(CLI::App& command, DeviceOptions& options);

/// The placement on `backend` that the options ask for.
Placement placement_of(Backend backend, int threads, const DeviceOptions& options, Trace* trace);

/// What of the options means nothing to `backend`, in words; empty if all of them do.
std::string without_meaning(Backend backend, const DeviceOptions& options);

/// How an algorithm went on GPUs: mode, blocks, share that stayed, …
Json use_entry(const DeviceUse& use);
/// The same in words, without a full stop.
std::string use_in_words(const DeviceUse& use);

}  // namespace coterie::cli
