#include "io/line_blocks.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

struct Pieces {
    std::string text;                ///< of all blocks
    std::vector<std::string> lines;  ///< those cut short as "cut"
    std::size_t largest = 0;
};

Pieces pieces_of(const std::string& path, BlockRules rules) {
    InputFile file(path);
    LineBlocks blocks(file, rules);
    std::vector<char> buffer;
    Pieces pieces;
    LineBlock block;
    std::size_t number = 0;
    while (blocks.next(block, buffer)) {
        EXPECT_EQ(block.number, number++);
        EXPECT_FALSE(block.text.empty());
        EXPECT_GE(buffer.data() + buffer.size(), block.text.data() + block.text.size() + readable_behind_blocks);
        pieces.text += block.text;
        pieces.largest = std::max(pieces.largest, buffer.size());
        if (!rules.at_lines) continue;
        EXPECT_TRUE(block.text.ends_with('\n'));
        std::string_view rest = block.text;
        for (std::size_t end = rest.find('\n'); !rest.empty(); end = rest.find('\n')) {
            pieces.lines.emplace_back(block.cut_short ? "cut" : rest.substr(0, end));
            rest.remove_prefix(end + 1);
        }
    }
    return pieces;
}

}  // namespace

TEST(LineBlocks, AreTheSameLinesWhereverTheyAreCut) {
    const TemporaryFolder folder;
    const std::string path = folder / "text";
    for (const std::string text :
         {"a\nbc\n\n\ndefghijklmnop\r\nq", "\n", "x", "one long line without an end", "\n\n\nab\n"}) {
        for (const std::string mark : {"", "\xef\xbb\xbf"}) {
            write_bytes(path, mark + text);
            for (std::size_t size = 1; size <= text.size() + 5; ++size) {
                const Pieces pieces = pieces_of(path, {.block_bytes = size});
                EXPECT_EQ(pieces.text, text.ends_with('\n') ? text : text + '\n') << size;
            }
        }
    }
    write_bytes(path, "\xef\xbb\xbf");
    EXPECT_TRUE(pieces_of(path, {}).lines.empty());
}

TEST(LineBlocks, CutLinesShortThatAreTooLongWhereverTheyStand) {
    const TemporaryFolder folder;
    const std::string path = folder / "text";
    const std::string ten(10, 'x');
    const std::string eleven(11, 'y');
    write_bytes(path,
                eleven + '\n' + ten + "\n1\n" + std::string(500, 'z') + "\n22\n" + eleven + '\n' + ten + '\n' + ten);
    for (std::size_t size = 1; size <= 30; ++size) {
        const Pieces pieces = pieces_of(path, {.longest_line = 10, .block_bytes = size});
        EXPECT_EQ(pieces.lines, (std::vector<std::string>{"cut", ten, "1", "cut", "22", "cut", ten, ten})) << size;
    }
    write_bytes(path, ten + '\n' + eleven);
    EXPECT_EQ(pieces_of(path, {.longest_line = 10}).lines, (std::vector<std::string>{ten, "cut"}));
    write_bytes(path, "\xef\xbb\xbf" + ten);
    EXPECT_EQ(pieces_of(path, {.longest_line = 10}).lines, (std::vector<std::string>{ten}));
}

TEST(LineBlocks, HoldALongLineOnlyIfTheRulesSay) {
    const TemporaryFolder folder;
    const std::string path = folder / "text";
    const std::string longer(std::size_t{3} << 20, 'x');
    write_bytes(path, "1\n" + longer + "\n2\n");
    const Pieces text = pieces_of(path, {});
    EXPECT_EQ(text.lines, (std::vector<std::string>{"1", "cut", "2"}));
    EXPECT_LT(text.largest, std::size_t{2} << 20);
    EXPECT_EQ(pieces_of(path, {.longest_line = std::size_t{4} << 20}).lines,
              (std::vector<std::string>{"1", longer, "2"}));
}

TEST(LineBlocks, MayBeCutAnywhere) {
    const TemporaryFolder folder;
    const std::string path = folder / "text";
    const std::string text = "\xef\xbb\xbf<a>\nno line end";
    write_bytes(path, text);
    for (std::size_t size = 1; size <= text.size() + 2; ++size)
        EXPECT_EQ(pieces_of(path, {.block_bytes = size, .at_lines = false}).text, text);
}

}  // namespace coterie::testing
