#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "io/block_parser.hpp"
#include "io/formats/json_scan.hpp"

namespace coterie {

/// Longest JSON document (a line, or a page over several lines) that is read, in bytes.
inline constexpr std::size_t longest_document = std::size_t{64} << 20;

/// What reads the JSON documents of one thread.
class DocumentReader {
  public:
    virtual ~DocumentReader() = default;

    virtual void begin() = 0;
    /// Reads the document at the beginning of `text`, behind which 64 bytes can be read; it begins on `line` of the block. Returns how
    /// long it was.
    virtual std::size_t read(std::string_view text, std::uint64_t line) = 0;
    virtual void reject(std::uint64_t line, std::string reason, std::string_view text) = 0;
    /// What was counted since `begin`, in a block of `lines` lines.
    virtual BlockTally end(std::uint64_t lines) = 0;
};

BlockRules document_blocks(JsonLayout layout);

/// Cuts blocks into documents: lines, or, with JsonLayout::documents, whatever follows each other in objects, in the order of the file.
/// A document that does not end, or is too long, is rejected, and reading goes on at the next line that begins one.
std::unique_ptr<BlockParser> document_parser(JsonLayout layout, std::unique_ptr<DocumentReader> reader);

}  // namespace coterie
