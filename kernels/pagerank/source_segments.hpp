#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "host/array.hpp"
#include "host/csr.hpp"
#include "host/graph.hpp"
#include "kernels/fixed_point.hpp"

namespace coterie::openmp {

/// In-edges laid out so that gathers of shares hit a cache: sources, which stand by descending degree, are cut into segments,
/// and the edges from each segment stand by themselves, row after row. A pass over a range of rows does one segment after
/// the other.
///
///     segment   sources             ids       shares of 8 bytes
///     0, 1      2^16 each           16 bits   512 KB: stay in the second-level cache
///     2         those below 2^19    32 bits   3 MB: within reach of the TLB
///     3         all others          32 bits
///
/// On Kronecker graphs the first two hold three quarters of the edges. Smaller graphs have fewer segments. In a range of short
/// rows, a loop a segment would cost more than the misses that it spares: all of its edges stand in the last segment.
///
/// Memory: 2 to 4 bytes an edge (4 more weighted) and at most 16 an account. Time: two passes over the edges.
class SourceSegments {
  public:
    /// Of the rows below `bounds.back()`, in ranges [bounds[r], bounds[r + 1]).
    SourceSegments(const CsrView& in, std::vector<AccountId> bounds, int threads);

    /// Bytes that these segments of `graph`'s in-edges will take, from degrees alone. In ranges of short rows a source cannot be
    /// told to be near: their share of the narrow ids is taken to be none.
    static std::uint64_t predicted_bytes(const Graph& graph, const std::vector<AccountId>& bounds);

    std::size_t num_ranges() const { return bounds_.size() - 1; }
    /// Of the range that has the most.
    AccountId most_rows() const;

    /// Calls `finish(row, sum)` for every row of `range`, ascending, where sum is that of the terms of its edges.
    /// `sums` is room for a number a row of the range.
    template <class Rule, class Finish>
    void gather(std::size_t range, const typename Rule::Share* shares, std::span<Fixed> sums, Finish finish) const {
        const AccountId first = bounds_[range];
        const AccountId end = bounds_[range + 1];
        const auto nothing = [](AccountId) { return Fixed{0}; };
        const auto so_far = [=](AccountId row) { return sums[row - first]; };
        const auto keep = [=](AccountId row, Fixed sum) { sums[row - first] = sum; };
        const Segment* waiting = nullptr;  // the last one found: it may be the one that finishes
        bool begun = false;
        for (const Segment& segment : segments_) {
            if (segment.begins[range] == segment.begins[range + 1]) continue;
            if (waiting != nullptr) {
                if (begun)
                    add<Rule>(*waiting, range, shares, so_far, keep);
                else
                    add<Rule>(*waiting, range, shares, nothing, keep);
                begun = true;
            }
            waiting = &segment;
        }
        if (waiting == nullptr)
            for (AccountId row = first; row < end; ++row) finish(row, Fixed{0});
        else if (begun)
            add<Rule>(*waiting, range, shares, so_far, finish);
        else
            add<Rule>(*waiting, range, shares, nothing, finish);
    }

  private:
    /// Edges between the load of a share and the prefetch that fetched it: without it, each row's end, mispredicted, would let
    /// the misses run dry.
    static constexpr std::size_t prefetch_distance = 64;

    struct Segment {
        AccountId end = 0;                     ///< of its sources; the first is the end of the segment before
        AccountId base = 0;                    ///< ids count from it
        bool narrow = false;                   ///< ids have 16 bits
        std::vector<EdgeOffset> begins = {};   ///< [ranges + 1] in ids and weights
        Array<std::uint32_t> lengths = {};     ///< [rows]; unwritten in a range that has no edge here
        Array<std::uint16_t> narrow_ids = {};  ///< [edges] or empty
        Array<std::uint32_t> wide_ids = {};    ///< [edges + prefetch_distance] or empty
        Array<float> weights = {};             ///< [edges] or empty
    };

    template <class Rule, class Before, class After>
    void add(const Segment& segment, std::size_t range, const typename Rule::Share* shares, Before before,
             After after) const {
        if (segment.narrow)
            add_rows<Rule, false>(segment.narrow_ids.data(), segment, range, shares + segment.base, before, after);
        else
            add_rows<Rule, true>(segment.wide_ids.data(), segment, range, shares + segment.base, before, after);
    }

    template <class Rule, bool prefetched, class Id, class Before, class After>
    void add_rows(const Id* ids, const Segment& segment, std::size_t range, const typename Rule::Share* shares,
                  Before before, After after) const {
        const std::uint32_t* const lengths = segment.lengths.data();
        const AccountId end = bounds_[range + 1];
        EdgeOffset edge = segment.begins[range];
        for (AccountId row = bounds_[range]; row < end; ++row) {
            Fixed sum = before(row);
            for (const EdgeOffset row_end = edge + lengths[row]; edge < row_end; ++edge) {
                if constexpr (prefetched) __builtin_prefetch(&shares[ids[edge + prefetch_distance]]);
                if constexpr (Rule::weighted)
                    sum += Rule::term(shares[ids[edge]], segment.weights[edge]);
                else
                    sum += Rule::term(shares[ids[edge]]);
            }
            after(row, sum);
        }
    }

    static std::vector<Segment> cut(AccountId num_accounts);
    void count(const CsrView& in, int threads);
    void place(const CsrView& in, int threads);

    std::vector<AccountId> bounds_;
    std::vector<Segment> segments_;
};

}  // namespace coterie::openmp
