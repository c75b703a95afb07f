#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "host/progress.hpp"
#include "io/store.hpp"

namespace coterie {

/// Cells that a table makes by itself.
struct RowPosition {};    ///< 1, 2, 3, … down the table
struct AccountItself {};  ///< the original id of the row's account
/// Other accounts, printed by their original ids.
struct OriginalIds {
    std::span<const AccountId> accounts;  ///< [n] by internal id
};

/// A column of a result, by internal id. Spans must stay valid while the table is written.
struct TableColumn {
    std::string name;
    std::variant<RowPosition, AccountItself, OriginalIds, std::span<const std::uint32_t>, std::span<const double>,
                 std::span<const std::string>>
        cells;
};

enum class TableFormat {
    csv,   ///< a header, then a row an account; cells are quoted where RFC 4180 needs it; lines end with \n
    json,  ///< an array of objects, one a line
};

/// One row for each account of `order`, in that order. Numbers are the shortest that read back as the same value.
struct ResultTable {
    std::shared_ptr<const Accounts> accounts;
    std::span<const AccountId> order;
    std::vector<TableColumn> columns;
};

/// `json` for names that end in .json, else `csv`.
TableFormat table_format(const std::filesystem::path& path);

/// Writes `table` to `path` beside its name and renames it into place; a device or a pipe is written straight; "-" is
/// standard output. Rows are formatted by `threads` threads; the bytes do not depend on how many.
/// Throws IoError if it cannot be written, Cancelled if `progress` asks to stop: then no file is left behind.
void write_table(const std::filesystem::path& path, TableFormat format, const ResultTable& table, int threads,
                 Progress* progress = nullptr);

/// Throws IoError unless a file can be made at `path`: before hours of work, not after them.
void require_writable(const std::filesystem::path& path);

/// `text` as a CSV cell: in quotes, with quotes doubled, if it holds a comma, a quote, a line break, or a space at an end.
std::string csv_cell(std::string_view text);

}  // namespace coterie
