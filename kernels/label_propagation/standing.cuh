#pragma once

#include "kernels/cuda/launch.cuh"
#include "kernels/label_propagation/label_propagation_rule.hpp"

namespace coterie::cuda {

/// The best label of those that were considered, and a bound on the score of the others.
template <class Rule>
struct Standing {
    using Score = typename Rule::Score;
    label_propagation::Candidate<Score> best;
    Score second = 0;  ///< no other label has a higher score; one without votes has none above 0

    /// Before anything is considered.
    __device__ Standing(const Rule& rule, AccountId account, AccountId present)
        : best(label_propagation::incumbent(rule, account, present)) {}

    __device__ void consider(const Rule& rule, AccountId account, AccountId present, AccountId label,
                             std::uint64_t votes) {
        const auto before = best;
        label_propagation::consider(rule, account, present, label, votes, best);
        if (best.label != before.label)
            second = max(second, before.score);
        else if (best.label != label)
            second = max(second, rule.at_most(votes));
    }

    /// Takes in the standing of other labels (or of the same one).
    __device__ void merge(const Rule& rule, AccountId present, const label_propagation::Candidate<Score>& other,
                          Score other_second) {
        second = max(second, other_second);
        if (rule.wins(other, best, present)) {
            if (other.label != best.label) second = max(second, best.score);
            best = other;
        } else if (other.label != best.label) {
            second = max(second, other.score);
        }
    }

    /// Takes in what the other lanes of each `width` hold. All 32 of the warp must call; each gets the whole.
    template <unsigned width = warp_size>
    __device__ void merge_lanes(const Rule& rule, AccountId present) {
        for (unsigned step = width / 2; step > 0; step /= 2) {
            const label_propagation::Candidate<Score> other{__shfl_xor_sync(whole_warp, best.score, step, width),
                                                            __shfl_xor_sync(whole_warp, best.label, step, width)};
            merge(rule, present, other, __shfl_xor_sync(whole_warp, second, step, width));
        }
    }

    /// Takes in what the other threads of the block hold. All must call; thread 0 gets the whole.
    __device__ void merge_block(const Rule& rule, AccountId present) {
        __shared__ Score scores[warp_size];
        __shared__ Score seconds[warp_size];
        __shared__ AccountId labels[warp_size];
        merge_lanes(rule, present);
        if (threadIdx.x % warp_size == 0) {
            scores[threadIdx.x / warp_size] = best.score;
            seconds[threadIdx.x / warp_size] = second;
            labels[threadIdx.x / warp_size] = best.label;
        }
        __syncthreads();
        if (threadIdx.x == 0)
            for (unsigned warp = 1; warp < blockDim.x / warp_size; ++warp)
                merge(rule, present, {scores[warp], labels[warp]}, seconds[warp]);
    }
};

}  // namespace coterie::cuda
