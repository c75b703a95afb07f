#include "io/ingest.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>
#include <string>

#include "host/errors.hpp"
#include "io/fields.hpp"
#include "tests/support/ingested.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

using Ids = std::vector<std::string>;

/// Files of a test in a folder of their own, and a store made from them.
class Ingest : public ::testing::Test {
  protected:
    std::string file(const std::string& name, const std::string& content) {
        write_bytes(folder_ / name, content);
        return folder_ / name;
    }
    std::string path(const std::string& name) const { return folder_ / name; }

    IngestReport follow(const std::string& content, IngestOptions options = {}) {
        options.files = {{"follow", file("follow.csv", content)}};
        return run(options);
    }
    IngestReport mention(const std::string& content, IngestOptions options = {}) {
        options.files = {{"mention", file("mention.csv", content)}};
        return run(options);
    }
    IngestReport run(const IngestOptions& options) {
        const IngestReport report = ingest(store(), options);
        for (const LayerInfo& layer : report.layers)
            EXPECT_EQ(layer.rows, layer.kept + layer.merged + layer.self_loops + layer.rejected) << layer.name;
        return report;
    }
    std::string store() const { return path("s.h5"); }
    OriginalEdges edges(std::string_view layer = "follow") const { return edges_of(store(), layer); }
    std::string rejects() const { return read_bytes(path("s.h5.rejects.csv")); }

    void expect_error(const std::string& content, const IngestOptions& options, const std::string& part) {
        try {
            follow(content, options);
            ADD_FAILURE() << "must throw: " << part;
        } catch (const std::exception& error) {
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
        }
    }

    TemporaryFolder folder_;
};

}  // namespace

TEST_F(Ingest, ReadsPlainText) {
    const IngestReport report = follow("src,dst\n1,2\n2,3\n1,2\n3,3\n");
    EXPECT_EQ(edges(), (OriginalEdges{{"1", "2", 1.0F}, {"2", "3", 1.0F}}));
    EXPECT_EQ(report.accounts, 3U);
    EXPECT_EQ(report.layers[0].rows, 4U);
    EXPECT_EQ(report.layers[0].merged, 1U);
    EXPECT_EQ(report.layers[0].self_loops, 1U);
    EXPECT_FALSE(report.layers[0].weighted);
    EXPECT_FALSE(std::filesystem::exists(path("s.h5.rejects.csv")));
}

TEST_F(Ingest, ReadsWhatSpreadsheetsAndWindowsWrite) {
    for (const std::string text :
         {"\xef\xbb\xbfsrc,dst\r\n1,2\r\n2,3", "1;2\r\n\r\n2;3\r\n", "# c\n\n1\t2\n2\t3\n\n", "  1   2\n2 \t 3  \n",
          "\"1\",\"2\"\n\"2\",\"3\"\n", "1, 2\n2 ,3\n", "% sym\n1 2 x\n2 3 \"open\n"}) {
        follow(text);
        EXPECT_EQ(edges(), (OriginalEdges{{"1", "2", 1.0F}, {"2", "3", 1.0F}})) << text;
    }
}

TEST_F(Ingest, ReadsGzipOfSeveralMembers) {
    follow(gzipped("1,2\n2,") + gzipped("") + gzipped("3\n"));
    EXPECT_EQ(edges(), (OriginalEdges{{"1", "2", 1.0F}, {"2", "3", 1.0F}}));
    follow(gzipped("1,2\n") + std::string(100, '\0'));
    EXPECT_EQ(edges(), (OriginalEdges{{"1", "2", 1.0F}}));
}

TEST_F(Ingest, ReadsZstd) {
    follow(zstd_compressed("1,2\n2,") + zstd_compressed("3\n"));
    EXPECT_EQ(edges(), (OriginalEdges{{"1", "2", 1.0F}, {"2", "3", 1.0F}}));
}

