#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "host/errors.hpp"
#include "host/generate.hpp"
#include "io/ingest.hpp"
#include "tests/support/ingested.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

using Rows = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

/// Little-endian, byte by byte.
std::string number(std::uint64_t value, int bytes) {
    std::string text;
    for (int byte = 0; byte < bytes; ++byte) text += static_cast<char>(value >> (8 * byte));
    return text;
}

std::string records(const Rows& rows, InputFormat format) {
    const int bytes = format == InputFormat::binary32 ? 4 : 8;
    std::string text;
    for (const auto& [source, target] : rows) text += number(source, bytes) + number(target, bytes);
    return text;
}

std::string text_of(const Rows& rows) {
    std::string text;
    for (const auto& [source, target] : rows) text += std::to_string(source) + "," + std::to_string(target) + "\n";
    return text;
}

/// With repeats and self-loops, and enough for several blocks.
Rows some_rows(std::size_t count, std::uint64_t scale = 1) {
    std::mt19937_64 random(5);
    Rows rows;
    for (std::size_t i = 0; i < count; ++i) rows.emplace_back(random() % 5000 * scale, random() % 300 * scale);
    return rows;
}

class BinaryEdges : public ::testing::Test {
  protected:
    std::string file(const std::string& name, const std::string& content) {
        write_bytes(folder_ / name, content);
        return folder_ / name;
    }
    IngestReport read(const std::string& path, InputFormat format, IngestOptions options = {}) {
        options.files = {{"follow", path}};
        options.format = format;
        return ingest(store(), options);
    }
    std::string store() const { return folder_ / "s.h5"; }
    void expect_edges_of_text(const Rows& rows, const std::string& path, InputFormat format,
                              const IngestOptions& options = {}) {
        const IngestReport report = read(path, format, options);
        const OriginalEdges edges = edges_of(store(), "follow");
        const std::vector<std::string> accounts = accounts_of(store());
        const IngestReport expected = read(file("rows.csv", text_of(rows)), InputFormat::text, options);
        EXPECT_EQ(edges, edges_of(store(), "follow"));
        EXPECT_EQ(accounts, accounts_of(store()));
        ASSERT_EQ(report.layers.size(), 1U);
        EXPECT_EQ(report.layers[0].rows, rows.size());
        EXPECT_EQ(report.layers[0].kept, expected.layers[0].kept);
        EXPECT_EQ(report.layers[0].merged, expected.layers[0].merged);
        EXPECT_EQ(report.layers[0].self_loops, expected.layers[0].self_loops);
        EXPECT_EQ(report.layers[0].rejected, 0U);
        EXPECT_EQ(report.numeric, expected.numeric);
    }

    TemporaryFolder folder_;
};

}  // namespace

