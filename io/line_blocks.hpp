#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "io/input_file.hpp"

namespace coterie {

/// Longest line that is read, in bytes; longer ones are rejected.
inline constexpr std::size_t longest_line = std::size_t{256} << 10;

/// Some whole lines of a file.
struct LineBlock {
    std::size_t number = 0;  ///< 0, 1, … in the order of the file
    /// Every line ends in '\n', the last of the file too. Eight bytes behind the text can be read.
    std::string_view text;
    /// The one line in it was longer than a block; `text` is its beginning.
    bool cut_short = false;
    bool may_hold_header = false;  ///< no row stands before it
};

/// Cuts a file into blocks at line ends, so that blocks can be parsed in parallel; memory stays at a block a reader.
/// A UTF-8 byte order mark at the beginning is dropped.
class LineBlocks {
  public:
    explicit LineBlocks(InputFile& file) : file_(&file) {}

    /// Fills `buffer` with the next block, to which `block` then points. False at the end of the file.
    bool next(LineBlock& block, std::vector<char>& buffer);

  private:
    InputFile* file_;
    std::vector<char> carried_;  ///< the beginning of a line whose end has not been read yet
    std::size_t count_ = 0;
    bool at_end_ = false;
    bool skipping_ = false;  ///< the rest of a line that was cut short
};

}  // namespace coterie
