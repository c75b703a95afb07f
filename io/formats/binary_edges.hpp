#pragma once

#include <cstddef>
#include <memory>

#include "io/block_parser.hpp"
#include "io/raw_rows.hpp"

namespace coterie {

/// Records one after the other, without a header: source and target as unsigned little-endian numbers of `record_bytes` / 2 bytes
/// each (4 or 8). Every number is an id. What is left at the end is one rejected row; rejects count records where others count lines.
class BinaryEdges : public FileFormat {
  public:
    BinaryEdges(std::size_t record_bytes, std::size_t layer, IdKind ids)
        : record_bytes_(record_bytes), layer_(layer), ids_(ids) {}

    BlockRules blocks() const override;
    std::unique_ptr<BlockParser> parser(ThreadRows& into) override;

  private:
    std::size_t record_bytes_;
    std::size_t layer_;
    IdKind ids_;
};

}  // namespace coterie
