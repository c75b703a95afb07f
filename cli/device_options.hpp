#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/run_report.hpp"
#include "host/backend.hpp"
#include "host/backend_choice.hpp"
#include "host/memory_plan.hpp"

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

/// Where something is computed.
struct ChosenBackend {
    Backend backend = Backend::openmp;
    bool automatic = false;  ///< chosen, not named
    std::string reason;      ///< why it was chosen; empty if it was named
};

/// The backend called `name`; `auto` is what `choose_backend` of the library says to `plans`. A backend that was named is taken
/// as it is: placing the graph throws BackendUnavailable if it cannot run.
ChosenBackend chosen_backend(const std::string& name, const Machine& machine,
                             const std::function<std::vector<DevicePlan>()>& plans);

/// Why a backend was chosen, to follow "since".
std::string in_words(const BackendChoice& choice);

/// The placement on `backend` that the options ask for.
Placement placement_of(Backend backend, int threads, const DeviceOptions& options, Trace* trace);
/// The same; what was chosen to run on a GPU, and finds no room there after all, is left to openmp.
Placement placement_of(const ChosenBackend& chosen, int threads, const DeviceOptions& options, Trace* trace);
/// This machine, as the options let a run use it.
Machine machine_for(int threads, const DeviceOptions& options);

/// The device that `backend` computes on, in words. Asked before work starts: a GPU may be lost later.
std::string device_of(Backend backend);

/// What of the options means nothing to `chosen`, in words; empty if all of them do.
std::string without_meaning(const ChosenBackend& chosen, const Machine& machine, const DeviceOptions& options);

/// How an algorithm went on GPUs: mode, blocks, share that stayed, …
Json use_entry(const DeviceUse& use);
/// The same in words, without a full stop.
std::string use_in_words(const DeviceUse& use);

}  // namespace coterie::cli
