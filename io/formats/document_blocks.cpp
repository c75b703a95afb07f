#include "io/formats/document_blocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace coterie {

namespace {

constexpr std::string_view blank_bytes = " \t\r\n";

class LinesParser : public BlockParser {
  public:
    explicit LinesParser(std::unique_ptr<DocumentReader> reader) : documents_(std::move(reader)) {}

    BlockTally parse(const LineBlock& block) override {
        documents_->begin();
        std::uint64_t lines = 0;
        if (block.cut_short) {
            documents_->reject(1, fmt::format("a document must not be longer than {} bytes", longest_document),
                               block.text);
            return documents_->end(1);
        }
        for (std::size_t begin = 0; begin < block.text.size();) {
            const std::size_t end = block.text.find('\n', begin);
            ++lines;
            read_line(block.text.substr(begin, end - begin), lines);
            begin = end + 1;
        }
        return documents_->end(lines);
    }

  private:
    void read_line(std::string_view line, std::uint64_t number) {
        line.remove_prefix(std::min(line.find_first_not_of(blank_bytes), line.size()));
        line = line.substr(0, line.find_last_not_of(blank_bytes) + 1);
        if (line.empty()) return;
        std::size_t done = documents_->read(line, number);
        // Several documents on a line: the ends of the others are looked for first, for the parser looks at all that it is given.
        while (done < line.size()) {
            line.remove_prefix(done);
            line.remove_prefix(std::min(line.find_first_not_of(" \t\r,"), line.size()));
            if (line.empty()) return;
            JsonScan scan;
            const bool ends = (line[0] == '{' || line[0] == '[') && scan.find_end(line);
            done = ends ? scan.next : line.size();
            documents_->read(line.substr(0, done), number);
        }
    }

    std::unique_ptr<DocumentReader> documents_;
};

/// Documents that do not stand on lines of their own, in the order of the file.
class DocumentsParser : public BlockParser {
  public:
    explicit DocumentsParser(std::unique_ptr<DocumentReader> reader) : documents_(std::move(reader)) {}

    BlockTally parse(const LineBlock& block) override {
        documents_->begin();
        pending_.insert(pending_.end(), block.text.begin(), block.text.end());
        if (std::exchange(first_, false) && text().starts_with("\xef\xbb\xbf")) begin_ = 3;
        return read_pending(false);
    }

    BlockTally finish() override {
        documents_->begin();
        return read_pending(true);
    }

  private:
    std::string_view text() const { return {pending_.data() + begin_, pending_.size() - begin_}; }

    BlockTally read_pending(bool at_end) {
        lines_ = 0;
        pending_.resize(pending_.size() + readable_behind_blocks);
        pending_.resize(pending_.size() - readable_behind_blocks);  // what may be read behind a document is there
        for (;;) {
            if (!skip_to_.empty() && !skipped()) break;
            const std::string_view rest = text();
            const std::size_t blank = std::min(rest.find_first_not_of(" \t\r\n,[]\x1e"), rest.size());
            if (blank > 0) {
                pass(blank);
                continue;
            }
            if (rest.empty()) break;
            if (rest[0] == '{') {
                const bool ends = scan_.find_end(rest);
                if (ends && scan_.next <= longest_document) {
                    documents_->read(rest.substr(0, scan_.next), lines_ + 1);
                    pass(scan_.next);
                } else if (ends || at_end || rest.size() > longest_document) {
                    pass_broken(rest, at_end);
                } else {
                    break;
                }
            } else {
                const std::size_t line_end = rest.find('\n');
                if (line_end == std::string_view::npos && !at_end && rest.size() < longest_document) break;
                documents_->reject(lines_ + 1, "a document must be a JSON object", rest);
                skip_to_ = "\n";
            }
        }
        pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(begin_));
        begin_ = 0;
        return documents_->end(lines_);
    }

    /// A document that does not end, or is too long: the next one may begin at the beginning of a later line.
    void pass_broken(std::string_view rest, bool at_end) {
        documents_->reject(lines_ + 1,
                           at_end && rest.size() <= longest_document
                               ? "the JSON object must be closed (is the file truncated?)"
                               : fmt::format("a document must not be longer than {} bytes", longest_document),
                           rest);
        skip_to_ = "\n{";
    }

    /// Passes over what belongs to something that was rejected; false if more of it may come.
    bool skipped() {
        const std::string_view rest = text();
        const std::size_t end = rest.find(skip_to_);
        if (end == std::string_view::npos) {
            pass(rest.size() - (rest.ends_with('\n') ? 1 : 0));
            return false;
        }
        pass(end);
        skip_to_ = {};
        return true;
    }

    void pass(std::size_t bytes) {
        const std::string_view passed = text().substr(0, bytes);
        lines_ += static_cast<std::uint64_t>(std::count(passed.begin(), passed.end(), '\n'));
        begin_ += bytes;
        scan_ = {};
    }

    std::unique_ptr<DocumentReader> documents_;
    std::vector<char> pending_;
    std::size_t begin_ = 0;  ///< of what has not been read
    std::uint64_t lines_ = 0;
    JsonScan scan_;
    std::string_view skip_to_;  ///< what comes before it has been rejected
    bool first_ = true;
};

}  // namespace

BlockRules document_blocks(JsonLayout layout) {
    if (layout == JsonLayout::lines) return {.longest_line = longest_document};
    return {.at_lines = false, .in_order = true};
}

std::unique_ptr<BlockParser> document_parser(JsonLayout layout, std::unique_ptr<DocumentReader> reader) {
    if (layout == JsonLayout::lines) return std::make_unique<LinesParser>(std::move(reader));
    return std::make_unique<DocumentsParser>(std::move(reader));
}

}  // namespace coterie
