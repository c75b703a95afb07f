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

PlacedGraph place(Graph graph, Placement placement) {
    if (placement.threads < 0)
        throw std::invalid_argument(fmt::format("place: threads must be 0 (all) or more, got {}", placement.threads));
    if (placement.threads == 0) placement.threads = omp_get_num_procs();
    if (const std::string reason = why_unavailable(placement.backend); !reason.empty())
        throw BackendUnavailable(fmt::format("{}: {}", name_of(placement.backend), reason));

    PlacedGraph placed;
    placed.graph_ = std::move(graph);
    placed.placement_ = placement;
    if (placement.backend == Backend::cuda) placed.device_graph_ = cuda::upload(placed.graph_);
    return placed;
}

}  // namespace coterie
