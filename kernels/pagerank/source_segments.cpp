#include "kernels/pagerank/source_segments.hpp"

#include <algorithm>
#include <utility>

namespace coterie::openmp {

namespace {
constexpr AccountId narrow_width = AccountId{1} << 16U;
constexpr AccountId within_reach = AccountId{1} << 19U;
/// Edges a row, on average in a range.
constexpr EdgeOffset shortest_split_rows = 16;
}  // namespace

SourceSegments::SourceSegments(const CsrView& in, std::vector<AccountId> bounds, int threads)
    : bounds_(std::move(bounds)) {
    cut(in.num_accounts());
    count(in, threads);
    place(in, threads);
}

AccountId SourceSegments::most_rows() const {
    AccountId most = 0;
    for (std::size_t range = 0; range < num_ranges(); ++range)
        most = std::max(most, bounds_[range + 1] - bounds_[range]);
    return most;
}

void SourceSegments::cut(AccountId num_accounts) {
    if (num_accounts > narrow_width) {
        segments_.push_back({.end = narrow_width, .base = 0, .narrow = true});
        if (num_accounts > 2 * narrow_width)
            segments_.push_back({.end = 2 * narrow_width, .base = narrow_width, .narrow = true});
        if (num_accounts > within_reach) segments_.push_back({.end = within_reach});
    }
    segments_.push_back({.end = num_accounts, .base = 0, .narrow = num_accounts <= narrow_width});
}

bool SourceSegments::split(const CsrView& in, std::size_t range) const {
    const EdgeOffset edges = in.offsets[bounds_[range + 1]] - in.offsets[bounds_[range]];
    return edges >= shortest_split_rows * (bounds_[range + 1] - bounds_[range]);
}

void SourceSegments::count(const CsrView& in, int threads) {
    for (Segment& segment : segments_) {
        segment.begins.assign(num_ranges() + 1, 0);
        segment.lengths.resize(bounds_.back());
    }
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::size_t range = 0; range < num_ranges(); ++range) {
        const std::size_t first_segment = split(in, range) ? 0 : segments_.size() - 1;
        for (AccountId row = bounds_[range]; row < bounds_[range + 1]; ++row) {
            const std::span<const AccountId> sources = in.row(row);
            auto begin = sources.begin();
            for (std::size_t s = first_segment; s < segments_.size(); ++s) {
                const auto end = std::lower_bound(begin, sources.end(), segments_[s].end);
                segments_[s].lengths[row] = static_cast<std::uint32_t>(end - begin);
                segments_[s].begins[range + 1] += segments_[s].lengths[row];
                begin = end;
            }
        }
    }
    for (Segment& segment : segments_)
        for (std::size_t range = 0; range < num_ranges(); ++range) segment.begins[range + 1] += segment.begins[range];
}

void SourceSegments::place(const CsrView& in, int threads) {
    for (Segment& segment : segments_) {
        const EdgeOffset edges = segment.begins.back();
        if (segment.narrow) {
            segment.narrow_ids.resize(edges);
        } else {
            segment.wide_ids.resize(edges + prefetch_distance);
            std::fill(segment.wide_ids.end() - prefetch_distance, segment.wide_ids.end(), 0);
        }
        if (in.weighted()) segment.weights.resize(edges);
    }
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::size_t range = 0; range < num_ranges(); ++range) {
        const std::size_t first_segment = split(in, range) ? 0 : segments_.size() - 1;
        std::vector<EdgeOffset> places;
        for (const Segment& segment : segments_) places.push_back(segment.begins[range]);
        for (AccountId row = bounds_[range]; row < bounds_[range + 1]; ++row) {
            EdgeOffset edge = in.offsets[row];
            for (std::size_t s = first_segment; s < segments_.size(); ++s) {
                Segment& segment = segments_[s];
                for (const EdgeOffset end = edge + segment.lengths[row]; edge < end; ++edge, ++places[s]) {
                    const AccountId id = in.neighbors[edge] - segment.base;
                    if (segment.narrow)
                        segment.narrow_ids[places[s]] = static_cast<std::uint16_t>(id);
                    else
                        segment.wide_ids[places[s]] = id;
                    if (in.weighted()) segment.weights[places[s]] = in.weights[edge];
                }
            }
        }
    }
}

}  // namespace coterie::openmp
