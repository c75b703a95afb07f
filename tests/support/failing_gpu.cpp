#include "tests/support/failing_gpu.hpp"

#include <cuda_runtime_api.h>

#include <cstdlib>
#include <string>

namespace coterie::testing {

namespace {

/// What the wrapped runtime has in mind. GPUs are fed by one thread.
struct Wrapped {
    GpuFailing how = GpuFailing::once;
    std::uint64_t failing_call = 0;
    std::uint64_t calls = 0;
    bool lost = false;
    cudaError_t last_error = cudaSuccess;
    std::int64_t objects = 0;

    Wrapped() {
        // COTERIE_FAILING_GPU=for_good:17 for a program of its own.
        const char* const wish = std::getenv("COTERIE_FAILING_GPU");
        if (wish == nullptr) return;
        const std::string text = wish;
        const std::size_t colon = text.find(':');
        const std::string name = text.substr(0, colon);
        how = name == "without_memory" ? GpuFailing::without_memory
              : name == "for_good"     ? GpuFailing::for_good
                                       : GpuFailing::once;
        failing_call = std::stoull(text.substr(colon + 1));
    }

    /// Of a call that begins: what it must fail with.
    cudaError_t fate(bool allocates) {
        if (lost) return fail(cudaErrorDevicesUnavailable);
        if (how == GpuFailing::without_memory && !allocates) return cudaSuccess;
        if (++calls != failing_call) return cudaSuccess;
        lost = how == GpuFailing::for_good;
        return fail(how == GpuFailing::without_memory ? cudaErrorMemoryAllocation
                    : lost                            ? cudaErrorDevicesUnavailable
                                                      : cudaErrorECCUncorrectable);
    }
    cudaError_t fail(cudaError_t code) { return last_error = code; }
};

Wrapped& wrapped() {
    static Wrapped wrapped;
    return wrapped;
}

template <class Call>
cudaError_t call(const Call& real) {
    const cudaError_t fate = wrapped().fate(false);
    return fate == cudaSuccess ? real() : fate;
}

/// A call that makes something.
template <class Call>
cudaError_t make(const Call& real, bool allocates = false) {
    if (const cudaError_t fate = wrapped().fate(allocates); fate != cudaSuccess) return fate;
    const cudaError_t code = real();
    if (code == cudaSuccess) ++wrapped().objects;
    return code;
}

template <class Call>
cudaError_t allocate(const Call& real) {
    return make(real, true);
}

/// A call that gives something back. It works with a lost device too, and does not say so.
template <class Call>
cudaError_t unmake(bool something, const Call& real) {
    if (something) --wrapped().objects;
    const cudaError_t code = real();
    return wrapped().lost ? wrapped().fail(cudaErrorDevicesUnavailable) : code;
}

/// The error that was not asked for yet.
cudaError_t last_error(bool take, cudaError_t real) {
    const cudaError_t error = wrapped().last_error == cudaSuccess ? real : wrapped().last_error;
    if (take && !wrapped().lost) wrapped().last_error = cudaSuccess;
    return error;
}

}  // namespace

void fail_gpu(GpuFailing how, std::uint64_t call) {
    Wrapped& now = wrapped();
    if (now.lost) now.last_error = cudaSuccess;  // another device; else an error that nobody took off is still there
    now.how = how;
    now.failing_call = call;
    now.calls = 0;
    now.lost = false;
}

std::uint64_t counted_gpu_calls() {
    return wrapped().calls;
}

std::int64_t gpu_objects() {
    return wrapped().objects;
}

// As the linker names them. Types are those of cuda_runtime_api.h.
extern "C" {
cudaError_t __real_cudaMalloc(void** memory, std::size_t bytes);
cudaError_t __wrap_cudaMalloc(void** memory, std::size_t bytes) {
    return allocate([&] { return __real_cudaMalloc(memory, bytes); });
}
cudaError_t __real_cudaMallocHost(void** memory, std::size_t bytes);
cudaError_t __wrap_cudaMallocHost(void** memory, std::size_t bytes) {
    return allocate([&] { return __real_cudaMallocHost(memory, bytes); });
}
cudaError_t __real_cudaStreamCreate(cudaStream_t* stream);
cudaError_t __wrap_cudaStreamCreate(cudaStream_t* stream) {
    return make([&] { return __real_cudaStreamCreate(stream); });
}
cudaError_t __real_cudaEventCreate(cudaEvent_t* event);
cudaError_t __wrap_cudaEventCreate(cudaEvent_t* event) {
    return make([&] { return __real_cudaEventCreate(event); });
}
cudaError_t __real_cudaGraphCreate(cudaGraph_t* graph, unsigned flags);
cudaError_t __wrap_cudaGraphCreate(cudaGraph_t* graph, unsigned flags) {
    return make([&] { return __real_cudaGraphCreate(graph, flags); });
}
cudaError_t __real_cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long flags);
cudaError_t __wrap_cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long flags) {
    return make([&] { return __real_cudaGraphInstantiate(executable, graph, flags); });
}
cudaError_t __real_cudaFree(void* memory);
cudaError_t __wrap_cudaFree(void* memory) {
    return unmake(memory != nullptr, [&] { return __real_cudaFree(memory); });
}
cudaError_t __real_cudaFreeHost(void* memory);
cudaError_t __wrap_cudaFreeHost(void* memory) {
    return unmake(memory != nullptr, [&] { return __real_cudaFreeHost(memory); });
}
cudaError_t __real_cudaStreamDestroy(cudaStream_t stream);
cudaError_t __wrap_cudaStreamDestroy(cudaStream_t stream) {
    return unmake(stream != nullptr, [&] { return __real_cudaStreamDestroy(stream); });
}
cudaError_t __real_cudaEventDestroy(cudaEvent_t event);
cudaError_t __wrap_cudaEventDestroy(cudaEvent_t event) {
    return unmake(event != nullptr, [&] { return __real_cudaEventDestroy(event); });
}
cudaError_t __real_cudaGraphDestroy(cudaGraph_t graph);
cudaError_t __wrap_cudaGraphDestroy(cudaGraph_t graph) {
    return unmake(graph != nullptr, [&] { return __real_cudaGraphDestroy(graph); });
}
cudaError_t __real_cudaGraphExecDestroy(cudaGraphExec_t executable);
cudaError_t __wrap_cudaGraphExecDestroy(cudaGraphExec_t executable) {
    return unmake(executable != nullptr, [&] { return __real_cudaGraphExecDestroy(executable); });
}
cudaError_t __real_cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind);
cudaError_t __wrap_cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    return call([&] { return __real_cudaMemcpy(to, from, bytes, kind); });
}
cudaError_t __real_cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                                   cudaStream_t stream);
cudaError_t __wrap_cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                                   cudaStream_t stream) {
    return call([&] { return __real_cudaMemcpyAsync(to, from, bytes, kind, stream); });
}
cudaError_t __real_cudaMemset(void* memory, int byte, std::size_t bytes);
cudaError_t __wrap_cudaMemset(void* memory, int byte, std::size_t bytes) {
    return call([&] { return __real_cudaMemset(memory, byte, bytes); });
}
cudaError_t __real_cudaMemsetAsync(void* memory, int byte, std::size_t bytes, cudaStream_t stream);
cudaError_t __wrap_cudaMemsetAsync(void* memory, int byte, std::size_t bytes, cudaStream_t stream) {
    return call([&] { return __real_cudaMemsetAsync(memory, byte, bytes, stream); });
}
cudaError_t __real___cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments, std::size_t shared,
                                      cudaStream_t stream);
