#include "io/handle_sort.hpp"

#include <utility>

namespace coterie {

namespace {

constexpr std::size_t small = std::size_t{1} << 14;  ///< sorted by one thread, in its cache
constexpr std::size_t step = sizeof(HandleKey::bytes);
constexpr std::size_t ahead = 16;
/// Bytes that handles may have in common and still be told apart step by step. Each step is a call within a call: a handle of a
/// megabyte would take more of them than a stack holds.
constexpr std::size_t deepest = 512 * step;

bool lower_key(const HandleKey& a, const HandleKey& b) {
    return a.bytes < b.bytes;
}

std::uint64_t median(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

/// A key that splits `keys` about in half: the median of three medians of three.
std::uint64_t pivot_of(std::span<const HandleKey> keys) {
    const std::size_t apart = keys.size() / 9;
    const auto at = [&](std::size_t i) { return keys[i * apart].bytes; };
    return median(median(at(0), at(3), at(6)), median(at(1), at(4), at(7)), median(at(2), at(5), at(8)));
}

void sort_range(std::span<HandleKey> keys, std::size_t depth, const Progress* progress);

/// Handles that agree in all bytes before `depth + step`.
void sort_equal(std::span<HandleKey> keys, std::size_t depth, const Progress* progress) {
    const std::size_t reached = depth + step;
    // What has ended is less than what goes on; among it, zero bytes at the end make a longer text greater.
    const auto goes_on = std::partition(keys.begin(), keys.end(),
                                        [&](const HandleKey& key) { return handle_in(key.entry).size() <= reached; });
    std::sort(keys.begin(), goes_on, [](const HandleKey& a, const HandleKey& b) {
        return handle_in(a.entry).size() < handle_in(b.entry).size();
    });
    const std::span rest(goes_on, keys.end());
    if (reached >= deepest) {
        std::sort(rest.begin(), rest.end(),
                  [](const HandleKey& a, const HandleKey& b) { return handle_in(a.entry) < handle_in(b.entry); });
        return;
    }
    for (std::size_t i = 0; i < rest.size(); ++i) {
        __builtin_prefetch(rest[std::min(i + ahead, rest.size() - 1)].entry);
        rest[i].bytes = first_bytes(handle_in(rest[i].entry).substr(reached));
    }
    sort_range(rest, reached, progress);
}

/// Handles that agree in all bytes before `depth`, whose keys hold those from there on.
void sort_range(std::span<HandleKey> keys, std::size_t depth, const Progress* progress) {
    while (keys.size() > small) {
        if (progress != nullptr && progress->cancelled()) return;
        const std::uint64_t pivot = pivot_of(keys);
        std::size_t below = 0;
        std::size_t next = 0;
        std::size_t above = keys.size();
        while (next < above) {
            if (keys[next].bytes < pivot)
                std::swap(keys[below++], keys[next++]);
            else if (keys[next].bytes > pivot)
                std::swap(keys[next], keys[--above]);
            else
                ++next;
        }
        const std::span lower = keys.first(below);
        const std::span equal = keys.subspan(below, above - below);
#pragma omp task firstprivate(lower, depth, progress)
        sort_range(lower, depth, progress);
        if (equal.size() > 1) {
#pragma omp task firstprivate(equal, depth, progress)
            sort_equal(equal, depth, progress);
        }
        keys = keys.subspan(above);
    }
    std::sort(keys.begin(), keys.end(), lower_key);
    for (std::size_t begin = 0; begin < keys.size();) {
        std::size_t end = begin + 1;
        while (end < keys.size() && keys[end].bytes == keys[begin].bytes) ++end;
        if (end - begin > 1) sort_equal(keys.subspan(begin, end - begin), depth, progress);
        begin = end;
    }
}

}  // namespace

void sort_handles(std::span<HandleKey> keys, int threads, const Progress* progress) {
#pragma omp parallel num_threads(threads)
#pragma omp single nowait
    sort_range(keys, 0, progress);
}

}  // namespace coterie
