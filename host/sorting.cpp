#include "host/sorting.hpp"

#include <hwy/contrib/sort/vqsort.h>

#include <algorithm>

namespace coterie {

namespace {

/// Below, choosing the vector code costs more than it saves.
constexpr std::size_t worth_vectors = 32;

template <class Number>
void sort_vectors(std::span<Number> numbers) {
    // It holds the room that sorting needs.
    thread_local const hwy::Sorter sorter;
    sorter(numbers.data(), numbers.size(), hwy::SortAscending());
}

}  // namespace

void sort_ascending(std::span<std::uint32_t> numbers) {
    if (numbers.size() < worth_vectors) return std::sort(numbers.begin(), numbers.end());
    sort_vectors(numbers);
}

void sort_ascending(std::span<std::uint64_t> numbers) {
    if (numbers.size() < worth_vectors) return std::sort(numbers.begin(), numbers.end());
    sort_vectors(numbers);
}

void sort_ascending(std::span<WideNumber> numbers) {
    if (numbers.size() < worth_vectors) {
        std::sort(numbers.begin(), numbers.end(), [](const WideNumber& a, const WideNumber& b) {
            return a.high != b.high ? a.high < b.high : a.low < b.low;
        });
        return;
    }
    static_assert(sizeof(WideNumber) == sizeof(hwy::uint128_t));
    sort_vectors(std::span(reinterpret_cast<hwy::uint128_t*>(numbers.data()), numbers.size()));
}

}  // namespace coterie
