#pragma once

#include <cstdint>
#include <string>

namespace coterie::testing {

// A GPU that fails at a given call. The linker leads calls of the CUDA runtime in programs of the tests through here
// (--wrap, see tests/CMakeLists.txt); what is tested knows nothing of it.

enum class GpuFailing {
    without_memory,  ///< one allocation finds no room
    once,            ///< one call fails, those after it do not
    for_good,        ///< the device is lost: one call fails, and all after it
};

/// From now on calls that can fail are counted, and number `call`, from 1, fails; 0: none does. Of `without_memory` allocations
/// alone are counted.
void fail_gpu(GpuFailing how, std::uint64_t call);

/// Calls that were counted since then.
std::uint64_t counted_gpu_calls();
/// Memory, streams, events and graphs that were made and not given back.
std::int64_t gpu_objects();

}  // namespace coterie::testing
