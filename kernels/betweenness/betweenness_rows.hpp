#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "host/csr.hpp"
#include "kernels/betweenness/betweenness_rule.hpp"

// The inner loops of betweenness on a CPU: sums over rows, with a bit of a mask and a double for every lane. One text;
// betweenness_openmp.cpp compiles it for several instruction sets (hence always_inline), and all give the same bits.

namespace coterie::betweenness_rows {

namespace rule = betweenness_rule;

/// Eight lanes: a register of AVX-512, two of AVX2, four of SSE2, and a cache line in memory.
using Doubles [[gnu::vector_size(64), gnu::may_alias]] = double;
using Bits [[gnu::vector_size(64), gnu::may_alias]] = std::int64_t;

inline constexpr Bits lane_bits = {1, 2, 4, 8, 16, 32, 64, 128};

template <class Mask>
inline constexpr std::size_t num_lanes = 8 * sizeof(Mask);

/// What rows are read with. `values` [n][lanes] are path counts, or shares on the way back.
template <class Mask>
struct Lanes {
    CsrView rows;
    const Mask* masks;  ///< [n] lanes in which a neighbor counts
    double* values;     ///< [n][lanes]
};

/// Adds up the neighbors of a row: `sums` [lanes] gets, in each lane of `wanted`, the sum over the neighbors whose mask has
/// that lane. Returns the lanes in which there was any; the sums of others are 0.
///
/// A whole row of values is loaded and the lanes that do not count are masked off: another thread may just be writing
/// them.
template <class Mask, std::size_t... group>
[[gnu::always_inline]] inline Mask sum_row(const Lanes<Mask>& lanes, AccountId account, Mask wanted, double* sums,
                                           std::index_sequence<group...>) {
    constexpr std::size_t block = 256;
    constexpr std::size_t ahead = 6;
    AccountId neighbors[block + ahead];
    Mask masks[block];

    const EdgeOffset begin = lanes.rows.offsets[account];
    const EdgeOffset end = lanes.rows.offsets[account + 1];
    const AccountId* const row = lanes.rows.neighbors.data();
    Mask found = 0;
    Doubles total[] = {(static_cast<void>(group), Doubles{})...};
    for (EdgeOffset chunk = begin; chunk < end; chunk += rule::chunk_length) {
        const EdgeOffset chunk_end = std::min(end, chunk + rule::chunk_length);
        Doubles sum[] = {(static_cast<void>(group), Doubles{})...};
        for (EdgeOffset edge = chunk; edge < chunk_end;) {
            // First who counts, without a branch, then their values, which by then are on their way.
            std::size_t count = 0;
            for (const EdgeOffset block_end = std::min(chunk_end, edge + block); edge < block_end; ++edge) {
                const auto mask = static_cast<Mask>(lanes.masks[row[edge]] & wanted);
                neighbors[count] = row[edge];
                masks[count] = mask;
                count += mask != 0;
            }
            if (count == 0) continue;
            for (std::size_t i = 0; i < std::min(count, ahead); ++i)
                (__builtin_prefetch(lanes.values + neighbors[i] * num_lanes<Mask> + 8 * group), ...);
            for (std::size_t i = count; i < count + ahead; ++i) neighbors[i] = neighbors[0];
            for (std::size_t i = 0; i < count; ++i) {
                (__builtin_prefetch(lanes.values + neighbors[i + ahead] * num_lanes<Mask> + 8 * group), ...);
                found = static_cast<Mask>(found | masks[i]);
                const Bits mask = static_cast<std::int64_t>(masks[i]) - Bits{};
                const auto* const values = reinterpret_cast<const Bits*>(lanes.values + neighbors[i] * num_lanes<Mask>);
                ((sum[group] += reinterpret_cast<Doubles>(values[group] & ((mask & lane_bits << 8 * group) != 0))),
                 ...);
            }
        }
        ((total[group] += sum[group]), ...);
    }
    ((reinterpret_cast<Doubles*>(sums)[group] = total[group]), ...);
    return found;
}

template <class Mask>
[[gnu::always_inline]] inline Mask sum_row(const Lanes<Mask>& lanes, AccountId account, Mask wanted, double* sums) {
    return sum_row(lanes, account, wanted, sums, std::make_index_sequence<sizeof(Mask)>{});
}

/// Accounts that a level reached, with the lanes that reached them.
template <class Mask>
struct Reached {
    AccountId* accounts;
    Mask* masks;
    std::size_t size = 0;
    bool countable = true;
};

/// Path counts of `account` in those of the lanes `wanted` in which the level before it has a neighbor; returns these.
template <class Mask>
[[gnu::always_inline]] inline Mask count_paths(const Lanes<Mask>& lanes, AccountId account, Mask wanted,
                                               bool& countable) {
    alignas(64) double paths[num_lanes<Mask>];
    const Mask reached = sum_row(lanes, account, wanted, paths);
    double* const values = lanes.values + account * num_lanes<Mask>;
    for (Mask left = reached; left != 0; left = static_cast<Mask>(left & (left - 1))) {
        const auto lane = static_cast<std::size_t>(std::countr_zero(left));
        values[lane] = paths[lane];
        countable = countable && rule::countable(paths[lane]);
    }
    return reached;
}

/// Reaches the accounts in [begin, end) from the level before.
template <class Mask>
[[gnu::always_inline]] inline void pull_range(const Lanes<Mask>& lanes, AccountId begin, AccountId end, Mask all,
                                              const Mask* visited, Reached<Mask>& reached) {
    for (AccountId account = begin; account < end; ++account) {
        const auto wanted = static_cast<Mask>(all & ~visited[account]);
        if (wanted == 0) continue;
        const Mask mask = count_paths(lanes, account, wanted, reached.countable);
        if (mask == 0) continue;
        reached.accounts[reached.size] = account;
        reached.masks[reached.size++] = mask;
    }
}

/// Path counts of accounts that were found by a push.
template <class Mask>
[[gnu::always_inline]] inline void count_list(const Lanes<Mask>& lanes, Reached<Mask>& reached) {
    for (std::size_t i = 0; i < reached.size; ++i)
        count_paths(lanes, reached.accounts[i], reached.masks[i], reached.countable);
}

/// Dependencies of the accounts of a level; their path counts make way for their shares.
template <class Mask>
[[gnu::always_inline]] inline void collect_list(const Lanes<Mask>& lanes, const Reached<Mask>& reached, bool last,
                                                double* dependencies) {
    for (std::size_t i = 0; i < reached.size; ++i) {
        const AccountId account = reached.accounts[i];
        const Mask mask = reached.masks[i];
        alignas(64) double sums[num_lanes<Mask>] = {};
        if (!last) sum_row(lanes, account, mask, sums);
        double* const values = lanes.values + account * num_lanes<Mask>;
        double* const row = dependencies + account * num_lanes<Mask>;
        for (Mask left = mask; left != 0; left = static_cast<Mask>(left & (left - 1))) {
            const auto lane = static_cast<std::size_t>(std::countr_zero(left));
            row[lane] = rule::dependency(values[lane], sums[lane]);
            values[lane] = rule::share(values[lane], row[lane]);
        }
    }
}

}  // namespace coterie::betweenness_rows
