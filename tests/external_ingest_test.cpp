#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <string>
#include <vector>

#include "host/errors.hpp"
#include "io/ingest.hpp"
#include "io/memory_limit.hpp"
#include "io/spill_space.hpp"
#include "tests/support/ingested.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

/// A limit under which a few thousand rows are sorted on disk, in several buckets and windows.
constexpr std::uint64_t tight = 60'000;

enum class Naming { close, spread, handles };

std::string name_of(std::uint64_t account, Naming naming) {
    switch (naming) {
        case Naming::close:
            return std::to_string(account);
        case Naming::spread:  // some below 2^32, some far above
            return std::to_string(account % 3 == 0 ? account * 40'000'003 % 4'000'000'007
                                                   : account * 0x9e3779b97f4a7c15U);
        case Naming::handles:
            break;
    }
    return "@user" + std::to_string(account * 7919 % 100'003);
}

/// Rows with hubs, repeats and self-loops.
std::vector<std::string> some_rows(Naming naming, bool weighted, std::size_t count = 20'000) {
    std::mt19937_64 random(11);
    const std::vector<std::string> weights{"1", "0.1", "2.25", "300000", "1e-7"};
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t source = i % 5 == 0 ? 3 : random() % 700;
        const std::uint64_t target = i % 50 == 0 ? source : std::min(random() % 900, random() % 900);
        rows.push_back(name_of(source, naming) + "," + name_of(target, naming) +
                       (weighted ? "," + weights[random() % weights.size()] : "") + "\n");
    }
    return rows;
}

std::string text_of(const std::vector<std::string>& rows) {
    std::string text;
    for (const std::string& row : rows) text += row;
    return text;
}

/// Stores made of the same rows in different ways.
class ExternalIngest : public ::testing::Test {
  protected:
    std::string file(const std::string& name, const std::string& content) {
        write_bytes(folder_ / name, content);
        return folder_ / name;
    }
    /// The bytes of the store.
    std::string stored(IngestOptions options, std::uint64_t limit, int threads) {
        ::setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
        options.memory_limit = limit;
        options.threads = threads;
        const std::filesystem::path store = folder_ / "s.h5";
        report_ = ingest(store, options);
        return read_bytes(store);
    }
    void expect_same_for_all(const IngestOptions& options) {
        const std::string expected = stored(options, std::uint64_t{1} << 30, 1);
        ASSERT_FALSE(report_.external.used);
        const IngestReport in_memory = report_;
        for (const int threads : {1, 2, 7}) {
            SCOPED_TRACE(threads);
            EXPECT_TRUE(stored(options, tight, threads) == expected);
            EXPECT_TRUE(report_.external.used);
            EXPECT_GT(report_.external.windows, 2 * report_.layers.size());
            EXPECT_GT(report_.external.temporary_bytes, 0U);
        }
        ASSERT_EQ(report_.layers.size(), in_memory.layers.size());
        for (std::size_t l = 0; l < report_.layers.size(); ++l) {
            EXPECT_EQ(report_.layers[l].kept, in_memory.layers[l].kept);
            EXPECT_EQ(report_.layers[l].merged, in_memory.layers[l].merged);
            EXPECT_EQ(report_.layers[l].self_loops, in_memory.layers[l].self_loops);
        }
        EXPECT_EQ(report_.accounts, in_memory.accounts);
        Store::open(folder_ / "s.h5").verify(report_.layers[0].name, 2);
    }

    TemporaryFolder folder_;
    IngestReport report_;
};

class ExternalIngestOf : public ExternalIngest, public ::testing::WithParamInterface<Naming> {};

}  // namespace

TEST_P(ExternalIngestOf, GivesTheBytesOfAnIngestInMemory) {
    IngestOptions options;
    options.files = {{"follow", file("follow.csv", text_of(some_rows(GetParam(), false)))}};
    expect_same_for_all(options);
    options.undirected = true;
    expect_same_for_all(options);
    options.keep_self_loops = true;
    expect_same_for_all(options);
    options.undirected = false;
    expect_same_for_all(options);
}

TEST_P(ExternalIngestOf, GivesTheBytesOfAnIngestInMemoryWithWeights) {
    IngestOptions options;
    options.files = {{"mention", file("mention.csv", "source,target,weight\n" + text_of(some_rows(GetParam(), true)))}};
    expect_same_for_all(options);
    options.undirected = true;
    options.keep_self_loops = true;
    expect_same_for_all(options);
}

