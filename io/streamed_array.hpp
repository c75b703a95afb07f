#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/csr.hpp"

namespace coterie {

/// An array of a store that is written part by part and never held as a whole: its checksum is made on the way, from the bytes
/// while they are in the caches. What was written can be read again.
class StreamedArray {
  public:
    StreamedArray();
    /// The array `name` of `store`, `bytes` long, at `offset` of the file behind `descriptor`, which stays the caller's.
    StreamedArray(std::filesystem::path store, std::string name, int descriptor, std::uint64_t offset,
                  std::uint64_t bytes);
    StreamedArray(StreamedArray&&) noexcept;
    StreamedArray& operator=(StreamedArray&&) noexcept;
    ~StreamedArray();

    /// Writes bytes to their place, from `at` of the array on; each must come once. Any thread may call it at any time.
    /// Throws IoError that names the store and the array.
    void put(std::uint64_t at, std::span<const std::byte> bytes);
    /// Writes the next bytes, on `threads` threads; not for an array that is `put` together. Throws as `put`.
    void append(std::span<const std::byte> bytes, int threads);
    /// Reads bytes that were written, from `at` of the array on.
    void read(std::uint64_t at, std::span<std::byte> into) const;

    std::uint64_t bytes() const { return bytes_; }
    /// Of the whole array. Throws IoError if something is missing.
    std::string checksum() const;

  private:
    struct Pieces;
    std::uint64_t piece_bytes(std::size_t piece) const;

    std::filesystem::path store_;
    std::string name_;
    int descriptor_ = -1;
    std::uint64_t offset_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t appended_ = 0;
    std::unique_ptr<Pieces> pieces_;
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