TEST_F(Ingest, SaysWhatIsWrongWithAFile) {
    const std::string compressed = gzipped("1,2\n2,3\n3,4\n");
    std::string damaged = compressed;
    damaged[compressed.size() - 6] ^= 1;
    expect_error(compressed.substr(0, compressed.size() - 9), {}, "follow.csv: ends after");
    expect_error(compressed.substr(0, compressed.size() - 9), {}, "the file is truncated");
    expect_error(damaged, {}, "follow.csv: its compressed data are damaged near byte");
    expect_error(compressed + "tail", {}, "stands something that is no gzip");
    expect_error("BZh91AY", {}, "compressed with bzip2");
    expect_error(std::string("\xff\xfe", 2) + std::string("1\0,\0", 4), {}, "UTF-16");
    EXPECT_FALSE(std::filesystem::exists(store()));

    IngestOptions options;
    options.files = {{"follow", path("absent.csv")}};
    EXPECT_THROW(run(options), IoError);
    options.files = {{"follow", folder_.path().string()}};
    EXPECT_THROW(run(options), IoError);
}

TEST_F(Ingest, SeesBeforeReadingThatTheStoreCannotBeWritten) {
    IngestOptions options;
    options.files = {{"follow", file("follow.csv", "1,2\n")}};
    EXPECT_THROW(ingest(path("absent/s.h5"), options), IoError);
}

TEST_F(Ingest, RefusesOptionsThatCannotBe) {
    EXPECT_THROW(run({}), std::invalid_argument);
    IngestOptions options;
    options.files = {{"follow", "-"}, {"mention", "-"}};
    EXPECT_THROW(run(options), std::invalid_argument);
    options.files = {{"a/b", file("a.csv", "1,2\n")}};
    EXPECT_THROW(run(options), std::invalid_argument);
    EXPECT_THROW(follow("1,2\n", {.kinds = {{"RT", "retweet"}}}), std::invalid_argument);
    EXPECT_THROW(follow("1,2\n", {.threads = -1}), std::invalid_argument);
    expect_error("a,b\n1,2\n", {.rows = {.weight_column = "w"}}, "--weight-column must name a column");
}

TEST_F(Ingest, TakesAnEmptyNetwork) {
    for (const std::string text : {"", "src,dst\n", "# nothing\n\n", "\n"}) {
        const IngestReport report = follow(text);
        EXPECT_EQ(report.accounts, 0U) << text;
        EXPECT_EQ(report.layers[0].rows, 0U) << text;
        EXPECT_TRUE(edges().empty());
    }
}

TEST_F(Ingest, KeepsIdsOf64BitsExactly) {
    follow("18446744073709551615,9007199254740993\n9007199254740993,9007199254740992\n0,18446744073709551615\n");
    EXPECT_EQ(accounts_of(store()), (Ids{"0", "9007199254740992", "9007199254740993", "18446744073709551615"}));
}

TEST_F(Ingest, RejectsIdsThatAreNoNumbersBelow2To64) {
    const IngestReport report = follow("1,2\n3,18446744073709551616\n-1,2\n2,1.0\n7,foo\n,2\n2,1\n");
    EXPECT_EQ(report.layers[0].rejected, 5U);
    EXPECT_EQ(accounts_of(store()), (Ids{"1", "2"}));
    EXPECT_EQ(report.rejects, path("s.h5.rejects.csv"));
    EXPECT_NE(rejects().find("follow.csv\",2,\"the target must be a whole number from 0 to 2^64 - 1, got "
                             "\"\"18446744073709551616\"\"\""),
              std::string::npos)
        << rejects();
    EXPECT_NE(rejects().find("the source must not be empty"), std::string::npos);
}

TEST_F(Ingest, OneBadLineMakesNoHandlesOfNumbers) {
    for (const char* bad : {"foo,bar", "foo;bar", "x", "12x,5"}) {
        for (const std::string& text : {fmt::format("1,2\n2,3\n{}\n", bad), fmt::format("{}\n1,2\n2,3\n3,1\n", bad)}) {
            const IngestReport report = follow(text, {.rows = {.header = HeaderChoice::no}});
            EXPECT_TRUE(report.numeric) << text;
            EXPECT_EQ(report.rejected, 1U) << text;
        }
    }
}

