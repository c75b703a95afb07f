#include "host/nearly_ascending.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "host/sorting.hpp"

namespace coterie {

namespace {

/// Numbers of `bytes` bytes side by side, ascending once they are sorted.
template <class Number, std::size_t bytes>
class Register {
  public:
    static constexpr std::size_t lanes = bytes / sizeof(Number);

    [[gnu::always_inline]] void load(const Number* numbers) { std::memcpy(&lanes_, numbers, bytes); }
    [[gnu::always_inline]] void store(Number* numbers) const { std::memcpy(numbers, &lanes_, bytes); }
    [[gnu::always_inline]] Number least() const { return lanes_[0]; }
    [[gnu::always_inline]] Number most() const { return lanes_[lanes - 1]; }

    /// Pieces of two that ascend and descend by turns, then of four, …
    template <std::size_t piece = 2>
    [[gnu::always_inline]] void sort() {
        settle<piece, piece / 2>();
        if constexpr (piece < lanes) sort<2 * piece>();
    }

    /// Of two sorted ones, this keeps the smaller half, and `high` gets the other.
    [[gnu::always_inline]] void merge(Register& high) {
        high.template shuffle<lanes - 1>();
        const Lanes larger = lanes_ < high.lanes_ ? high.lanes_ : lanes_;
        lanes_ = lanes_ < high.lanes_ ? lanes_ : high.lanes_;
        high.lanes_ = larger;
        settle<2 * lanes, lanes / 2>();
        high.template settle<2 * lanes, lanes / 2>();
    }

  private:
    using Lanes [[gnu::vector_size(bytes)]] = Number;

    template <std::size_t distance>
    [[gnu::always_inline]] void shuffle() {
        [this]<std::size_t... lane>(std::index_sequence<lane...>) __attribute__((always_inline)) {
            lanes_ = __builtin_shufflevector(lanes_, lanes_, static_cast<int>(lane ^ distance)...);
        }
        (std::make_index_sequence<lanes>());
    }

    /// Sorts pieces that rise and fall once, every second one downwards.
    template <std::size_t piece, std::size_t distance>
    [[gnu::always_inline]] void settle() {
        Register other = *this;
        other.template shuffle<distance>();
        const Lanes less = lanes_ < other.lanes_ ? lanes_ : other.lanes_;
        const Lanes more = lanes_ < other.lanes_ ? other.lanes_ : lanes_;
        [&]<std::size_t... lane>(std::index_sequence<lane...>) __attribute__((always_inline)) {
            lanes_ = __builtin_shufflevector(
                less, more,
                static_cast<int>(((lane & distance) == 0) == ((lane & piece) == 0) ? lane : lane + lanes)...);
        }
        (std::make_index_sequence<lanes>());
        if constexpr (distance > 1) settle<piece, distance / 2>();
    }

    Lanes lanes_;
};

template <class Number, std::size_t bytes>
[[gnu::always_inline]] inline bool sort_registers(Number* numbers, std::size_t count) {
    using Some = Register<Number, bytes>;
    constexpr std::size_t lanes = Some::lanes;
    static_assert(lanes <= nearly_ascending_margin);
    constexpr std::size_t patience = 128 / lanes;  // merges for each register
    if (count < 2) return true;
    std::fill_n(numbers + count, lanes, std::numeric_limits<Number>::max());
    Some last;
    last.load(numbers);
    last.sort();
    last.store(numbers);
    std::size_t merges = 0;
    for (std::size_t next = lanes; next < count; next += lanes) {
        Some low = last;
        last.load(numbers + next);
        last.sort();
        if (low.most() <= last.least()) {
            last.store(numbers + next);
            continue;
        }
        low.merge(last);
        last.store(numbers + next);
        // What is smaller goes on towards the front.
        std::size_t place = next - lanes;
        for (; place > 0; place -= lanes) {
            Some before;
            before.load(numbers + place - lanes);
            if (before.most() <= low.least()) break;
            before.merge(low);
            low.store(numbers + place);
            low = before;
            ++merges;
        }
        low.store(numbers + place);
        if (merges > patience * (next / lanes + patience)) return false;
    }
    return true;
}

template <class Number>
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] bool sort_avx512(Number* numbers, std::size_t count) {
    return sort_registers<Number, 64>(numbers, count);
}
template <class Number>
[[gnu::target("avx2")]] bool sort_avx2(Number* numbers, std::size_t count) {
    return sort_registers<Number, 32>(numbers, count);
}
template <class Number>
bool sort_plain(Number* numbers, std::size_t count) {
    return sort_registers<Number, 16>(numbers, count);
}

template <class Number>
void sort_by_the_fastest(Number* numbers, std::size_t count) {
    static const SortNearlyAscending<Number> fastest = usable_sorts_of_nearly_ascending<Number>().front();
    if (!fastest(numbers, count)) sort_ascending(std::span(numbers, count));
}

}  // namespace

template <class Number>
std::vector<SortNearlyAscending<Number>> usable_sorts_of_nearly_ascending() {
    std::vector<SortNearlyAscending<Number>> usable;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq"))
        usable.push_back(sort_avx512<Number>);
    if (__builtin_cpu_supports("avx2")) usable.push_back(sort_avx2<Number>);
    usable.push_back(sort_plain<Number>);
    return usable;
}

template std::vector<SortNearlyAscending<std::uint32_t>> usable_sorts_of_nearly_ascending();
template std::vector<SortNearlyAscending<std::uint64_t>> usable_sorts_of_nearly_ascending();

void sort_nearly_ascending(std::uint32_t* numbers, std::size_t count) {
    sort_by_the_fastest(numbers, count);
}
void sort_nearly_ascending(std::uint64_t* numbers, std::size_t count) {
    sort_by_the_fastest(numbers, count);
}

}  // namespace coterie
