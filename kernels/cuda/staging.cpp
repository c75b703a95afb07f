#include "kernels/cuda/staging.hpp"

#include <algorithm>
#include <cstring>

namespace coterie::cuda {

void copy_with_threads(void* to, const void* from, std::size_t bytes, int threads) {
    constexpr std::size_t piece = std::size_t{1} << 20U;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1) if (bytes > piece)
    for (std::size_t begin = 0; begin < bytes; begin += piece)
        std::memcpy(static_cast<char*>(to) + begin, static_cast<const char*>(from) + begin,
                    std::min(piece, bytes - begin));
}

}  // namespace coterie::cuda