TEST_F(Ingest, DecidesOnHandlesByTheWholeInput) {
    // The beginning looks like handles, the whole does not, and the other way round.
    std::string words;
    std::string numbers;
    for (int i = 0; i < 1500; ++i) words += fmt::format("user{},user{}\n", i, i + 1);
    for (int i = 0; i < 2000; ++i) numbers += fmt::format("{},{}\n", i, i + 1);
    const IngestOptions lenient{.max_rejects = 10000};
    EXPECT_TRUE(follow(words + numbers, lenient).numeric);
    const std::string first = read_bytes(store());
    EXPECT_TRUE(follow(numbers + words, lenient).numeric);
    EXPECT_FALSE(follow(words + words + numbers, lenient).numeric);
    EXPECT_FALSE(follow(numbers + words + words, lenient).numeric);
    EXPECT_EQ(follow(numbers + words + words, lenient).rejected, 0U);
    EXPECT_THROW(follow(words + numbers), TooManyRejects);
}

TEST_F(Ingest, ReadsHandlesInOrderOfTheirBytes) {
    const IngestReport report =
        follow("src,dst\nbob,alice\nalice,Zoë\n\"comma, inc\",bob\n007,7\nalicebob1,alicebob2\n");
    EXPECT_FALSE(report.numeric);
    EXPECT_EQ(accounts_of(store()), (Ids{"007", "7", "Zoë", "alice", "alicebob1", "alicebob2", "bob", "comma, inc"}));
    EXPECT_EQ(edges()[1], (std::tuple<std::string, std::string, float>{"alice", "Zoë", 1.0F}));
}

TEST_F(Ingest, RejectsHandlesThatAreNotUtf8) {
    const IngestReport report = follow(std::string("alice,bob\nal\xffice,bob\nalice,b") + '\0' + "b\n");
    EXPECT_EQ(report.layers[0].rejected, 2U);
    EXPECT_NE(rejects().find("the source must be UTF-8, got \"\"al\\xffice\"\""), std::string::npos) << rejects();
    EXPECT_TRUE(valid_utf8(rejects()));
}

TEST_F(Ingest, NamesTheSeparatorThatWasMeant) {
    follow("1,2\n2,3\nA17;B3\n");
    EXPECT_NE(rejects().find("expected two columns, got \"\"A17;B3\"\" (is the separator ';'? try --separator ';')"),
              std::string::npos)
        << rejects();
}

TEST_F(Ingest, EndsWithTooManyRejects) {
    std::string text = "1,2\n";
    for (int i = 0; i < 101; ++i) text += "1\n";
    EXPECT_THROW(follow(text), TooManyRejects);
    EXPECT_FALSE(std::filesystem::exists(store()));
    const std::string listed = rejects();
    EXPECT_EQ(std::count(listed.begin(), listed.end(), '\n'), 102) << "a header and all of them";
    EXPECT_EQ(follow(text, {.max_rejects = 101}).rejected, 101U);
}

TEST_F(Ingest, CountsLinesOverBlocks) {
    // Three megabytes, so that blocks are parsed by several threads; a bad line in each of them.
    std::string text;
    std::vector<int> bad;
    for (int line = 1; text.size() < (std::size_t{3} << 20); ++line) {
        if (line % 50000 == 0) {
            text += "bad\n";
            bad.push_back(line);
        } else {
            text += fmt::format("{},{}\n", line % 1000, line % 777 + 1000);
        }
    }
    ASSERT_GE(bad.size(), 3U);
    const IngestReport report = follow(text, {.threads = 3});
    EXPECT_EQ(report.layers[0].rejected, bad.size());
    std::size_t from = 0;
    for (const int line : bad) {
        from = rejects().find(fmt::format("follow.csv\",{},", line), from);
        EXPECT_NE(from, std::string::npos) << line;
    }
}

