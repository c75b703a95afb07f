#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "io/formats/input_format.hpp"

namespace coterie {

/// A file of text that is read once from front to end: plain, gzip or zstd (recognised by their first bytes; members or
/// frames that follow one another are one text), or "-": standard input. The SHA-256 of the bytes as they stand is computed on the way.
///
/// Throws IoError that names the file if it is missing, unreadable, a directory, compressed in another way, damaged, or
/// truncated in the middle of its compressed data.
class InputFile {
  public:
    /// `descriptor` ≥ 0 is read instead of opening `path`, which then only names it; it stays the caller's.
    explicit InputFile(std::string path, int descriptor = -1, Compression compression = Compression::by_first_bytes);
    ~InputFile();
    InputFile(InputFile&&) noexcept;

    const std::string& path() const;
    /// Reads up to `count` bytes of text and returns how many: 0 only at the end.
    std::size_t read(char* into, std::size_t count);
    /// Bytes of the file (compressed if it is) that have been read.
    std::uint64_t bytes_read() const;
    /// Of the whole file; call it at the end.
    std::string sha256();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Bytes of a regular file, 0 for anything else. Throws IoError as InputFile does.
std::uint64_t file_bytes(const std::string& path);

/// True if `path` can be read a second time: a regular file.
bool rereadable(const std::string& path);

/// Copies `path` (standard input, a pipe) into a file without a name in `folder`, for an input that must be read twice.
/// Returns its descriptor, at its beginning; the caller closes it. Throws IoError.
int spool(const std::string& path, const std::string& folder);

}  // namespace coterie
