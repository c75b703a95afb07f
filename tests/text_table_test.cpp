#include "io/text_table.hpp"

#include <gtest/gtest.h>

namespace coterie::testing {

TEST(TextTable, AlignsColumnsByWhatATerminalShows) {
    TextTable table({{"name", TextTable::Align::left, 8}, {"count"}});
    table.add({"中国", "7"});
    table.add({"e\u0301t\u00E9", "12"});  // é as e and a mark, and as one character
    table.add({"a very long name", "1"});
    EXPECT_EQ(table.text(" "),
              " name      count\n"
              " --------  -----\n"
              " 中国          7\n"
              " e\u0301t\u00E9          12\n"
              " a very …      1\n");
}

TEST(TextTable, CountsTheColumnsOfCharacters) {
    EXPECT_EQ(display_width(""), 0U);
    EXPECT_EQ(display_width("abc"), 3U);
    EXPECT_EQ(display_width("\u00E9"), 1U);
    EXPECT_EQ(display_width("e\u0301"), 1U);
    EXPECT_EQ(display_width("中国好声音"), 10U);
    EXPECT_EQ(display_width("한글"), 4U);
    EXPECT_EQ(display_width("\U0001F600"), 2U);
    EXPECT_EQ(display_width("\U0001F44D\U0001F3FD"), 2U);  // a thumb with its skin tone
    EXPECT_EQ(display_width("Ωμέγα"), 5U);
}

TEST(TextTable, LetsNothingSteerTheTerminal) {
    EXPECT_EQ(printable("a\x1b[2Jb\n\x7f"), "a\uFFFD[2Jb\uFFFD\uFFFD");
    EXPECT_EQ(printable("\xFF ok \xC3"), "\uFFFD ok \uFFFD");
    EXPECT_EQ(printable("\xC0\xAF"), "\uFFFD\uFFFD");            // overlong
    EXPECT_EQ(printable("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
    EXPECT_EQ(printable("中国 é"), "中国 é");
}

TEST(TextTable, ShortensWithoutCuttingACharacter) {
    EXPECT_EQ(shortened("abcdef", 6), "abcdef");
    EXPECT_EQ(shortened("abcdef", 5), "abcd…");
    EXPECT_EQ(shortened("中国好声音", 6), "中国…");
    EXPECT_EQ(shortened("abc", 0), "");
}

}  // namespace coterie::testing
