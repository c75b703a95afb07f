#pragma once

#include <array>
#include <optional>
#include <vector>

#include "host/row_blocks.hpp"
#include "kernels/cuda/device_buffer.cuh"
#include "kernels/cuda/device_trace.cuh"
#include "kernels/cuda/stream.cuh"

namespace coterie::cuda {

/// One direction of the rows of a block, in device memory.
struct BlockRows {
    const EdgeOffset* offsets;  ///< [rows + 1] positions in the graph's arrays; the block's own begin at offsets[0]
    const AccountId* neighbors;
    const float* weights;  ///< or null

    __device__ EdgeOffset begin(AccountId row) const { return offsets[row] - offsets[0]; }
    __device__ EdgeOffset end(AccountId row) const { return offsets[row + 1] - offsets[0]; }
    __device__ EdgeOffset degree(AccountId row) const { return offsets[row + 1] - offsets[row]; }
};

/// Consecutive rows in device memory, all directions of them.
struct RowBlock {
    AccountId first;  ///< account of row 0
    AccountId rows;
    std::array<BlockRows, 2> directions;
};

/// The rows that one device works on, read block by block in each pass. What fits stays on the device. The others are copied
/// into pinned memory, by threads of the host, and from there over a stream of their own into one of two buffers, while
/// kernels work on the other.
class RowStream {
  public:
    /// On the current device. `rows` must stay where they are.
    RowStream(RowSet rows, BlockPlan plan, int threads, Trace* trace);

    /// Hands over what the last pass left to be traced.
    void flush_trace() { trace_.flush(); }

    const BlockPlan& plan() const { return plan_; }
    /// The order of what works on the blocks.
    const Stream& kernels() const { return kernels_; }

    /// One pass begins, called `name` in a trace. Every other pass goes backwards, so that it begins with what the buffers hold.
    void begin_pass(const char* name);
    /// Calls work(block) once the kernels that it launches may read the block; false: all of the pass's blocks had their turn.
    template <class Work>
    bool next(Work work) {
        if (done_ == plan_.blocks()) return false;
        const std::size_t number = backwards_ ? plan_.blocks() - 1 - done_ : done_;
        ++done_;
        if (number < plan_.resident) {
            traced(number, [&] { work(view(number, resident_[number].data())); });
            return true;
        }
        Slot& slot = filled(number);
        slot.copied.hold(kernels_);
        traced(number, [&] { work(view(number, slot.device.data())); });
        slot.used.record(kernels_);
        return true;
    }

  private:
    struct Slot {
        DeviceBuffer<std::byte> device;
        PinnedBuffer pinned;
        Event copied;  ///< the block has arrived
        Event used;    ///< the kernels are done with it
        std::size_t block = no_block;
    };
    static constexpr std::size_t no_block = ~std::size_t{0};

    template <class Work>
    void traced(std::size_t number, Work work) {
        trace_.span(kernels_, "kernels", pass_ + std::to_string(number), work);
    }
    /// The slot that holds the block, or will when its copy is done.
    Slot& filled(std::size_t number);
    /// Writes the block as it lies on the device to `memory`.
    void write(std::size_t number, std::byte* memory) const;
    RowBlock view(std::size_t number, const std::byte* memory) const;

    RowSet rows_;
    BlockPlan plan_;
    int threads_;
    Stream copies_;
    Stream kernels_;
    DeviceTrace trace_;
    std::string pass_;
    std::vector<DeviceBuffer<std::byte>> resident_;
    std::array<Slot, 2> slots_;
    std::size_t last_slot_ = 0;
    std::size_t done_ = 0;
    bool backwards_ = true;
};

}  // namespace coterie::cuda
