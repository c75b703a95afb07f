#include "kernels/pagerank/segmented_rows.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace coterie::openmp {

namespace {

/// Entries a row, on average in a piece, from which on rows are told by their lengths.
constexpr EdgeOffset long_rows = 8;
/// Entries from which on a row is placed run by run, one a segment. Of a shorter one each run would end in a mispredicted branch.
constexpr std::size_t placed_by_runs = 64;
/// Entries that are counted at a time: they stay in the first-level cache for all segments.
constexpr std::size_t counted_at_a_time = 4096;

bool in_pairs(EdgeOffset entries, AccountId rows) {
    return entries < long_rows * rows;
}

std::uint32_t entries_below(std::span<const AccountId> columns, AccountId bound) {
    std::uint32_t below = 0;
    for (const AccountId column : columns) below += column < bound ? 1 : 0;
    return below;
}

/// Where the entries of a piece go, one after the other.
template <class Id>
struct Cursor {
    AccountId first_column = 0;
    Id* id = nullptr;
    Id* row_begin = nullptr;          ///< `id` at the begin of the row
    float* weight = nullptr;          ///< or null: no weights
    std::uint32_t* length = nullptr;  ///< of the row, or null: rows stand in pairs
    std::uint16_t unpaired = 0;       ///< takes rows that do not
    std::uint16_t* row = &unpaired;
    std::ptrdiff_t row_step = 0;

    void add(AccountId column, const float* its_weight, std::uint16_t row_here) {
        *id++ = static_cast<Id>(column - first_column);
        *row = row_here;
        row += row_step;
        if (weight != nullptr) *weight++ = *its_weight;
    }
    void add_run(std::span<const AccountId> columns, const float* weights, std::uint16_t row_here) {
        id = std::transform(columns.begin(), columns.end(), id,
                            [first = first_column](AccountId column) { return static_cast<Id>(column - first); });
        if (row_step != 0) row = std::fill_n(row, columns.size(), row_here);
        if (weight != nullptr) weight = std::copy_n(weights, columns.size(), weight);
    }
    void end_row() {
        if (length != nullptr) *length++ = static_cast<std::uint32_t>(id - row_begin);
        row_begin = id;
    }
};

}  // namespace

void SegmentedRows::predict(const CsrView& rows, const CsrView& transposed, const std::vector<AccountId>& bounds,
                            AccountId columns, std::vector<std::uint64_t>& arrays) {
    const auto all = static_cast<double>(std::max<EdgeOffset>(rows.num_edges(), 1));
    for (const Segment& segment : cut(columns)) {
        const EdgeOffset in_segment = transposed.offsets[segment.end] - transposed.offsets[segment.begin];
        const double part = static_cast<double>(in_segment) / all;
        EdgeOffset entries = 0;
        EdgeOffset paired = 0;
        EdgeOffset lengths = 0;
        for (std::size_t range = 0; range + 1 < bounds.size(); ++range) {
            const AccountId num_rows = bounds[range + 1] - bounds[range];
            const EdgeOffset in_range = rows.offsets[bounds[range + 1]] - rows.offsets[bounds[range]];
            const auto here = static_cast<EdgeOffset>(part * static_cast<double>(in_range));
            entries += here;
            if (in_pairs(here, num_rows))
                paired += here;
            else
                lengths += num_rows;
        }
        arrays.push_back(entries * (segment.narrow() ? sizeof(std::uint16_t) : sizeof(std::uint32_t)));
        arrays.push_back(paired * sizeof(std::uint16_t));
        arrays.push_back(lengths * sizeof(std::uint32_t));
        arrays.push_back(rows.weighted() ? entries * sizeof(float) : 0);
    }
}

AccountId SegmentedRows::most_rows(const std::vector<AccountId>& bounds) {
    AccountId most = 0;
    for (std::size_t range = 0; range + 1 < bounds.size(); ++range)
        most = std::max(most, bounds[range + 1] - bounds[range]);
    return most;
}

SegmentedRows::SegmentedRows(const CsrView& rows, std::vector<AccountId> bounds, AccountId columns, int threads)
    : bounds_(std::move(bounds)), segments_(cut(columns)) {
    count(rows, threads);
    make_room(rows.weighted());
    place(rows, threads);
}

std::vector<SegmentedRows::Segment> SegmentedRows::cut(AccountId columns) {
    std::vector<Segment> segments;
    AccountId begin = 0;
    while (begin < std::min(columns, narrow_columns)) {
        segments.push_back({.begin = begin, .end = std::min(columns, begin + narrow_width)});
        begin = segments.back().end;
    }
    if (begin < columns) segments.push_back({.begin = begin, .end = columns});
    return segments;
}

