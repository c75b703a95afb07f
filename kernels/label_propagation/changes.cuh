#pragma once

#include <cuda/atomic>

#include "kernels/cuda/launch.cuh"
#include "kernels/label_propagation/giant_rows.cuh"
#include "kernels/label_propagation/neighborhood.cuh"
#include "kernels/label_propagation/vote_table.cuh"

// What follows an election: labels change, and the neighbors of those who changed hear of it.

namespace coterie::cuda {

struct Changes {
    std::uint64_t accounts;  ///< how many changed
    std::uint64_t strength;  ///< of these; 0 for cdlp
};

/// Makes `next` the labels. Those who did not vote find their present label there.
__global__ void __launch_bounds__(block_size)
    adopt(AccountId num_accounts, AccountId* labels, const AccountId* next, unsigned char* changed,
          const std::uint64_t* strengths, std::uint64_t* volumes, Changes* changes) {
    const std::uint64_t account = grid_thread();
    bool changes_label = false;
    std::uint64_t strength = 0;
    if (account < num_accounts) {
        const AccountId from = labels[account];
        const AccountId to = next[account];
        changes_label = from != to;
        changed[account] = changes_label ? 1 : 0;
        if (changes_label) labels[account] = to;
        if (changes_label && volumes != nullptr) {
            strength = strengths[account];
            add_atomically(&volumes[from], 0 - strength);
            add_atomically(&volumes[to], strength);
        }
    }
    const std::uint64_t accounts = block_sum(changes_label ? 1 : 0);
    strength = block_sum(strength);
    if (threadIdx.x != 0 || accounts == 0) return;
    add_atomically(&changes->accounts, accounts);
    if (strength != 0) add_atomically(&changes->strength, strength);
}

/// Tells the neighbors of `account` how many of their votes are pending.
template <class Rule, class Votes>
struct Herald {
    CsrView out;
    CsrView in;
    const unsigned char* changed;
    Votes* pending;

    __device__ void tell(AccountId account, EdgeOffset first, EdgeOffset last, unsigned lane, unsigned threads) const {
        const Neighborhood<Rule> neighborhood(out, in, account);
        neighborhood.for_each_vote(first, min(last, neighborhood.degree()), lane, threads, [&](const Vote& vote) {
            if (vote.votes != 0) add_votes(&pending[vote.neighbor], static_cast<Votes>(vote.votes));
        });
    }
};

/// A warp looks at 32 accounts and walks the rows of those that changed.
template <class Rule, class Votes>
__global__ void __launch_bounds__(block_size)
    tell_by_warps(Herald<Rule, Votes> herald, std::span<const AccountId> accounts) {
    const std::uint64_t item = grid_thread();
    const AccountId account = item < accounts.size() ? accounts[item] : 0;
    unsigned left = __ballot_sync(whole_warp, item < accounts.size() && herald.changed[account] != 0);
    for (; left != 0; left &= left - 1) {
        const AccountId teller = __shfl_sync(whole_warp, account, __ffs(static_cast<int>(left)) - 1);
        herald.tell(teller, 0, ~EdgeOffset{0}, threadIdx.x % warp_size, warp_size);
    }
}

template <class Rule, class Votes>
__global__ void __launch_bounds__(block_size)
    tell_by_blocks(Herald<Rule, Votes> herald, std::span<const AccountId> accounts) {
    const AccountId account = accounts[blockIdx.x];
    if (herald.changed[account] != 0) herald.tell(account, 0, ~EdgeOffset{0}, threadIdx.x, block_size);
}

template <class Rule, class Votes>
__global__ void __launch_bounds__(block_size)
    tell_by_chunks(Herald<Rule, Votes> herald, const GiantRow* rows, const GiantPart* chunks) {
    const GiantPart chunk = chunks[blockIdx.x];
    const AccountId account = rows[chunk.row].account;
    if (herald.changed[account] != 0)
        herald.tell(account, chunk.begin, chunk.begin + giant_chunk, threadIdx.x, block_size);
}

}  // namespace coterie::cuda
