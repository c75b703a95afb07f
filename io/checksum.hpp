#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace coterie {

/// XXH3-64 of `bytes` as 16 hexadecimal digits, as `xxhsum -H3` prints it: what the checksums of a store are.
std::string checksum(std::span<const std::byte> bytes);

}  // namespace coterie
