#include "io/read_edges.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "host/errors.hpp"
#include "io/edge_text.hpp"
#include "tests/support/ingested.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

/// Files of edges in a folder, all of one layer.
class ReadEdges : public ::testing::Test {
  protected:
    struct Outcome {
        std::vector<FileTally> files;
        std::vector<std::pair<std::uint64_t, std::uint64_t>> rows;  ///< in order of their ids
        std::string rejects;
    };

    void file(const std::string& content) {
        paths_.push_back(folder_ / fmt::format("{}.csv", paths_.size()));
        write_bytes(paths_.back(), content);
    }

    Outcome read(std::size_t threads) {
        std::vector<TextFormat> formats;
        for (const std::string& path : paths_) {
            EdgeFilePlan plan;
            plan.path = path;
            formats.emplace_back(plan, RowOptions{}, false, Kinds{}, IdKind::numeric);
        }
        std::vector<EdgeInput> inputs;
        for (std::size_t f = 0; f < paths_.size(); ++f)
            inputs.push_back({paths_[f], [this, f] { return InputFile(paths_[f]); }, &formats[f], 0});
        return read(inputs, threads);
    }

    Outcome read(const std::vector<EdgeInput>& inputs, std::size_t threads) {
        std::vector<ThreadRows> rows(threads);
        for (ThreadRows& thread : rows) thread.layers.resize(1);
        RejectsFile rejects(folder_ / "rejects.csv");
        Outcome outcome;
        outcome.files = read_edges(inputs, rows, rejects);
        if (rejects.count() > 0) {
            rejects.commit();
            outcome.rejects = read_bytes(rejects.path());
        }
        for (ThreadRows& thread : rows)
            for (const RowSegment<std::uint32_t>& segment : thread.layers[0].narrow.take())
                for (std::size_t i = 0; i < segment.rows; ++i)
                    outcome.rows.emplace_back(segment.ends[2 * i], segment.ends[2 * i + 1]);
        std::sort(outcome.rows.begin(), outcome.rows.end());
        return outcome;
    }

    std::string error(std::size_t threads) {
        try {
            read(threads);
        } catch (const std::exception& failure) {
            return failure.what();
        }
        return "none";
    }

    TemporaryFolder folder_;
    std::vector<std::string> paths_;
};

std::string rows_with_rejects(int rows, int every, int first) {
    std::string text;
    for (int i = 1; i <= rows; ++i)
        text += i % every == 0 ? fmt::format("{},bad {}\n", first, i) : fmt::format("{},{}\n", first, i);
    return text;
}

/// Notes in which order the blocks of a file came, and lets nobody else in.
class OrderedFormat : public FileFormat {
  public:
    BlockRules blocks() const override { return {.block_bytes = 64, .at_lines = false, .in_order = true}; }
    std::unique_ptr<BlockParser> parser(ThreadRows& into) override {
        ++parsers;
        return std::make_unique<Parser>(*this, into);
    }

    std::string text;
    int parsers = 0;
    bool finished = false;

  private:
    class Parser : public BlockParser {
      public:
        Parser(OrderedFormat& format, ThreadRows& into) : format_(format), into_(into) {}
        BlockTally parse(const LineBlock& block) override {
            format_.text += block.text;
            return {};
        }
        BlockTally finish() override {
            format_.finished = true;
            into_.layers[0].add(format_.text.size(), 0);
            BlockTally tally;
            tally.layers.resize(1);
            tally.layers[0].rows = 2;
            tally.layers[0].rejected = 1;
            tally.rejects.push_back({1, "the end is missing", ""});
            return tally;
        }

      private:
        OrderedFormat& format_;
        ThreadRows& into_;
    };
};

}  // namespace

