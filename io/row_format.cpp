#include "io/row_format.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "host/errors.hpp"

namespace coterie {

namespace {

constexpr std::size_t rows_looked_at = 100;
constexpr std::array<char, 4> separators{'\t', ',', ';', blanks};
constexpr double earliest_unix_time = 1e8;

// Pairs: source and target of one row must come from the same pair of words.
struct Ends {
    std::string_view source;
    std::string_view target;
};
constexpr std::array<Ends, 21> known_ends{{{"source", "target"},
                                           {"source_id", "target_id"},
                                           {"sourceid", "targetid"},
                                           {"src", "dst"},
                                           {"src", "dest"},
                                           {"src", "tgt"},
                                           {"src_id", "dst_id"},
                                           {"from", "to"},
                                           {"from_id", "to_id"},
                                           {"fromnodeid", "tonodeid"},
                                           {"from_node", "to_node"},
                                           {"id_1", "id_2"},
                                           {"id1", "id2"},
                                           {"node1", "node2"},
                                           {"node_1", "node_2"},
                                           {"user1", "user2"},
                                           {"follower", "followed"},
                                           {"follower", "followee"},
                                           {"follower_id", "followed_id"},
                                           {"follower_id", "followee_id"},
                                           {"user_a", "user_b"}}};
constexpr std::array<std::string_view, 5> known_weights{"weight", "weights", "count", "strength", "num_events"};
constexpr std::array<std::string_view, 8> known_times{"timestamp", "time",     "unix_time",  "unixtime",
                                                      "date",      "datetime", "created_at", "ts"};
constexpr std::array<std::string_view, 6> known_kinds{"kind",  "type",      "interaction", "interaction_type",
                                                      "event", "event_type"};

std::optional<std::size_t> find_name(const std::vector<std::string>& names, std::string_view name) {
    for (std::size_t column = 0; column < names.size(); ++column)
        if (lowercase(names[column]) == name) return column;
    return std::nullopt;
}

template <std::size_t count>
std::size_t find_any(const std::vector<std::string>& names, const std::array<std::string_view, count>& known) {
    for (const std::string_view name : known)
        if (const auto column = find_name(names, name)) return *column;
    return RowFormat::none;
}

std::vector<std::string> fields_of(std::string_view row, char separator) {
    Fields fields;
    fields.split(row, separator);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < fields.size(); ++i) texts.emplace_back(fields[i]);
    return texts;
}

/// Positions of source and target among `names`, by a known pair of words.
std::optional<std::pair<std::size_t, std::size_t>> find_ends(const std::vector<std::string>& names) {
    for (const Ends& ends : known_ends) {
        const auto source = find_name(names, ends.source);
        const auto target = find_name(names, ends.target);
        if (source && target) return std::pair{*source, *target};
    }
    return std::nullopt;
}

class Sample {
  public:
    Sample(const std::vector<std::string_view>& rows, char separator) {
        for (const std::string_view row : rows) rows_.push_back(fields_of(row, separator));
    }

    bool empty() const { return rows_.empty(); }
    const std::vector<std::string>& first() const { return rows_.front(); }
    void drop_first() { rows_.erase(rows_.begin()); }

    /// In how many rows from `begin` on the column stands and `claim` holds.
    template <class Claim>
    std::size_t count(std::size_t column, Claim claim, std::size_t begin = 0) const {
        std::size_t holds = 0;
        for (std::size_t i = begin; i < rows_.size(); ++i) holds += rows_[i].size() > column && claim(rows_[i][column]);
        return holds;
    }
    /// True if that is so in more than half of them.
    template <class Claim>
    bool mostly(std::size_t column, Claim claim, std::size_t begin = 0) const {
        return rows_.size() > begin && 2 * count(column, claim, begin) > rows_.size() - begin;
    }
    bool mostly_numbers(std::size_t column, std::size_t begin = 0) const {
        return mostly(
            column, [](const std::string& text) { return parse_number(text).has_value(); }, begin);
    }
    bool mostly_this_wide(std::size_t columns) const {
        const auto wide =
            std::count_if(rows_.begin(), rows_.end(), [&](const auto& row) { return row.size() == columns; });
        return 2 * static_cast<std::size_t>(wide) > rows_.size();
    }

  private:
    std::vector<std::vector<std::string>> rows_;
};

std::size_t needed_column(const std::string& choice, const RowFormat& format, std::string_view role,
                          const std::string& path) {
    if (const auto column = find_column(choice, format.names)) return *column;
    if (format.names.empty())
        throw IoError(
            fmt::format("{}: --{}-column must be a number from 1, since the file has no header, but is \"{}\" (if its "
                        "first line is one: --header yes)",
                        path, role, choice));
    throw IoError(fmt::format("{}: --{}-column must name a column of the header ({}), but is \"{}\"", path, role,
                              fmt::join(format.names, ", "), choice));
}

/// A column that this file may lack, since the option speaks of all files.
std::size_t optional_column(const std::string& choice, const RowFormat& format, const Sample& sample) {
    if (choice == "none") return RowFormat::none;
    const auto column = find_column(choice, format.names);
    if (!column) return RowFormat::none;
    const bool wide_enough = sample.empty() || *column < format.names.size() ||
                             sample.mostly(*column, [](const std::string&) { return true; });
    return wide_enough ? *column : RowFormat::none;
}

}  // namespace

std::size_t RowFormat::columns_needed() const {
    std::size_t needed = std::max(source, target) + 1;
    for (const std::size_t column : {weight, time, kind})
        if (column != none) needed = std::max(needed, column + 1);
    return needed;
}