TEST_P(ExternalIngestOf, TakesSeveralLayersAndATableOfAccounts) {
    const std::vector<std::string> rows = some_rows(GetParam(), false);
    IngestOptions options;
    options.files = {{"follow", file("follow.csv", text_of(rows))},
                     {"mention", file("mention.csv", text_of({rows.begin(), rows.begin() + 9000}))},
                     {"reply", file("reply.csv", "")}};
    options.accounts =
        file("accounts.csv", "id,name\n" + name_of(3, GetParam()) + ",hub\n" + name_of(5000, GetParam()) + ",alone\n");
    expect_same_for_all(options);
    EXPECT_EQ(column_of(folder_ / "s.h5", "name").at(name_of(3, GetParam())), "hub");
    EXPECT_EQ(column_of(folder_ / "s.h5", "name").at(name_of(5000, GetParam())), "alone");
}

INSTANTIATE_TEST_SUITE_P(
    Ids, ExternalIngestOf, ::testing::Values(Naming::close, Naming::spread, Naming::handles), [](const auto& info) {
        return std::string(info.param == Naming::close ? "close" : info.param == Naming::spread ? "spread" : "handles");
    });

TEST_F(ExternalIngest, DoesNotDependOnTheOrderOfRows) {
    std::vector<std::string> rows = some_rows(Naming::spread, true);
    IngestOptions options;
    options.rows.header = HeaderChoice::no;
    options.rows.weight_column = "3";
    const auto arrays = [&] {
        options.files = {{"mention", file("mention.csv", text_of(rows))}};
        stored(options, tight, 2);
        return edges_of(folder_ / "s.h5", "mention");
    };
    const OriginalEdges expected = arrays();
    std::shuffle(rows.begin(), rows.end(), std::mt19937(3));
    EXPECT_EQ(arrays(), expected);
}

TEST_F(ExternalIngest, SortsABucketThatIsTooLargeInRuns) {
    // One account has nearly all rows: its bucket is larger than all memory.
    std::string text;
    for (int i = 0; i < 60'000; ++i) text += "7," + std::to_string(i * 31 % 40'000) + "\n";
    IngestOptions options;
    options.files = {{"mention", file("mention.csv", text)}};
    expect_same_for_all(options);
}

TEST_F(ExternalIngest, TakesMoreAccountsThanAreReadAtATime) {
    std::string text;
    for (int i = 0; i < 300'000; ++i) text += std::to_string(i) + "," + std::to_string(i * 7 % 300'000) + "\n";
    IngestOptions options;
    options.files = {{"follow", file("follow.csv", text)}};
    const std::string expected = stored(options, std::uint64_t{1} << 30, 2);
    EXPECT_TRUE(stored(options, 1'000'000, 2) == expected);
    EXPECT_TRUE(report_.external.used);
}

