#include "io/checksum.hpp"

#include <fmt/format.h>
#include <xxhash.h>

namespace coterie {

std::string checksum(std::span<const std::byte> bytes) {
    return fmt::format("{:016x}", XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace coterie
