#include "kernels/pagerank/device_segments.cuh"

#include <algorithm>
#include <limits>
#include <utility>

namespace coterie::cuda {

namespace {

constexpr const char* doing = "laying edges out by segments";

// Of bytes that leave the L2 cache, on both sides of the scales on which a segment is weighed.
constexpr std::uint64_t bytes_a_far_gather = 34;  ///< a sector, and the wider id
constexpr std::uint64_t bytes_a_row = 16;         ///< its start, and its sum that is added to another
constexpr std::uint64_t bytes_left_over = 16;     ///< an edge that one segment leaves to the next, which may take it
/// A segment takes rows as long as they have so many edges from it on average.
constexpr EdgeOffset least_edges_a_row = 1;
/// Rows that are judged together.
constexpr AccountId judged_rows = 1024;

/// Of rows of so many edges on average (of a task), 2 or 8 threads or a warp share one.
constexpr EdgeOffset shared_by_2 = 6;
constexpr EdgeOffset shared_by_8 = 48;
constexpr EdgeOffset shared_by_32 = 384;
constexpr AccountId most_rows_a_task = 128;
constexpr EdgeOffset least_edges_a_task = 256;
constexpr EdgeOffset most_edges_a_task = 1536;
constexpr EdgeOffset tasks_a_warp = 6;
static_assert(2 * most_edges_a_task + 8 * most_rows_a_task <= std::numeric_limits<TaskStart>::max());
/// Beside its edges, in edges.
constexpr EdgeOffset cost_of_a_row = 8;

// Ids that 16 bytes hold.
constexpr EdgeOffset narrow_step = 8;
constexpr EdgeOffset wide_step = 4;

constexpr EdgeOffset rounded_up(EdgeOffset size, EdgeOffset step) {
    return (size + step - 1) / step * step;
}

/// Which sources are in segments, and of which rows.
struct Bounds {
    unsigned segments = 0;
    AccountId ends[DeviceSegments::most_segments] = {};  ///< of the sources
    AccountId rows[DeviceSegments::most_segments] = {};

    /// The first source of `row` that is in no segment.
    __device__ AccountId rest_begin(AccountId row) const {
        AccountId begin = 0;
        for (unsigned s = 0; s < segments && row < rows[s]; ++s) begin = ends[s];
        return begin;
    }
};

/// Edges of `row` from sources below `source`.
__device__ EdgeOffset edges_below(const CsrView& in, AccountId row, AccountId source) {
    EdgeOffset low = in.offsets[row];
    EdgeOffset high = in.offsets[row + 1];
    while (low < high) {
        const EdgeOffset middle = low + (high - low) / 2;
        if (in.neighbors[middle] < source)
            low = middle + 1;
        else
            high = middle;
    }
    return low - in.offsets[row];
}

/// lengths[s][row]: edges from segment s.
__global__ void __launch_bounds__(block_size)
    count_segments(CsrView in, AccountId active, Bounds bounds, std::uint32_t* lengths) {
    const std::uint64_t thread = grid_thread();
    if (thread >= active) return;
    const auto row = static_cast<AccountId>(thread);
    EdgeOffset before = 0;
    for (unsigned s = 0; s < bounds.segments; ++s) {
        const EdgeOffset below = edges_below(in, row, bounds.ends[s]);
        lengths[std::uint64_t{s} * active + row] = static_cast<std::uint32_t>(below - before);
        before = below;
    }
}

/// Where ids of one width go.
template <class Id>
struct Placed {
    Id* ids;
    float* weights;
    const TaskStart* starts;
    AccountId base;     ///< ids count from it
    AccountId filling;  ///< the id that fills rows up

