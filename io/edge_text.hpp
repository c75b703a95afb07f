#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "io/block_parser.hpp"
#include "io/fields.hpp"
#include "io/formats/graphalytics.hpp"
#include "io/formats/input_format.hpp"
#include "io/formats/json_scan.hpp"
#include "io/plain_rows.hpp"
#include "io/row_format.hpp"

namespace coterie {

/// How one file of edges is read, and to which layers its rows go.
struct EdgeFilePlan {
    std::string path;
    RowFormat format;
    std::size_t layer = 0;  ///< of rows without a kind, and of rejected rows whose kind is unknown
    std::map<std::string, std::size_t, std::less<>> layer_of_kind;  ///< empty: the file has no kinds
    InputFormat input = InputFormat::text;
    JsonLayout json = JsonLayout::lines;
    bool posts = false;                                            ///< given as a file of posts
    bool undirected = false;                                       ///< the file says so
    std::optional<GraphalyticsParts> graphalytics = std::nullopt;  ///< what stands beside it
};

/// Parses blocks of one file for one thread. What depends on a row depends on that row alone, so that blocks can be parsed
/// in any order by any thread.
///
/// A row is one line; a quoted field cannot reach into the next one. Columns that are not used are not looked at.
class EdgeParser : public BlockParser {
  public:
    EdgeParser(const EdgeFilePlan& plan, IdKind ids, ThreadRows& into);

    BlockTally parse(const LineBlock& block) override;

  private:
    /// What a row says beside its ids.
    struct Event {
        std::size_t layer = 0;
        float weight = 1;
        double time = 0;
    };

    void parse_line(std::string_view line);
    const char* parse_plain_rows(const char* line, const char* end);
    const char* parse_numbers(const char* line, const char* end);
    const TimeRule* rule_of(std::size_t layer) const;
    void add(std::uint64_t source, std::uint64_t target, const Event& event);
    void hold(std::string_view source, std::string_view target, const Event& event);
    void number_held_rows();
    void reject(std::size_t layer, std::string_view line, std::string reason);
    std::optional<std::uint64_t> id(std::string_view text, std::string_view role, std::string& problem);
    std::string too_few_columns(std::string_view line) const;

    const EdgeFilePlan* plan_;
    IdKind ids_;
    ThreadRows* into_;
    std::size_t columns_;
    bool weighted_;
    bool timed_;
    bool quick_ = false;                ///< most lines can be read by `plain_rows_`
    bool two_leading_numbers_ = false;  ///< nothing but two numbers at the beginning of each line is needed
    PlainRows plain_rows_;
    Fields fields_;
    HandleBatch held_;                                      ///< source, target, source, … of rows that wait
    std::array<Event, HandleBatch::most / 2> held_events_;  ///< what else those rows say
    BlockTally tally_;
};

/// Delimited text: `plan.format` is recognised from the beginning of the file.
class TextFormat : public FileFormat {
  public:
    /// `events`: rows are events, see recognise_rows.
    TextFormat(EdgeFilePlan plan, RowOptions options, bool events, Kinds kinds, IdKind ids)
        : plan_(std::move(plan)), options_(std::move(options)), events_(events), kinds_(std::move(kinds)), ids_(ids) {}

    bool recognise(std::string_view text) override;
    std::unique_ptr<BlockParser> parser(ThreadRows& into) override;
    bool weighted() const override { return plan_.format.weight != RowFormat::none; }
    const RowFormat& rows() const { return plan_.format; }

  private:
    EdgeFilePlan plan_;
    RowOptions options_;
    bool events_;
    Kinds kinds_;
    IdKind ids_;
};

}  // namespace coterie
