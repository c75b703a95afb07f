#pragma once

#include "kernels/cuda/launch.cuh"
#include "kernels/label_propagation/giant_rows.cuh"
#include "kernels/label_propagation/neighborhood.cuh"

// What lpa knows before its first round: the votes of each account, and the volume of each label.

namespace coterie::cuda {

/// strengths[account] = its votes, a warp an account.
__global__ void __launch_bounds__(block_size)
    sum_votes(CsrView out, CsrView in, std::span<const AccountId> accounts, std::uint64_t* strengths) {
    const std::uint64_t item = grid_thread() / warp_size;
    if (item >= accounts.size()) return;
    const Neighborhood<label_propagation::PricedVotes> neighborhood(out, in, accounts[item]);
    std::uint64_t sum = 0;
    neighborhood.for_each_vote(0, neighborhood.degree(), threadIdx.x % warp_size, warp_size,
                               [&](const Vote& vote) { sum += vote.votes; });
    sum = warp_sum(sum);
    if (threadIdx.x % warp_size == 0) strengths[accounts[item]] = sum;
}

/// strengths[account] += its votes, a block a chunk.
__global__ void __launch_bounds__(block_size) sum_votes_of_chunks(CsrView out, CsrView in, const GiantRow* rows,
                                                                  const GiantPart* chunks, std::uint64_t* strengths) {
    const GiantPart chunk = chunks[blockIdx.x];
    const AccountId account = rows[chunk.row].account;
    const Neighborhood<label_propagation::PricedVotes> neighborhood(out, in, account);
    const EdgeOffset end = min(chunk.begin + giant_chunk, neighborhood.degree());
    std::uint64_t sum = 0;
    neighborhood.for_each_vote(chunk.begin, end, threadIdx.x, block_size, [&](const Vote& vote) { sum += vote.votes; });
    sum = block_sum(sum);
    if (threadIdx.x == 0) add_atomically(&strengths[account], sum);
}

/// Each label starts with the strength of its one account.
__global__ void __launch_bounds__(block_size)
    start_volumes(AccountId num_accounts, const AccountId* start, const std::uint64_t* strengths,
                  std::uint64_t* volumes, std::uint64_t* total) {
    const std::uint64_t account = grid_thread();
    const std::uint64_t strength = account < num_accounts ? strengths[account] : 0;
    if (account < num_accounts) volumes[start[account]] = strength;
    const std::uint64_t sum = block_sum(strength);
    if (threadIdx.x == 0) add_atomically(total, sum);
}

}  // namespace coterie::cuda