    /// The edges [first, last) of `in` to the part of a row that is number `index` in `starts`, by a warp.
    __device__ void copy(const CsrView& in, EdgeOffset first, EdgeOffset last, EdgeOffset begin,
                         std::uint32_t index) const {
        const EdgeOffset to = begin + starts[index];
        const EdgeOffset size = starts[index + 1] - starts[index];
        for (EdgeOffset i = threadIdx.x % warp_size; i < size; i += warp_size) {
            const bool real = first + i < last;
            ids[to + i] = static_cast<Id>(real ? in.neighbors[first + i] - base : filling);
            if (weights != nullptr) weights[to + i] = real ? in.weights[first + i] : 0.0F;
        }
    }
};

/// Copies the edges of each task, a warp a task; the rest, if it is with these tasks.
__global__ void __launch_bounds__(block_size)
    place_edges(CsrView in, std::span<const GatherTask> tasks, Placed<std::uint16_t> narrow, AccountId source_end,
                Placed<AccountId> wide, Bounds bounds) {
    const std::uint64_t index = grid_thread() / warp_size;
    if (index >= tasks.size()) return;
    const GatherTask task = tasks[index];
    for (std::uint32_t r = 0; r < task.rows; ++r) {
        const AccountId row = task.first_row + r;
        const EdgeOffset begin = in.offsets[row];
        narrow.copy(in, begin + edges_below(in, row, narrow.base) + task.narrow_skip,
                    begin + edges_below(in, row, source_end), task.narrow, task.starts + r);
        if (wide.ids != nullptr)
            wide.copy(in, begin + edges_below(in, row, bounds.rest_begin(row)) + task.wide_skip, in.offsets[row + 1],
                      task.wide, task.starts + r);
    }
}

__global__ void __launch_bounds__(block_size)
    row_lengths(std::span<const EdgeOffset> offsets, AccountId active, std::uint32_t* lengths) {
    if (const std::uint64_t row = grid_thread(); row < active)
        lengths[row] = static_cast<std::uint32_t>(offsets[row + 1] - offsets[row]);
}

}  // namespace

/// Edges of each row, and those from each segment. Host memory.
struct DeviceSegments::Lengths {
    Lengths(const CsrView& in, AccountId active, const Bounds& bounds) : rows(active) {
        DeviceBuffer<std::uint32_t> lengths(std::size_t{active} * (bounds.segments + 1), doing);
        launch("count_segments", blocks_for(active), block_size, count_segments, in, active, bounds, lengths.data());
        launch("row_lengths", blocks_for(active), block_size, row_lengths, in.offsets, active,
               lengths.data() + std::size_t{active} * bounds.segments);
        all = lengths.to_host();
        segments = bounds.segments;
    }
    std::uint32_t of(std::size_t segment, AccountId row) const { return all[segment * rows + row]; }
    std::uint32_t of_row(AccountId row) const { return of(segments, row); }

    std::size_t rows;
    std::size_t segments = 0;
    std::vector<std::uint32_t> all;
};

/// What the host lays out of a segment.
struct DeviceSegments::Plan {
    std::vector<GatherTask> tasks;
    std::vector<TaskStart> narrow_starts;
    std::vector<TaskStart> wide_starts;
    EdgeOffset narrow_size = 0;
    EdgeOffset wide_size = 0;
    EdgeOffset cost = 0;

    /// Appends a task of the rows whose lengths are given.
    void add(AccountId first_row, std::span<const std::uint32_t> narrow, std::span<const std::uint32_t> wide,
             std::uint32_t narrow_skip = 0, std::uint32_t wide_skip = 0) {
        EdgeOffset edges = 0;
        for (std::size_t r = 0; r < narrow.size(); ++r) edges += narrow[r] + wide[r];
        const EdgeOffset average = edges / narrow.size();
        const std::uint32_t lanes = average < shared_by_2    ? 1
                                    : average < shared_by_8  ? 2
                                    : average < shared_by_32 ? 8
                                                             : 32;
        tasks.push_back({.narrow = rounded_up(narrow_size, narrow_step),
                         .wide = rounded_up(wide_size, wide_step),
                         .first_row = first_row,
                         .rows = static_cast<std::uint32_t>(narrow.size()),
                         .starts = static_cast<std::uint32_t>(narrow_starts.size()),
                         .lanes = lanes,
                         .narrow_skip = narrow_skip,
                         .wide_skip = wide_skip});
        narrow_size = tasks.back().narrow + append(narrow_starts, narrow, lanes == 1 ? 1 : narrow_step);
        wide_size = tasks.back().wide + append(wide_starts, wide, lanes == 1 ? 1 : wide_step);
        cost += edges + cost_of_a_row * narrow.size();
    }

