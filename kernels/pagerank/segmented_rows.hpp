#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "host/array.hpp"
#include "host/csr.hpp"
#include "kernels/fixed_point.hpp"
#include "kernels/kernels.hpp"

namespace coterie::openmp {

/// Rows of a graph laid out so that what a pass meets at random stays in the second-level cache. Columns, which stand by
/// descending degree, are cut into segments; the entries of a range of rows that lie in one segment, a *piece*, stand by
/// themselves, and a pass over the range does one piece after the other.
///
///     segment   columns      ids       numbers of 8 bytes, one a column
///     0 … 3     2^16 each    16 bits   512 KB
///     4         all others   32 bits   beyond that cache: prefetched
///
/// A piece of long rows holds the length of each row and its ids. One of short rows, where every row's end would be a
/// mispredicted branch, holds (row, id) pairs instead, rows counted from the first of the range in 16 bits.
///
/// Memory: 2 to 6 bytes an entry (4 more weighted), and 4 a row and segment of long rows. Time: two passes over the entries.
class SegmentedRows {
  public:
    static constexpr AccountId narrow_width = AccountId{1} << 16U;
    /// Columns in narrow segments.
    static constexpr AccountId narrow_columns = pagerank_pulled_accounts;

    SegmentedRows() = default;
    /// Of the columns below `columns` in the ranges of rows [bounds[r], bounds[r + 1]), each of at most `narrow_width` rows.
    SegmentedRows(const CsrView& rows, std::vector<AccountId> bounds, AccountId columns, int threads);

    /// Adds the bytes of each array that they will take to `arrays`, from degrees alone: as if the entries of each range were
    /// spread over the columns as those of all rows are. `transposed` has a row a column.
    static void predict(const CsrView& rows, const CsrView& transposed, const std::vector<AccountId>& bounds,
                        AccountId columns, std::vector<std::uint64_t>& arrays);

    static AccountId most_rows(const std::vector<AccountId>& bounds);
    /// Of the range that has the most.
    AccountId most_rows() const { return most_rows(bounds_); }
    std::size_t num_ranges() const { return bounds_.empty() ? 0 : bounds_.size() - 1; }
    AccountId first_row(std::size_t range) const { return bounds_[range]; }
    AccountId num_rows(std::size_t range) const { return bounds_[range + 1] - bounds_[range]; }

    /// Adds to sums[row - first row of the range] the terms of the row's entries, of the shares of their columns.
    template <class Rule>
    void pull(std::size_t range, const typename Rule::Share* shares, Fixed* sums) const {
        each_piece(range, [&](const auto& piece) {
            if (piece.rows != nullptr)
                pull_pairs<Rule>(piece, shares + piece.first_column, sums);
            else
                pull_rows<Rule>(piece, shares + piece.first_column, sums);
        });
    }

    /// Adds to sums[column] the terms of its entries in the range, of the shares of their rows.
    template <class Rule>
    void push(std::size_t range, const typename Rule::Share* shares, Fixed* sums) const {
        each_piece(range, [&](const auto& piece) {
            if (piece.rows != nullptr)
                push_pairs<Rule>(piece, shares + bounds_[range], sums + piece.first_column);
            else
                push_rows<Rule>(piece, shares + bounds_[range], sums + piece.first_column);
        });
    }

  private:
    /// Entries between the load of a share and the prefetch that fetched it.
    static constexpr std::size_t prefetch_distance = 64;

    template <class Id>
    struct Piece {
        const Id* ids;  ///< [entries]
        const float* weights;
        const std::uint16_t* rows;     ///< [entries], or null
        const std::uint32_t* lengths;  ///< [num_rows], if `rows` is null
        EdgeOffset entries;
        AccountId num_rows;
        AccountId first_column;
    };

    struct Place {
        EdgeOffset entries = 0;
        EdgeOffset first_entry = 0;
        EdgeOffset first_row = 0;  ///< in `rows` of pairs, in `lengths` otherwise
        bool pairs = false;
    };

