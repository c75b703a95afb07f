#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include "io/line_blocks.hpp"
#include "io/raw_rows.hpp"
#include "io/rejects.hpp"

namespace coterie {

/// How the ids of accounts are read.
enum class IdKind { numeric, handles };

/// What was counted in a piece of a file, layer by layer.
struct LayerTally {
    std::uint64_t rows = 0;
    std::uint64_t rejected = 0;
    double first_time = std::numeric_limits<double>::infinity();
    double last_time = -std::numeric_limits<double>::infinity();

    void add(const LayerTally& other) {
        rows += other.rows;
        rejected += other.rejected;
        first_time = std::min(first_time, other.first_time);
        last_time = std::max(last_time, other.last_time);
    }
};

struct BlockTally {
    std::uint64_t lines = 0;
    std::uint64_t number_rows = 0;  ///< rows whose ids both look like numbers
    std::uint64_t word_rows = 0;    ///< rows with an id that does not
    std::vector<LayerTally> layers;
    std::vector<Reject> rejects;  ///< in the order of their lines, which count from 1 in the block
};

/// Parses blocks of one file for one thread, into rows of that thread.
class BlockParser {
  public:
    virtual ~BlockParser() = default;

    /// Rows of `block` go to `ThreadRows::layers`, what is counted comes back. A block that is cut short is one line that is
    /// too long: to be rejected, if a row could stand there at all.
    virtual BlockTally parse(const LineBlock& block) = 0;
    /// Called at the end of a file whose blocks come in order (BlockRules), for what is still open then.
    virtual BlockTally finish() { return {}; }
};

/// How one file is read: the way from its blocks to rows that read_edges follows. Made anew for each reading of the file.
class FileFormat {
  public:
    virtual ~FileFormat() = default;

    virtual BlockRules blocks() const { return {}; }
    /// Looks at the beginning of the file before anything is parsed: is called with the text of the first block, then of the
    /// second, … until it returns true. A block for which it returns false holds no row, and no parser gets it. Lines that are too
    /// long are passed over, and an empty file is shown as one empty text.
    virtual bool recognise(std::string_view /*text*/) { return true; }
    /// The parser of one thread; called once a thread, by one thread at a time. Parsers work side by side on different blocks in any order,
    /// unless BlockRules say otherwise.
    virtual std::unique_ptr<BlockParser> parser(ThreadRows& into) = 0;
    /// Rows come with weights. Known once the file has been recognised.
    virtual bool weighted() const { return false; }
    /// Called when the whole file has been read, with the number of its rows: throws IoError if it does not hold what it declares.
    virtual void check(std::uint64_t /*rows*/) const {}
};

}  // namespace coterie
