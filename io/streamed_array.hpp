#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "host/csr.hpp"

namespace coterie {

/// An array of a store that is written piece by piece, from its beginning to its end, and never held as a whole: its
/// checksum is made on the way. What was written can be read again.
class StreamedArray {
  public:
    StreamedArray() = default;
    /// The array `name` of `store`, `bytes` long, at `offset` of the file behind `descriptor`, which stays the caller's.
    StreamedArray(std::filesystem::path store, std::string name, int descriptor, std::uint64_t offset,
                  std::uint64_t bytes);

    /// Writes the next bytes, on `threads` threads. Throws IoError that names the store and the array.
    void append(std::span<const std::byte> bytes, int threads);
    /// Reads bytes that were written, from `at` of the array on.
    void read(std::uint64_t at, std::span<std::byte> into) const;

    std::uint64_t bytes() const { return bytes_; }
    std::uint64_t written() const { return written_; }
    /// Of the whole array. Throws IoError if something is missing.
    std::string checksum() const;

  private:
    void write(std::uint64_t at, std::span<const std::byte> bytes) const;
    void sync_later(std::uint64_t bytes);

    std::filesystem::path store_;
    std::string name_;
    int descriptor_ = -1;
    std::uint64_t offset_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t written_ = 0;
    std::uint64_t unsynced_ = 0;
    std::vector<std::uint64_t> digests_;  ///< of whole pieces
    std::vector<std::byte> begun_;        ///< of a piece: less than its bytes
};

/// One direction of a layer that is written in that way.
struct StreamedCsr {
    StreamedArray offsets;    ///< u64 [n + 1]
    StreamedArray neighbors;  ///< u32 [m]
    StreamedArray weights;    ///< f32 [m], if weighted
};

/// What the weights of its out-edges lack of exact sums (WeightRemainders), if anything.
struct StreamedRemainders {
    StreamedArray edges;   ///< u64 [k]
    StreamedArray values;  ///< f64 [k]
};

}  // namespace coterie
