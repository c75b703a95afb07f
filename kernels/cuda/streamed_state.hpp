#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "host/backend.hpp"
#include "host/row_blocks.hpp"

namespace coterie::cuda {

/// How the rows [begin, end) pass through what the current device has left beside `state`. Throws OutOfDeviceMemory with the
/// bytes needed if they cannot.
BlockPlan plan_within_memory(const RowSet& rows, AccountId begin, AccountId end, std::span<const BufferBytes> state,
                             std::string_view what);

/// Adds up the plans of devices.
class UseOfDevices {
  public:
    void add(const BlockPlan& plan);
    void tell(DeviceUse& use) const;

  private:
    int devices_ = 0;
    std::uint64_t blocks_ = 0;
    std::uint64_t resident_bytes_ = 0;
    std::uint64_t all_bytes_ = 0;
};

}  // namespace coterie::cuda
