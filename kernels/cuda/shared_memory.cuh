#pragma once

#include <type_traits>

#include "kernels/cuda/launch.cuh"

namespace coterie::cuda {

/// Bytes of shared memory that a block can ask for, beside what it declares: 98 KB to 226 KB by the kind of device.
inline std::size_t shared_memory_of_block() {
    constexpr int declared = 1024;
    int device = 0;
    int bytes = 0;
    check(cudaGetDevice(&device), "asking for the device");
    check(cudaDeviceGetAttribute(&bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device),
          "asking for the shared memory of a block");
    return static_cast<std::size_t>(bytes - declared);
}

/// As `launch`, with `shared_bytes` of shared memory beside what the kernel declares.
template <class... Parameters>
void launch_with_shared(std::string_view name, std::uint64_t blocks, unsigned threads, std::size_t shared_bytes,
                        void (*kernel)(Parameters...), std::type_identity_t<Parameters>... arguments) {
    if (blocks == 0) return;
    check(cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(shared_bytes)),
          name);
    kernel<<<static_cast<unsigned>(blocks), threads, shared_bytes>>>(arguments...);
    check_launch(name);
}

}  // namespace coterie::cuda
