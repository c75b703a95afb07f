#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "io/descriptor.hpp"

namespace coterie {

/// Parts of a sample, each within the next: a quarter of its blocks, half of them, all.
inline constexpr std::size_t sample_parts = 3;

/// Whole lines of a text file, or records of a binary one, drawn from blocks that are spread evenly over it, its beginning (the header) first. Of a
/// compressed file they are spread over its beginning, the first sixteenfold of the sample, since what lies behind can be reached only through it; what
/// it holds in all is told by its ratio. Lies in memory.
class InputSample {
  public:
    /// Draws about `bytes` bytes of text from the regular file `path`; all of it if it has no more.
    /// Throws IoError as InputFile does, and if it is no regular file.
    /// `record_bytes`: of BinaryEdges; 0: it is text.
    InputSample(const std::string& path, std::uint64_t bytes, std::size_t record_bytes = 0);

    /// A name by which this process can read a part.
    std::filesystem::path part(std::size_t i) const;
    /// The share of the file's text that a part holds, up to 1.
    double share(std::size_t i) const { return shares_[i]; }
    std::uint64_t text_bytes() const { return text_bytes_; }  ///< of the largest part
    std::uint64_t file_bytes() const { return file_bytes_; }
    /// Seconds that inflating all of the file will take beside parsing it.
    double inflating() const { return inflating_; }

  private:
    void draw_blocks(const std::string& path, std::uint64_t bytes);
    void draw_beginning(const std::string& path, std::uint64_t bytes, bool plain);
    void add(std::size_t block, const char* text, std::size_t count);

    std::string_view whole(std::string_view text, bool at_beginning) const;

    std::size_t record_bytes_;
    std::array<Descriptor, sample_parts> parts_;
    std::array<std::uint64_t, sample_parts> bytes_{};
    std::array<double, sample_parts> shares_{};
    std::uint64_t text_bytes_ = 0;
    std::uint64_t file_bytes_ = 0;
    double inflating_ = 0;
};

}  // namespace coterie