TEST_F(BinaryEdges, GiveTheEdgesOfTheSameRowsInText) {
    const Rows close = some_rows(300'000);
    for (const InputFormat format : {InputFormat::binary32, InputFormat::binary64})
        expect_edges_of_text(close, file("rows", records(close, format)), format);
    Rows far = some_rows(1000, 0x9e3779b97f4a7c15U);
    far.emplace_back(UINT64_MAX, 0);
    far.emplace_back(0xffff'ffff, 0x1'0000'0000);
    expect_edges_of_text(far, file("rows", records(far, InputFormat::binary64)), InputFormat::binary64);
    expect_edges_of_text(close, file("rows", records(close, InputFormat::binary32)), InputFormat::binary32,
                         {.ids = IdChoice::handles, .undirected = true});
}

TEST_F(BinaryEdges, GiveTheSameBytesForAnyNumberOfThreadsAndAnyLimit) {
    ::setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
    const std::string path = file("rows", records(some_rows(300'000), InputFormat::binary64) + "end");
    std::string expected;
    std::string rejects;
    for (const std::uint64_t limit : {std::uint64_t{1} << 30U, std::uint64_t{2'000'000}})
        for (const int threads : {1, 2, 7}) {
            const IngestReport report = read(path, InputFormat::binary64, {.threads = threads, .memory_limit = limit});
            EXPECT_EQ(report.external.used, limit == 2'000'000);
            if (expected.empty()) {
                expected = read_bytes(store());
                rejects = read_bytes(store() + ".rejects.csv");
            }
            EXPECT_TRUE(read_bytes(store()) == expected) << threads << " threads, " << limit;
            EXPECT_EQ(read_bytes(store() + ".rejects.csv"), rejects);
        }
}

TEST_F(BinaryEdges, ThatAreCutOffEndInAReject) {
    const Rows rows{{1, 2}, {2, 3}, {3, 3}, {1, 2}};
    for (const InputFormat format : {InputFormat::binary32, InputFormat::binary64}) {
        const std::string whole = records(rows, format);
        for (std::size_t missing = 1; missing < whole.size() / 4; ++missing) {
            const IngestReport report =
                read(file("rows", whole.substr(0, whole.size() - missing)), format, {.max_rejects = 1});
            EXPECT_EQ(report.layers[0].rows, 4U);
            EXPECT_EQ(report.layers[0].kept, 2U);
            EXPECT_EQ(report.layers[0].merged, 0U);
            EXPECT_EQ(report.layers[0].self_loops, 1U);
            EXPECT_EQ(report.layers[0].rejected, 1U);
            EXPECT_EQ(report.rejected, 1U);
        }
    }
    EXPECT_THROW(read(file("rows", "\1"), InputFormat::binary32, {.max_rejects = 0}), TooManyRejects);
    read(file("rows", number(1, 8) + "\x02\xff\x03"), InputFormat::binary32);
    EXPECT_EQ(read_bytes(store() + ".rejects.csv"),
              "file,line,reason,text\n\"" + (folder_ / "rows").string() +
                  "\",2,\"a record must have 8 bytes, but the file ends after 3 of them\",\"02ff03\"\n");
}

TEST_F(BinaryEdges, MayBeNone) {
    const IngestReport report = read(file("rows", ""), InputFormat::binary64);
    EXPECT_EQ(report.accounts, 0U);
    EXPECT_EQ(report.layers.at(0).rows, 0U);
}

// What would be gzip, zstd, xz, UTF-16, or a byte order mark at the beginning of a text.
TEST_F(BinaryEdges, MayBeginWithAnyBytes) {
    for (const std::uint64_t id : {0x8b1f, 0x1'8b1f, 0x7ad'fd37, 0x5a'fe, 0xfeff, 0xfffe}) {
        const Rows rows{{id, 1}, {1, id}};
        expect_edges_of_text(rows, file("rows", records(rows, InputFormat::binary32)), InputFormat::binary32);
    }
    const Rows rows{{0xfd2f'b528, 1}, {0xbfbbef, 4}};
    expect_edges_of_text(rows, file("rows", records(rows, InputFormat::binary32)), InputFormat::binary32);
}

TEST_F(BinaryEdges, AreInflatedIfTheirNameSaysSo) {
    const Rows rows = some_rows(1000);
    const std::string plain = records(rows, InputFormat::binary32);
    expect_edges_of_text(rows, file("rows.gz", gzipped(plain)), InputFormat::binary32);
    expect_edges_of_text(rows, file("rows.zst", zstd_compressed(plain)), InputFormat::binary32);
    EXPECT_THROW(read(file("rows.gz", gzipped(plain).substr(0, 500)), InputFormat::binary32), IoError);
}

TEST_F(BinaryEdges, HaveNoTimesAndAreNoPosts) {
    const std::string path = file("rows", records({{1, 2}}, InputFormat::binary32));
    EXPECT_THROW(ingest(store(), {.files = {{"mention", path}}, .format = InputFormat::binary32, .since = 0}),
                 std::invalid_argument);
    EXPECT_THROW(ingest(store(), {.posts = {path}, .format = InputFormat::binary32}), std::invalid_argument);
}

TEST_F(BinaryEdges, AreAddedToAStore) {
    const Rows before{{1, 2}, {2, 3}};
    const Rows tonight{{2, 3}, {7, 1}};
    read(file("before", records(before, InputFormat::binary32)), InputFormat::binary32);
    const std::string appended = folder_ / "appended.h5";
    ingest(appended, {.files = {{"follow", file("tonight", records(tonight, InputFormat::binary64))}},
                      .format = InputFormat::binary64,
                      .append_to = store()});
    EXPECT_EQ(edges_of(appended, "follow"), (OriginalEdges{{"1", "2", 1.0F}, {"2", "3", 1.0F}, {"7", "1", 1.0F}}));
}

TEST_F(BinaryEdges, AreGeneratedAndReadFromStandardInput) {
    const EdgeList edges = kronecker_edges(10, 4, 3);
    Rows rows;
    for (std::size_t i = 0; i < edges.sources.size(); ++i) rows.emplace_back(edges.sources[i], edges.targets[i]);
    for (const auto& [name, format] :
         {std::pair{"binary32", InputFormat::binary32}, std::pair{"binary64", InputFormat::binary64}}) {
        const Finished made = run_program(folder_.path(), {"generate", "kronecker", "--scale", "10", "--degree", "4",
                                                           "--seed", "3", "--format", name, "-o", "rows"});
        ASSERT_EQ(made.code, 0) << made.err;
        EXPECT_TRUE(read_bytes(folder_ / "rows") == records(rows, format));
        const std::string command = "cd '" + folder_.path().string() +
                                    "' && cat rows | '" COTERIE_PROGRAM "' ingest --follow - --format " + name +
                                    " -o piped.h5 2> /dev/null";
        ASSERT_EQ(std::system(command.c_str()), 0);
        read(folder_ / "rows", format);
        EXPECT_EQ(edges_of(folder_ / "piped.h5", "follow"), edges_of(store(), "follow"));
    }
}

// Blocks of whole records, wherever the sample is drawn: no id is torn out of two.
TEST_F(BinaryEdges, AreSampledByWholeRecords) {
    const Rows rows = some_rows(200'001);
    file("rows", records(rows, InputFormat::binary64));
    const Finished told = run_program(folder_.path(), {"estimate", "ingest", "--follow", "rows", "--format", "binary64",
                                                       "-o", "e.h5", "--sample", "1000003", "--json"});
    ASSERT_EQ(told.code, 0) << told.err;
    const auto estimate = nlohmann::json::parse(told.out);
    EXPECT_NEAR(estimate["rows"].get<double>(), 200'000, 2'000);
    EXPECT_NEAR(estimate["accounts"].get<double>(), 5'000, 200);
}

}  // namespace coterie::testing