std::vector<std::string_view> first_rows(std::string_view head, std::string_view comments, std::size_t at_most) {
    std::vector<std::string_view> rows;
    while (!head.empty() && rows.size() < at_most) {
        const std::size_t end = std::min(head.find('\n'), head.size());
        std::string_view line = head.substr(0, end);
        head.remove_prefix(std::min(end + 1, head.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!holds_no_row(line, comments)) rows.push_back(line);
    }
    return rows;
}

std::optional<char> recognise_separator(const std::vector<std::string_view>& rows) {
    std::optional<char> best;
    std::size_t most = 0;
    Fields fields;
    for (const char separator : separators) {
        std::size_t split = 0;
        for (const std::string_view row : rows) split += fields.split(row, separator, 2) && fields.size() >= 2;
        if (split > most) {
            most = split;
            best = separator;
        }
    }
    return best;
}

std::optional<std::size_t> find_column(const std::string& choice, const std::vector<std::string>& names) {
    if (const auto column = find_name(names, lowercase(choice))) return column;
    if (const auto number = parse_id(choice); number && *number > 0) return static_cast<std::size_t>(*number) - 1;
    return std::nullopt;
}

KnownColumns known_columns(const std::vector<std::string>& names) {
    KnownColumns known;
    if (const auto ends = find_ends(names)) {
        known.source = ends->first;
        known.target = ends->second;
    }
    known.weight = find_any(names, known_weights);
    known.time = find_any(names, known_times);
    known.kind = find_any(names, known_kinds);
    return known;
}

std::string separator_name(char separator) {
    if (separator == '\t') return "tab";
    if (separator == blanks) return "space";
    return fmt::format("'{}'", separator);
}

RowFormat recognise_rows(std::string_view head, const RowOptions& options, bool events, const Kinds& kinds,
                         const std::string& path) {
    RowFormat format;
    format.comments = options.comments;
    const std::vector<std::string_view> rows = first_rows(head, options.comments, rows_looked_at);
    format.separator = options.separator ? *options.separator : recognise_separator(rows).value_or(',');
    Sample sample(rows, format.separator);
    if (sample.empty()) {
        format.header = options.header == HeaderChoice::yes;
        return format;
    }

    const auto position = [&](const std::string& choice, std::size_t otherwise) {
        return choice.empty() ? otherwise : find_column(choice, sample.first()).value_or(otherwise);
    };
    const auto by_name = find_ends(sample.first());
    if (options.header == HeaderChoice::automatic) {
        const bool named_by_option = !options.source_column.empty() &&
                                     find_name(sample.first(), lowercase(options.source_column)) &&
                                     !parse_id(options.source_column);
        const std::size_t source = position(options.source_column, 0);
        const std::size_t target = position(options.target_column, 1);
        const auto word = [&](std::size_t column) {
            return column < sample.first().size() && !sample.first()[column].empty() &&
                   !looks_like_number(sample.first()[column]);
        };
        format.header =
            by_name || named_by_option ||
            (word(source) && word(target) && sample.mostly_numbers(source, 1) && sample.mostly_numbers(target, 1));
    } else {
        format.header = options.header == HeaderChoice::yes;
    }
    if (format.header) {
        format.names = sample.first();
        sample.drop_first();
        if (const auto ends = find_ends(format.names)) {
            format.source = ends->first;
            format.target = ends->second;
        }
    }
    if (!options.source_column.empty()) format.source = needed_column(options.source_column, format, "source", path);
    if (!options.target_column.empty()) format.target = needed_column(options.target_column, format, "target", path);
    if (format.source == format.target)
        throw IoError(
            fmt::format("{}: source and target must be two columns, but both are column {}", path, format.source + 1));

    if (!options.weight_column.empty()) {
        format.weight = optional_column(options.weight_column, format, sample);
    } else if (events) {
        format.weight = find_any(format.names, known_weights);
    }
    format.time = options.time_column.empty() ? find_any(format.names, known_times)
                                              : optional_column(options.time_column, format, sample);
    if (!kinds.empty()) {
        format.kind = options.kind_column.empty() ? find_any(format.names, known_kinds)
                                                  : optional_column(options.kind_column, format, sample);
        const auto is_kind = [&](const std::string& text) { return kinds.find(text) != kinds.end(); };
        if (options.kind_column.empty() && format.kind == RowFormat::none && !sample.empty()) {
            std::size_t most = 0;
            for (std::size_t column = 0; column < sample.first().size(); ++column) {
                const std::size_t holds = sample.count(column, is_kind);
                if (column == format.source || column == format.target || holds <= most) continue;
                most = holds;
                format.kind = column;
            }
        }
        if (format.kind == RowFormat::none) {
            std::vector<std::string_view> codes;
            for (const auto& kind : kinds) codes.push_back(kind.first);
            throw IoError(
                fmt::format("{}: --kinds needs a column that holds them ({}), but none was recognised; name it by "
                            "--kind-column",
                            path, fmt::join(codes, ", ")));
        }
    }

    const bool third_is_free = format.source < 2 && format.target < 2 && format.kind != 2;
    if (events && format.names.empty() && third_is_free && sample.mostly_numbers(2)) {
        const auto late = [](const std::string& text) { return parse_number(text).value_or(0) >= earliest_unix_time; };
        const bool is_time = sample.mostly(2, late);
        if (is_time && options.time_column.empty() && format.weight != 2) format.time = 2;
        if (!is_time && options.weight_column.empty() && format.time != 2 && sample.mostly_this_wide(3))
            format.weight = 2;
    }
    return format;
}

}  // namespace coterie
