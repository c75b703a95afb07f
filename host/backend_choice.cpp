#include "host/backend_choice.hpp"

#include <algorithm>

#include "host/errors.hpp"
#include "host/row_blocks.hpp"
#include "kernels/kernels.hpp"

namespace coterie {

namespace {

// Bytes a second.
constexpr double link_rate = 25e9;
constexpr double thread_rate = 10e9;
constexpr double most_host_rate = 100e9;
constexpr double moves_of_staging = 3;

double host_rate(int threads) {
    return std::min(thread_rate * threads, most_host_rate);
}

double streamed_seconds(const StreamedPass& pass, std::uint64_t passing, int threads) {
    const double bytes = static_cast<double>(passing) * pass.passes;
    return std::max(bytes / link_rate, bytes * pass.devices * moves_of_staging / host_rate(threads));
}

/// Weighs streaming, which has room.
void weigh(const DevicePlan& plan, int threads, BackendChoice& choice) {
    const StreamedPass& pass = *plan.streamed;
    const std::uint64_t state = plan.memory.bytes() - 2 * pass.longest_row;
    const std::uint64_t passing = passing_bytes(pass.rows, pass.longest_row, choice.gpu_memory - state);
    choice.resident_share = pass.rows == 0 ? 1.0 : 1.0 - static_cast<double>(passing) / static_cast<double>(pass.rows);
    choice.streamed_seconds = streamed_seconds(pass, passing, threads);
    choice.openmp_seconds = static_cast<double>(pass.openmp_bytes) / host_rate(threads);
    choice.since = choice.streamed_seconds <= choice.openmp_seconds ? BackendChoice::Since::streams
                                                                    : BackendChoice::Since::streams_slower;
}

}  // namespace

Machine machine_with_gpu(std::uint64_t free_bytes, int threads) {
    return {.why_no_gpu = "",
            .gpu_memory = static_cast<std::uint64_t>(usable_device_share * static_cast<double>(free_bytes)),
            .threads = threads};
}

Machine this_machine(const Placement& placement) {
    Machine machine{.why_no_gpu = cuda::why_unavailable(), .threads = placement.threads};
    if (!machine.why_no_gpu.empty()) return machine;
    try {
        const cuda::RunScope scope(placement.memory_limit);
        machine.gpu_memory = cuda::usable_memory(std::min(placement.devices, cuda::num_devices()));
    } catch (const DeviceFailure& failure) {
        machine.why_no_gpu = failure.what();
    }
    return machine;
}

BackendChoice choose_backend(const std::vector<DevicePlan>& plans, const Machine& machine) {
    BackendChoice choice;
    choice.why_no_gpu = machine.why_no_gpu;
    choice.gpu_memory = machine.gpu_memory;
    if (!machine.why_no_gpu.empty()) return choice;
    choice.since = BackendChoice::Since::no_room;
    choice.fastest = plans.front().memory.bytes();
    for (const DevicePlan& plan : plans) {
        choice.taken = plan.memory.bytes();
        if (choice.taken > machine.gpu_memory) continue;
        if (plan.streamed)
            weigh(plan, machine.threads, choice);
        else
            choice.since = BackendChoice::Since::fits;
        if (choice.backend() == Backend::cuda) choice.way = plan.way;
        break;
    }
    return choice;
}

}  // namespace coterie
