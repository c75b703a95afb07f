#include "host/array.hpp"

#include <sys/mman.h>

#include <cstdlib>

namespace coterie::detail {

namespace {
constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::size_t cache_line = 64;

std::size_t alignment_of(std::size_t bytes) {
    return bytes >= huge_page ? huge_page : cache_line;
}

std::size_t rounded_up(std::size_t bytes, std::size_t multiple) {
    return (bytes + multiple - 1) / multiple * multiple;
}
}  // namespace

void* allocate_large(std::size_t bytes) {
    const std::size_t alignment = alignment_of(bytes);
    if (bytes > SIZE_MAX - alignment) throw std::bad_alloc();
    void* memory = std::aligned_alloc(alignment, rounded_up(bytes == 0 ? 1 : bytes, alignment));
    if (memory == nullptr) throw std::bad_alloc();
    if (alignment == huge_page) madvise(memory, rounded_up(bytes, alignment), MADV_HUGEPAGE);
    return memory;
}

void free_large(void* memory, std::size_t) noexcept {
    std::free(memory);
}

}  // namespace coterie::detail
