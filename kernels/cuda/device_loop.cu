#include "kernels/cuda/device_loop.cuh"

#include <cstddef>
#include <type_traits>
#include <utility>

#include "kernels/cuda/check.cuh"

namespace coterie::cuda {

namespace {

constexpr const char* doing = "recording a loop of kernels";

/// `add` is cudaGraphAddNode, which got one more parameter, data of edges, with CUDA 13.
template <class Add>
cudaError_t add_first_node(Add add, cudaGraph_t graph, cudaGraphNodeParams& parameters) {
    cudaGraphNode_t node = nullptr;
    constexpr std::nullptr_t none = nullptr;
    if constexpr (std::is_invocable_v<Add, cudaGraphNode_t*, cudaGraph_t, std::nullptr_t, std::nullptr_t, std::size_t,
                                      cudaGraphNodeParams*>)
        return add(&node, graph, none, none, 0, &parameters);
    else
        return add(&node, graph, none, 0, &parameters);
}

}  // namespace

// By way of the other constructor: then what follows may throw, and the destructor still cleans up.
DeviceLoop::DeviceLoop(Body body, bool as_graph) : DeviceLoop() {
    body_ = std::move(body);
    check(cudaStreamCreate(&stream_), "creating a stream");
    if (as_graph) record();
}

DeviceLoop::~DeviceLoop() {
    if (executable_ != nullptr) cudaGraphExecDestroy(executable_);
    if (graph_ != nullptr) cudaGraphDestroy(graph_);
    if (stream_ != nullptr) cudaStreamDestroy(stream_);
}

bool DeviceLoop::graphs_known() {
    constexpr int since = 12040;
    int version = 0;
    check(cudaDriverGetVersion(&version), "asking for the driver's version");
    return version >= since;
}

void DeviceLoop::record() {
    check(cudaGraphCreate(&graph_, 0), doing);
    cudaGraphNodeParams loop{};
    loop.type = cudaGraphNodeTypeConditional;
    loop.conditional.type = cudaGraphCondTypeWhile;
    loop.conditional.size = 1;
    check(cudaGraphConditionalHandleCreate(&loop.conditional.handle, graph_, 1, cudaGraphCondAssignDefault), doing);
    check(add_first_node(&cudaGraphAddNode, graph_, loop), doing);
    const cudaGraph_t pass = loop.conditional.phGraph_out[0];
    check(cudaStreamBeginCaptureToGraph(stream_, pass, nullptr, nullptr, 0, cudaStreamCaptureModeRelaxed), doing);
    try {
        body_(stream_, loop.conditional.handle);
    } catch (...) {
        cudaStreamEndCapture(stream_, nullptr);
        throw;
    }
    check(cudaStreamEndCapture(stream_, nullptr), doing);
    check(cudaGraphInstantiate(&executable_, graph_, 0), doing);
}

void DeviceLoop::run(int most) {
    if (executable_ != nullptr) {
        check(cudaGraphLaunch(executable_, stream_), "launching a loop of kernels");
    } else {
        for (int pass = 0; pass < most; ++pass) body_(stream_, 0);
    }
    check(cudaStreamSynchronize(stream_), "waiting for a loop of kernels");
}

}  // namespace coterie::cuda