void SegmentedRows::count(const CsrView& rows, int threads) {
    for (Segment& segment : segments_) segment.places.resize(num_ranges());
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::size_t range = 0; range < num_ranges(); ++range) {
        const EdgeOffset end = rows.offsets[bounds_[range + 1]];
        for (EdgeOffset begin = rows.offsets[bounds_[range]]; begin < end; begin += counted_at_a_time) {
            const auto columns = rows.neighbors.subspan(begin, std::min(counted_at_a_time, end - begin));
            std::uint32_t before = 0;
            for (Segment& segment : segments_) {
                const std::uint32_t below = entries_below(columns, segment.end);
                segment.places[range].entries += below - before;
                before = below;
            }
        }
    }
}

void SegmentedRows::make_room(bool weighted) {
    for (Segment& segment : segments_) {
        EdgeOffset entries = 0;
        EdgeOffset paired = 0;
        EdgeOffset lengths = 0;
        for (std::size_t range = 0; range < num_ranges(); ++range) {
            Place& place = segment.places[range];
            place.pairs = in_pairs(place.entries, num_rows(range));
            place.first_entry = entries;
            place.first_row = place.pairs ? paired : lengths;
            entries += place.entries;
            (place.pairs ? paired : lengths) += place.pairs ? place.entries : num_rows(range);
        }
        segment.rows.resize(paired);
        segment.lengths.resize(lengths);
        if (segment.narrow()) {
            segment.narrow_ids.resize(entries);
        } else {
            segment.wide_ids.resize(entries + prefetch_distance);
            std::fill(segment.wide_ids.end() - prefetch_distance, segment.wide_ids.end(), 0);
        }
        if (weighted) segment.weights.resize(entries);
    }
}

template <class Cursor, class Id>
void SegmentedRows::set_out(Cursor& cursor, Segment& segment, std::size_t range, Id* ids) {
    const Place& place = segment.places[range];
    cursor.first_column = segment.begin;
    cursor.id = cursor.row_begin = ids + place.first_entry;
    if (!segment.weights.empty()) cursor.weight = segment.weights.data() + place.first_entry;
    if (place.pairs) {
        cursor.row = segment.rows.data() + place.first_row;
        cursor.row_step = 1;
    } else {
        cursor.length = segment.lengths.data() + place.first_row;
    }
}

void SegmentedRows::place(const CsrView& rows, int threads) {
    const AccountId columns_end = segments_.empty() ? 0 : segments_.back().end;
    const AccountId narrow_end = std::min(columns_end, narrow_columns);
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::size_t range = 0; range < num_ranges(); ++range) {
        std::array<Cursor<std::uint16_t>, narrow_columns / narrow_width> narrow;
        Cursor<std::uint32_t> wide;
        for (std::size_t s = 0; s < segments_.size(); ++s)
            if (segments_[s].narrow())
                set_out(narrow[s], segments_[s], range, segments_[s].narrow_ids.data());
            else
                set_out(wide, segments_[s], range, segments_[s].wide_ids.data());

        for (AccountId row = bounds_[range]; row < bounds_[range + 1]; ++row) {
            const auto row_here = static_cast<std::uint16_t>(row - bounds_[range]);
            const float* weight = rows.weighted() ? rows.weights.data() + rows.offsets[row] : nullptr;
            const auto step = static_cast<std::ptrdiff_t>(rows.weighted());
            const std::span<const AccountId> columns = rows.row(row);
            auto column = columns.begin();
            if (columns.size() < placed_by_runs) {
                for (; column != columns.end() && *column < narrow_end; ++column, weight += step)
                    narrow[*column / narrow_width].add(*column, weight, row_here);
                for (; column != columns.end() && *column < columns_end; ++column, weight += step)
                    wide.add(*column, weight, row_here);
            } else {
                for (const Segment& segment : segments_) {
                    const auto end = std::lower_bound(column, columns.end(), segment.end);
                    if (segment.narrow())
                        narrow[segment.begin / narrow_width].add_run({column, end}, weight, row_here);
                    else
                        wide.add_run({column, end}, weight, row_here);
                    weight += step * (end - column);
                    column = end;
                }
            }
            for (Cursor<std::uint16_t>& cursor : narrow) cursor.end_row();
            wide.end_row();
        }
    }
}

}  // namespace coterie::openmp
