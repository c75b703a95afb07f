#include "io/formats/binary_edges.hpp"

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/targets.hpp"

namespace coterie::fuzz {

/// Records of two numbers: whatever the bytes are, each whole record is a row.
void binary_edges(std::string_view bytes) {
    Choices choices(bytes);
    const std::size_t record = choices.below(2) == 0 ? 8 : 16;
    const IdKind ids = choices.below(2) == 0 ? IdKind::numeric : IdKind::handles;
    BinaryEdges format(record, 1, ids);
    std::vector<ThreadRows> read = read_as(format, 2, bytes, {}, Compression::by_name);
    std::size_t rows = 0;
    for (const auto& segment : read[0].layers[1].narrow.take()) rows += segment.rows;
    for (const auto& segment : read[0].layers[1].wide.take()) rows += segment.rows;
    require(rows == bytes.size() / record, "every whole record is a row");
}

}  // namespace coterie::fuzz
