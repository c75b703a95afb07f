#include "cli/device_options.hpp"

#include <fmt/format.h>

#include "cli/text_numbers.hpp"
#include "host/errors.hpp"

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

Placement placement_of(const ChosenBackend& chosen, int threads, const DeviceOptions& options, Trace* trace) {
    Placement placement = placement_of(chosen.backend, threads, options, trace);
    if (chosen.automatic && placement.on_gpu_failure == OnGpuFailure::stop)
        placement.on_gpu_failure = OnGpuFailure::openmp_if_no_room;
    return placement;
}

Machine machine_for(int threads, const DeviceOptions& options) {
    return this_machine(placement_of(Backend::cuda, threads, options, nullptr));
}

ChosenBackend chosen_backend(const std::string& name, const Machine& machine,
                             const std::function<std::vector<DevicePlan>()>& plans) {
    if (name == "openmp") return {Backend::openmp, false, ""};
    if (name == "cuda") return {Backend::cuda, false, ""};
    const BackendChoice choice =
        machine.why_no_gpu.empty() ? choose_backend(plans(), machine) : choose_backend({}, machine);
    return {choice.backend(), true, in_words(choice)};
}

std::string in_words(const BackendChoice& choice) {
    using Since = BackendChoice::Since;
    if (choice.since == Since::no_gpu) return fmt::format("cuda cannot run: {}", choice.why_no_gpu);
    const auto bytes = [](std::uint64_t count) { return in_bytes(static_cast<double>(count)); };
    const std::string room = fmt::format("a GPU has {} to give", bytes(choice.gpu_memory));
    if (choice.since == Since::fits)
        return fmt::format("{}: {} are needed ({})", room, bytes(choice.taken), choice.way);
    if (choice.since == Since::no_room) return fmt::format("{}: at least {} are needed", room, bytes(choice.taken));
    return fmt::format(
        "{}: {} are needed (resident); streamed, {} of the rows stay there, and an iteration is expected to take "
        "{:.3g} ms, on openmp {:.3g} ms",
        room, bytes(choice.fastest), in_percent(choice.resident_share), 1e3 * choice.streamed_seconds,
        1e3 * choice.openmp_seconds);
}

std::string device_of(Backend backend) {
    if (!why_unavailable(backend).empty()) return "none";
    try {
        return device_name(backend);
    } catch (const DeviceFailure&) {
        return "a GPU that does not answer";  // what needs it will say more
    }
}

std::string without_meaning(const ChosenBackend& chosen, const Machine& machine, const DeviceOptions& options) {
    const bool weighed = chosen.automatic && machine.why_no_gpu.empty();
    if (chosen.backend == Backend::cuda || weighed || (options.memory_limit == 0 && options.devices == 1)) return "";
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
