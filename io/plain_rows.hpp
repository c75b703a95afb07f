#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/block_parser.hpp"
#include "io/fields.hpp"
#include "io/row_format.hpp"

namespace coterie {

/// One row of edges.
struct ParsedRow {
    std::uint64_t source = 0;  ///< of numeric ids
    std::uint64_t target = 0;
    std::string_view source_text = {};  ///< of handles, in the block
    std::string_view target_text = {};
    std::size_t layer = 0;
    float weight = 1;
    double time = 0;
};

/// The quick way through most lines of delimited text: eight bytes at a time, without splitting lines into fields first. It
/// reads rows without quotes in which every column that is needed is sound, and gives up on any other line, which is then for EdgeParser to read or to reject. What it does read, both read alike.
class PlainRows {
  public:
    /// `layer_of_kind` as in EdgeFilePlan; rows without a kind are of `layer`.
    PlainRows(const RowFormat& format, IdKind ids, std::size_t layer,
              const std::map<std::string, std::size_t, std::less<>>& layer_of_kind);

    /// False if the format asks for what no line can be read quickly by.
    bool possible() const { return possible_; }

    /// Reads the line at `line` into `row` and returns where the next line begins; null if it is none for the quick way.
    /// Behind the block's last line end `readable_behind_blocks` bytes must be readable.
    const char* read(const char* line, ParsedRow& row);

  private:
    enum class Role : unsigned char { none, source, target, weight, time, kind };
    bool separates(char c) const { return c == separator_ || c == second_separator_; }
    bool ends_field(const char* end) const {
        return end != nullptr && (separates(*end) || *end == '\n' || *end == '\r');
    }
    // These four are all of `read`, which is where the time of an ingest goes: as calls they would cost a third more.
    [[gnu::always_inline]] const char* field_end(const char* field, std::uint64_t& odd) const;
    [[gnu::always_inline]] const char* id_at(const char* field, std::uint64_t& number, std::string_view& text) const;
    [[gnu::always_inline]] const char* value_at(const char* field, Role role, ParsedRow& row);
    [[gnu::always_inline]] const char* line_behind(const char* end) const;
    bool find_layer(std::string_view kind, std::size_t& layer) const;

    char separator_;
    char other_blank_;       ///< beside ' ', what may stand around fields
    char second_separator_;  ///< a tab beside blanks, else the separator once more
    IdKind ids_;
    std::size_t layer_;
    bool possible_ = true;
    std::array<bool, 256> begins_row_{};
    std::vector<Role> roles_;  ///< of the columns, up to the last that is needed
    std::vector<std::pair<std::string, std::size_t>> layers_of_kinds_;
    TimeReader time_of_;
};

}  // namespace coterie