TEST_F(Ingest, RejectsLinesThatAreTooLong) {
    for (const std::size_t length : {std::size_t{1} << 20, std::size_t{3} << 20}) {
        const IngestReport report = follow("1,2\n" + std::string(length, '7') + ",3\n2,3\n");
        EXPECT_EQ(report.layers[0].rejected, 1U);
        EXPECT_EQ(edges().size(), 2U);
        EXPECT_NE(rejects().find("follow.csv\",2,\"a line must not be longer than 1048575 bytes\""), std::string::npos);
        EXPECT_LT(rejects().size(), 2000U);
    }
}

TEST_F(Ingest, AddsEventsUpToWeights) {
    const IngestReport report = mention("a,b\na,b\nb,a\n");
    EXPECT_TRUE(report.layers[0].weighted);
    EXPECT_EQ(edges("mention"), (OriginalEdges{{"a", "b", 2.0F}, {"b", "a", 1.0F}}));
    mention("source,target,weight\na,b,2.5\na,b,1\n");
    EXPECT_EQ(edges("mention"), (OriginalEdges{{"a", "b", 3.5F}}));
}

TEST_F(Ingest, WeighsFollowsOnlyIfAsked) {
    const std::string text = "source,target,weight\n1,2,4\n1,2,3\n2,1,x\n";
    IngestReport report = follow(text);
    EXPECT_EQ(edges(), (OriginalEdges{{"1", "2", 1.0F}, {"2", "1", 1.0F}}));
    ASSERT_EQ(report.notes.size(), 1U);
    report = follow(text, {.rows = {.weight_column = "weight"}});
    EXPECT_EQ(edges(), (OriginalEdges{{"1", "2", 7.0F}}));
    EXPECT_EQ(report.layers[0].rejected, 1U);
    EXPECT_NE(rejects().find("the weight must be a finite number, got \"\"x\"\""), std::string::npos);
}

TEST_F(Ingest, SendsRowsToTheLayerOfTheirKind) {
    const IngestReport report =
        mention("1 2 1341100972 RT\n1 2 1341100980 MT\n1 2 1341100990 RT\n2 1 1341100971 XX\n1 2 soon MT\n",
                {.kinds = {{"RT", "retweet"}, {"MT", "mention"}, {"RE", "reply"}}});
    ASSERT_EQ(report.layers.size(), 3U);
    EXPECT_EQ(edges("retweet"), (OriginalEdges{{"1", "2", 2.0F}}));
    EXPECT_EQ(edges("mention"), (OriginalEdges{{"1", "2", 1.0F}}));
    EXPECT_TRUE(edges("reply").empty());
    EXPECT_EQ(report.layers[0].first_time, 1341100972);
    EXPECT_EQ(report.layers[0].last_time, 1341100990);
    EXPECT_FALSE(report.layers[2].first_time.has_value());
    EXPECT_EQ(report.layers[0].rejected, 1U) << "an unknown kind counts in the first layer";
    EXPECT_EQ(report.layers[1].rejected, 1U);
    EXPECT_NE(rejects().find("the kind must be one of --kinds, got \"\"XX\"\""), std::string::npos);
}

TEST_F(Ingest, PutsLayersOverTheSameAccounts) {
    IngestOptions options;
    options.files = {
        {"follow", file("a.csv", "1,2\n")}, {"mention", file("b.csv", "2,3\n")}, {"trust", file("c.csv", "9,9\n")}};
    EXPECT_EQ(run(options).accounts, 4U);
    EXPECT_EQ(edges("follow"), (OriginalEdges{{"1", "2", 1.0F}}));
    EXPECT_EQ(edges("mention"), (OriginalEdges{{"2", "3", 1.0F}}));
    EXPECT_EQ(accounts_of(store()), (Ids{"1", "2", "3", "9"})) << "a dropped self-loop names its account";
}

TEST_F(Ingest, ReadsUndirectedEdgesAndSelfLoopsOnRequest) {
    const IngestReport report = follow("1,2\n2,1\n3,3\n", {.undirected = true, .keep_self_loops = true});
    EXPECT_EQ(edges(), (OriginalEdges{{"1", "2", 1.0F}, {"2", "1", 1.0F}, {"3", "3", 1.0F}}));
    EXPECT_FALSE(report.layers[0].directed);
    EXPECT_EQ(report.layers[0].kept, 2U);
    EXPECT_EQ(report.layers[0].merged, 1U);
    EXPECT_EQ(report.layers[0].num_edges, 3U);
}

