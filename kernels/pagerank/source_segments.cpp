#include "kernels/pagerank/source_segments.hpp"

#include <algorithm>
#include <utility>

namespace coterie::openmp {

namespace {
constexpr AccountId narrow_width = AccountId{1} << 16U;
constexpr AccountId within_reach = AccountId{1} << 19U;
/// Edges a row, on average in a range.
constexpr EdgeOffset shortest_split_rows = 16;

/// Whether the rows of [begin, end) are worth a loop a segment.
bool split(const CsrView& in, AccountId begin, AccountId end) {
    return in.offsets[end] - in.offsets[begin] >= shortest_split_rows * (end - begin);
}
}  // namespace

std::uint64_t SourceSegments::predicted_bytes(const Graph& graph, const std::vector<AccountId>& bounds) {
    const CsrView& in = graph.in();
    const std::vector<Segment> segments = cut(in.num_accounts());
    AccountId near = 0;  // sources whose ids are narrow
    for (const Segment& segment : segments)
        if (segment.narrow) near = segment.end;
    EdgeOffset split_edges = 0;
    std::uint64_t lengths = 0;  // a range that is not split has them in the last segment alone
    for (std::size_t range = 0; range + 1 < bounds.size(); ++range) {
        const bool splits = segments.size() == 1 || split(in, bounds[range], bounds[range + 1]);
        if (splits) split_edges += in.offsets[bounds[range + 1]] - in.offsets[bounds[range]];
        lengths += (splits ? segments.size() : 1) * (bounds[range + 1] - bounds[range]);
    }
    const EdgeOffset narrow = std::min(split_edges, graph.out().offsets[near]);
    return sizeof(std::uint16_t) * narrow + sizeof(std::uint32_t) * (in.num_edges() - narrow) +
           (in.weighted() ? sizeof(float) * in.num_edges() : 0) + sizeof(std::uint32_t) * lengths;
}

SourceSegments::SourceSegments(const CsrView& in, std::vector<AccountId> bounds, int threads)
    : bounds_(std::move(bounds)), segments_(cut(in.num_accounts())) {
    count(in, threads);
    place(in, threads);
}

AccountId SourceSegments::most_rows() const {
    AccountId most = 0;
    for (std::size_t range = 0; range < num_ranges(); ++range)
        most = std::max(most, bounds_[range + 1] - bounds_[range]);
    return most;
}

std::vector<SourceSegments::Segment> SourceSegments::cut(AccountId num_accounts) {
    std::vector<Segment> segments;
    if (num_accounts > narrow_width) {
        segments.push_back({.end = narrow_width, .base = 0, .narrow = true});
        if (num_accounts > 2 * narrow_width)
            segments.push_back({.end = 2 * narrow_width, .base = narrow_width, .narrow = true});
        if (num_accounts > within_reach) segments.push_back({.end = within_reach});
    }
    segments.push_back({.end = num_accounts, .base = 0, .narrow = num_accounts <= narrow_width});
    return segments;
}

void SourceSegments::count(const CsrView& in, int threads) {
    for (Segment& segment : segments_) {
        segment.begins.assign(num_ranges() + 1, 0);
        segment.lengths.resize(bounds_.back());
    }
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::size_t range = 0; range < num_ranges(); ++range) {
        const std::size_t first_segment = split(in, bounds_[range], bounds_[range + 1]) ? 0 : segments_.size() - 1;
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
        const std::size_t first_segment = split(in, bounds_[range], bounds_[range + 1]) ? 0 : segments_.size() - 1;
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