    struct Segment {
        AccountId begin = 0;
        AccountId end = 0;
        std::vector<Place> places = {};  ///< of each range
        Array<std::uint16_t> rows = {};
        Array<std::uint32_t> lengths = {};
        Array<std::uint16_t> narrow_ids = {};
        Array<std::uint32_t> wide_ids = {};  ///< and `prefetch_distance` more
        Array<float> weights = {};

        bool narrow() const { return end - begin <= narrow_width; }
    };

    template <class Work>
    void each_piece(std::size_t range, Work work) const {
        for (const Segment& segment : segments_) {
            const Place& place = segment.places[range];
            if (place.entries == 0) continue;
            if (segment.narrow())
                work(piece(segment, range, segment.narrow_ids.data() + place.first_entry));
            else
                work(piece(segment, range, segment.wide_ids.data() + place.first_entry));
        }
    }

    template <class Id>
    Piece<Id> piece(const Segment& segment, std::size_t range, const Id* ids) const {
        const Place& place = segment.places[range];
        return {.ids = ids,
                .weights = segment.weights.empty() ? nullptr : segment.weights.data() + place.first_entry,
                .rows = place.pairs ? segment.rows.data() + place.first_row : nullptr,
                .lengths = place.pairs ? nullptr : segment.lengths.data() + place.first_row,
                .entries = place.entries,
                .num_rows = num_rows(range),
                .first_column = segment.begin};
    }

    template <class Rule, class Id>
    static Fixed term(const Piece<Id>& piece, typename Rule::Share share, EdgeOffset entry) {
        if constexpr (Rule::weighted)
            return Rule::term(share, piece.weights[entry]);
        else
            return Rule::term(share);
    }

    template <class Id, class Share>
    static void prefetch(const Piece<Id>& piece, const Share* shares, EdgeOffset entry) {
        if constexpr (sizeof(Id) > sizeof(std::uint16_t))
            __builtin_prefetch(&shares[piece.ids[entry + prefetch_distance]]);
    }

    template <class Rule, class Id>
    static void pull_rows(const Piece<Id>& piece, const typename Rule::Share* shares, Fixed* sums) {
        EdgeOffset entry = 0;
        for (AccountId row = 0; row < piece.num_rows; ++row) {
            Fixed sum = sums[row];
            for (const EdgeOffset end = entry + piece.lengths[row]; entry < end; ++entry) {
                prefetch(piece, shares, entry);
                sum += term<Rule>(piece, shares[piece.ids[entry]], entry);
            }
            sums[row] = sum;
        }
    }

    template <class Rule, class Id>
    static void pull_pairs(const Piece<Id>& piece, const typename Rule::Share* shares, Fixed* sums) {
        for (EdgeOffset entry = 0; entry < piece.entries; ++entry) {
            prefetch(piece, shares, entry);
            sums[piece.rows[entry]] += term<Rule>(piece, shares[piece.ids[entry]], entry);
        }
    }

    template <class Rule, class Id>
    static void push_rows(const Piece<Id>& piece, const typename Rule::Share* shares, Fixed* sums) {
        EdgeOffset entry = 0;
        for (AccountId row = 0; row < piece.num_rows; ++row) {
            const typename Rule::Share share = shares[row];
            for (const EdgeOffset end = entry + piece.lengths[row]; entry < end; ++entry)
                sums[piece.ids[entry]] += term<Rule>(piece, share, entry);
        }
    }

    template <class Rule, class Id>
    static void push_pairs(const Piece<Id>& piece, const typename Rule::Share* shares, Fixed* sums) {
        for (EdgeOffset entry = 0; entry < piece.entries; ++entry)
            sums[piece.ids[entry]] += term<Rule>(piece, shares[piece.rows[entry]], entry);
    }

    static std::vector<Segment> cut(AccountId columns);
    void count(const CsrView& rows, int threads);
    void make_room(bool weighted);
    void place(const CsrView& rows, int threads);
    template <class Cursor, class Id>
    static void set_out(Cursor& cursor, Segment& segment, std::size_t range, Id* ids);

    std::vector<AccountId> bounds_;
    std::vector<Segment> segments_;
};

}  // namespace coterie::openmp
