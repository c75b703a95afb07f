#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace coterie {

/// So many numbers behind those that are sorted are overwritten: whole registers are.
inline constexpr std::size_t nearly_ascending_margin = 16;

/// Sorts numbers most of which stand within a few dozen places of their own: insertion, of registers of numbers that are in order
/// instead of numbers. A register is sorted, and merged with what came before, by networks (Batcher 1968), so that no branch
/// depends on single numbers. Time O(n). Gives up where they are farther off, and returns false: they are then in any order.
template <class Number>
using SortNearlyAscending = bool (*)(Number* numbers, std::size_t count);

/// Those that this processor can run, the fastest first; all give the same.
template <class Number>
std::vector<SortNearlyAscending<Number>> usable_sorts_of_nearly_ascending();

// By the fastest, or, where it gives up, by sort_ascending.
void sort_nearly_ascending(std::uint32_t* numbers, std::size_t count);
void sort_nearly_ascending(std::uint64_t* numbers, std::size_t count);

}  // namespace coterie
