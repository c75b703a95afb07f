#include "host/run_placed.hpp"

#include <algorithm>

#include "kernels/kernels.hpp"

namespace coterie {

DeviceRun::DeviceRun(const PlacedGraph& graph)
    : graph_(graph), scope_(std::make_unique<cuda::RunScope>(graph.placement().memory_limit)) {}

DeviceRun::~DeviceRun() {
    graph_.use().peak_memory = std::max(graph_.use().peak_memory, scope_->peak_memory());
}

void note_failure(const PlacedGraph& graph, const DeviceFailure& failure) {
    const OnGpuFailure then = graph.placement().on_gpu_failure;
    const bool no_room = dynamic_cast<const OutOfDeviceMemory*>(&failure) != nullptr;
    if (then == OnGpuFailure::stop || (then == OnGpuFailure::openmp_if_no_room && !no_room)) throw;
    graph.leave_device();
    graph.use() = {};
    graph.use().failure = failure.what();
}

}  // namespace coterie
