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
// betweenness_instructions.cpp compiles it for several instruction sets (hence always_inline), and all give the same bits.

namespace coterie::betweenness_rows {

namespace rule = betweenness_rule;

/// Lanes that are added at once. Eight are a register of AVX-512.
struct Eight {
    using Doubles [[gnu::vector_size(64), gnu::may_alias]] = double;
    using Bits [[gnu::vector_size(64), gnu::may_alias]] = std::int64_t;
    static constexpr std::size_t size = 8;
    static constexpr Bits lanes = {1, 2, 4, 8, 16, 32, 64, 128};
};
/// A register of AVX2, two of SSE2.
struct Four {
    using Doubles [[gnu::vector_size(32), gnu::may_alias]] = double;
    using Bits [[gnu::vector_size(32), gnu::may_alias]] = std::int64_t;
    static constexpr std::size_t size = 4;
    static constexpr Bits lanes = {1, 2, 4, 8};
};

template <class Mask>
inline constexpr std::size_t num_lanes = 8 * sizeof(Mask);

/// What rows are read with. `values` [n][lanes] are path counts, or shares on the way back.
template <class Mask>
struct Lanes {
    CsrView rows;
    const Mask* masks;  ///< [n] lanes in which a neighbor counts
    double* values;     ///< [n][lanes]
};

/// Asks for the values of an account: a cache line holds eight.
template <class Mask>
[[gnu::always_inline]] inline void prefetch(const Lanes<Mask>& lanes, AccountId account) {
    const double* const row = lanes.values + account * num_lanes<Mask>;
#pragma GCC unroll 8
    for (std::size_t lane = 0; lane < num_lanes<Mask>; lane += 8) __builtin_prefetch(row + lane);
}

/// Adds up the neighbors of a row: `sums` [lanes] gets, in each lane of `wanted`, the sum over the neighbors whose mask has
/// that lane. Returns the lanes in which there was any; the sums of others are 0.
///
/// The lanes that do not count are masked off: another thread may just be writing them.
template <class Register, class Mask, std::size_t... group>
[[gnu::always_inline]] inline Mask sum_row(const Lanes<Mask>& lanes, AccountId account, Mask wanted, double* sums,
                                           std::index_sequence<group...>) {
    using Doubles = typename Register::Doubles;
    using Bits = typename Register::Bits;
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
            for (std::size_t i = 0; i < std::min(count, ahead); ++i) prefetch(lanes, neighbors[i]);
            for (std::size_t i = count; i < count + ahead; ++i) neighbors[i] = neighbors[0];
            for (std::size_t i = 0; i < count; ++i) {
                prefetch(lanes, neighbors[i + ahead]);
                found = static_cast<Mask>(found | masks[i]);
                const Bits mask = static_cast<std::int64_t>(masks[i]) - Bits{};
                const auto* const values = reinterpret_cast<const Bits*>(lanes.values + neighbors[i] * num_lanes<Mask>);
                ((sum[group] +=
                  reinterpret_cast<Doubles>(values[group] & ((mask & Register::lanes << Register::size * group) != 0))),
                 ...);
            }
        }
        ((total[group] += sum[group]), ...);
    }
    ((reinterpret_cast<Doubles*>(sums)[group] = total[group]), ...);
    return found;
}

template <class Register, class Mask>
[[gnu::always_inline]] inline Mask sum_row(const Lanes<Mask>& lanes, AccountId account, Mask wanted, double* sums) {
    return sum_row<Register>(lanes, account, wanted, sums,
                             std::make_index_sequence<num_lanes<Mask> / Register::size>{});
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
template <class Register, class Mask>
[[gnu::always_inline]] inline Mask count_paths(const Lanes<Mask>& lanes, AccountId account, Mask wanted,
                                               bool& countable) {
    alignas(64) double paths[num_lanes<Mask>];
    const Mask reached = sum_row<Register>(lanes, account, wanted, paths);
    double* const values = lanes.values + account * num_lanes<Mask>;
    for (Mask left = reached; left != 0; left = static_cast<Mask>(left & (left - 1))) {
        const auto lane = static_cast<std::size_t>(std::countr_zero(left));
        values[lane] = paths[lane];
        countable = countable && rule::countable(paths[lane]);
    }
    return reached;
}

/// Reaches the accounts in [begin, end) from the level before.
template <class Register, class Mask>
[[gnu::always_inline]] inline void pull_range(const Lanes<Mask>& lanes, AccountId begin, AccountId end, Mask all,
                                              const Mask* visited, Reached<Mask>& reached) {
    for (AccountId account = begin; account < end; ++account) {
        const auto wanted = static_cast<Mask>(all & ~visited[account]);
        if (wanted == 0) continue;
        const Mask mask = count_paths<Register>(lanes, account, wanted, reached.countable);
        if (mask == 0) continue;
        reached.accounts[reached.size] = account;
        reached.masks[reached.size++] = mask;
    }
}

/// Path counts of accounts that were found by a push.
template <class Register, class Mask>
[[gnu::always_inline]] inline void count_list(const Lanes<Mask>& lanes, Reached<Mask>& reached) {
    for (std::size_t i = 0; i < reached.size; ++i)
        count_paths<Register>(lanes, reached.accounts[i], reached.masks[i], reached.countable);
}

/// Dependencies of the accounts of a level; their path counts make way for their shares.
template <class Register, class Mask>
[[gnu::always_inline]] inline void collect_list(const Lanes<Mask>& lanes, const Reached<Mask>& reached, bool last,
                                                double* dependencies) {
    for (std::size_t i = 0; i < reached.size; ++i) {
        const AccountId account = reached.accounts[i];
        const Mask mask = reached.masks[i];
        alignas(64) double sums[num_lanes<Mask>] = {};
        if (!last) sum_row<Register>(lanes, account, mask, sums);
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
