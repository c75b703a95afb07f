#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "host/errors.hpp"
#include "io/fields.hpp"
#include "io/row_format.hpp"
#include "io/sha256.hpp"

namespace coterie::testing {

namespace {

std::vector<std::string> split(std::string_view line, char separator) {
    Fields fields;
    if (!fields.split(line, separator)) return {"not sound"};
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < fields.size(); ++i) texts.emplace_back(fields[i]);
    return texts;
}

using Texts = std::vector<std::string>;

RowFormat recognised(std::string_view text, const RowOptions& options = {}, bool events = false,
                     const Kinds& kinds = {}) {
    return recognise_rows(text, options, events, kinds, "file");
}

}  // namespace

TEST(Fields, AreSplitAtTheSeparator) {
    EXPECT_EQ(split("1,2,x y", ','), (Texts{"1", "2", "x y"}));
    EXPECT_EQ(split("1,2,", ','), (Texts{"1", "2", ""}));
    EXPECT_EQ(split(",", ','), (Texts{"", ""}));
    EXPECT_EQ(split("1\t\t2", '\t'), (Texts{"1", "", "2"}));
    EXPECT_EQ(split("  1 \t 2  ", blanks), (Texts{"1", "2"}));
    EXPECT_EQ(split(" 1 ; 2 ", ';'), (Texts{"1", "2"}));
    EXPECT_EQ(split("", ','), (Texts{}));
}

TEST(Fields, MayBeQuotedWithDoubledQuotesAndSeparatorsInside) {
    EXPECT_EQ(split(R"("a,b","say ""hi""",c)", ','), (Texts{"a,b", "say \"hi\"", "c"}));
    EXPECT_EQ(split(R"("","""")", ','), (Texts{"", "\""}));
    EXPECT_EQ(split(R"( "a" , b)", ','), (Texts{"a", "b"}));
    EXPECT_EQ(split(R"("a b" c)", blanks), (Texts{"a b", "c"}));
    EXPECT_EQ(split(R"(a"b,c)", ','), (Texts{"a\"b", "c"}));
}

