#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/progress.hpp"

namespace coterie {

// The checksum of an array of a store. Its bytes are cut into pieces of 2^20; each has a digest, XXH3-64. An array of one
// piece has that digest as its checksum; a longer one has the XXH3-64 of its pieces' digests, one after the other as
// little-endian 64-bit numbers. So threads share the work on one array, a reader checks what it has just looked at, and a
// writer need not hold the array. Printed as 16 hexadecimal digits, as `xxhsum -H3` does.

inline constexpr std::size_t checksum_piece_bytes = std::size_t{1} << 20;

/// Pieces of an array of so many bytes; an empty one has one.
constexpr std::size_t checksum_pieces(std::uint64_t bytes) {
    return bytes == 0 ? 1 : static_cast<std::size_t>((bytes - 1) / checksum_piece_bytes + 1);
}

/// The digest of one piece: whole, at most checksum_piece_bytes.
std::uint64_t piece_digest(std::span<const std::byte> piece);

/// The checksum from the digests of all pieces, at least one, in their order.
std::string checksum_of_pieces(std::span<const std::uint64_t> digests);

/// The checksum of an array. Throws Cancelled as soon as `progress`, if there is one, asks to stop.
std::string checksum(std::span<const std::byte> bytes, const Progress* progress = nullptr);

/// The checksum of bytes that come one after the other, in blocks of any size. Memory: one piece, and 8 bytes for each.
class ChecksumStream {
  public:
    void add(std::span<const std::byte> bytes);
    /// Of all bytes so far.
    std::string text() const;

  private:
    std::vector<std::uint64_t> digests_;  ///< of whole pieces
    std::vector<std::byte> begun_;        ///< less than a piece
};

}  // namespace coterie
