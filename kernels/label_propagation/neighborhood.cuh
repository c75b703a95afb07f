#pragma once

#include "kernels/cuda/launch.cuh"
#include "kernels/label_propagation/label_propagation_rule.hpp"

namespace coterie::cuda {

struct Vote {
    AccountId neighbor;
    std::uint64_t votes;
};

/// The out-row of an account and after it its in-row, and the votes that `Rule` gives their edges.
template <class Rule>
class Neighborhood {
  public:
    /// `in` is without rows if the graph is undirected.
    __device__ Neighborhood(const CsrView& out, const CsrView& in, AccountId account) : account_(account) {
        out_ = {out.neighbors.data(), weights_of(out), out.offsets[account], out.offsets[account + 1]};
        if (!in.offsets.empty())
            in_ = {in.neighbors.data(), weights_of(in), in.offsets[account], in.offsets[account + 1]};
    }
    __device__ EdgeOffset degree() const { return out_.degree() + in_.degree(); }

    __device__ Vote vote(EdgeOffset i) const {
        const bool outwards = i < out_.degree();
        return vote(outwards ? out_.neighbors : in_.neighbors, outwards ? out_.weights : in_.weights,
                    outwards ? out_.begin + i : in_.begin + (i - out_.degree()));
    }

    /// visit(vote) for those in [first, last) that fall to thread `lane` of `threads`, which are whole warps, so that
    /// they read whole sectors of ids.
    template <class Visit>
    __device__ void for_each_vote(EdgeOffset first, EdgeOffset last, unsigned lane, unsigned threads,
                                  Visit visit) const {
        constexpr EdgeOffset ids_per_sector = 8;
        // One loop for both rows, so that `visit` is compiled once.
#pragma unroll 1
        for (unsigned side = 0; side < 2; ++side) {
            const Row row = side == 0 ? out_ : in_;
            const EdgeOffset before = side == 0 ? 0 : out_.degree();
            const EdgeOffset begin = row.begin + (first > before ? first - before : 0);
            const EdgeOffset end = min(row.end, row.begin + (last > before ? last - before : 0));
            for (EdgeOffset edge = begin / ids_per_sector * ids_per_sector + lane; edge < end; edge += threads)
                if (edge >= begin) visit(vote(row.neighbors, row.weights, edge));
        }
    }

  private:
    struct Row {
        const AccountId* neighbors = nullptr;
        const float* weights = nullptr;  ///< or null
        EdgeOffset begin = 0;
        EdgeOffset end = 0;
        __device__ EdgeOffset degree() const { return end - begin; }
    };

    static __device__ const float* weights_of(const CsrView& rows) {
        return rows.weighted() ? rows.weights.data() : nullptr;
    }
    __device__ Vote vote(const AccountId* neighbors, const float* weights, EdgeOffset edge) const {
        const AccountId neighbor = neighbors[edge];
        if (!Rule::self_loops_vote && neighbor == account_) return {neighbor, 0};
        return {neighbor, weights == nullptr ? 1 : label_propagation::votes_of(weights[edge])};
    }

    AccountId account_;
    Row out_;
    Row in_;
};

}  // namespace coterie::cuda
