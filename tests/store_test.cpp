#include "io/store.hpp"

#include <gtest/gtest.h>

#include <algorithm>

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

}  // namespace coterie::testing
