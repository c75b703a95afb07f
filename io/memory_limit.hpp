#pragma once

#include <cstdint>

namespace coterie {

/// Bytes of memory that this process may use at most: those of the machine, or of its control group if that has fewer.
std::uint64_t machine_memory();
/// What an ingest takes if nothing else is asked for: half of machine_memory().
std::uint64_t default_memory_limit();
/// The most memory that this process had in use so far, in bytes.
std::uint64_t peak_memory();

}  // namespace coterie
