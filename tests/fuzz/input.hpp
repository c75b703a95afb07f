#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "io/block_parser.hpp"
#include "io/descriptor.hpp"
#include "io/input_file.hpp"

namespace coterie::fuzz {

/// Bytes as a file that lies in memory.
class MemoryFile {
  public:
    explicit MemoryFile(std::string_view bytes);

    /// A name by which this process can open it.
    std::filesystem::path path() const;
    /// From its beginning.
    InputFile open(Compression compression = Compression::by_first_bytes) const;

  private:
    Descriptor descriptor_;
};

/// Choices that the first bytes of an input make, so that the fuzzer finds its way through options too.
class Choices {
  public:
    explicit Choices(std::string_view& bytes) : bytes_(&bytes) {}
    /// A number below `count`, from the next byte; 0 when none is left.
    std::size_t below(std::size_t count);

  private:
    std::string_view* bytes_;
};

/// Ends the process with `what` unless `holds`: a promise of the reader is broken.
void require(bool holds, const char* what);

/// What readers of posts share with their collection.
struct Sharing {
    HandleNumbers handles = {};
    const std::uint64_t* rejected_beside = nullptr;  ///< that are listed too, but are no rows
};

/// Reads `text` as an ingest does, on one thread, and requires that the counts add up: every row that is rejected is listed,
/// and no more are rejected than there are. All that the target of a new format has to call. Returns the rows.
std::vector<ThreadRows> read_as(FileFormat& format, std::size_t layers, std::string_view text,
                                const Sharing& sharing = {}, Compression compression = Compression::by_first_bytes);

}  // namespace coterie::fuzz
