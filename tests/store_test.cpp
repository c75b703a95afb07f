#include "io/store.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/errors.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

template <class T>
std::vector<T> copy(std::span<const T> values) {
    return {values.begin(), values.end()};
}

void expect_same(const CsrView& got, const CsrView& expected) {
    EXPECT_EQ(copy(got.offsets), copy(expected.offsets));
    EXPECT_EQ(copy(got.neighbors), copy(expected.neighbors));
    EXPECT_EQ(copy(got.weights), copy(expected.weights));
}

void expect_same(const Store& store, const SampleStore& sample) {
    const StoreContents contents = sample.contents();
    const AccountId n = static_cast<AccountId>(sample.by_id.size());
    const bool handles = !sample.handle_offsets.empty();
    ASSERT_EQ(store.accounts()->size(), n);
    EXPECT_EQ(store.accounts()->numeric(), !handles);
    EXPECT_EQ(copy(store.accounts()->by_id()), sample.by_id);
    for (AccountId account = 0; account < n; ++account) {
        if (handles)
            EXPECT_EQ(store.accounts()->handle(account),
                      sample.handle_bytes.substr(sample.handle_offsets[account], 15));
        else
            EXPECT_EQ(store.accounts()->id(account), sample.ids[account]);
        EXPECT_EQ(store.accounts()->find(store.accounts()->text(account)), account);
    }
    EXPECT_EQ(store.created(), contents.created);
    EXPECT_FALSE(store.version().empty());
    ASSERT_EQ(store.layers().size(), contents.layers.size());
    for (std::size_t i = 0; i < contents.layers.size(); ++i) {
        const LayerInfo& got = store.layers()[i];
        const LayerInfo& expected = contents.layers[i].info;
        EXPECT_EQ(got.name, expected.name);
        EXPECT_EQ(got.kind, expected.kind);
        EXPECT_EQ(got.directed, expected.directed);
        EXPECT_EQ(got.weighted, expected.weighted);
        EXPECT_EQ(got.num_edges, expected.num_edges);
        EXPECT_EQ(got.rows, expected.rows);
        EXPECT_EQ(got.kept, expected.kept);
        EXPECT_EQ(got.merged, expected.merged);
        EXPECT_EQ(got.self_loops, expected.self_loops);
        EXPECT_EQ(got.rejected, expected.rejected);
        EXPECT_EQ(got.first_time, expected.first_time);
        EXPECT_EQ(got.last_time, expected.last_time);
        EXPECT_EQ(got.half_life, expected.half_life);
        ASSERT_EQ(got.sources.size(), expected.sources.size());
        EXPECT_EQ(got.sources[0].path, expected.sources[0].path);
        EXPECT_EQ(got.sources[0].sha256, expected.sources[0].sha256);

        const Graph graph = store.graph(expected.name);
        EXPECT_EQ(graph.directed(), expected.directed);
        expect_same(graph.out(), contents.layers[i].out);
        expect_same(graph.in(), contents.layers[i].in);
        EXPECT_EQ(copy(graph.by_id()), sample.by_id);
    }
}

}  // namespace

TEST(Store, GivesBackWhatWasWritten) {
    const TemporaryFolder folder;
    for (const bool handles : {false, true})
        for (const AccountId n : {0U, 1U, 2U, 33U, 1000U}) {
            const SampleStore sample(n, handles);
            write_store(folder / "s.h5", sample.contents());
            expect_same(Store::open(folder / "s.h5"), sample);
        }
}

TEST(Store, OfTheSameContentsHasTheSameBytes) {
    const TemporaryFolder folder;
    const SampleStore sample(200);
    write_store(folder / "a.h5", sample.contents());
    write_store(folder / "b.h5", sample.contents());
    EXPECT_EQ(read_bytes(folder / "a.h5"), read_bytes(folder / "b.h5"));
}