TEST_F(ReadEdges, AreTheSameRowsCountsAndRejectsWithAnyNumberOfThreads) {
    file(rows_with_rejects(300'000, 30'000, 1));
    file("src,dst\n" + rows_with_rejects(1000, 10, 2));
    file("");
    file("# nothing but a comment\n\n");
    file(gzipped(rows_with_rejects(200'000, 20'000, 3)));
    file(zstd_compressed(rows_with_rejects(200'000, 20'000, 4)));
    for (int i = 5; i < 30; ++i) file(rows_with_rejects(50, 7, i));

    const Outcome alone = read(1);
    ASSERT_EQ(alone.files.size(), paths_.size());
    EXPECT_EQ(alone.files[0].layers[0].rows, 300'000U);
    EXPECT_EQ(alone.files[0].layers[0].rejected, 10U);
    EXPECT_EQ(alone.files[1].lines, 1001U);
    EXPECT_EQ(alone.files[3].lines, 2U);
    EXPECT_EQ(alone.files[5].layers[0].rows, 200'000U);
    EXPECT_EQ(alone.rows.size(), 300'000U - 10 + 900 + 2 * (200'000U - 10) + 25 * 43);
    const std::vector<std::string> in_order{"0.csv\",30000,", "0.csv\",300000,", "1.csv\",11,", "4.csv\",20000,",
                                            "5.csv\",20000,", "5.csv\",200000,", "6.csv\",7,",  "30.csv\",49,"};
    std::size_t from = 0;
    for (const std::string& reject : in_order) {
        from = alone.rejects.find(reject, from);
        ASSERT_NE(from, std::string::npos) << reject;
    }
    for (const std::size_t threads : {2U, 3U, 7U}) {
        const Outcome together = read(threads);
        EXPECT_EQ(together.rows, alone.rows);
        EXPECT_EQ(together.rejects, alone.rejects);
        for (std::size_t f = 0; f < paths_.size(); ++f) {
            EXPECT_EQ(together.files[f].lines, alone.files[f].lines);
            EXPECT_EQ(together.files[f].number_rows, alone.files[f].number_rows);
            EXPECT_EQ(together.files[f].word_rows, alone.files[f].word_rows);
            EXPECT_EQ(together.files[f].layers[0].rows, alone.files[f].layers[0].rows);
            EXPECT_EQ(together.files[f].sha256, alone.files[f].sha256);
        }
    }
}

TEST_F(ReadEdges, HoldOnlySoManyRejectsOfFilesBehindTheFirst) {
    file(rows_with_rejects(100'000, 50'000, 1));
    for (int i = 2; i < 8; ++i) file(rows_with_rejects(12'000, 2, i));
    const Outcome alone = read(1);
    EXPECT_EQ(std::count(alone.rejects.begin(), alone.rejects.end(), '\n'), 1 + 2 + 6 * 6000);
    for (int repeat = 0; repeat < 3; ++repeat) EXPECT_EQ(read(4).rejects, alone.rejects);
}

TEST_F(ReadEdges, TellOfTheFirstFileThatFails) {
    const std::string compressed = gzipped(rows_with_rejects(100'000, 50'000, 1));
    file(rows_with_rejects(200'000, 50'000, 1));
    file(compressed.substr(0, compressed.size() / 2));
    for (int i = 0; i < 5; ++i) file("\xff\xfe");
    for (const std::size_t threads : {1U, 2U, 7U}) {
        EXPECT_NE(error(threads).find("1.csv: ends after"), std::string::npos) << error(threads);
    }
}

TEST_F(ReadEdges, GiveAFormatThatNeedsItAllBlocksInOrder) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += fmt::format("{} ", i);
    for (int i = 0; i < 4; ++i) file(text);
    for (const std::size_t threads : {1U, 4U}) {
        std::vector<OrderedFormat> formats(paths_.size());
        std::vector<EdgeInput> inputs;
        for (std::size_t f = 0; f < paths_.size(); ++f)
            inputs.push_back({paths_[f], [this, f] { return InputFile(paths_[f]); }, &formats[f], 0});
        const Outcome outcome = read(inputs, threads);
        for (std::size_t f = 0; f < paths_.size(); ++f) {
            EXPECT_EQ(formats[f].text, text);
            EXPECT_EQ(formats[f].parsers, 1);
            EXPECT_TRUE(formats[f].finished);
            EXPECT_EQ(outcome.files[f].layers[0].rejected, 1U);
        }
        EXPECT_EQ(outcome.rows.size(), 4U);
        EXPECT_EQ(std::count(outcome.rejects.begin(), outcome.rejects.end(), '\n'), 5);
    }
}

TEST_F(ReadEdges, ReadZstdOfSeveralFrames) {
    const std::string skippable("\x50\x2a\x4d\x18\x03\0\0\0abc", 11);
    file(zstd_compressed("1,2\n2,") + zstd_compressed("") + skippable + zstd_compressed("3\n"));
    file(skippable + zstd_compressed("4,5\n") + std::string(100, '\0'));
    EXPECT_EQ(read(2).rows, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{1, 2}, {2, 3}, {4, 5}}));
}

TEST_F(ReadEdges, SayWhatIsWrongWithZstd) {
    const std::string compressed = zstd_compressed(rows_with_rejects(3000, 5000, 1));
    for (std::size_t size = 5; size < compressed.size(); size += 101) {
        paths_.clear();
        file(compressed.substr(0, size));
        EXPECT_NE(error(1).find(fmt::format("0.csv: ends after {} bytes in the middle", size)), std::string::npos)
            << error(1);
    }
    paths_.clear();
    std::string damaged = compressed;
    damaged[compressed.size() - 2] ^= 1;
    file(damaged);
    EXPECT_NE(error(1).find("0.csv: its compressed data are damaged near byte"), std::string::npos) << error(1);
    paths_.clear();
    file(compressed + "tail");
    EXPECT_NE(error(1).find(fmt::format("at byte {}, stands something that is no zstd", compressed.size())),
              std::string::npos)
        << error(1);
    paths_.clear();
    file(
        "\xfd"
        "7zXZ" +
        std::string(1, '\0'));
    EXPECT_NE(error(1).find("must be plain text, gzip or zstd, but is compressed with xz"), std::string::npos);
}

}  // namespace coterie::testing
