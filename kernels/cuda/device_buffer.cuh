#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/cuda/check.cuh"

namespace coterie::cuda {

/// Bytes of device memory, or OutOfDeviceMemory that says for what, how many bytes were asked for and how many are free.
void* allocate_device_memory(std::size_t bytes, std::string_view what);
void free_device_memory(void* memory) noexcept;
/// What may be given out on the device: 92 % of what is free, the driver and fragmentation need some.
std::size_t usable_device_memory();
/// Do `bytes` fit into 92 % of the free memory of the device?
bool fits_device_memory(std::size_t bytes);
/// Throws OutOfDeviceMemory unless `bytes` fit into 92 % of the free memory of the device: asked before work starts.
void require_device_memory(std::size_t bytes, std::string_view what);

/// An array in device memory. Not initialised.
template <class T>
class DeviceBuffer {
  public:
    DeviceBuffer() = default;
    DeviceBuffer(std::size_t size, std::string_view what)
        : data_(size == 0 ? nullptr : static_cast<T*>(allocate_device_memory(size * sizeof(T), what))), size_(size) {}
    /// A copy of host memory.
    DeviceBuffer(std::span<const T> host, std::string_view what) : DeviceBuffer(host.size(), what) {
        if (size_ != 0) check(cudaMemcpy(data_, host.data(), size_ * sizeof(T), cudaMemcpyHostToDevice), what);
    }
    DeviceBuffer(DeviceBuffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    DeviceBuffer(const DeviceBuffer&) = delete;
    DeviceBuffer& operator=(const DeviceBuffer&) = delete;
    ~DeviceBuffer() { free_device_memory(data_); }

    T* data() { return data_; }
    const T* data() const { return data_; }
    std::size_t size() const { return size_; }
    std::span<T> span() { return {data_, size_}; }
    std::span<const T> span() const { return {data_, size_}; }

    void fill_bytes(int byte) {
        if (size_ != 0) check(cudaMemset(data_, byte, size_ * sizeof(T)), "filling a buffer");
    }
    void copy_to(std::span<T> host) const {
        if (size_ != 0)
            check(cudaMemcpy(host.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost), "reading a buffer");
    }
    std::vector<T> to_host() const {
        std::vector<T> host(size_);
        copy_to(host);
        return host;
    }

  private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace coterie::cuda
