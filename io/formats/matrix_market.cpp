#include "io/formats/matrix_market.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "host/errors.hpp"
#include "io/fields.hpp"

namespace coterie {

namespace {

using Symmetry = MatrixMarketHead::Symmetry;
constexpr std::string_view banner = "%%matrixmarket";
constexpr std::size_t kept_bytes = 1000;

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

class MatrixParser : public BlockParser {
  public:
    MatrixParser(const GraphPlan& plan, const MatrixMarketHead& head, bool weights, std::atomic<std::uint64_t>& entries,
                 ThreadRows& into)
        : plan_(plan), head_(head), weights_(weights), entries_(entries), into_(into) {}

    BlockTally parse(const LineBlock& block) override {
        tally_ = {};
        tally_.layers.resize(into_.layers.size());
        std::uint64_t entries = 0;
        std::string_view text = block.text;
        std::uint64_t of_head = block.may_hold_header ? head_.lines : 0;
        while (!text.empty()) {
            const std::string_view line = take_line(text);
            ++tally_.lines;
            if (of_head > 0) {
                --of_head;
            } else if (const std::string_view entry = trimmed(line); !entry.empty() && entry[0] != '%') {
                ++entries;
                read(entry);
            }
        }
        tally_.number_rows = tally_.layers[plan_.layer].rows - tally_.layers[plan_.layer].rejected;
        entries_ += entries;
        return std::move(tally_);
    }

  private:
    void reject(std::string_view line, std::string reason) {
        ++tally_.layers[plan_.layer].rows;
        ++tally_.layers[plan_.layer].rejected;
        tally_.rejects.push_back({tally_.lines, std::move(reason), std::string(line.substr(0, kept_bytes))});
    }

    void read(std::string_view line) {
        if (!fields_.split(line, blanks) || fields_.size() != (head_.has_values ? 3U : 2U))
            return reject(
                line, fmt::format("expected {}, got \"{}\"",
                                  head_.has_values ? "row, column and value" : "row and column", printable(line, 80)));
        const auto source = parse_id(fields_[0]);
        const auto target = parse_id(fields_[1]);
        for (const auto& number : {source, target})
            if (!number || *number == 0 || *number > head_.size)
                return reject(line, fmt::format("row and column must be whole numbers from 1 to {}, got \"{}\"",
                                                head_.size, printable(line, 80)));
        std::optional<float> weight;
        if (head_.has_values) {
            const auto value = parse_number(fields_[2]);
            if (!value || !std::isfinite(static_cast<float>(*value)))
                return reject(line,
                              fmt::format("the value must be a finite number, got \"{}\"", printable(fields_[2], 80)));
            if (weights_) weight = static_cast<float>(*value);
        }
        put(*source, *target, weight);
        if (head_.symmetry == Symmetry::general || *source == *target) return;
        if (head_.symmetry == Symmetry::skew) {
            if (weight) weight = -*weight;
            put(*target, *source, weight);
        } else if (!plan_.layer_undirected) {
            put(*target, *source, weight);
        }
    }

    void put(std::uint64_t source, std::uint64_t target, const std::optional<float>& weight) {
        ++tally_.layers[plan_.layer].rows;
        if (plan_.ids == IdKind::handles) {
            source = into_.handles.number_of(std::to_string(source));
            target = into_.handles.number_of(std::to_string(target));
        }
        add_graph_row(into_.layers[plan_.layer], source, target, weight);
    }

    const GraphPlan& plan_;
    const MatrixMarketHead& head_;
    bool weights_;
    std::atomic<std::uint64_t>& entries_;
    ThreadRows& into_;
    Fields fields_;
    BlockTally tally_;
};

}  // namespace

std::optional<MatrixMarketHead> read_matrix_market_head(std::string_view text, const std::string& path) {
    MatrixMarketHead head;
    const std::string first = lowercase(take_line(text));
    ++head.lines;
    Fields words;
    words.split(first, blanks);
    const auto refuse = [&](std::string_view must) {
        throw IoError(fmt::format("{}:{}: {}, got \"{}\"", path, head.lines, must, printable(first, 200)));
    };
    if (words.size() != 5 || words[0] != banner || words[1] != "matrix")
        refuse("the first line must be %%MatrixMarket matrix coordinate TYPE SYMMETRY");
    if (words[2] != "coordinate")
        refuse("the matrix must be sparse (coordinate), since a dense one (array) has no list of edges");
    if (words[3] != "pattern" && words[3] != "integer" && words[3] != "real" && words[3] != "double")
        refuse("values must be pattern, integer or real");
    if (words[4] != "general" && words[4] != "symmetric" && words[4] != "skew-symmetric")
        refuse("the symmetry must be general, symmetric or skew-symmetric");
    head.has_values = words[3] != "pattern";
    head.symmetry = words[4] == "general"     ? Symmetry::general
                    : words[4] == "symmetric" ? Symmetry::symmetric
                                              : Symmetry::skew;
    while (!text.empty()) {
        const std::string_view line = trimmed(take_line(text));
        ++head.lines;
        if (line.empty() || line[0] == '%') continue;
        Fields sizes;
        sizes.split(line, blanks);
        std::array<std::optional<std::uint64_t>, 3> numbers;
        for (std::size_t i = 0; i < 3 && i < sizes.size(); ++i) numbers[i] = parse_id(sizes[i]);
        if (sizes.size() != 3 || !numbers[0] || !numbers[1] || !numbers[2])
            throw IoError(fmt::format("{}:{}: expected the numbers of rows, columns and entries, got \"{}\"", path,
                                      head.lines, printable(line, 80)));
        if (*numbers[0] != *numbers[1])
            throw IoError(fmt::format("{}:{}: the matrix of a graph must be square, got {} rows and {} columns", path,
                                      head.lines, *numbers[0], *numbers[1]));
        head.size = *numbers[0];
        head.entries = *numbers[2];
        return head;
    }
    return std::nullopt;
}

bool matrix_market_is_symmetric(std::string_view text, const std::string& path) {
    const auto head = read_matrix_market_head(text, path);
    return head && head->symmetry == Symmetry::symmetric;
}

bool MatrixMarketFormat::recognise(std::string_view text) {
    const auto head = read_matrix_market_head(text, plan_.path);
    if (!head)
        throw IoError(fmt::format("{}: must have its size line in its first megabyte, but has none", plan_.path));
    head_ = *head;
    return true;
}

std::unique_ptr<BlockParser> MatrixMarketFormat::parser(ThreadRows& into) {
    return std::make_unique<MatrixParser>(plan_, head_, weighted(), entries_, into);
}

void MatrixMarketFormat::check(std::uint64_t /*rows*/) const {
    if (entries_ != head_.entries)
        throw IoError(fmt::format("{}: must have the {} entries that it declares, but has {}{}", plan_.path,
                                  head_.entries, entries_.load(),
                                  entries_ < head_.entries ? ": is it truncated?" : ""));
}

}  // namespace coterie
