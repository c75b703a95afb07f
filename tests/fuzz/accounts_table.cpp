#include "io/accounts_table.hpp"

#include <array>
#include <set>
#include <string>

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/targets.hpp"

namespace coterie::fuzz {

/// A table of accounts, with quoted fields over several lines.
void accounts_table(std::string_view bytes) {
    Choices choices(bytes);
    RowOptions options;
    options.header = std::array{HeaderChoice::automatic, HeaderChoice::yes, HeaderChoice::no}[choices.below(3)];
    const std::string id_column = std::array{"", "1", "2", "id", "name"}[choices.below(5)];
    const MemoryFile file(bytes);
    InputFile input = file.open();
    const AccountsTable table = read_accounts_table(input, options, id_column);
    require(table.ids.size() + table.rejects.size() == table.rows, "every row is read or rejected");
    require(table.lines.size() == table.ids.size(), "every row has a line");
    require(table.columns.size() == table.column_names.size(), "every column has a name");
    for (const auto& column : table.columns) require(column.size() == table.ids.size(), "a column has a value a row");
    require(
        std::set<std::string>(table.column_names.begin(), table.column_names.end()).size() == table.column_names.size(),
        "columns have different names");
}

}  // namespace coterie::fuzz
