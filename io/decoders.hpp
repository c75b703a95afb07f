#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/sha256.hpp"

namespace coterie {

/// Bytes of a file as they stand, read ahead a buffer at a time and digested on the way.
class RawInput {
  public:
    /// `name` is what errors call it; the descriptor stays the caller's.
    RawInput(std::string name, int descriptor) : name_(std::move(name)), descriptor_(descriptor) {}

    const std::string& name() const { return name_; }
    int descriptor() const { return descriptor_; }
    /// So many bytes must come at least, else it is an IoError: those of a regular file when it was opened.
    void expect(std::uint64_t bytes) { bytes_there_ = bytes; }
    /// What has been read and not yet taken.
    std::string_view ahead() const { return {buffer_.data() + taken_, buffer_.size() - taken_}; }
    void take(std::size_t count) { taken_ += count; }
    /// Reads on, for which nothing may be ahead. False at the end of the file.
    bool refill();
    /// Reads up to `count` bytes past the buffer, in which nothing may be ahead; less only at the end of the file.
    std::size_t read(char* into, std::size_t count);

    std::uint64_t bytes_read() const { return bytes_read_; }
    /// Of the next byte that is ahead.
    std::uint64_t position() const { return bytes_read_ - ahead().size(); }
    std::string sha256() { return digest_.hexadecimal(); }

  private:
    std::string name_;
    int descriptor_;
    bool at_end_ = false;
    std::uint64_t bytes_there_ = 0;
    std::uint64_t bytes_read_ = 0;
    Sha256 digest_;
    std::vector<char> buffer_;
    std::size_t taken_ = 0;
};

/// Undoes the compression of a file.
class Decoder {
  public:
    virtual ~Decoder() = default;
    /// Fills `into` with up to `count` bytes of text; less only at the end. Throws IoError if the compressed data are damaged or
    /// end in their middle.
    virtual std::size_t read(RawInput& raw, char* into, std::size_t count) = 0;
};

/// The decoder for a file that begins with `head`: gzip (members that follow one another are one text) or zstd (frames
/// likewise); null for plain text. Throws IoError for what is compressed otherwise, and for UTF-16.
std::unique_ptr<Decoder> decoder_for(std::string_view head, const std::string& name, const std::string& path);

}  // namespace coterie
