#pragma once

#include <cstdint>
#include <span>

namespace coterie {

/// A number of 128 bits.
struct alignas(16) WideNumber {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    bool operator==(const WideNumber&) const = default;
};

// Ascending, in place, by vector instructions of the machine (Highway's VQSort: Blacher, Giesen & Kühne 2021); short spans by
// std::sort. Equal numbers cannot be told apart, so the outcome is the same everywhere. Time O(n log n).
void sort_ascending(std::span<std::uint32_t> numbers);
void sort_ascending(std::span<std::uint64_t> numbers);
void sort_ascending(std::span<WideNumber> numbers);

}  // namespace coterie
