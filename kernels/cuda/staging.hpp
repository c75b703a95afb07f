#pragma once

#include <cstddef>

namespace coterie::cuda {

/// memcpy by several threads: one reads a mapped file slower than a GPU takes it.
void copy_with_threads(void* to, const void* from, std::size_t bytes, int threads);

}  // namespace coterie::cuda
