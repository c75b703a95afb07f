#include <array>
#include <utility>

#include "io/formats/json_rows.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/targets.hpp"

namespace coterie::fuzz {

/// Rows in JSON, with fields that are recognised or named, some a level down.
void json_rows(std::string_view bytes) {
    Choices choices(bytes);
    const IdKind ids = choices.below(2) == 0 ? IdKind::numeric : IdKind::handles;
    const bool events = choices.below(2) == 1;
    const JsonLayout layout = choices.below(2) == 0 ? JsonLayout::lines : JsonLayout::documents;
    RowOptions options;
    options.source_column = std::array{"", "from", "user.id", "a.b.c"}[choices.below(4)];
    options.target_column = std::array{"", "to", "in_reply.user.id", ".", "x"}[choices.below(5)];
    options.weight_column = std::array{"", "none", "weight"}[choices.below(3)];
    EdgeFilePlan plan{.path = "fuzz", .format = {}, .layer = 0, .layer_of_kind = {}};
    if (choices.below(2) == 1) plan.layer_of_kind = {{"reply", 1}, {"mention", 0}};
    JsonRowsFormat format(std::move(plan), options, events, layout, ids);
    read_as(format, 2, bytes);
}

}  // namespace coterie::fuzz
