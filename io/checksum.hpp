#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "host/progress.hpp"

namespace coterie {

/// XXH3-64 of `bytes` as 16 hexadecimal digits, as `xxhsum -H3` prints it: what the checksums of a store are.
/// Throws Cancelled as soon as `progress`, if there is one, asks to stop.
std::string checksum(std::span<const std::byte> bytes, const Progress* progress = nullptr);

}  // namespace coterie
