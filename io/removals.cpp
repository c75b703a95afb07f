#include "io/removals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "io/fields.hpp"
#include "io/line_blocks.hpp"

namespace coterie {

namespace {

constexpr std::size_t shown_bytes = 80;
constexpr std::size_t kept_bytes = 1000;

/// One file on its way.
class Reading {
  public:
    Reading(RowFormat format, IdKind ids, const NameRules& names)
        : format_(std::move(format)), ids_(ids), names_(names) {}

    void take(std::string_view line, std::uint64_t number) {
        if (holds_no_row(line, format_.comments)) return;
        ++found.num_rows;
        std::string problem;
        const auto row = parse(line, problem);
        if (!row)
            found.rejects.push_back({number, std::move(problem), std::string(line.substr(0, kept_bytes))});
        else
            found.rows.push_back({number, row->source, row->target, row->weight});
    }

    RemovalRows found;

  private:
    std::optional<std::string> id(std::string_view text, std::string_view role, std::string& problem) const {
        if (ids_ == IdKind::numeric) {
            if (const auto number = parse_id(text)) return std::to_string(*number);  // 007 is 7
            problem = fmt::format("the {} must be a whole number from 0 to 2^64 - 1, got \"{}\"", role,
                                  printable(text, shown_bytes));
            return std::nullopt;
        }
        if (!text.empty() && valid_utf8(text)) return names_.normalised(text);
        problem = fmt::format("the {} must be UTF-8 and not empty, got \"{}\"", role, printable(text, shown_bytes));
        return std::nullopt;
    }

    std::optional<RemovalRows::Row> parse(std::string_view line, std::string& problem) {
        const std::size_t columns = format_.columns_needed();
        if (!fields_.split(line, format_.separator, columns) || fields_.size() < columns) {
            problem = fmt::format("expected {} columns, got \"{}\"", columns, printable(line, shown_bytes));
            return std::nullopt;
        }
        const auto source = id(fields_[format_.source], "source", problem);
        if (!source) return std::nullopt;
        const auto target = id(fields_[format_.target], "target", problem);
        if (!target) return std::nullopt;
        RemovalRows::Row row{0, *source, *target, 1};
        if (format_.weight != RowFormat::none) {
            const auto weight = parse_number(fields_[format_.weight]);
            row.weight = static_cast<float>(weight.value_or(0));
            if (!weight || !std::isfinite(row.weight)) {
                problem = fmt::format("the weight must be a finite number, got \"{}\"",
                                      printable(fields_[format_.weight], shown_bytes));
                return std::nullopt;
            }
        }
        return row;
    }

    RowFormat format_;
    IdKind ids_;
    const NameRules& names_;
    Fields fields_;
};

}  // namespace

RemovalRows read_removals(InputFile& file, const RowOptions& options, bool events, IdKind ids, const NameRules& names) {
    LineBlocks blocks(file);
    LineBlock block;
    std::vector<char> buffer;
    std::optional<Reading> reading;
    std::uint64_t number = 0;
    bool header = false;
    while (blocks.next(block, buffer)) {
        if (!reading) {
            if (!block.cut_short && first_rows(block.text, options.comments, 1).empty()) {
                number += static_cast<std::uint64_t>(std::count(block.text.begin(), block.text.end(), '\n'));
                continue;
            }
            RowFormat format =
                recognise_rows(block.cut_short ? std::string_view() : block.text, options, events, {}, file.path());
            format.time = RowFormat::none;
            header = format.header && !block.cut_short;
            reading.emplace(std::move(format), ids, names);
        }
        if (block.cut_short) {
            ++reading->found.num_rows;
            reading->found.rejects.push_back({++number,
                                              fmt::format("a line must not be longer than {} bytes", longest_text_line),
                                              std::string(block.text.substr(0, kept_bytes))});
            continue;
        }
        for (std::string_view text = block.text; !text.empty();) {
            std::string_view line = text.substr(0, text.find('\n'));
            text.remove_prefix(line.size() + 1);
            ++number;
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (header && !holds_no_row(line, options.comments)) {
                header = false;
                continue;
            }
            reading->take(line, number);
        }
    }
    RemovalRows found = reading ? std::move(reading->found) : RemovalRows{};
    found.sha256 = file.sha256();
    return found;
}

}  // namespace coterie
