#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <type_traits>

#include "io/descriptor.hpp"

namespace coterie {

/// Where bytes stand in a ScratchFile.
struct ScratchExtent {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};

/// A file without a name that holds what does not fit into memory. It vanishes with the process, however that ends. Any
/// thread may append and read.
class ScratchFile {
  public:
    /// Throws IoError if no file can be made in `folder`.
    explicit ScratchFile(const std::filesystem::path& folder);

    /// Appends `first` and then `second`. Throws IoError that names the folder (a full disk).
    ScratchExtent append(std::span<const std::byte> first, std::span<const std::byte> second = {});
    template <class T>
    ScratchExtent append_array(std::span<const T> values) {
        static_assert(std::is_trivially_copyable_v<T>);
        return append(std::as_bytes(values));
    }
    void read(std::uint64_t offset, std::span<std::byte> into) const;
    template <class T>
    void read_array(const ScratchExtent& extent, std::span<T> into) const {
        read(extent.offset, std::as_writable_bytes(into));
    }
    /// Gives the room of what is not needed any more back to the disk, where the file system can.
    void discard(const ScratchExtent& extent) const;

    /// All that was ever appended.
    std::uint64_t bytes_written() const { return end_.load(); }

  private:
    std::filesystem::path folder_;
    Descriptor descriptor_;
    std::atomic<std::uint64_t> end_{0};
};

}  // namespace coterie
