#pragma once

#include <omp.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/array.hpp"
#include "host/graph.hpp"
#include "kernels/fixed_point.hpp"
#include "kernels/pagerank/segmented_rows.hpp"

namespace coterie::openmp {

/// The edges of an iteration, laid out so that nearly all that it meets at random lies in the second-level cache. Near
/// accounts are the first 2^18, those of highest degree:
///
///     sources   targets   way                                                     met at random
///     near      all       pull: a target adds up shares                           shares of near sources
///     far       near      push: a source adds its share to a thread's own sums    sums of near targets
///     far       far       pull                                                    shares beyond the cache, prefetched
///
/// On Kronecker graphs of scale 22 the last are 2 % of the edges, and the second 13 %. Sums are of integers: neither the way
/// nor the thread that takes an edge matters.
///
/// Memory: that of SegmentedRows, and up to 2.5 MB of sums a thread.
class PageRankEdges {
  public:
    /// Of the accounts below `active`; no other has edges.
    PageRankEdges(const Graph& graph, AccountId active, int threads);

    /// Bytes of each array, from degrees alone.
    static std::vector<std::uint64_t> predicted_arrays(const Graph& graph, AccountId active, int threads);

    /// Calls `finish(account, sum)` once for every active account, where sum is that of the terms of its in-edges. To be
    /// called by each of the threads of a parallel region.
    template <class Rule, class Finish>
    void gather(const typename Rule::Share* shares, Finish finish) {
        const auto thread = static_cast<std::size_t>(omp_get_thread_num());
        Array<Fixed>& pushed = pushed_[thread];
        pushed.resize(far_to_near_.num_ranges() > 0 ? near_ : 0);
        std::fill(pushed.begin(), pushed.end(), 0);
        Array<Fixed>& sums = sums_[thread];
        sums.resize(most_rows_);

#pragma omp for schedule(dynamic, 1) nowait
        for (std::size_t range = 0; range < far_to_near_.num_ranges(); ++range)
            far_to_near_.push<Rule>(range, shares, pushed.data());
#pragma omp for schedule(dynamic, 1)
        for (std::size_t range = 0; range < to_far_.num_ranges(); ++range) {
            std::fill_n(sums.begin(), to_far_.num_rows(range), 0);
            pull<Rule>(to_far_, range, shares, sums, finish);
        }
        // Here all is pushed.
#pragma omp for schedule(dynamic, 1)
        for (std::size_t range = 0; range < near_to_near_.num_ranges(); ++range) {
            take_pushed(range, sums);
            pull<Rule>(near_to_near_, range, shares, sums, finish);
        }
    }

  private:
    template <class Rule, class Finish>
    static void pull(const SegmentedRows& rows, std::size_t range, const typename Rule::Share* shares,
                     Array<Fixed>& sums, Finish& finish) {
        rows.template pull<Rule>(range, shares, sums.data());
        for (AccountId row = 0; row < rows.num_rows(range); ++row) finish(rows.first_row(range) + row, sums[row]);
    }

    /// What all threads have pushed to the rows of `range`.
    void take_pushed(std::size_t range, Array<Fixed>& sums) const {
        const AccountId first = near_to_near_.first_row(range);
        const AccountId rows = near_to_near_.num_rows(range);
        std::fill_n(sums.begin(), rows, 0);
        for (const Array<Fixed>& pushed : pushed_)
            if (!pushed.empty())
                for (AccountId row = 0; row < rows; ++row) sums[row] += pushed[first + row];
    }

    AccountId near_;
    SegmentedRows near_to_near_;
    SegmentedRows to_far_;
    SegmentedRows far_to_near_;  ///< a row a source
    AccountId most_rows_ = 0;
    std::vector<Array<Fixed>> pushed_;  ///< of each thread, for the near accounts
    std::vector<Array<Fixed>> sums_;    ///< of each thread, for the rows of a range
};

}  // namespace coterie::openmp
