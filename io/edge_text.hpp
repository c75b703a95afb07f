#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/fields.hpp"
#include "io/line_blocks.hpp"
#include "io/raw_rows.hpp"
#include "io/rejects.hpp"
#include "io/row_format.hpp"

namespace coterie {

/// How the ids of accounts are read.
enum class IdKind { numeric, handles };

/// How one file of edges is read, and to which layers its rows go.
struct EdgeFilePlan {
    std::string path;
    RowFormat format;
    std::size_t layer = 0;  ///< of rows without a kind, and of rejected rows whose kind is unknown
    std::map<std::string, std::size_t, std::less<>> layer_of_kind;  ///< empty: the file has no kinds
};

/// What was counted in a piece of a file, layer by layer.
struct LayerTally {
    std::uint64_t rows = 0;
    std::uint64_t rejected = 0;
    double first_time = std::numeric_limits<double>::infinity();
    double last_time = -std::numeric_limits<double>::infinity();

    void add(const LayerTally& other);
};

struct BlockTally {
    std::uint64_t lines = 0;
    std::uint64_t number_rows = 0;  ///< rows whose ids both look like numbers
    std::uint64_t word_rows = 0;    ///< rows with an id that does not
    std::vector<LayerTally> layers;
    std::vector<Reject> rejects;  ///< in the order of their lines, which count from 1 in the block
};

/// Parses blocks of one file for one thread. What depends on a row depends on that row alone, so that blocks can be parsed
/// in any order by any thread.
///
/// A row is one line; a quoted field cannot reach into the next one. Columns that are not used are not looked at.
class EdgeParser {
  public:
    EdgeParser(const EdgeFilePlan& plan, IdKind ids, ThreadRows& into);

    BlockTally parse(const LineBlock& block);

  private:
    void parse_line(std::string_view line);
    const char* parse_numbers(const char* line, const char* end);
    void reject(std::size_t layer, std::string_view line, std::string reason);
    std::optional<std::uint64_t> id(std::string_view text, std::string_view role, std::string& problem);
    std::string too_few_columns(std::string_view line) const;

    const EdgeFilePlan* plan_;
    IdKind ids_;
    ThreadRows* into_;
    std::size_t columns_;
    bool two_leading_numbers_;  ///< nothing but two numbers at the beginning of each line is needed
    Fields fields_;
    BlockTally tally_;
};

}  // namespace coterie