TEST(Store, KeepsAGraphAliveAfterItWasClosedAndReplaced) {
    const TemporaryFolder folder;
    const SampleStore sample(100);
    Graph graph;
    {
        write_store(folder / "s.h5", sample.contents());
        graph = Store::open(folder / "s.h5").graph("mention");
        write_store(folder / "s.h5", SampleStore(3).contents());
    }
    expect_same(graph.out(), sample.graphs[1].out());
    expect_same(graph.in(), sample.graphs[1].in());
}

TEST(Store, GivesBackColumnsInTheOrderOfTheTable) {
    const TemporaryFolder folder;
    for (const bool handles : {false, true}) {
        const SampleStore sample(50, handles);
        write_store(folder / "s.h5", sample.contents());
        const Store store = Store::open(folder / "s.h5");
        const std::vector<AccountColumn> columns = store.columns();
        ASSERT_EQ(columns.size(), sample.columns.size());
        for (std::size_t i = 0; i < columns.size(); ++i) {
            EXPECT_EQ(columns[i].name, sample.columns[i].name);
            EXPECT_EQ(columns[i].values, sample.columns[i].values);
            EXPECT_EQ(store.column_names()[i], sample.columns[i].name);
        }
    }
}

TEST(Store, KeepsColumnsOfAnyNameAndAnyText) {
    const TemporaryFolder folder;
    const SampleStore sample(300);
    StoreContents contents = sample.contents();
    contents.columns.clear();
    for (const std::string name : {"", ".", "a/b", "a_b", "by_id", "handles", "same", "same", "column"})
        contents.columns.push_back({name, std::vector<std::string>(300, name + " of all")});
    contents.columns[0].values[3] = std::string("zero \0 bytes\0", 13);
    contents.columns[1].values[4] = std::string(100000, 'x');  // would make 30 MB of 300 texts of one width
    contents.columns[2].values[5] = "";
    write_store(folder / "s.h5", contents);
    const std::vector<AccountColumn> columns = Store::open(folder / "s.h5").columns();
    ASSERT_EQ(columns.size(), contents.columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
        EXPECT_EQ(columns[i].name, contents.columns[i].name);
        EXPECT_EQ(columns[i].values, contents.columns[i].values);
    }
    EXPECT_LT(std::filesystem::file_size(folder / "s.h5"), 1000000U);
}

TEST(Store, WithoutLayersIsAStore) {
    const TemporaryFolder folder;
    StoreContents contents;
    contents.created = "";
    write_store(folder / "s.h5", contents);
    const Store store = Store::open(folder / "s.h5");
    EXPECT_EQ(store.accounts()->size(), 0U);
    EXPECT_TRUE(store.layers().empty());
    EXPECT_TRUE(store.columns().empty());
    EXPECT_TRUE(store.result_names().empty());
    EXPECT_EQ(store.accounts()->find("7"), std::nullopt);
}

TEST(Store, FindsAccountsByTheirOriginalIds) {
    const TemporaryFolder folder;
    const SampleStore sample(20);
    write_store(folder / "s.h5", sample.contents());
    const auto accounts = Store::open(folder / "s.h5").accounts();
    EXPECT_EQ(accounts->find("18446744073709551615"), 0U);
    EXPECT_EQ(accounts->find("7"), 19U);
    for (const char* missing : {"", "8", "-7", "+7", " 7", "7 ", "07x", "18446744073709551616"})
        EXPECT_EQ(accounts->find(missing), std::nullopt) << missing;
}

TEST(Store, SaysWhichLayersAndResultsThereAre) {
    const TemporaryFolder folder;
    write_store(folder / "s.h5", SampleStore(5).contents());
    const Store store = Store::open(folder / "s.h5");
    try {
        (void)store.graph("likes");
        FAIL();
    } catch (const std::invalid_argument& error) {
        EXPECT_NE(std::string(error.what()).find("one of [follow, mention, friend], got 'likes'"), std::string::npos)
            << error.what();
    }
    EXPECT_THROW((void)store.layer(""), std::invalid_argument);
    EXPECT_THROW(store.verify("out", 1), std::invalid_argument);
    EXPECT_THROW((void)store.result("ranks"), std::invalid_argument);
}

