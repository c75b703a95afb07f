#include "host/array.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

namespace coterie {

namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::size_t cache_line = 64;

std::size_t rounded_up(std::size_t bytes, std::size_t multiple) {
    return (bytes + multiple - 1) / multiple * multiple;
}

/// Memory of large arrays that were freed while RecycledArrays lived.
class KeptBlocks {
  public:
    void enter() {
        const std::lock_guard lock(mutex_);
        ++users_;
    }
    void leave() {
        const std::lock_guard lock(mutex_);
        if (--users_ == 0) free_all();
    }

    /// A block of at least `bytes` and at most a quarter more, or null.
    void* take(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        const auto fits = [&](const Block& block) { return block.bytes >= bytes && block.bytes <= bytes + bytes / 4; };
        const auto found = std::find_if(blocks_.begin(), blocks_.end(), fits);
        if (found == blocks_.end()) {
            make_room(bytes);
            return nullptr;
        }
        void* const memory = found->memory;
        blocks_.erase(found);
        return memory;
    }

    /// False if nobody wants it kept.
    bool keep(void* memory, std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        if (users_ == 0 || blocks_.size() == blocks_.capacity()) return false;
        blocks_.push_back({memory, bytes});
        return true;
    }

  private:
    struct Block {
        void* memory;
        std::size_t bytes;
    };

    /// Frees as much as is about to be taken from the system, the smallest first; for small requests nothing.
    void make_room(std::size_t bytes) {
        std::size_t kept = 0;
        for (const Block& block : blocks_) kept += block.bytes;
        if (bytes < kept / 8) return;
        std::sort(blocks_.begin(), blocks_.end(), [](const Block& a, const Block& b) { return a.bytes > b.bytes; });
        for (std::size_t freed = 0; freed < bytes && !blocks_.empty(); blocks_.pop_back()) {
            freed += blocks_.back().bytes;
            std::free(blocks_.back().memory);
        }
    }

    void free_all() {
        for (const Block& block : blocks_) std::free(block.memory);
        blocks_.clear();
    }

    std::mutex mutex_;
    int users_ = 0;
    // Its room is taken once: freeing an array must not fail for want of memory.
    std::vector<Block> blocks_ = [] {
        std::vector<Block> blocks;
        blocks.reserve(64);
        return blocks;
    }();
};

KeptBlocks& kept_blocks() {
    // Never destroyed: arrays of static storage may be freed after it would be.
    static KeptBlocks* const blocks = new KeptBlocks;
    return *blocks;
}

}  // namespace

RecycledArrays::RecycledArrays() {
    kept_blocks().enter();
}

RecycledArrays::~RecycledArrays() {
    kept_blocks().leave();
}

namespace detail {

void* allocate_large(std::size_t bytes) {
    const std::size_t alignment = bytes >= huge_page ? huge_page : cache_line;
    if (bytes > SIZE_MAX - alignment) throw std::bad_alloc();
    const std::size_t whole = rounded_up(bytes == 0 ? 1 : bytes, alignment);
    if (alignment == huge_page)
        if (void* const kept = kept_blocks().take(whole)) return kept;
    void* memory = std::aligned_alloc(alignment, whole);
    if (memory == nullptr) throw std::bad_alloc();
    if (alignment == huge_page) madvise(memory, whole, MADV_HUGEPAGE);
    return memory;
}

void free_large(void* memory, std::size_t bytes) noexcept {
    if (bytes >= huge_page && kept_blocks().keep(memory, rounded_up(bytes, huge_page))) return;
    std::free(memory);
}

}  // namespace detail

}  // namespace coterie
