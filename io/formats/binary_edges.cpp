#include "io/formats/binary_edges.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace coterie {

namespace {

static_assert(std::endian::native == std::endian::little, "records are read as they stand");

std::string hexadecimal(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return text;
}

template <class Number>
class BinaryParser : public BlockParser {
  public:
    BinaryParser(std::size_t layer, IdKind ids, ThreadRows& into) : layer_(layer), ids_(ids), into_(into) {}

    BlockTally parse(const LineBlock& block) override {
        constexpr std::size_t record = 2 * sizeof(Number);
        const std::size_t count = block.text.size() / record;
        for (std::size_t i = 0; i < count; ++i) {
            Number ends[2];
            std::memcpy(ends, block.text.data() + i * record, record);
            add(ends[0], ends[1]);
        }
        BlockTally tally;
        tally.layers.resize(into_.layers.size());
        tally.lines = tally.number_rows = tally.layers[layer_].rows = count;
        if (const std::string_view left = block.text.substr(count * record); !left.empty()) {
            ++tally.lines;
            ++tally.layers[layer_].rows;
            ++tally.layers[layer_].rejected;
            tally.rejects.push_back(
                {tally.lines,
                 fmt::format("a record must have {} bytes, but the file ends after {} of them", record, left.size()),
                 hexadecimal(left)});
        }
        return tally;
    }

  private:
    void add(Number source, Number target) {
        LayerRows& rows = into_.layers[layer_];
        if (ids_ == IdKind::handles) {
            const std::uint64_t number = into_.handles.number_of(std::to_string(source));
            rows.add(number, into_.handles.number_of(std::to_string(target)));
        } else if constexpr (sizeof(Number) == sizeof(std::uint32_t)) {
            rows.narrow.add(source, target);
        } else {
            rows.add(source, target);
        }
    }

    std::size_t layer_;
    IdKind ids_;
    ThreadRows& into_;
};

}  // namespace

BlockRules BinaryEdges::blocks() const {
    BlockRules rules;  // the length of a block is a multiple of that of a record
    rules.at_lines = false;
    return rules;
}

std::unique_ptr<BlockParser> BinaryEdges::parser(ThreadRows& into) {
    if (record_bytes_ == 2 * sizeof(std::uint32_t))
        return std::make_unique<BinaryParser<std::uint32_t>>(layer_, ids_, into);
    return std::make_unique<BinaryParser<std::uint64_t>>(layer_, ids_, into);
}

}  // namespace coterie
