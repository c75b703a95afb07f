#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/csr.hpp"
#include "kernels/cuda/device_buffer.cuh"
#include "kernels/cuda/launch.cuh"

namespace coterie::cuda {

/// In-edges laid out for gathers of shares from a block's shared memory. Sources, which stand by descending degree, are cut
/// into segments whose shares fit there:
///
///     segment   sources                     rows               ids
///     0         the hubs                    all                16 bits, counted from the segment's first source
///     1, 2, …   the next ones               the longest ones   the same
///     the rest  all that is in no segment   all                32 bits, gathered from global memory
///
/// A block holds one segment. Its warps take tasks: some rows each, so many that their edges keep a warp busy for a while. The
/// rest of a row is done with segment 0. On Kronecker graphs of scale 20 the rest is a twentieth of the edges.

/// The work of a warp.
struct GatherTask {
    EdgeOffset narrow;          ///< where the 16-bit ids of its rows begin
    EdgeOffset wide;            ///< where the 32-bit ids begin
    AccountId first_row;        ///< rows follow one another
    std::uint32_t rows;         ///< 1 where it is a part of a row
    std::uint32_t starts;       ///< where its rows + 1 starts begin
    std::uint32_t lanes;        ///< threads a row: 1, or 2, 8 or 32 that read 16 bytes of ids each
    std::uint32_t narrow_skip;  ///< edges of the row that belong to its other parts
    std::uint32_t wide_skip;
};

/// A place in the ids of a task, counted from its begin.
using TaskStart = std::uint16_t;

/// Ids and weights of one width, row after row. Where several lanes share a row, its ids are filled up to 16 bytes with an id
/// whose share is 0.
template <class Id>
struct IdRows {
    const Id* ids;
    const float* weights;     ///< or null
    const TaskStart* starts;  ///< of each row of each task, counted from the task's begin
};

/// Device memory.
struct SegmentView {
    AccountId first_source;
    AccountId width;  ///< sources; the id `width` fills rows up
    IdRows<std::uint16_t> narrow;
    std::span<const GatherTask> tasks;
    std::uint32_t first_block;
    std::uint32_t blocks;
};

/// What the layout is made for.
struct SegmentShape {
    std::size_t share_bytes;   ///< of one share
    std::size_t shared_bytes;  ///< of shares that a block can hold
    unsigned blocks;           ///< that run at a time
    unsigned warps_per_block;
};

class DeviceSegments {
  public:
    static constexpr std::size_t most_segments = 12;

    DeviceSegments() = default;
    /// Of the rows and sources below `active`. `out` is host memory, `in` device memory.
    DeviceSegments(const CsrView& out, const CsrView& in, AccountId active, const SegmentShape& shape);

    std::size_t size() const { return segments_.size(); }
    SegmentView view(std::size_t segment) const;
    /// What is in no segment. The id `active` fills rows up.
    IdRows<AccountId> rest() const { return {wide_ids_.data(), wide_weights_.data(), wide_starts_.data()}; }
    /// Rows from it on have all their edges in one task.
    AccountId split_rows() const { return split_rows_; }
    std::uint64_t blocks() const { return segments_.back().first_block + std::uint64_t{segments_.back().blocks}; }
    /// Sources of the widest segment.
    AccountId most_width() const;

  private:
    struct Segment {
        AccountId first_source = 0;
        AccountId width = 0;
        AccountId rows = 0;  ///< those below it have their edges from these sources here
        std::uint32_t first_block = 0;
        std::uint32_t blocks = 0;
        DeviceBuffer<std::uint16_t> ids = {};
        DeviceBuffer<float> weights = {};
        DeviceBuffer<TaskStart> starts = {};
        DeviceBuffer<GatherTask> tasks = {};
    };
    struct Plan;
    struct Lengths;

    void cut(const CsrView& out, AccountId active, const SegmentShape& shape);
    void limit_rows(const Lengths& lengths, AccountId active);
    Plan plan(std::size_t segment, const Lengths& lengths, EdgeOffset edges_a_task);
    void share_blocks(std::span<const Plan> plans, const SegmentShape& shape);
    void place(const CsrView& in, std::span<const Plan> plans);

    std::vector<Segment> segments_;
    DeviceBuffer<AccountId> wide_ids_;
    DeviceBuffer<float> wide_weights_;
    DeviceBuffer<TaskStart> wide_starts_;
    AccountId split_rows_ = 0;
};

}  // namespace coterie::cuda