TEST(Store, RefusesContentsThatDoNotFitTogether) {
    const TemporaryFolder folder;
    const SampleStore sample(10);
    const auto refuses = [&](auto change) {
        StoreContents contents = sample.contents();
        change(contents);
        EXPECT_THROW(write_store(folder / "s.h5", contents), std::invalid_argument);
    };
    refuses([](StoreContents& c) { c.ids = c.ids.first(9); });
    refuses([](StoreContents& c) { c.columns[0].values.pop_back(); });
    refuses([](StoreContents& c) { c.layers[0].out.offsets = c.layers[0].out.offsets.first(10); });
    refuses([](StoreContents& c) { c.layers[0].in.neighbors = c.layers[0].in.neighbors.first(3); });
    refuses([](StoreContents& c) { c.layers[1].out.weights = {}; });
    refuses([](StoreContents& c) { c.layers[0].info.weighted = true; });
    refuses([](StoreContents& c) { c.layers[1].info.name = "follow"; });
    for (const char* name : {"", ".", "..", "a/b"}) refuses([&](StoreContents& c) { c.layers[0].info.name = name; });
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Store, VerifiesWhatIsSound) {
    const TemporaryFolder folder;
    for (const bool handles : {false, true})
        for (const AccountId n : {0U, 1U, 2U, 3000U}) {
            write_store(folder / "s.h5", SampleStore(n, handles).contents());
            const Store store = Store::open(folder / "s.h5");
            for (const LayerInfo& layer : store.layers())
                for (const int threads : {0, 1, 3}) EXPECT_NO_THROW(store.verify(layer.name, threads)) << n;
        }
}

// Checksums only say that a file is what was written. These are wrong from the start.
TEST(Store, DoesNotVerifyGraphsThatAreNone) {
    const TemporaryFolder folder;
    const SampleStore sample(10);
    const CsrView out = sample.graphs[1].out();
    ASSERT_GE(out.degree(0), 2U);
    std::vector<EdgeOffset> offsets(out.offsets.begin(), out.offsets.end());
    std::vector<AccountId> neighbors(out.neighbors.begin(), out.neighbors.end());
    std::vector<float> weights(out.weights.begin(), out.weights.end());
    std::vector<AccountId> by_id = sample.by_id;

    const auto complains = [&](const std::string& about, const std::string& layer = "mention") {
        StoreContents contents = sample.contents();
        contents.layers[1].out = {offsets, neighbors, weights};
        contents.by_id = by_id;
        write_store(folder / "s.h5", contents);
        for (const int threads : {1, 4}) {
            try {
                Store::open(folder / "s.h5").verify(layer, threads);
                ADD_FAILURE() << "no complaint about " << about;
            } catch (const IoError& error) {
                EXPECT_NE(std::string(error.what()).find(about), std::string::npos) << error.what();
            }
        }
        offsets.assign(out.offsets.begin(), out.offsets.end());
        neighbors.assign(out.neighbors.begin(), out.neighbors.end());
        weights.assign(out.weights.begin(), out.weights.end());
        by_id = sample.by_id;
    };
    offsets[0] = 1;
    complains("/layers/mention/out/offsets must start at 0, got 1");
    ++offsets[10];
    complains("/layers/mention/out/offsets must end at");
    offsets[1] = offsets[2] + 1;
    complains("/layers/mention/out/offsets must not decrease, but entry 2 is");
    neighbors[3] = 10;
    complains("/layers/mention/out/neighbors must be below 10, but entry 3 is 10");
    std::swap(neighbors[0], neighbors[1]);
    complains("/layers/mention/out/neighbors must ascend within a row, but entry 1, in row 0, is");
    neighbors[1] = neighbors[0];
    complains("must ascend within a row");
    weights[5] = std::numeric_limits<float>::quiet_NaN();
    complains("/layers/mention/out/weights must be finite, but entry 5 is nan");
    weights[5] += 1;
    complains("/layers/mention must hold the same edges in 'out' and in 'in'");
    std::swap(by_id[4], by_id[5]);
    complains("/accounts/by_id must list the accounts in ascending order", "follow");
    by_id[4] = by_id[5];
    complains("/accounts/by_id must list the accounts in ascending order", "friend");
    by_id[4] = 10;
    complains("/accounts/by_id must name accounts below 10, got 10", "follow");
}

