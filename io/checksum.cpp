#include "io/checksum.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>

#include "host/errors.hpp"

namespace coterie {

static_assert(std::endian::native == std::endian::little, "digests are hashed as they stand in memory");

std::uint64_t piece_digest(std::span<const std::byte> piece) {
    return XXH3_64bits(piece.data(), piece.size());
}

std::string checksum_of_pieces(std::span<const std::uint64_t> digests) {
    return fmt::format("{:016x}", digests.size() == 1 ? digests[0] : piece_digest(std::as_bytes(digests)));
}

std::string checksum(std::span<const std::byte> bytes, const Progress* progress) {
    std::vector<std::uint64_t> digests;
    digests.reserve(checksum_pieces(bytes.size()));
    do {
        if (progress != nullptr && progress->cancelled()) throw Cancelled();
        const std::size_t count = std::min(checksum_piece_bytes, bytes.size());
        digests.push_back(piece_digest(bytes.first(count)));
        bytes = bytes.subspan(count);
    } while (!bytes.empty());
    return checksum_of_pieces(digests);
}

void ChecksumStream::add(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const std::size_t count = std::min(checksum_piece_bytes - begun_.size(), bytes.size());
        const std::span<const std::byte> next = bytes.first(count);
        bytes = bytes.subspan(count);
        if (count == checksum_piece_bytes) {
            digests_.push_back(piece_digest(next));
            continue;
        }
        begun_.insert(begun_.end(), next.begin(), next.end());
        if (begun_.size() < checksum_piece_bytes) continue;
        digests_.push_back(piece_digest(begun_));
        begun_.clear();
    }
}

std::string ChecksumStream::text() const {
    std::vector<std::uint64_t> digests = digests_;
    if (digests.empty() || !begun_.empty()) digests.push_back(piece_digest(begun_));
    return checksum_of_pieces(digests);
}

}  // namespace coterie
