#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/input_file.hpp"
#include "io/rejects.hpp"
#include "io/row_format.hpp"

namespace coterie {

/// A table of accounts as it stands in its file: an id and any columns, all as text.
struct AccountsTable {
    std::vector<std::string> column_names;          ///< without the id's; never empty, never twice the same
    std::vector<std::string> ids;                   ///< [rows]
    std::vector<std::uint64_t> lines;               ///< [rows] where each row begins, from 1
    std::vector<std::vector<std::string>> columns;  ///< [columns][rows]
    std::vector<Reject> rejects;
    std::uint64_t rows = 0;  ///< rejected ones included
};

/// Reads a table of accounts. Separator, comments and BOM as in files of edges; one column is enough (a list of ids); a
/// quoted field may reach over several lines. A row may have fewer fields than the first one: the rest is empty; a row with
/// more is rejected, as is text that is not UTF-8.
///
/// The header is recognised if its first row names a known id column (id, account, user, handle, …) or if its id is no number
/// while those of most rows below it are. The id column is `id_column` (a name or a number from 1), else the known name,
/// else the first. Columns without a header are called column_2, column_3, …
/// Throws IoError as InputFile does, and if `id_column` is not there.
AccountsTable read_accounts_table(InputFile& file, const RowOptions& options, const std::string& id_column);

}  // namespace coterie
