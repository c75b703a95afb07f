#pragma once

#include <cuda/atomic>

#include "kernels/cuda/launch.cuh"
#include "kernels/label_propagation/standing.cuh"

namespace coterie::cuda {

__device__ inline void add_votes(std::uint32_t* sum, std::uint32_t votes) {
    atomicAdd(sum, votes);
}
__device__ inline void add_votes(std::uint64_t* sum, std::uint64_t votes) {
    add_atomically(sum, votes);
}

/// Slots of a table for `degree` labels: at most four fifths full.
constexpr std::uint64_t slots_for(EdgeOffset degree) {
    return degree + (degree + 3) / 4;
}
/// The highest degree whose table has at most `slots`.
constexpr EdgeOffset degree_for(std::uint64_t slots) {
    return slots * 4 / 5;
}

/// Votes by label, in shared or in device memory: open addressing, filled by many threads at once.
template <class Votes>
struct VoteTable {
    AccountId* labels;  ///< no_account: free
    Votes* votes;
    std::uint32_t slots;

    static constexpr std::size_t bytes_per_slot = sizeof(AccountId) + sizeof(Votes);

    __device__ void clear(unsigned thread, unsigned threads) const {
        for (std::uint32_t slot = thread; slot < slots; slot += threads) {
            labels[slot] = no_account;
            votes[slot] = 0;
        }
    }
    __device__ void count(AccountId label, std::uint64_t number) const {
        if (number == 0) return;
        std::uint32_t slot = __umulhi(label * 0x9E37'79B1U, slots);
        for (;;) {
            const ::cuda::atomic_ref<AccountId, ::cuda::thread_scope_device> place(labels[slot]);
            AccountId seen = place.load(::cuda::memory_order_relaxed);
            if (seen == no_account)
                if (place.compare_exchange_strong(seen, label, ::cuda::memory_order_relaxed)) seen = label;
            if (seen == label) break;
            if (++slot == slots) slot = 0;
        }
        add_votes(&votes[slot], static_cast<Votes>(number));
    }

    /// Considers the labels in the slots thread, thread + threads, …
    template <class Rule>
    __device__ Standing<Rule> standing(const Rule& rule, AccountId account, AccountId present, unsigned thread,
                                       unsigned threads) const {
        Standing<Rule> standing(rule, account, present);
        for (std::uint32_t slot = thread; slot < slots; slot += threads)
            if (labels[slot] != no_account) standing.consider(rule, account, present, labels[slot], votes[slot]);
        return standing;
    }
};

}  // namespace coterie::cuda
