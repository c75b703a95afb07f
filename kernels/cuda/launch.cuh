#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "kernels/cuda/check.cuh"

namespace coterie::cuda {

inline constexpr unsigned warp_size = 32;
inline constexpr unsigned block_size = 256;  ///< threads of a block where nothing speaks for another number
inline constexpr unsigned whole_warp = 0xffff'ffffU;

/// Blocks that `items` need at `per_block` each.
constexpr std::uint64_t blocks_for(std::uint64_t items, std::uint64_t per_block = block_size) {
    return (items + per_block - 1) / per_block;
}

struct LaunchShape {
    std::uint64_t blocks;
    unsigned threads = block_size;
    std::size_t shared_bytes = 0;
    cudaStream_t stream = nullptr;
};

/// kernel<<<shape>>>(arguments…), checked. No blocks: nothing to do, and no launch (CUDA would refuse it).
template <class... Parameters>
void launch(std::string_view name, const LaunchShape& shape, void (*kernel)(Parameters...),
            std::type_identity_t<Parameters>... arguments) {
    if (shape.blocks == 0) return;
    kernel<<<static_cast<unsigned>(shape.blocks), shape.threads, shape.shared_bytes, shape.stream>>>(arguments...);
    check_launch(name);
}

template <class... Parameters>
void launch(std::string_view name, std::uint64_t blocks, unsigned threads, void (*kernel)(Parameters...),
            std::type_identity_t<Parameters>... arguments) {
    launch(name, LaunchShape{.blocks = blocks, .threads = threads}, kernel, arguments...);
}

/// Waits for the device: what went wrong inside the kernels before shows here.
inline void synchronize(std::string_view doing) {
    check(cudaDeviceSynchronize(), doing);
}

/// Number of this thread in its grid.
__device__ inline std::uint64_t grid_thread() {
    return std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
}

template <class Body>
__global__ void __launch_bounds__(block_size) for_each_kernel(std::uint64_t items, Body body) {
    if (const std::uint64_t item = grid_thread(); item < items) body(item);
}

/// body(i) for each i in [0, items), a thread each. `body` is a __device__ lambda.
template <class Body>
void for_each(std::string_view name, std::uint64_t items, Body body) {
    launch(name, blocks_for(items), block_size, for_each_kernel<Body>, items, body);
}

/// Sum over the `width` (a power of two) consecutive lanes to which this one belongs; each of them gets it.
/// All 32 lanes of the warp must call.
template <unsigned width = warp_size>
__device__ inline std::uint64_t warp_sum(std::uint64_t value) {
    for (unsigned step = width / 2; step > 0; step /= 2) value += __shfl_xor_sync(whole_warp, value, step, width);
    return value;
}

/// Sum over a block of at most 1,024 threads, all of which must call; thread 0 gets it, the others get a part.
__device__ inline std::uint64_t block_sum(std::uint64_t value) {
    __shared__ std::uint64_t of_warp[warp_size];
    value = warp_sum(value);
    __syncthreads();  // somebody may still read what an earlier call left
    if (threadIdx.x % warp_size == 0) of_warp[threadIdx.x / warp_size] = value;
    __syncthreads();
    if (threadIdx.x < warp_size) {
        const unsigned warps = (blockDim.x + warp_size - 1) / warp_size;
        value = warp_sum(threadIdx.x < warps ? of_warp[threadIdx.x] : 0);
    }
    return value;
}

/// *total += value, as an integer: order cannot matter.
__device__ inline void add_atomically(std::uint64_t* total, std::uint64_t value) {
    atomicAdd(reinterpret_cast<unsigned long long*>(total), static_cast<unsigned long long>(value));
}

/// What atomics of other blocks left.
__device__ inline std::uint64_t load_atomically(const std::uint64_t* total) {
    return *static_cast<const volatile std::uint64_t*>(total);
}

}  // namespace coterie::cuda
