#include "cli/device_options.hpp"

#include <fmt/format.h>

#include "cli/text_numbers.hpp"

namespace coterie::cli {

void add_device_options(CLI::App& command, DeviceOptions& options) {
    const std::string gpus = "GPUs (cuda)";
    command
        .add_option("--memory-limit", options.memory_limit,
                    "Bytes of each GPU's memory, such as 24G or 512M, to get by with: PageRank and label "
                    "propagation stream a graph that does not fit, in blocks of rows. Default: what is free")
        ->transform(CLI::AsSizeValue(true))
        ->check(CLI::PositiveNumber)
        ->type_name("SIZE")
        ->group(gpus);
    command
        .add_option("--devices", options.devices,
                    "GPUs of this machine that share the rows (PageRank, label propagation)")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group(gpus);
    command
        .add_option("--on-gpu-failure", options.on_failure,
                    "When a GPU is lost or runs out of memory: stop with an error, or finish on openmp, with the "
                    "same bytes")
        ->check(CLI::IsMember({"stop", "openmp"}))
        ->capture_default_str()
        ->group(gpus);
    command
        .add_option("--trace", options.trace,
                    "Write what the host and the streams of GPUs did when, in the Chrome trace format "
                    "(chrome://tracing, ui.perfetto.dev)")
        ->type_name("FILE");
}

Placement placement_of(Backend backend, int threads, const DeviceOptions& options, Trace* trace) {
    return {.backend = backend,
            .threads = threads,
            .memory_limit = options.memory_limit,
            .devices = options.devices,
            .on_gpu_failure = options.on_failure == "openmp" ? OnGpuFailure::openmp : OnGpuFailure::stop,
            .trace = trace};
}

std::string without_meaning(Backend backend, const DeviceOptions& options) {
    if (backend == Backend::cuda || (options.memory_limit == 0 && options.devices == 1)) return "";
    return "--memory-limit and --devices are about GPUs, and openmp computes: they change nothing";
}

Json use_entry(const DeviceUse& use) {
    if (!use.failure.empty()) return {{"mode", "openmp"}, {"gpu_failure", use.failure}};
    Json entry{{"mode", use.streamed ? "streamed" : "resident"},
               {"devices", use.devices},
               {"device_peak_bytes", use.peak_memory}};
    if (use.blocks > 0) entry["blocks"] = use.blocks;
    entry["resident_share"] = use.resident_share;
    return entry;
}

std::string use_in_words(const DeviceUse& use) {
    if (!use.failure.empty()) return fmt::format("openmp computed it, since {}", use.failure);
    const std::string gpus = use.devices == 1 ? "the GPU" : fmt::format("{} GPUs", use.devices);
    const std::string peak = in_bytes(static_cast<double>(use.peak_memory));
    if (!use.streamed) return fmt::format("resident on {}; {} at most", gpus, peak);
    return fmt::format("streamed through {} in {} blocks, {} of the bytes stayed there; {} at most", gpus,
                       with_separators(use.blocks), in_percent(use.resident_share), peak);
}

}  // namespace coterie::cli
