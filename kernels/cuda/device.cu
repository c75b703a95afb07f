#include <algorithm>
#include <limits>
#include <memory>
#include <string>

#include "kernels/cuda/device_graph.cuh"
#include "kernels/cuda/stream.cuh"
#include "kernels/kernels.hpp"

namespace coterie::cuda {

DeviceGraph::Rows::Rows(const CsrView& host)
    : offsets(host.offsets, "uploading offsets"),
      neighbors(host.neighbors, "uploading neighbors"),
      weights(host.weights, "uploading weights") {}

DeviceGraph::DeviceGraph(const Graph& graph) : num_accounts_(graph.num_accounts()), directed_(graph.directed()) {
    require_device_memory(bytes_needed(graph), "the graph");
    out_ = Rows(graph.out());
    if (directed_) in_ = Rows(graph.in());
}

std::size_t DeviceGraph::bytes_needed(const Graph& graph) {
    const auto bytes = [](const CsrView& rows) {
        return rows.offsets.size_bytes() + rows.neighbors.size_bytes() + rows.weights.size_bytes();
    };
    return bytes(graph.out()) + (graph.directed() ? bytes(graph.in()) : 0);
}

std::string why_unavailable() {
    int devices = 0;
    const cudaError_t code = cudaGetDeviceCount(&devices);
    if (code == cudaSuccess && devices > 0) return {};
    cudaGetLastError();
    return code == cudaSuccess ? "no CUDA device was found" : cudaGetErrorString(code);
}

int num_devices() {
    int devices = 0;
    check(cudaGetDeviceCount(&devices), "counting devices");
    return devices;
}

std::uint64_t usable_memory(int devices) {
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    for (int device = 0; device < devices; ++device) {
        const OnDevice current(device);
        least = std::min<std::uint64_t>(least, usable_device_memory());
    }
    return least;
}

std::string device_name() {
    int device = 0;
    check(cudaGetDevice(&device), "asking for the device");
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, device), "asking for the device's name");
    return properties.name;
}

std::shared_ptr<const DeviceGraph> upload(const Graph& graph) {
    return std::make_shared<DeviceGraph>(graph);
}

}  // namespace coterie::cuda
