#include "kernels/cuda/streamed_state.hpp"

#include "kernels/cuda/device_buffer.cuh"

namespace coterie::cuda {

BlockPlan plan_within_memory(const RowSet& rows, AccountId begin, AccountId end, std::span<const BufferBytes> state,
                             std::string_view what) {
    const std::uint64_t usable = usable_device_memory();
    const std::uint64_t beside = sum_of(state);
    BlockPlan plan = plan_blocks(rows, begin, end, usable - std::min(usable, beside));
    require_device_memory(beside + plan.bytes(), what);
    return plan;
}

void UseOfDevices::add(const BlockPlan& plan) {
    ++devices_;
    blocks_ += plan.blocks();
    resident_bytes_ += plan.resident_bytes;
    all_bytes_ += plan.all_bytes;
}

void UseOfDevices::tell(DeviceUse& use) const {
    use.devices = devices_;
    use.blocks = blocks_;
    use.streamed = resident_bytes_ < all_bytes_;
    use.resident_share = all_bytes_ == 0 ? 1.0 : static_cast<double>(resident_bytes_) / static_cast<double>(all_bytes_);
}

}  // namespace coterie::cuda