  private:
    static EdgeOffset append(std::vector<TaskStart>& starts, std::span<const std::uint32_t> lengths, EdgeOffset step) {
        EdgeOffset start = 0;
        for (const std::uint32_t length : lengths) {
            starts.push_back(static_cast<TaskStart>(start));
            start += rounded_up(length, step);
        }
        starts.push_back(static_cast<TaskStart>(start));
        return start;
    }
};

DeviceSegments::DeviceSegments(const CsrView& out, const CsrView& in, AccountId active, const SegmentShape& shape) {
    cut(out, active, shape);
    Bounds bounds;
    bounds.segments = static_cast<unsigned>(segments_.size());
    for (std::size_t s = 0; s < segments_.size(); ++s) bounds.ends[s] = segments_[s].first_source + segments_[s].width;
    const Lengths lengths(in, active, bounds);
    limit_rows(lengths, active);
    const EdgeOffset edges_a_task =
        std::clamp(out.num_edges() / (EdgeOffset{shape.blocks} * shape.warps_per_block * tasks_a_warp),
                   least_edges_a_task, most_edges_a_task);
    std::vector<Plan> plans;
    for (std::size_t s = 0; s < segments_.size(); ++s) plans.push_back(plan(s, lengths, edges_a_task));
    share_blocks(plans, shape);
    place(in, plans);
}

SegmentView DeviceSegments::view(std::size_t segment) const {
    const Segment& it = segments_[segment];
    return {it.first_source, it.width,       {it.ids.data(), it.weights.data(), it.starts.data()},
            it.tasks.span(), it.first_block, it.blocks};
}

AccountId DeviceSegments::most_width() const {
    AccountId most = 0;
    for (const Segment& segment : segments_) most = std::max(most, segment.width);
    return most;
}

/// Segments as long as they are worth it. The first one always is there: what is in none goes with it. On small graphs, where
/// each block has few edges, a narrow one is filled sooner.
void DeviceSegments::cut(const CsrView& out, AccountId active, const SegmentShape& shape) {
    constexpr std::size_t most_ids = std::size_t{1} << 16U;
    const std::size_t held = std::min(most_ids, shape.shared_bytes / shape.share_bytes);
    const auto most = static_cast<AccountId>(held == 0 ? 0 : held - 1);
    AccountId first = 0;
    do {
        const AccountId widest = std::min(most, active - first);
        const auto edges = [&](AccountId width) { return out.offsets[first + width] - out.offsets[first]; };
        const auto filling = [&](AccountId width) {
            const EdgeOffset blocks = 1 + shape.blocks * edges(width) / std::max<EdgeOffset>(1, out.num_edges());
            return blocks * width * shape.share_bytes;
        };
        const auto cost = [&](AccountId width) {
            return filling(width) + bytes_left_over * (edges(widest) - edges(width));
        };
        AccountId width = widest;
        while (width > 1 && cost(width / 2) < cost(width)) width /= 2;
        const EdgeOffset rows = segments_.empty() ? 0 : std::min<EdgeOffset>(edges(width), active);
        const bool worth_it = bytes_a_far_gather * edges(width) > filling(width) + bytes_a_row * rows;
        if (!worth_it && !segments_.empty()) return;
        segments_.push_back({.first_source = first, .width = worth_it ? width : 0, .rows = active});
        first += segments_.back().width;
    } while (segments_.back().width > 0 && first < active && segments_.size() < most_segments);
}

/// A segment takes the rows up to the last that have edges enough from it, and no more than the segment before.
void DeviceSegments::limit_rows(const Lengths& lengths, AccountId active) {
    AccountId limit = active;
    for (std::size_t s = 1; s < segments_.size(); ++s) {
        AccountId rows = 0;
        for (AccountId first = 0; first < limit; first += judged_rows) {
            const AccountId end = std::min(limit, first + judged_rows);
            EdgeOffset edges = 0;
            for (AccountId row = first; row < end; ++row) edges += lengths.of(s, row);
            if (edges >= least_edges_a_row * (end - first)) rows = end;
        }
        segments_[s].rows = limit = rows;
        split_rows_ = std::max(split_rows_, rows);
    }
    while (segments_.back().rows == 0 && segments_.size() > 1) segments_.pop_back();
}

DeviceSegments::Plan DeviceSegments::plan(std::size_t segment, const Lengths& lengths, EdgeOffset edges_a_task) {
    Plan plan;
    std::vector<std::uint32_t> narrow;
    std::vector<std::uint32_t> wide;
    EdgeOffset edges = 0;
    const auto finish_task = [&](AccountId end) {
        if (!narrow.empty()) plan.add(end - static_cast<AccountId>(narrow.size()), narrow, wide);
        narrow.clear();
        wide.clear();
        edges = 0;
    };
    for (AccountId row = 0; row < segments_[segment].rows; ++row) {
        const std::uint32_t of_narrow = lengths.of(segment, row);
        std::uint32_t of_wide = segment == 0 ? lengths.of_row(row) : 0;
        if (segment == 0)
            for (std::size_t s = 0; s < segments_.size() && row < segments_[s].rows; ++s) of_wide -= lengths.of(s, row);
        const EdgeOffset of_both = EdgeOffset{of_narrow} + of_wide;
        if (edges + of_both > 2 * edges_a_task) finish_task(row);
        if (of_both > 2 * edges_a_task) {
            // A long row: parts of equal size, but for the last.
            const EdgeOffset parts = (of_both + edges_a_task - 1) / edges_a_task;
            const auto narrow_part = static_cast<std::uint32_t>(rounded_up(of_narrow / parts + 1, narrow_step));
            const auto wide_part = static_cast<std::uint32_t>(rounded_up(of_wide / parts + 1, wide_step));
            std::uint32_t narrow_skip = 0;
            std::uint32_t wide_skip = 0;
            while (narrow_skip < of_narrow || wide_skip < of_wide) {
                const std::uint32_t narrow_length = std::min(narrow_part, of_narrow - narrow_skip);
                const std::uint32_t wide_length = std::min(wide_part, of_wide - wide_skip);
                plan.add(row, {&narrow_length, 1}, {&wide_length, 1}, narrow_skip, wide_skip);
                narrow_skip += narrow_length;
                wide_skip += wide_length;
            }
            split_rows_ = std::max(split_rows_, row + 1);
            continue;
        }
        narrow.push_back(of_narrow);
        wide.push_back(of_wide);
        edges += of_both;
        if (edges >= edges_a_task || narrow.size() == most_rows_a_task) finish_task(row + 1);
    }
    finish_task(segments_[segment].rows);
    return plan;
}

/// One block a segment, and each further one to the segment whose blocks have most to do.
void DeviceSegments::share_blocks(std::span<const Plan> plans, const SegmentShape& shape) {
    for (Segment& segment : segments_) segment.blocks = 1;
    const auto load = [&](std::size_t s) {
        const bool all_busy = plans[s].tasks.size() > std::size_t{segments_[s].blocks} * shape.warps_per_block;
        return all_busy ? plans[s].cost / segments_[s].blocks : 0;
    };
    for (std::size_t block = segments_.size(); block < shape.blocks; ++block) {
        std::size_t busiest = 0;
        for (std::size_t s = 1; s < segments_.size(); ++s)
            if (load(s) > load(busiest)) busiest = s;
        if (load(busiest) == 0) break;
        ++segments_[busiest].blocks;
    }
    for (std::size_t s = 1; s < segments_.size(); ++s)
        segments_[s].first_block = segments_[s - 1].first_block + segments_[s - 1].blocks;
}

void DeviceSegments::place(const CsrView& in, std::span<const Plan> plans) {
    const std::size_t weight = in.weighted() ? sizeof(float) : 0;
    std::size_t bytes =
        plans[0].wide_size * (sizeof(AccountId) + weight) + plans[0].wide_starts.size() * sizeof(TaskStart);
    for (const Plan& plan : plans)
        bytes += plan.narrow_size * (sizeof(std::uint16_t) + weight) + plan.narrow_starts.size() * sizeof(TaskStart) +
                 plan.tasks.size() * sizeof(GatherTask);
    require_device_memory(bytes, "pagerank: the edges by segments");

    wide_ids_ = DeviceBuffer<AccountId>(plans[0].wide_size, doing);
    if (in.weighted()) wide_weights_ = DeviceBuffer<float>(plans[0].wide_size, doing);
    wide_starts_ = DeviceBuffer<TaskStart>(std::span<const TaskStart>(plans[0].wide_starts), doing);
    Bounds bounds;
    for (const Segment& segment : segments_) {
        bounds.ends[bounds.segments] = segment.first_source + segment.width;
        bounds.rows[bounds.segments++] = segment.rows;
    }
    for (std::size_t s = 0; s < segments_.size(); ++s) {
        Segment& segment = segments_[s];
        segment.ids = DeviceBuffer<std::uint16_t>(plans[s].narrow_size, doing);
        if (in.weighted()) segment.weights = DeviceBuffer<float>(plans[s].narrow_size, doing);
        segment.starts = DeviceBuffer<TaskStart>(std::span<const TaskStart>(plans[s].narrow_starts), doing);
        segment.tasks = DeviceBuffer<GatherTask>(std::span<const GatherTask>(plans[s].tasks), doing);
        const Placed<std::uint16_t> narrow{segment.ids.data(), segment.weights.data(), segment.starts.data(),
                                           segment.first_source, segment.width};
        Placed<AccountId> wide{};
        if (s == 0) wide = {wide_ids_.data(), wide_weights_.data(), wide_starts_.data(), 0, in.num_accounts()};
        launch("place_edges", blocks_for(plans[s].tasks.size(), block_size / warp_size), block_size, place_edges, in,
               std::as_const(segment.tasks).span(), narrow, segment.first_source + segment.width, wide, bounds);
    }
}

}  // namespace coterie::cuda
