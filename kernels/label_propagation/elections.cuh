#pragma once

#include <array>

#include "kernels/label_propagation/election.cuh"
#include "kernels/label_propagation/vote_table.cuh"

// Elections by the size of the neighborhood (in + out): in the registers of a thread; by lanes of a warp that find their
// like; in a hash table in shared memory, by a warp or a block.

namespace coterie::cuda {

constexpr unsigned thread_degree = 8;
constexpr unsigned half_warp_degree = 16;
constexpr unsigned lanes_degree = 32;
constexpr unsigned warp_degree = 256;
constexpr unsigned block_degree = 4096;  ///< above: blocks with all the shared memory there is

/// Classes of neighborhoods by size, as many threads for each as it can feed. The last is for those whose table no
/// block can hold.
enum RowClass : unsigned {
    empty,
    copied,
    compared,
    by_thread,
    by_half_warp,
    by_lanes,
    by_warp,
    by_block,
    by_large_block,
    giant,
    num_row_classes
};

/// A thread an account of at most `most` neighbors: each vote is compared with each. One neighbor is copied.
template <unsigned most, class Rule, class Votes>
__device__ void elect_by_thread(const Election<Rule, Votes>& election, AccountId account) {
    const Neighborhood<Rule> neighborhood(election.out, election.in, account);
    const auto degree = static_cast<unsigned>(neighborhood.degree());
    AccountId labels[most];
    Votes votes[most];
#pragma unroll
    for (unsigned i = 0; i < most; ++i) {
        labels[i] = no_account;
        votes[i] = 0;
        if (i >= degree) continue;
        const Vote vote = neighborhood.vote(i);
        labels[i] = election.labels[vote.neighbor];
        votes[i] = static_cast<Votes>(vote.votes);
    }
    const AccountId present = election.labels[account];
    Standing<Rule> standing(election.rule, account, present);
#pragma unroll
    for (unsigned i = 0; i < most; ++i) {
        Votes sum = 0;
        bool first = true;
#pragma unroll
        for (unsigned j = 0; j < most; ++j) {
            if (labels[j] != labels[i]) continue;
            sum += votes[j];
            first &= j >= i;
        }
        if (first) standing.consider(election.rule, account, present, labels[i], sum);
    }
    election.settle(account, standing);
}

/// `width` lanes of a warp an account of at most as many neighbors, several accounts a warp.
template <unsigned width, class Rule, class Votes>
__device__ void elect_by_lanes(const Election<Rule, Votes>& election, AccountId account, bool votes) {
    if (__ballot_sync(whole_warp, votes) == 0) return;
    const unsigned lane = threadIdx.x % width;
    Vote vote{no_account, 0};
    AccountId present = 0;
    AccountId label = no_account;
    if (votes) {
        const Neighborhood<Rule> neighborhood(election.out, election.in, account);
        present = election.labels[account];
        if (lane < neighborhood.degree()) {
            vote = neighborhood.vote(lane);
            label = election.labels[vote.neighbor];
        }
    }
    // The first lane of each label adds up the votes of all that have it.
    const unsigned first_lane = threadIdx.x % warp_size - lane;
    const unsigned lanes_of_account = (whole_warp >> (warp_size - width)) << first_lane;
    const unsigned like = __match_any_sync(whole_warp, label) & lanes_of_account;
    Votes sum = __popc(like & __ballot_sync(whole_warp, vote.votes != 0));
    if (election.out.weighted()) {
        sum = 0;
        for (unsigned other = 0; other < width; ++other) {
            const auto votes_there = static_cast<Votes>(__shfl_sync(whole_warp, vote.votes, other, width));
            if ((like >> (first_lane + other) & 1U) != 0) sum += votes_there;
        }
    }
    Standing<Rule> standing(election.rule, votes ? account : 0, present);
    if (lane == static_cast<unsigned>(__ffs(static_cast<int>(like))) - 1 - first_lane)
        standing.consider(election.rule, account, present, label, sum);
    standing.template merge_lanes<width>(election.rule, present);
    if (votes && lane == 0) election.settle(account, standing);
}

/// A warp an account.
template <class Rule, class Votes>
__device__ void elect_by_warp(const Election<Rule, Votes>& election, AccountId account, VoteTable<Votes> table) {
    const unsigned lane = threadIdx.x % warp_size;
    const Neighborhood<Rule> neighborhood(election.out, election.in, account);
    table.slots = slots_for(neighborhood.degree());
    table.clear(lane, warp_size);
    __syncwarp();
    neighborhood.for_each_vote(0, neighborhood.degree(), lane, warp_size,
                               [&](const Vote& vote) { table.count(election.labels[vote.neighbor], vote.votes); });
    __syncwarp();
    const AccountId present = election.labels[account];
    auto standing = table.standing(election.rule, account, present, lane, warp_size);
    standing.merge_lanes(election.rule, present);
    if (lane == 0) election.settle(account, standing);
}

constexpr unsigned short_rows_threads = 512;
constexpr unsigned warps_of_short_rows = short_rows_threads / warp_size;

/// The classes that one launch elects: up to `by_warp`.
struct ShortRows {
    std::array<std::span<const AccountId>, by_warp + 1> accounts;  ///< device memory
    std::array<std::uint64_t, by_warp + 1> blocks = {};            ///< that they take
};

/// Threads that an account of these has.
constexpr unsigned log_threads_of(unsigned row_class) {
    return row_class >= by_lanes ? 5 : row_class == by_half_warp ? 4 : 0;
}

template <class Rule, class Votes>
__global__ void __launch_bounds__(short_rows_threads) elect_short_rows(Election<Rule, Votes> election, ShortRows rows) {
    extern __shared__ unsigned char shared[];
    std::uint64_t block = blockIdx.x;
    unsigned row_class = copied;
    std::span<const AccountId> accounts;
    bool found = false;
#pragma unroll
    for (unsigned c = by_warp; c >= copied; --c) {  // the longest work first
        const bool here = !found && block < rows.blocks[c];
        if (here) row_class = c;
        if (here) accounts = rows.accounts[c];
        found |= here;
        if (!found) block -= rows.blocks[c];
    }
    const std::uint64_t item = (block * short_rows_threads + threadIdx.x) >> log_threads_of(row_class);
    const AccountId account = item < accounts.size() ? accounts[item] : no_account;
    const bool votes = account != no_account && election.votes(account);
    // Lanes that share a warp stay together; others may leave.
    if (row_class == by_lanes) return elect_by_lanes<lanes_degree>(election, account, votes);
    if (row_class == by_half_warp) return elect_by_lanes<half_warp_degree>(election, account, votes);
    if (!votes) return;
    if (row_class == by_warp) {
        constexpr std::uint64_t slots = slots_for(warp_degree);
        auto* sums = reinterpret_cast<Votes*>(shared);
        auto* labels = reinterpret_cast<AccountId*>(sums + warps_of_short_rows * slots);
        const unsigned warp = threadIdx.x / warp_size;
        return elect_by_warp(election, account, VoteTable<Votes>{labels + warp * slots, sums + warp * slots, slots});
    }
    if (row_class == by_thread) return elect_by_thread<thread_degree>(election, account);
    if (row_class == compared) return elect_by_thread<2>(election, account);
    elect_by_thread<1>(election, account);
}

/// Shared memory that a launch of `elect_short_rows` takes.
template <class Votes>
constexpr std::size_t shared_bytes_of_short_rows() {
    return warps_of_short_rows * slots_for(warp_degree) * VoteTable<Votes>::bytes_per_slot;
}

constexpr unsigned long_row_threads = 512;

/// A block an account, with a table of `slots` in shared memory.
template <class Rule, class Votes>
__global__ void __launch_bounds__(long_row_threads)
    elect_by_blocks(Election<Rule, Votes> election, std::span<const AccountId> accounts, std::uint32_t slots) {
    extern __shared__ unsigned char shared[];
    const AccountId account = accounts[blockIdx.x];
    if (!election.votes(account)) return;
    const Neighborhood<Rule> neighborhood(election.out, election.in, account);
    auto* sums = reinterpret_cast<Votes*>(shared);
    VoteTable<Votes> table{reinterpret_cast<AccountId*>(sums + slots), sums, slots};
    table.slots = slots_for(neighborhood.degree());
    table.clear(threadIdx.x, long_row_threads);
    __syncthreads();
    neighborhood.for_each_vote(0, neighborhood.degree(), threadIdx.x, long_row_threads,
                               [&](const Vote& vote) { table.count(election.labels[vote.neighbor], vote.votes); });
    __syncthreads();
    const AccountId present = election.labels[account];
    auto standing = table.standing(election.rule, account, present, threadIdx.x, long_row_threads);
    standing.merge_block(election.rule, present);
    if (threadIdx.x == 0) election.settle(account, standing);
}

}  // namespace coterie::cuda
