#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace coterie {

namespace detail {
void* allocate_large(std::size_t bytes);
void free_large(void* memory, std::size_t bytes) noexcept;
}  // namespace detail

/// Allocator of large arrays: no zeroing on resize (the first thread that writes a page places it), and memory
/// in huge pages where the system has them, since gathers over a graph would otherwise miss the TLB on every edge.
template <class T>
struct LargeArrayAllocator {
    using value_type = T;
    static_assert(std::is_trivially_destructible_v<T>);

    LargeArrayAllocator() = default;
    template <class U>
    constexpr LargeArrayAllocator(const LargeArrayAllocator<U>&) noexcept {}

    T* allocate(std::size_t count) { return static_cast<T*>(detail::allocate_large(count * sizeof(T))); }
    void deallocate(T* memory, std::size_t count) noexcept { detail::free_large(memory, count * sizeof(T)); }

    template <class U>
    void construct(U* place) noexcept {
        ::new (static_cast<void*>(place)) U;  // default-initialised: left as it is
    }
    template <class U, class... Arguments>
    void construct(U* place, Arguments&&... arguments) {
        ::new (static_cast<void*>(place)) U(std::forward<Arguments>(arguments)...);
    }
    template <class U>
    bool operator==(const LargeArrayAllocator<U>&) const noexcept {
        return true;
    }
};

/// While one of these lives, large arrays that are freed are kept for arrays of about their size that are made next, in any
/// thread. Without it each would come back from the system zeroed: a quarter of the time of building a graph.
/// An array that fits none of what is kept has as much of it freed first, so the peak grows by slack alone.
class RecycledArrays {
  public:
    RecycledArrays();
    ~RecycledArrays();
    RecycledArrays(const RecycledArrays&) = delete;
    RecycledArrays& operator=(const RecycledArrays&) = delete;
};

/// A vector whose `resize` leaves new elements unwritten. For the arrays of a graph and their like.
template <class T>
using Array = std::vector<T, LargeArrayAllocator<T>>;

}  // namespace coterie
