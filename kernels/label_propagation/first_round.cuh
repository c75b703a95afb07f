#pragma once

#include "kernels/cuda/launch.cuh"
#include "kernels/label_propagation/election.cuh"
#include "kernels/label_propagation/giant_rows.cuh"

// The first round of cdlp needs no counting. All labels differ, so those of the neighbors that are joined both ways have
// two votes and the others one: the smallest label of the former wins, or of all if there are none. Rows are sorted and
// hold each neighbor once: a warp finds who is in both by merging them.

namespace coterie::cuda {

/// The smallest labels so far.
struct FirstVotes {
    AccountId both_ways = no_account;
    AccountId any = no_account;  ///< complete only as long as nobody is joined both ways

    __device__ AccountId winner() const { return both_ways != no_account ? both_ways : any; }
    /// Over a warp, all of which must call.
    __device__ void merge_lanes() {
        both_ways = __reduce_min_sync(whole_warp, both_ways);
        any = __reduce_min_sync(whole_warp, any);
    }
};

struct SortedRow {
    const AccountId* begin;
    const AccountId* end;

    __device__ EdgeOffset size() const { return end - begin; }
    /// The first of the ids that is not below `id`.
    __device__ const AccountId* from(AccountId id) const {
        const AccountId* first = begin;
        for (EdgeOffset left = size(); left > 0;) {
            const EdgeOffset half = left / 2;
            const bool below = first[half] < id;
            first += below ? half + 1 : 0;
            left = below ? left - half - 1 : half;
        }
        return first;
    }
};

/// The votes of both rows, by a warp.
__device__ inline FirstVotes merge_rows(SortedRow a, SortedRow b, const AccountId* labels) {
    const unsigned lane = threadIdx.x % warp_size;
    // A window of 32 ids on each row; beyond the end the ids are above all.
    const auto window = [lane](const SortedRow& row) {
        return row.begin + lane < row.end ? row.begin[lane] : no_account;
    };
    AccountId of_a = window(a);
    AccountId of_b = window(b);
    FirstVotes votes;
    bool in_both = false;
    bool some_in_both = false;
    while (a.begin < a.end || b.begin < b.end) {
        unsigned place = 0;
        for (unsigned step = warp_size / 2; step > 0; step /= 2)
            place += __shfl_sync(whole_warp, of_b, place + step - 1) < of_a ? step : 0;
        const AccountId found = __shfl_sync(whole_warp, of_b, place);
        in_both |= of_a != no_account && found == of_a;
        some_in_both |= __any_sync(whole_warp, in_both);
        const AccountId last_a = __shfl_sync(whole_warp, of_a, warp_size - 1);
        const AccountId last_b = __shfl_sync(whole_warp, of_b, warp_size - 1);
        if (last_a <= last_b) {
            if (in_both)
                votes.both_ways = min(votes.both_ways, labels[of_a]);
            else if (!some_in_both && of_a != no_account)
                votes.any = min(votes.any, labels[of_a]);
            in_both = false;
            a.begin += warp_size;
            of_a = window(a);
        }
        if (last_b <= last_a) {
            if (!some_in_both && of_b != no_account) votes.any = min(votes.any, labels[of_b]);
            b.begin += warp_size;
            of_b = window(b);
        }
    }
    votes.merge_lanes();
    return votes;
}

template <class Votes>
using FirstElection = Election<label_propagation::MostFrequent, Votes>;

/// The votes of part `part` of `parts`, by a warp: so many entries of the longer row, and what lies between them in the
/// other.
template <class Votes>
__device__ FirstVotes first_votes(const FirstElection<Votes>& election, AccountId account, std::uint64_t part,
                                  std::uint64_t parts) {
    const auto row_of = [account](const CsrView& rows) {
        if (rows.offsets.empty()) return SortedRow{nullptr, nullptr};
        return SortedRow{rows.neighbors.data() + rows.offsets[account],
                         rows.neighbors.data() + rows.offsets[account + 1]};
    };
    SortedRow longer = row_of(election.out);
    SortedRow shorter = row_of(election.in);
    if (longer.size() < shorter.size()) {
        const SortedRow swapped = longer;
        longer = shorter;
        shorter = swapped;
    }
    const EdgeOffset size = longer.size();
    const EdgeOffset share = (size + parts - 1) / parts;
    const EdgeOffset first = min(part * share, size);
    const EdgeOffset last = min(first + share, size);
    if (first == last) return {};
    const SortedRow own{longer.begin + first, longer.begin + last};
    if (first != 0) shorter.begin = shorter.from(*own.begin);
    if (last != size) shorter.end = shorter.from(*own.end);
    return merge_rows(own, shorter, election.labels);
}

/// A warp an account.
template <class Votes>
__global__ void __launch_bounds__(block_size)
    elect_first_by_warps(FirstElection<Votes> election, std::span<const AccountId> accounts) {
    const std::uint64_t item = grid_thread() / warp_size;
    if (item >= accounts.size()) return;
    const FirstVotes votes = first_votes(election, accounts[item], 0, 1);
    if (threadIdx.x % warp_size == 0) election.settle(accounts[item], votes.winner(), 0);
}

/// A block an account.
template <class Votes>
__global__ void __launch_bounds__(block_size)
    elect_first_by_blocks(FirstElection<Votes> election, std::span<const AccountId> accounts) {
    __shared__ FirstVotes of_warp[block_size / warp_size];
    const AccountId account = accounts[blockIdx.x];
    const unsigned warp = threadIdx.x / warp_size;
    const FirstVotes votes = first_votes(election, account, warp, block_size / warp_size);
    if (threadIdx.x % warp_size == 0) of_warp[warp] = votes;
    __syncthreads();
    if (warp != 0) return;
    FirstVotes all = threadIdx.x < block_size / warp_size ? of_warp[threadIdx.x] : FirstVotes{};
    all.merge_lanes();
    if (threadIdx.x == 0) election.settle(account, all.winner(), 0);
}

/// A block as many parts of a giant row as it has warps.
template <class Votes>
__global__ void __launch_bounds__(block_size) first_votes_of_giants(FirstElection<Votes> election, const GiantRow* rows,
                                                                    const GiantPart* chunks, FirstVotes* all) {
    const GiantPart chunk = chunks[blockIdx.x];
    const AccountId account = rows[chunk.row].account;
    const EdgeOffset degree =
        Neighborhood<label_propagation::MostFrequent>(election.out, election.in, account).degree();
    constexpr unsigned warps = block_size / warp_size;
    const FirstVotes votes = first_votes(election, account, chunk.begin / giant_chunk * warps + threadIdx.x / warp_size,
                                         blocks_for(degree, giant_chunk) * warps);
    if (threadIdx.x % warp_size != 0) return;
    atomicMin(&all[chunk.row].both_ways, votes.both_ways);
    atomicMin(&all[chunk.row].any, votes.any);
}

template <class Votes>
__global__ void __launch_bounds__(block_size)
    elect_first_giants(FirstElection<Votes> election, const GiantRow* rows, std::span<const FirstVotes> all) {
    if (const std::uint64_t row = grid_thread(); row < all.size())
        election.settle(rows[row].account, all[row].winner(), 0);
}

}  // namespace coterie::cuda