cudaError_t __wrap___cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments, std::size_t shared,
                                      cudaStream_t stream) {
    return call([&] { return __real___cudaLaunchKernel(kernel, grid, block, arguments, shared, stream); });
}
cudaError_t __real_cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream);
cudaError_t __wrap_cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
    return call([&] { return __real_cudaGraphLaunch(executable, stream); });
}
cudaError_t __real_cudaStreamBeginCaptureToGraph(cudaStream_t stream, cudaGraph_t graph, const cudaGraphNode_t* nodes,
                                                 const cudaGraphEdgeData* data, std::size_t count,
                                                 cudaStreamCaptureMode mode);
cudaError_t __wrap_cudaStreamBeginCaptureToGraph(cudaStream_t stream, cudaGraph_t graph, const cudaGraphNode_t* nodes,
                                                 const cudaGraphEdgeData* data, std::size_t count,
                                                 cudaStreamCaptureMode mode) {
    return call([&] { return __real_cudaStreamBeginCaptureToGraph(stream, graph, nodes, data, count, mode); });
}
cudaError_t __real_cudaGraphConditionalHandleCreate(cudaGraphConditionalHandle* handle, cudaGraph_t graph,
                                                    unsigned value, unsigned flags);
cudaError_t __wrap_cudaGraphConditionalHandleCreate(cudaGraphConditionalHandle* handle, cudaGraph_t graph,
                                                    unsigned value, unsigned flags) {
    return call([&] { return __real_cudaGraphConditionalHandleCreate(handle, graph, value, flags); });
}
cudaError_t __real_cudaStreamSynchronize(cudaStream_t stream);
cudaError_t __wrap_cudaStreamSynchronize(cudaStream_t stream) {
    return call([&] { return __real_cudaStreamSynchronize(stream); });
}
cudaError_t __real_cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags);
cudaError_t __wrap_cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags) {
    return call([&] { return __real_cudaStreamWaitEvent(stream, event, flags); });
}
cudaError_t __real_cudaDeviceSynchronize();
cudaError_t __wrap_cudaDeviceSynchronize() {
    return call([&] { return __real_cudaDeviceSynchronize(); });
}
cudaError_t __real_cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t __wrap_cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    return call([&] { return __real_cudaEventRecord(event, stream); });
}
cudaError_t __real_cudaEventSynchronize(cudaEvent_t event);
cudaError_t __wrap_cudaEventSynchronize(cudaEvent_t event) {
    return call([&] { return __real_cudaEventSynchronize(event); });
}
cudaError_t __real_cudaMemGetInfo(std::size_t* free, std::size_t* total);
cudaError_t __wrap_cudaMemGetInfo(std::size_t* free, std::size_t* total) {
    return call([&] { return __real_cudaMemGetInfo(free, total); });
}
cudaError_t __real_cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value);
cudaError_t __wrap_cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value) {
    return call([&] { return __real_cudaFuncSetAttribute(kernel, attribute, value); });
}
cudaError_t __real_cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* kernel);
cudaError_t __wrap_cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* kernel) {
    return call([&] { return __real_cudaFuncGetAttributes(attributes, kernel); });
}
cudaError_t __real_cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device);
cudaError_t __wrap_cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
    return call([&] { return __real_cudaDeviceGetAttribute(value, attribute, device); });
}
cudaError_t __real_cudaGetDevice(int* device);
cudaError_t __wrap_cudaGetDevice(int* device) {
    return call([&] { return __real_cudaGetDevice(device); });
}
cudaError_t __real_cudaSetDevice(int device);
cudaError_t __wrap_cudaSetDevice(int device) {
    return call([&] { return __real_cudaSetDevice(device); });
}
cudaError_t __real_cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t __wrap_cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
    return call([&] { return __real_cudaGetDeviceProperties(properties, device); });
}
cudaError_t __real_cudaGetDeviceCount(int* count);
cudaError_t __wrap_cudaGetDeviceCount(int* count) {
    return call([&] { return __real_cudaGetDeviceCount(count); });
}
cudaError_t __real_cudaDriverGetVersion(int* version);
cudaError_t __wrap_cudaDriverGetVersion(int* version) {
    return call([&] { return __real_cudaDriverGetVersion(version); });
}
cudaError_t __real_cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
/// It ends the capture even when it fails.
cudaError_t __wrap_cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
    const cudaError_t code = __real_cudaStreamEndCapture(stream, graph);
    return call([&] { return code; });
}
cudaError_t __real_cudaGetLastError();
cudaError_t __wrap_cudaGetLastError() {
    return last_error(true, __real_cudaGetLastError());
}
cudaError_t __real_cudaPeekAtLastError();
cudaError_t __wrap_cudaPeekAtLastError() {
    return last_error(false, __real_cudaPeekAtLastError());
}
}

}  // namespace coterie::testing
