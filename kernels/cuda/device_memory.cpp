// The texts of errors: plain C++, since nvcc does not compile fmt 9.

#include <fmt/format.h>

#include <string>

#include "kernels/cuda/check.cuh"
#include "kernels/cuda/device_buffer.cuh"
#include "kernels/kernels.hpp"

namespace coterie::cuda {

namespace {

/// Share of the free memory that is given out: the driver and fragmentation need some.
constexpr double usable_share = 0.92;

std::string in_words(std::size_t bytes) {
    constexpr double mega = 1e6;
    constexpr double giga = 1e9;
    const auto value = static_cast<double>(bytes);
    return value < giga ? fmt::format("{:.1f} MB", value / mega) : fmt::format("{:.1f} GB", value / giga);
}

std::size_t free_memory() {
    std::size_t free = 0;
    std::size_t total = 0;
    check(cudaMemGetInfo(&free, &total), "asking for the free memory");
    return free;
}

[[noreturn]] void throw_out_of_memory(std::size_t bytes, std::size_t free, std::string_view what) {
    throw OutOfDeviceMemory(
        fmt::format("cuda: {} needs {} bytes ({}), but {} ({}) are free on {}; try --backend openmp", what, bytes,
                    in_words(bytes), free, in_words(free), device_name()));
}

}  // namespace

CudaError::CudaError(cudaError_t code, std::string_view doing, const std::source_location& where)
    : Error(fmt::format("cuda: {} while {} ({}:{})", cudaGetErrorString(code), doing, where.file_name(), where.line())),
      code_(code) {}

bool fits_device_memory(std::size_t bytes) {
    return static_cast<double>(bytes) <= usable_share * static_cast<double>(free_memory());
}

void require_device_memory(std::size_t bytes, std::string_view what) {
    const std::size_t free = free_memory();
    if (static_cast<double>(bytes) > usable_share * static_cast<double>(free)) throw_out_of_memory(bytes, free, what);
}

void* allocate_device_memory(std::size_t bytes, std::string_view what) {
    void* memory = nullptr;
    const cudaError_t code = cudaMalloc(&memory, bytes);
    if (code == cudaErrorMemoryAllocation) {
        cudaGetLastError();  // out of memory is not sticky: take it off
        throw_out_of_memory(bytes, free_memory(), what);
    }
    check(code, what);
    return memory;
}

}  // namespace coterie::cuda
