#include "io/removals.hpp"

#include <array>

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/targets.hpp"

namespace coterie::fuzz {

/// The files of --remove.
void removals(std::string_view bytes) {
    Choices choices(bytes);
    const IdKind ids = choices.below(2) == 0 ? IdKind::numeric : IdKind::handles;
    const bool events = choices.below(2) == 1;
    RowOptions options;
    options.header = std::array{HeaderChoice::automatic, HeaderChoice::yes, HeaderChoice::no}[choices.below(3)];
    options.weight_column = std::array{"", "none", "3", "weight"}[choices.below(4)];
    const MemoryFile file(bytes);
    InputFile input = file.open();
    const RemovalRows found = read_removals(input, options, events, ids, {.fold_case = true, .strip_at = true});
    require(found.rows.size() + found.rejects.size() == found.num_rows, "every row is read or rejected");
    for (const RemovalRows::Row& row : found.rows)
        require(!row.source.empty() && !row.target.empty(), "a row that is read names two accounts");
}

}  // namespace coterie::fuzz
