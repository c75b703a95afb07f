#pragma once

#include <cuda_runtime_api.h>

#include <functional>

namespace coterie::cuda {

/// Kernels that run pass after pass until one of them says that it is enough, without the host in between: a CUDA graph
/// with a WHILE node. Drivers before 12.4 know none; with them the kernels are launched as often as may be needed, and those
/// that come after the end have to do nothing.
class DeviceLoop {
  public:
    /// Launches the kernels of a pass onto the stream. One of them must call `loop_again` with the handle, last of all.
    using Body = std::function<void(cudaStream_t, cudaGraphConditionalHandle)>;

    DeviceLoop() = default;
    DeviceLoop(Body body, bool as_graph);
    DeviceLoop(const DeviceLoop&) = delete;
    DeviceLoop& operator=(const DeviceLoop&) = delete;
    ~DeviceLoop();

    /// Does the driver know graphs that loop?
    static bool graphs_known();

    /// At least one pass, `most` at most (the kernels have to see to that). Returns when they have run.
    void run(int most);

  private:
    void record();

    Body body_;
    cudaStream_t stream_ = nullptr;
    cudaGraph_t graph_ = nullptr;
    cudaGraphExec_t executable_ = nullptr;
};

/// By one thread of a pass.
__device__ inline void loop_again(cudaGraphConditionalHandle loop, bool again) {
    if (loop != 0) cudaGraphSetConditional(loop, again ? 1 : 0);
}

}  // namespace coterie::cuda
