#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "host/progress.hpp"

namespace coterie {

/// A handle on its way into order: eight of its bytes, the first one highest, so that they compare as a number, and where it
/// stands.
struct HandleKey {
    std::uint64_t bytes = 0;
    char* entry = nullptr;
};

/// The text of an entry of the dictionary, which is a place of its table, and its number.
std::string_view handle_in(const char* entry);
std::uint32_t number_in(const char* entry);

/// The first eight bytes of `text`, zeros behind its end.
inline std::uint64_t first_bytes(std::string_view text) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data(), std::min<std::size_t>(sizeof bytes, text.size()));
    return __builtin_bswap64(bytes);
}

/// Puts distinct handles into bytewise order in place. The keys hold the first eight bytes; afterwards they hold whatever told
/// a handle from its neighbors. Stops early, in any order, if `progress` asks to.
/// Multikey quicksort (Bentley & Sedgewick, Fast algorithms for sorting and searching strings, 1997), eight bytes a step.
void sort_handles(std::span<HandleKey> keys, int threads, const Progress* progress);

}  // namespace coterie
