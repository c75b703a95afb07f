#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace coterie {

/// Sorts `values`, of which most ascend already: those out of place are taken out, sorted alone, and merged back.
/// Time O(n + k log k) for k values out of place, never more than about twice that of std::sort. `dropped` is scratch.
/// Drop-merge sort; after Levcopoulos & Petersson 1991, with the heuristics of Ernerfeldt 2018.
template <class T>
void sort_nearly_sorted(std::span<T> values, std::vector<T>& dropped) {
    constexpr std::size_t patience = 8;  // so many dropped in a row: what came before them was out of place, not they
    const std::size_t n = values.size();
    dropped.clear();
    std::size_t kept = 0;
    std::size_t in_a_row = 0;
    for (std::size_t next = 0; next < n;) {
        if (kept == 0 || !(values[next] < values[kept - 1])) {
            values[kept++] = values[next++];
            in_a_row = 0;
            continue;
        }
        if (kept >= 2 && in_a_row == 0 && !(values[next] < values[kept - 2])) {
            dropped.push_back(values[kept - 1]);
            values[kept - 1] = values[next++];
            continue;
        }
        if (in_a_row < patience) {
            dropped.push_back(values[next++]);
            ++in_a_row;
            continue;
        }
        // What was dropped last comes back into its place, and what it was smaller than goes.
        next -= in_a_row;
        dropped.resize(dropped.size() - in_a_row);
        const T most = *std::max_element(values.data() + next, values.data() + next + in_a_row + 1);
        std::size_t first = kept - 1;
        while (first > 0 && most < values[first - 1]) --first;
        dropped.insert(dropped.end(), values.data() + first, values.data() + kept);
        kept = first;
        in_a_row = 0;
    }
    std::sort(dropped.begin(), dropped.end());
    std::size_t place = n;
    while (!dropped.empty()) {
        if (kept > 0 && dropped.back() < values[kept - 1]) {
            values[--place] = values[--kept];
        } else {
            values[--place] = dropped.back();
            dropped.pop_back();
        }
    }
}

}  // namespace coterie
