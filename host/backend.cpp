#include "host/backend.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <fstream>
#include <ostream>
#include <stdexcept>
#include <utility>

#include "kernels/kernels.hpp"

namespace coterie {

namespace {

std::string processor_name() {
    std::ifstream processors("/proc/cpuinfo");
    for (std::string line; std::getline(processors, line);)
        if (line.starts_with("model name"))
            if (const auto colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
    return "processor";
}

}  // namespace

std::string_view name_of(Backend backend) {
    return backend == Backend::cuda ? "cuda" : "openmp";
}

std::ostream& operator<<(std::ostream& stream, Backend backend) {
    return stream << name_of(backend);
}

std::string why_unavailable(Backend backend) {
    return backend == Backend::cuda ? cuda::why_unavailable() : std::string();
}

std::string device_name(Backend backend) {
    return backend == Backend::cuda ? cuda::device_name() : processor_name();
}

const cuda::DeviceGraph& PlacedGraph::device_graph() const {
    if (!on_cuda_->graph) on_cuda_->graph = cuda::upload(graph_);
    return *on_cuda_->graph;
}

void PlacedGraph::leave_device() const {
    on_cuda_->graph.reset();
}

bool PlacedGraph::upload_if_it_fits() const {
    const cuda::RunScope scope(placement_.memory_limit);
    try {
        device_graph();
    } catch (const DeviceFailure&) {
        // The algorithm that needs it will meet this again, and knows what to do.
        return false;
    }
    return true;
}

PlacedGraph PlacedGraph::place_derived(Graph derived) const {
    PlacedGraph placed;
    placed.graph_ = std::move(derived);
    placed.placement_ = placement_;
    if (!on_cuda_) return placed;
    placed.on_cuda_ = std::make_shared<OnCuda>(OnCuda{nullptr, on_cuda_->use});
    if (placement_.devices == 1 && !placed.upload_if_it_fits()) {
        leave_device();
        placed.upload_if_it_fits();
    }
    return placed;
}

PlacedGraph place(Graph graph, Placement placement) {
    if (placement.threads < 0)
        throw std::invalid_argument(fmt::format("place: threads must be 0 (all) or more, got {}", placement.threads));
    if (placement.devices < 1)
        throw std::invalid_argument(fmt::format("place: devices must be 1 or more, got {}", placement.devices));
    if (placement.threads == 0) placement.threads = omp_get_num_procs();
    if (const std::string reason = why_unavailable(placement.backend); !reason.empty())
        throw BackendUnavailable(fmt::format("{}: {}", name_of(placement.backend), reason));

    PlacedGraph placed;
    placed.graph_ = std::move(graph);
    placed.placement_ = placement;
    if (placement.backend != Backend::cuda) return placed;
    if (const int here = placement.devices > 1 ? cuda::num_devices() : 1; placement.devices > here)
        throw BackendUnavailable(fmt::format("cuda: {} devices were asked for, and {} {} here", placement.devices, here,
                                             here == 1 ? "is" : "are"));
    placed.on_cuda_ = std::make_shared<PlacedGraph::OnCuda>();
    if (placement.devices == 1) placed.upload_if_it_fits();
    return placed;
}

}  // namespace coterie