TEST_F(Ingest, JoinsATableOfAccounts) {
    IngestOptions options;
    options.accounts =
        file("accounts.csv",
             "\xef\xbb\xbfid,facebook_id,name,ids\r\n1,145647315578475123,\"Mr. Hi, \"\"the\"\" first\",x\r\n"
             "5,2,\"two\nlines\",\r\n2,9007199254740993,中文\r\n1,3,again\r\nfoo,1,2\r\n6,1,2,3,4\r\n");
    const IngestReport report = follow("1,2\n2,3\n", options);
    EXPECT_EQ(accounts_of(store()), (Ids{"1", "2", "3", "5"}));
    EXPECT_EQ(report.columns, (Ids{"facebook_id", "name", "ids_column"}));
    EXPECT_EQ(column_of(store(), "name"),
              (std::map<std::string, std::string>{
                  {"1", "Mr. Hi, \"the\" first"}, {"2", "中文"}, {"3", ""}, {"5", "two\nlines"}}));
    EXPECT_EQ(column_of(store(), "facebook_id").at("2"), "9007199254740993");
    EXPECT_EQ(report.account_rows, 6U);
    EXPECT_EQ(report.rejected_accounts, 3U);
    EXPECT_NE(rejects().find(
                  "accounts.csv\",6,\"an account must stand in the table once, but \"\"1\"\" stands on line 2 too\""),
              std::string::npos)
        << rejects();
    EXPECT_NE(rejects().find("accounts.csv\",8,\"expected at most 4 columns, got 5\""), std::string::npos);
}

TEST_F(Ingest, TakesAListOfAccounts) {
    IngestOptions options;
    options.accounts = file("example.v", "1\n2\n9\n");
    EXPECT_EQ(follow("1 2\n", options).accounts, 3U);
    EXPECT_TRUE(Store::open(store()).columns().empty());
    options.accounts = file("handles.tsv", "name\thandle\nAda\tada\nBob\tbob\n");
    follow("ada,cyd\n", options);
    EXPECT_EQ(column_of(store(), "name"),
              (std::map<std::string, std::string>{{"ada", "Ada"}, {"bob", "Bob"}, {"cyd", ""}}));
    options.accounts_id_column = "nobody";
    EXPECT_THROW(follow("ada,cyd\n", options), IoError);
}

TEST_F(Ingest, TakesAccountsOfATableWithAnOpenQuoteLineByLine) {
    IngestOptions options;
    options.accounts = file("accounts.csv", "id,name\n1,\"open\n2,two\n3,three\n");
    const IngestReport report = follow("1,2\n", options);
    EXPECT_EQ(report.rejected_accounts, 1U);
    EXPECT_EQ(column_of(store(), "name"),
              (std::map<std::string, std::string>{{"1", ""}, {"2", "two"}, {"3", "three"}}));
}

TEST_F(Ingest, GivesTheSameBytesForAnyThreadsAndOrderOfRows) {
    std::mt19937_64 random(3);
    ::setenv("SOURCE_DATE_EPOCH", "1341100972", 1);
    for (const bool handles : {false, true}) {
        std::vector<std::string> lines;
        for (int i = 0; i < 60000; ++i)
            lines.push_back(fmt::format("{0}{1} {0}{2} {3}\n", handles ? "h" : "",
                                        random() % 3000 * (handles ? 1 : 0x123456789abU), random() % 300,
                                        random() % 7));
        std::string expected;
        for (const int threads : {1, 2, 7}) {
            std::string text;
            for (const std::string& line : lines) text += line;
            const IngestReport report = mention(text, {.threads = threads});
            EXPECT_EQ(report.created, "2012-07-01T00:02:52Z");
            OriginalEdges got = edges("mention");
            EXPECT_GT(got.size(), 50000U);
            if (threads > 1) {
                EXPECT_EQ(read_bytes(store()), expected) << threads;
            }
            expected = read_bytes(store());
        }
        const OriginalEdges before = edges("mention");
        std::shuffle(lines.begin(), lines.end(), random);
        std::string text;
        for (const std::string& line : lines) text += line;
        mention(text);
        EXPECT_EQ(edges("mention"), before);
    }
    ::unsetenv("SOURCE_DATE_EPOCH");
}

