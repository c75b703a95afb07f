#include <array>
#include <utility>

#include "io/edge_text.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/targets.hpp"

namespace coterie::fuzz {

/// Delimited text: recognising the format, cutting into lines, parsing, rejecting.
void edges(std::string_view bytes) {
    Choices choices(bytes);
    const IdKind ids = choices.below(2) == 0 ? IdKind::numeric : IdKind::handles;
    const bool events = choices.below(2) == 1;
    RowOptions options;
    options.header = std::array{HeaderChoice::automatic, HeaderChoice::yes, HeaderChoice::no}[choices.below(3)];
    const char* const columns[] = {"", "1", "2", "3", "none", "time", "weight"};
    options.time_column = columns[choices.below(7)];
    options.weight_column = columns[choices.below(7)];
    Kinds kinds;
    EdgeFilePlan plan{.path = "fuzz", .format = {}, .layer = 0, .layer_of_kind = {}};
    if (choices.below(3) == 1) {
        kinds = {{"RT", "retweet"}, {"MT", "mention"}};
        plan.layer_of_kind = {{"RT", 0}, {"MT", 1}};
    }
    TextFormat format(std::move(plan), options, events, kinds, ids);
    read_as(format, 2, bytes);
}

}  // namespace coterie::fuzz