TEST(Store, DoesNotVerifyAnUndirectedLayerWithAOneWayEdge) {
    const TemporaryFolder folder;
    const SampleStore sample(10);
    StoreContents contents = sample.contents();
    contents.layers[0].info.directed = false;
    write_store(folder / "s.h5", contents);
    EXPECT_THROW(Store::open(folder / "s.h5").verify("follow", 2), IoError);
}

TEST(Store, KeepsWhatWeightsLackOfExactSums) {
    const TemporaryFolder folder;
    const SampleStore sample(50);
    StoreContents contents = sample.contents();
    WeightRemainders remainders;
    remainders.edges = {0, 0, 7};
    remainders.values = {0.25, 0x1p-60, -3.0};
    contents.layers[1].remainders = &remainders;
    write_store(folder / "s.h5", contents);
    const Store store = Store::open(folder / "s.h5");
    EXPECT_EQ(store.remainders("mention").edges, remainders.edges);
    EXPECT_EQ(store.remainders("mention").values, remainders.values);
    EXPECT_TRUE(store.remainders("follow").empty());
    store.verify("mention", 2);

    remainders.edges = {0, 7, 0};
    write_store(folder / "s.h5", contents);
    const Store wrong = Store::open(folder / "s.h5");
    EXPECT_THROW(wrong.verify("mention", 2), IoError);
}

TEST(Store, StopsVerifyingWhenAskedTo) {
    struct Stop : Progress {
        void report(std::string_view, double, double, std::string_view) override {}
        bool cancelled() const override { return true; }
    } stop;
    const TemporaryFolder folder;
    const SampleStore sample(100);
    EXPECT_THROW(write_store(folder / "s.h5", sample.contents(), &stop), Cancelled);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    write_store(folder / "s.h5", sample.contents());
    EXPECT_THROW(Store::open(folder / "s.h5").verify("follow", 2, &stop), Cancelled);
}

TEST(Store, ThatIsNoneGetsAClearError) {
    const TemporaryFolder folder;
    const auto complains = [&](const std::string& name, const std::string& about) {
        try {
            Store::open(folder / name);
            ADD_FAILURE() << name << " was opened";
        } catch (const IoError& error) {
            EXPECT_NE(std::string(error.what()).find((folder / name).string()), std::string::npos) << error.what();
            EXPECT_NE(std::string(error.what()).find(about), std::string::npos) << error.what();
        }
    };
    complains("missing.h5", "No such file or directory");
    std::filesystem::create_directory(folder / "folder.h5");
    complains("folder.h5", "must be a regular file");
    write_bytes(folder / "empty.h5", "");
    complains("empty.h5", "must be an HDF5 file, got 0 bytes");
    write_bytes(folder / "text.h5", "src,dst\n1,2\n");
    complains("text.h5", "must be an HDF5 file, got 12 bytes");
    write_store(folder / "s.h5", SampleStore(100).contents());
    const std::string bytes = read_bytes(folder / "s.h5");
    write_bytes(folder / "cut.h5", bytes.substr(0, bytes.size() - 4096));
    complains("cut.h5", "truncated or damaged: truncated file");
}

}  // namespace coterie::testing
