#include "io/accounts_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "host/errors.hpp"
#include "io/fields.hpp"

namespace coterie {

namespace {

constexpr std::array<std::string_view, 12> known_ids{"id",      "account", "account_id", "user",
                                                     "user_id", "userid",  "node",       "node_id",
                                                     "nodeid",  "handle",  "username",   "screen_name"};
// Names that the store keeps for its own arrays beside the columns.
constexpr std::array<std::string_view, 3> taken_names{"ids", "handles", "by_id"};
constexpr std::size_t rows_looked_at = 100;
constexpr std::size_t shown_bytes = 80;
constexpr std::size_t longest_row = std::size_t{256} << 10;

std::string whole_text(InputFile& file) {
    std::string text;
    std::size_t got = 0;
    do {
        const std::size_t filled = text.size();
        text.resize(filled + (std::size_t{1} << 20));
        got = file.read(text.data() + filled, text.size() - filled);
        text.resize(filled + got);
    } while (got > 0);
    if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
    return text;
}

std::string_view first_line(std::string_view text) {
    return text.substr(0, std::min(text.find('\n'), text.size()));
}

/// The row at the beginning of `text`: one line, or several if a quoted field reaches over them and is closed.
std::string_view first_row(std::string_view text, char separator, Fields& fields, bool& sound) {
    std::string_view row = first_line(text);
    for (;;) {
        std::string_view inside = row;
        if (inside.ends_with('\r')) inside.remove_suffix(1);
        sound = fields.split(inside, separator);
        if (sound) return row;
        // Only an odd number of quotes can be closed by a later line.
        const bool open = std::count(row.begin(), row.end(), '"') % 2 == 1;
        if (!open || row.size() == text.size() || row.size() > longest_row) return first_line(text);
        const std::string_view rest = text.substr(row.size() + 1);
        const std::size_t quote = rest.find('"');
        if (quote == std::string_view::npos) return first_line(text);
        row = text.substr(0, row.size() + 1 + quote + first_line(rest.substr(quote)).size());
    }
}

std::vector<std::string> texts(const Fields& fields) {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < fields.size(); ++i) result.emplace_back(fields[i]);
    return result;
}

std::size_t known_id(const std::vector<std::string>& names) {
    for (const std::string_view known : known_ids)
        for (std::size_t column = 0; column < names.size(); ++column)
            if (lowercase(names[column]) == known) return column;
    return RowFormat::none;
}

/// A name that a column of a store can have: no slash, none of the store's own, none twice.
std::string column_name(std::string name, std::size_t column, std::set<std::string>& given) {
    std::replace(name.begin(), name.end(), '/', '_');
    if (name.empty() || name == "." || name == ".." || !valid_utf8(name) || name.find('\0') != std::string::npos)
        name = fmt::format("column_{}", column + 1);
    if (std::find(taken_names.begin(), taken_names.end(), name) != taken_names.end()) name += "_column";
    while (!given.insert(name).second) name += fmt::format("_{}", column + 1);
    return name;
}

}  // namespace

AccountsTable read_accounts_table(InputFile& file, const RowOptions& options, const std::string& id_column) {
    const std::string text = whole_text(file);
    const std::vector<std::string_view> sample = first_rows(text, options.comments, rows_looked_at);
    AccountsTable table;
    if (sample.empty()) return table;
    const char separator = options.separator ? *options.separator : recognise_separator(sample).value_or(',');

    Fields fields;
    bool sound = false;
    // A header may be quoted over lines too: it is read as the rows are.
    const std::string_view from_first(sample[0].data(),
                                      static_cast<std::size_t>(text.data() + text.size() - sample[0].data()));
    first_row(from_first, separator, fields, sound);
    std::vector<std::string> names = texts(fields);
    const std::size_t width = names.size();

    const std::size_t named = known_id(names);
    const std::size_t chosen =
        id_column.empty() ? RowFormat::none : find_column(id_column, names).value_or(RowFormat::none);
    const bool is_chosen = chosen != RowFormat::none;
    bool header = options.header == HeaderChoice::yes;
    if (options.header == HeaderChoice::automatic) {
        const std::size_t ids = is_chosen ? chosen : named != RowFormat::none ? named : 0;
        std::size_t numbers = 0;
        for (std::size_t i = 1; i < sample.size(); ++i)
            numbers += fields.split(sample[i], separator) && ids < fields.size() && parse_id(fields[ids]);
        header = named != RowFormat::none || (is_chosen && !parse_id(id_column)) ||
                 (ids < names.size() && !looks_like_number(names[ids]) && 2 * numbers > sample.size() - 1);
    }
    if (!id_column.empty() && (!is_chosen || chosen >= width || (!header && !parse_id(id_column))))
        throw IoError(fmt::format(
            "{}: --accounts-id-column must name a column ({}), but is \"{}\"", file.path(),
            header ? fmt::format("{}", fmt::join(names, ", ")) : fmt::format("a number from 1 to {}", width),
            id_column));
    const std::size_t ids = is_chosen ? chosen : header && named != RowFormat::none ? named : 0;

    std::set<std::string> given;
    for (std::size_t column = 0; column < width; ++column)
        if (column != ids) table.column_names.push_back(column_name(header ? names[column] : "", column, given));
    table.columns.resize(table.column_names.size());

    std::uint64_t line = 0;
    std::string_view rest = text;
    bool header_ahead = header;
    while (!rest.empty()) {
        ++line;
        std::string_view row = first_line(rest);
        const auto skip = [&] { rest.remove_prefix(std::min(row.size() + 1, rest.size())); };
        if (holds_no_row(row.ends_with('\r') ? row.substr(0, row.size() - 1) : row, options.comments)) {
            skip();
            continue;
        }
        row = first_row(rest, separator, fields, sound);
        skip();
        const std::uint64_t began = line;
        line += static_cast<std::uint64_t>(std::count(row.begin(), row.end(), '\n'));
        if (std::exchange(header_ahead, false)) continue;
        ++table.rows;
        const auto reject = [&](std::string reason) {
            table.rejects.push_back({began, std::move(reason), std::string(row.substr(0, longest_row))});
        };
        if (row.size() > longest_row) {
            reject(fmt::format("a line must not be longer than {} bytes", longest_row));
        } else if (!sound) {
            reject(fmt::format("a quoted field must be closed, got \"{}\"", printable(row, shown_bytes)));
        } else if (!valid_utf8(row) || row.find('\0') != std::string_view::npos) {
            reject(fmt::format("the text must be UTF-8 without NUL bytes, got \"{}\"", printable(row, shown_bytes)));
        } else if (fields.size() > width) {
            reject(fmt::format("expected at most {} columns, got {}", width, fields.size()));
        } else if (ids >= fields.size() || fields[ids].empty()) {
            reject("the account's id must not be empty");
        } else {
            table.ids.emplace_back(fields[ids]);
            table.lines.push_back(began);
            for (std::size_t column = 0, next = 0; column < width; ++column)
                if (column != ids) table.columns[next++].emplace_back(column < fields.size() ? fields[column] : "");
        }
    }
    return table;
}

}  // namespace coterie
