#pragma once

#include <cuda/atomic>

#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/row_stream.cuh"
#include "kernels/label_propagation/label_propagation_rule.hpp"

namespace coterie::cuda {

/// Votes by label, counted by many threads at once: a hash table in shared or in device memory.
struct StreamedVoteTable {
    AccountId* labels;  ///< no_account: free
    std::uint64_t* votes;
    std::uint32_t bits;  ///< of the number of slots

    __device__ std::uint64_t slots() const { return std::uint64_t{1} << bits; }

    __device__ void clear(unsigned thread, unsigned threads) const {
        for (std::uint64_t slot = thread; slot < slots(); slot += threads) {
            labels[slot] = no_account;
            votes[slot] = 0;
        }
    }

    __device__ void count(AccountId label, std::uint64_t some) const {
        if (some == 0) return;
        const auto mask = static_cast<std::uint32_t>(slots() - 1);
        std::uint32_t slot = (label * 0x9E37'79B1U) >> (32 - bits);
        for (;; slot = (slot + 1) & mask) {
            const ::cuda::atomic_ref<AccountId, ::cuda::thread_scope_device> place(labels[slot]);
            AccountId seen = place.load(::cuda::memory_order_relaxed);
            if (seen == no_account && place.compare_exchange_strong(seen, label, ::cuda::memory_order_relaxed))
                seen = label;
            if (seen == label) break;
        }
        add_atomically(&votes[slot], some);
    }

    /// The winner among the slots thread, thread + threads, …
    template <class Rule>
    __device__ auto winner(const Rule& rule, AccountId account, AccountId present, unsigned thread,
                           unsigned threads) const {
        auto best = label_propagation::incumbent(rule, account, present);
        for (std::uint64_t slot = thread; slot < slots(); slot += threads)
            if (labels[slot] != no_account)
                label_propagation::consider(rule, account, present, labels[slot], votes[slot], best);
        return best;
    }
};

/// The winner over a warp, all of whose lanes must call; each gets it.
template <class Rule>
__device__ auto winner_of_warp(const Rule& rule, AccountId present,
                               label_propagation::Candidate<typename Rule::Score> best) {
    for (unsigned step = warp_size / 2; step > 0; step /= 2) {
        const label_propagation::Candidate<typename Rule::Score> other{__shfl_xor_sync(whole_warp, best.score, step),
                                                                       __shfl_xor_sync(whole_warp, best.label, step)};
        if (rule.wins(other, best, present)) best = other;
    }
    return best;
}

/// The winner over a block of `threads`, all of which must call; thread 0 gets it.
template <unsigned threads, class Rule>
__device__ auto winner_of_threads(const Rule& rule, AccountId present,
                                  label_propagation::Candidate<typename Rule::Score> best) {
    __shared__ typename Rule::Score scores[threads / warp_size];
    __shared__ AccountId labels[threads / warp_size];
    best = winner_of_warp(rule, present, best);
    __syncthreads();  // somebody may still read what an earlier call left
    if (threadIdx.x % warp_size == 0) {
        scores[threadIdx.x / warp_size] = best.score;
        labels[threadIdx.x / warp_size] = best.label;
    }
    __syncthreads();
    if (threadIdx.x == 0)
        for (unsigned warp = 1; warp < threads / warp_size; ++warp) {
            const label_propagation::Candidate<typename Rule::Score> other{scores[warp], labels[warp]};
            if (rule.wins(other, best, present)) best = other;
        }
    return best;
}

/// The neighbors of an account in a block of rows: its out-row, and its in-row if the graph is directed.
class BlockNeighborhood {
  public:
    __device__ BlockNeighborhood(const RowBlock& block, AccountId row) : block_(block), row_(row) {}

    __device__ AccountId account() const { return block_.first + row_; }
    __device__ EdgeOffset degree() const {
        EdgeOffset degree = 0;
        for (const BlockRows& rows : block_.directions)
            if (rows.offsets != nullptr) degree += rows.degree(row_);
        return degree;
    }
    /// visit(neighbor, votes) for every `threads`-th edge, beginning with `thread`.
    template <class Rule, class Visit>
    __device__ void for_each_vote(unsigned thread, unsigned threads, Visit visit) const {
        for (const BlockRows& rows : block_.directions) {
            if (rows.offsets == nullptr) continue;
            for (EdgeOffset edge = rows.begin(row_) + thread; edge < rows.end(row_); edge += threads) {
                const AccountId neighbor = rows.neighbors[edge];
                if (!Rule::self_loops_vote && neighbor == account()) continue;
                const CsrView weights{{}, {}, {rows.weights, rows.weights == nullptr ? 0 : edge + 1}};
                visit(neighbor, label_propagation::votes_of(weights, edge));
            }
        }
    }

  private:
    const RowBlock& block_;
    AccountId row_;
};

}  // namespace coterie::cuda
