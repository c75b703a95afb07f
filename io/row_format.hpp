#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/fields.hpp"

namespace coterie {

enum class HeaderChoice { automatic, yes, no };

/// What a user says about the text of the input; what is left open is recognised file by file.
struct RowOptions {
    std::optional<char> separator = {};  ///< `blanks`: runs of spaces and tabs
    HeaderChoice header = HeaderChoice::automatic;
    std::string comments = "#%";  ///< a line that begins with one of these is a comment
    // Columns by name or by number, from 1. Empty: recognised. "none": there is no such column.
    std::string source_column = {};
    std::string target_column = {};
    std::string weight_column = {};
    std::string time_column = {};
    std::string kind_column = {};
};

/// How the rows of one file of edges are read.
struct RowFormat {
    static constexpr std::size_t none = SIZE_MAX;

    char separator = ',';
    bool header = false;
    std::string comments = "#%";
    // Columns, from 0.
    std::size_t source = 0;
    std::size_t target = 1;
    std::size_t weight = none;
    std::size_t time = none;
    std::size_t kind = none;
    std::vector<std::string> names;  ///< the fields of the header, if there is one

    /// Fields that a row must have at least.
    std::size_t columns_needed() const;
};

/// Codes of events in a kind column and the layers they go to: RT → retweet.
using Kinds = std::map<std::string, std::string, std::less<>>;

/// Recognises how the file `path` is to be read from its beginning `head` (whole lines).
///
/// - Separator: of tab, comma, semicolon and blanks the one that splits most of the first hundred rows into at least two
///   fields; the earlier one of these if several do.
/// - Header: the first row, if it names a known source and target column, or if its two ids are no numbers while those of
///   most rows below it are.
/// - Source and target: by name (source/target, src/dst, from/to, id_1/id_2, follower/followed, …), else the first two.
/// - Weight: by name where rows are events (`events`: mentions and the like). A follow layer has a weight only if the
///   options name its column: following twice is no more than following.
/// - Time: by name.
/// - Kind, if there are `kinds`: by name, else the column beside the ids that holds one of them in the most rows.
/// - Rows of events without a header: a third column of numbers is the time if most are at least 10^8 (Unix seconds since
///   1973), else the weight if there is no fourth.
///
/// Throws IoError if the options name a source or target column that the file lacks.
RowFormat recognise_rows(std::string_view head, const RowOptions& options, bool events, const Kinds& kinds,
                         const std::string& path);

/// The separator that splits most of `rows` into several fields, or nothing if none does.
std::optional<char> recognise_separator(const std::vector<std::string_view>& rows);

/// The first rows of `head`, at most `at_most`: neither comments nor blank.
std::vector<std::string_view> first_rows(std::string_view head, std::string_view comments, std::size_t at_most);

/// The position of the column that `choice` names among `names` (case does not matter) or numbers from 1; nothing if there is none.
std::optional<std::size_t> find_column(const std::string& choice, const std::vector<std::string>& names);

/// The columns among `names` whose names say what they are: as in a header. RowFormat::none where there is none; source and
/// target are there together or not at all.
struct KnownColumns {
    std::size_t source = RowFormat::none;
    std::size_t target = RowFormat::none;
    std::size_t weight = RowFormat::none;
    std::size_t time = RowFormat::none;
    std::size_t kind = RowFormat::none;
};
KnownColumns known_columns(const std::vector<std::string>& names);

/// How `separator` is written in a text for people: ',' tab blanks.
std::string separator_name(char separator);

/// True for a line that holds no row: a comment, or nothing but blanks.
inline bool holds_no_row(std::string_view line, std::string_view comments) {
    return line.empty() || comments.find(line[0]) != std::string_view::npos ||
           line.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace coterie