TEST_F(Ingest, FindsTheSameAccountsByTableAsByBitmap) {
    std::string text;
    for (int i = 0; i < 2000; ++i) text += fmt::format("{},{}\n", i * 7919 % 1009, i * 31 % 1013);
    follow(text);
    const OriginalEdges expected = edges();
    follow(text + "18446744073709551615,18446744073709551615\n");
    EXPECT_EQ(edges(), expected);
    EXPECT_EQ(accounts_of(store()).back(), "18446744073709551615");
}

TEST_F(Ingest, RemovesTheRejectsOfAnEarlierRun) {
    follow("1,2\n2,3\nx\n");
    EXPECT_TRUE(std::filesystem::exists(path("s.h5.rejects.csv")));
    follow("1,2\n2,3\n");
    EXPECT_FALSE(std::filesystem::exists(path("s.h5.rejects.csv")));
}

TEST_F(Ingest, SurvivesAnyLineAndAccountsForIt) {
    std::mt19937_64 random(11);
    const std::vector<std::string> pieces{"1",
                                          "2",
                                          "42",
                                          "18446744073709551615",
                                          "18446744073709551616",
                                          "-3",
                                          "alice",
                                          "Zoë",
                                          ",",
                                          ",",
                                          ",",
                                          ";",
                                          "\t",
                                          " ",
                                          "\"",
                                          "\"\"",
                                          "#",
                                          "%",
                                          "\r",
                                          "\xff",
                                          "RT",
                                          "1341100972",
                                          "2012-07-01T00:00:00Z",
                                          "\n",
                                          "nan",
                                          "1e9",
                                          std::string(1, '\0'),
                                          "\xef\xbb\xbf",
                                          "\n",
                                          "\r\n"};
    for (int round = 0; round < 150; ++round) {
        std::string text;
        std::uint64_t lines = 0;
        for (int line = 0; line < 30; ++line) {
            std::string row = fmt::format("{},{},{},RT", random() % 50, random() % 50, random() % 9);
            for (std::uint64_t edits = random() % 4; edits > 0; --edits) {
                const std::size_t place = random() % (row.size() + 1);
                if (random() % 2 == 0) row.erase(place, random() % 3);
                row.insert(std::min(place, row.size()), pieces[random() % pieces.size()]);
            }
            text += row + (random() % 9 == 0 ? "\r\n" : "\n");
        }
        std::string plain = text.starts_with("\xef\xbb\xbf") ? text.substr(3) : text;
        for (std::size_t begin = 0; begin < plain.size();) {
            const std::size_t end = std::min(plain.find('\n', begin), plain.size());
            std::string_view row(plain.data() + begin, end - begin);
            if (row.ends_with('\r')) row.remove_suffix(1);
            lines += !holds_no_row(row, "#%");
            begin = end + 1;
        }
        IngestOptions options{.rows = {.separator = ',', .header = HeaderChoice::no}, .max_rejects = 1000};
        options.ids = std::array{IdChoice::automatic, IdChoice::numeric, IdChoice::handles}[random() % 3];
        options.undirected = random() % 2 == 0;
        options.threads = 1 + static_cast<int>(random() % 3);
        if (random() % 2 == 0) options.rows.weight_column.assign(1, '3');
        SCOPED_TRACE(printable(text, 4000));
        const IngestReport report = follow(text, options);
        EXPECT_EQ(report.layers[0].rows, lines);
        EXPECT_EQ(report.rejected, report.layers[0].rejected);
        EXPECT_EQ(report.layers[0].num_edges, edges().size());
    }
}

}  // namespace coterie::testing
