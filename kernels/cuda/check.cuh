#pragma once

#include <cuda_runtime_api.h>

#include <source_location>
#include <string_view>

#include "host/errors.hpp"

namespace coterie::cuda {

/// A call of the CUDA runtime failed.
class CudaError : public DeviceFailure {
  public:
    CudaError(cudaError_t code, std::string_view doing, const std::source_location& where);
    cudaError_t code() const { return code_; }

  private:
    cudaError_t code_;
};

/// Throws CudaError, saying what was being done and where, unless `code` is success.
inline void check(cudaError_t code, std::string_view doing,
                  const std::source_location where = std::source_location::current()) {
    if (code != cudaSuccess) throw CudaError(code, doing, where);
}

/// After a launch: was it accepted? What goes wrong inside the kernel shows at the next synchronisation.
inline void check_launch(std::string_view kernel, const std::source_location where = std::source_location::current()) {
    check(cudaGetLastError(), kernel, where);
}

}  // namespace coterie::cuda
