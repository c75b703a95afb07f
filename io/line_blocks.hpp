#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "io/input_file.hpp"

namespace coterie {

/// Longest line of delimited text that is read, in bytes.
inline constexpr std::size_t longest_text_line = (std::size_t{1} << 20) - 1;

/// Bytes behind the text of a block that may be read (and mean nothing), so that words can be loaded at its very end.
inline constexpr std::size_t readable_behind_blocks = 64;

/// How a file is cut into blocks.
struct BlockRules {
    /// In bytes, without its line end. A longer line is never held in memory: it comes as a block of its own, cut short.
    std::size_t longest_line = longest_text_line;
    /// Blocks are at most this long, unless a longer line needs more.
    std::size_t block_bytes = std::size_t{1} << 20;
    /// False: blocks are cut anywhere and hold the bytes as they stand; there are no lines, and nothing is ever cut short.
    bool at_lines = true;
    /// All blocks of the file go to one parser, in their order.
    bool in_order = false;
};

/// Some whole lines of a file.
struct LineBlock {
    std::size_t number = 0;  ///< 0, 1, … in the order of the file
    /// Every line ends in '\n', the last of the file too, and none is longer than BlockRules allow.
    std::string_view text;
    /// The one line in it was too long; `text` is its beginning.
    bool cut_short = false;
    bool may_hold_header = false;  ///< no row stands before it
};

/// Cuts a file into blocks. A UTF-8 byte order mark at the beginning is dropped (of lines). Memory: a block a buffer, and a line.
class LineBlocks {
  public:
    explicit LineBlocks(InputFile& file, BlockRules rules = {});

    /// Fills `buffer` with the next block, to which `block` then points. False at the end of the file.
    bool next(LineBlock& block, std::vector<char>& buffer);

  private:
    void fill(std::vector<char>& buffer, std::size_t& filled, std::size_t wanted);
    bool skip_long_line(std::vector<char>& buffer);

    InputFile* file_;
    BlockRules rules_;
    std::vector<char> carried_;  ///< the beginning of a line whose end has not been read yet
    std::size_t count_ = 0;
    bool begun_ = false;
    bool at_end_ = false;
    bool skipping_ = false;  ///< the rest of a line that was cut short
};

}  // namespace coterie