// A thread counts up to 255 edges to an account before it tells the others.
TEST_F(ExternalIngest, CountsManyEdgesToOneAccount) {
    for (const int count : {255, 256, 257, 20'000}) {
        std::string text;
        for (int i = 0; i < count; ++i) text += std::to_string(i + 10) + ",7\n";
        for (int i = 0; i < 100'000; ++i) text += "3," + std::to_string(i * 31 % 1000) + "\n";
        IngestOptions options;
        options.files = {{"follow", file("follow.csv", text)}};
        const std::string expected = stored(options, std::uint64_t{1} << 30, 2);
        EXPECT_TRUE(stored(options, 3'000'000, 2) == expected) << count;
        EXPECT_TRUE(report_.external.used);
    }
}

TEST_F(ExternalIngest, StaysInMemoryWhereRowsFit) {
    IngestOptions options;
    options.files = {{"follow", file("follow.csv", text_of(some_rows(Naming::close, false)))}};
    stored(options, 0, 2);
    EXPECT_FALSE(report_.external.used);
    EXPECT_EQ(report_.memory_limit, default_memory_limit());
    EXPECT_GT(report_.peak_memory, 0U);
}

TEST_F(ExternalIngest, LeavesNoFilesButTheStore) {
    std::filesystem::create_directory(folder_ / "temporary");
    IngestOptions options;
    options.files = {{"follow", file("follow.csv", text_of(some_rows(Naming::close, false)))}};
    options.temporary_directory = folder_ / "temporary";
    stored(options, tight, 2);
    ASSERT_TRUE(report_.external.used);
    EXPECT_TRUE(names_in(folder_ / "temporary").empty());
    EXPECT_EQ(names_in(folder_.path()), (std::vector<std::string>{"follow.csv", "s.h5", "temporary"}));
}

TEST_F(ExternalIngest, SaysThatTheTemporaryFolderCannotBeUsed) {
    IngestOptions options;
    options.files = {{"follow", file("follow.csv", text_of(some_rows(Naming::close, false)))}};
    options.temporary_directory = folder_ / "absent";
    try {
        stored(options, tight, 2);
        ADD_FAILURE() << "must throw";
    } catch (const IoError& error) {
        EXPECT_TRUE(says(error.what(), "absent: making a temporary file failed: No such file"));
    }
    EXPECT_FALSE(std::filesystem::exists(folder_ / "s.h5"));
}

TEST_F(ExternalIngest, EndsWithoutATraceWhenADiskIsFull) {
    IngestOptions options;
    options.files = {{"follow", file("follow.csv", text_of(some_rows(Naming::close, false, 60'000)))}};
    // A limit of the size of files stands in for a full disk: writing beyond it fails too.
    struct rlimit before {};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    for (const rlim_t most : {rlim_t{100'000}, rlim_t{600'000}}) {
        const struct rlimit small { most, before.rlim_max };
        ::setrlimit(RLIMIT_FSIZE, &small);
        EXPECT_THROW(stored(options, tight, 2), IoError) << most;
        ::setrlimit(RLIMIT_FSIZE, &before);
        EXPECT_EQ(names_in(folder_.path()), (std::vector<std::string>{"follow.csv"}));
    }
    std::signal(SIGXFSZ, ignored);
}

TEST_F(ExternalIngest, LeavesNothingWhenItIsKilled) {
    file("follow.csv", text_of(some_rows(Naming::close, false, 300'000)));
    const std::vector<std::string> words{"ingest", "--follow", "follow.csv", "-o", "s.h5", "--memory-limit", "100k"};
    {
        Program program(folder_.path(), words);
        while (program.running() && names_in(folder_.path()).size() < 2) {
        }
        program.signal(SIGKILL);
        program.wait();
    }
    EXPECT_EQ(run_program(folder_.path(), {"ingest", "--follow", "follow.csv", "-o", "s.h5"}).code, 0);
    EXPECT_EQ(names_in(folder_.path()), (std::vector<std::string>{"follow.csv", "s.h5"}));
}

TEST_F(ExternalIngest, TellsWhichWayItWent) {
    file("follow.csv", text_of(some_rows(Naming::close, false)));
    const Finished done = run_program(
        folder_.path(), {"ingest", "--follow", "follow.csv", "-o", "s.h5", "--memory-limit", "60k", "--json"});
    EXPECT_EQ(done.code, 0);
    EXPECT_TRUE(says(done.out, "\"limit\": 60000"));
    EXPECT_TRUE(says(done.out, "\"out_of_core\": true"));
    EXPECT_TRUE(says(done.err, "sorted on disk within 60.0 kB"));
    EXPECT_EQ(
        run_program(folder_.path(), {"ingest", "--follow", "follow.csv", "-o", "s.h5", "--memory-limit", "x"}).code, 2);
}

TEST(SpillSpace, IsWhatRowsAndEdgesTakeAtMost) {
    const SpillSpace directed = spill_space(8'000, false);
    EXPECT_EQ(directed.temporary, 8'000U);
    EXPECT_EQ(directed.temporary_late, 4'000U);  // 4 bytes an edge
    EXPECT_EQ(directed.store, 8'000U);           // in both directions
    const SpillSpace undirected = spill_space(8'000, true);
    EXPECT_EQ(undirected.temporary, 16'000U);
    EXPECT_EQ(undirected.store, 8'000U);
}

TEST(SpillSpace, SaysHowMuchIsMissing) {
    const TemporaryFolder folder;
    EXPECT_NO_THROW(check_spill_space({1, 1, 1}, folder.path(), folder.path()));
    try {
        check_spill_space({std::uint64_t{1} << 60U, 1, 1}, folder.path(), folder.path());
        ADD_FAILURE() << "must throw";
    } catch (const IoError& error) {
        EXPECT_TRUE(says(error.what(), "must have about 1152921504606846976 bytes free"));
        EXPECT_TRUE(says(error.what(), "--temporary-directory"));
    }
}

}  // namespace coterie::testing
