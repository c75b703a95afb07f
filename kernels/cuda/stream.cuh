#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "kernels/cuda/check.cuh"

namespace coterie::cuda {

/// Makes `device` the one that calls go to, and afterwards the one before.
class OnDevice {
  public:
    explicit OnDevice(int device) : device_(device) {
        check(cudaGetDevice(&before_), "asking for the device");
        if (device_ != before_) check(cudaSetDevice(device_), "choosing a device");
    }
    ~OnDevice() {
        if (device_ != before_ && cudaSetDevice(before_) != cudaSuccess)
            cudaGetLastError();  // the next call will say so
    }
    OnDevice(const OnDevice&) = delete;
    OnDevice& operator=(const OnDevice&) = delete;

  private:
    int device_;
    int before_ = 0;
};

/// An order of work on the device that was current when it was made.
class Stream {
  public:
    Stream() { check(cudaStreamCreate(&stream_), "making a stream"); }
    ~Stream() { cudaStreamDestroy(stream_); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    operator cudaStream_t() const { return stream_; }

  private:
    cudaStream_t stream_ = nullptr;
};

/// A point in a stream.
class Event {
  public:
    Event() { check(cudaEventCreate(&event_), "making an event"); }
    ~Event() { cudaEventDestroy(event_); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    operator cudaEvent_t() const { return event_; }

    void record(cudaStream_t stream) { check(cudaEventRecord(event_, stream), "recording an event"); }
    /// What is put on `stream` from now on waits for it.
    void hold(cudaStream_t stream) const { check(cudaStreamWaitEvent(stream, event_, 0), "waiting for an event"); }
    /// The host waits for it.
    void wait() const { check(cudaEventSynchronize(event_), "waiting for the device"); }

  private:
    cudaEvent_t event_ = nullptr;
};

/// Host memory that devices read and write at full speed.
class PinnedBuffer {
  public:
    PinnedBuffer() = default;
    PinnedBuffer(std::size_t bytes, std::string_view what) {
        if (bytes != 0) check(cudaMallocHost(&data_, bytes), what);
    }
    PinnedBuffer(PinnedBuffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
    PinnedBuffer& operator=(PinnedBuffer&& other) noexcept {
        std::swap(data_, other.data_);
        return *this;
    }
    ~PinnedBuffer() { cudaFreeHost(data_); }
    std::byte* data() const { return static_cast<std::byte*>(data_); }

  private:
    void* data_ = nullptr;
};

/// kernel<<<blocks, threads>>>(arguments…) on `stream`, checked. No blocks: nothing to do.
template <class... Parameters>
void launch_on(cudaStream_t stream, std::string_view name, std::uint64_t blocks, unsigned threads,
               void (*kernel)(Parameters...), std::type_identity_t<Parameters>... arguments) {
    if (blocks == 0) return;
    kernel<<<static_cast<unsigned>(blocks), threads, 0, stream>>>(arguments...);
    check(cudaGetLastError(), name);
}

}  // namespace coterie::cuda