TEST(Fields, WithAnOpenQuoteAreNotSound) {
    EXPECT_EQ(split(R"("a,b)", ','), (Texts{"not sound"}));
    EXPECT_EQ(split(R"("a"b,c)", ','), (Texts{"not sound"}));
}

TEST(Numbers, AreIdsUpToTheLastOf64Bits) {
    EXPECT_EQ(parse_id("0"), 0U);
    EXPECT_EQ(parse_id("007"), 7U);
    EXPECT_EQ(parse_id("18446744073709551615"), 18446744073709551615U);
    for (const char* text :
         {"18446744073709551616", "99999999999999999999", "-1", "+1", "1.0", "1e3", "0x10", "", " 1", "1a"})
        EXPECT_FALSE(parse_id(text)) << text;
}

TEST(Numbers, AreReadAlikeByTheQuickWay) {
    std::string digits;
    for (int length = 0; length <= 19; ++length) {
        for (const std::string_view behind : {",", "\n", " ", "\xff", "a", "/", ":"}) {
            const std::string text = digits + std::string(behind) + "0000000000000000";
            std::uint64_t number = 0;
            const char* end = read_digits(text.data(), number);
            ASSERT_EQ(end - text.data(), length) << text;
            if (length > 0) {
                EXPECT_EQ(number, parse_id(digits)) << text;
            }
        }
        digits += static_cast<char>('0' + (length * 7 + 9) % 10);
    }
    const std::string twenty = "18446744073709551615,      ";
    std::uint64_t number = 0;
    EXPECT_EQ(read_digits(twenty.data(), number), twenty.data()) << "20 digits are left to parse_id";
}

TEST(Text, QuickTimesAreTheSameAsOthers) {
    TimeReader reader;
    EXPECT_EQ(reader("2012-07-01T00:02:52Z"), 1341100972);
    std::size_t read = 0;
    const auto expect_same = [&](std::string text) {
        text.resize(text.size() + TimeReader::readable, ',');
        double seconds = 0;
        const char* const end = reader.read(text.data(), seconds);
        if (end == nullptr) return;
        ++read;
        EXPECT_EQ(parse_time(text.substr(0, static_cast<std::size_t>(end - text.data()))), seconds) << text;
    };
    for (const std::string time : {"2012-07-01T23:59:60Z", "2012-07-01T19:34:08Z", "2012-07-01T00:02:52"}) {
        expect_same(time);
        for (std::size_t place = 0; place < time.size(); ++place)
            for (int c = 1; c < 256; ++c) {
                std::string other = time;
                other[place] = static_cast<char>(c);
                expect_same(other);
            }
    }
    EXPECT_GT(read, 100U);  // so many of them are times of that day
    double seconds = 0;
    EXPECT_EQ(reader.read("2012-07-02T00:02:52Z,,,,", seconds), nullptr);  // another day is none for the quick way
    EXPECT_EQ(reader.read("2012-07-01T24:02:52Z,,,,", seconds), nullptr);
}

TEST(Times, AreUnixSecondsOrIso8601) {
    EXPECT_EQ(parse_time("1341100972"), 1341100972);
    EXPECT_EQ(parse_time("1289241911.72836"), 1289241911.72836);
    EXPECT_EQ(parse_time("1970-01-01"), 0);
    EXPECT_EQ(parse_time("2012-07-01"), 1341100800);
    EXPECT_EQ(parse_time("2012-07-01T00:02:52Z"), 1341100972);
    EXPECT_EQ(parse_time("2012-07-01 00:02:52"), 1341100972);
    EXPECT_EQ(parse_time("2012-07-01T00:02"), 1341100920);
    EXPECT_EQ(parse_time("2012-07-01T00:02:52.5Z"), 1341100972.5);
    EXPECT_EQ(parse_time("2012-07-01T02:02:52+02:00"), 1341100972);
    EXPECT_EQ(parse_time("2012-06-30T19:02:52-0500"), 1341100972);
    EXPECT_EQ(parse_time("2024-02-29"), 1709164800);
    for (const char* text : {"", "yesterday", "2012-13-01", "2023-02-29", "2012-07-01T25:00", "2012-07-01T10",
                             "2012-07-01x", "nan", "inf", "2012-07-01T00:02:52+2"})
        EXPECT_FALSE(parse_time(text)) << text;
    EXPECT_EQ(iso_time(1341100972), "2012-07-01T00:02:52Z");
}

TEST(Utf8, IsToldFromOtherBytes) {
    EXPECT_TRUE(valid_utf8("Zoë 中文 🎉"));
    for (const char* text : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\x80"})
        EXPECT_FALSE(valid_utf8(text));
    EXPECT_EQ(printable("a\xff\nb", 80), "a\\xff\\x0ab");
    EXPECT_EQ(printable("abcdef", 3), "abc…");
}

TEST(Sha256, IsThatOfTheStandard) {
    Sha256 digest;
    digest.add("a", 1);
    digest.add("bc", 2);
    EXPECT_EQ(digest.hexadecimal(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(Sha256().hexadecimal(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(RowFormat, RecognisesSeparators) {
    EXPECT_EQ(recognised("1,2\n3,4\n").separator, ',');
    EXPECT_EQ(recognised("1;2\n3;4\n").separator, ';');
    EXPECT_EQ(recognised("1\t2\n3\t4\n").separator, '\t');
    EXPECT_EQ(recognised("1 2\n3  4\n").separator, blanks);
    EXPECT_EQ(recognised("1,2,2012-07-01 10:00\n3,4,2012-07-01 11:00\n").separator, ',');
    EXPECT_EQ(recognised("# a,b\n% c,d\n1;2\n").separator, ';');
    EXPECT_EQ(recognised("1,2\n", {.separator = ';'}).separator, ';');
}

TEST(RowFormat, RecognisesHeaders) {
    EXPECT_TRUE(recognised("src,dst\n1,2\n").header);
    EXPECT_TRUE(recognised("Source,Target\nalice,bob\n").header);
    EXPECT_TRUE(recognised("who,whom\n1,2\n3,4\n").header);
    EXPECT_TRUE(recognised("src,dst\n").header);
    EXPECT_TRUE(recognised("\"from\",\"to\"\n1,2\n").header);
    EXPECT_FALSE(recognised("1,2\n3,4\n").header);
    EXPECT_FALSE(recognised("alice,bob\ncarol,dave\n").header);
    EXPECT_FALSE(recognised("who,whom\n1,2\n", {.header = HeaderChoice::no}).header);
    EXPECT_TRUE(recognised("1,2\n3,4\n", {.header = HeaderChoice::yes}).header);
}

TEST(RowFormat, FindsColumnsByNameAndNumber) {
    const RowFormat swapped = recognised("time,to,from\n1,2,3\n");
    EXPECT_EQ(swapped.source, 2U);
    EXPECT_EQ(swapped.target, 1U);
    EXPECT_EQ(swapped.time, 0U);
    const RowFormat chosen = recognised("a,b,c\n1,2,3\n", {.source_column = "C", .target_column = "1"});
    EXPECT_EQ(chosen.source, 2U);
    EXPECT_EQ(chosen.target, 0U);
    EXPECT_THROW(recognised("a,b\n1,2\n", {.source_column = "x"}), IoError);
    EXPECT_THROW(recognised("1,2\n", {.target_column = "1"}), IoError);
}

TEST(RowFormat, TakesWeightsOfEventsByNameButOfFollowsOnlyIfAsked) {
    EXPECT_EQ(recognised("source,target,weight\n1,2,3\n", {}, true).weight, 2U);
    EXPECT_EQ(recognised("source,target,weight\n1,2,3\n").weight, RowFormat::none);
    EXPECT_EQ(recognised("source,target,weight\n1,2,3\n", {.weight_column = "weight"}).weight, 2U);
    EXPECT_EQ(recognised("source,target,weight\n1,2,3\n", {.weight_column = "none"}, true).weight, RowFormat::none);
}

TEST(RowFormat, TakesTheThirdColumnOfEventsForWeightOrTime) {
    EXPECT_EQ(recognised("1 2 1\n3 4 7\n", {}, true).weight, 2U);
    EXPECT_EQ(recognised("1 2 1\n3 4 7\n").weight, RowFormat::none);
    const RowFormat timed = recognised("1 2 1341100972\n3 4 1341100973\n", {}, true);
    EXPECT_EQ(timed.weight, RowFormat::none);
    EXPECT_EQ(timed.time, 2U);
}

TEST(RowFormat, FindsTheColumnThatHoldsKinds) {
    const Kinds kinds{{"RT", "retweet"}, {"MT", "mention"}};
    const RowFormat format = recognised("1 2 1341100972 RT\n3 4 1341100973 MT\n", {}, true, kinds);
    EXPECT_EQ(format.kind, 3U);
    EXPECT_EQ(format.time, 2U);
    EXPECT_EQ(format.weight, RowFormat::none);
    EXPECT_EQ(recognised("1 2 RT\n3 4 XX\n5 6 YY\n", {}, true, kinds).kind, 2U);
    EXPECT_THROW(recognised("1 2 3\n", {}, true, kinds), IoError);
}

}  // namespace coterie::testing
