#include "io/store_check.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/errors.hpp"
#include "io/store.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

/// A store that is damaged in ways that its checksums do not show: they are computed from what is written.
class CheckedStore : public ::testing::Test {
  protected:
    StoreCheck check(int threads = 2) const { return check_store(path_, threads); }

    std::vector<std::string> damages(int threads = 2) const {
        std::vector<std::string> texts;
        for (const Damage& damage : check(threads).damages) texts.push_back(damage.object + " " + damage.what);
        return texts;
    }

    TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "s.h5";
};

template <class T>
std::vector<T> copy_of(std::span<const T> values) {
    return {values.begin(), values.end()};
}

}  // namespace

TEST_F(CheckedStore, SaysWhatWasChecked) {
    for (const bool handles : {false, true}) {
        const SampleStore sample(50, handles);
        write_store(path_, sample.contents());
        add_results(path_, {sample_result("pagerank", 50, 0.5)});
        const StoreCheck found = check();
        EXPECT_TRUE(found.sound());
        EXPECT_EQ(found.accounts, 50U);
        std::vector<std::string> parts;
        std::size_t arrays = 0;
        std::uint64_t bytes = 0;
        for (const StoreCheck::Part& part : found.parts) {
            parts.push_back(part.name);
            arrays += part.arrays;
            bytes += part.bytes;
            EXPECT_EQ(part.without_sum, 0U) << part.name;
        }
        EXPECT_EQ(parts, (std::vector<std::string>{"accounts", "columns", "layer follow", "layer mention",
                                                   "layer friend", "results"}));
        EXPECT_EQ(arrays, (handles ? 3U : 2U) + 3U + 4U + 6U + 2U + 3U);
        EXPECT_GE(found.bytes, bytes);
    }
}

TEST_F(CheckedStore, NamesEveryDamagedArrayAndThePlaceInIt) {
    const SampleStore sample(10);
    StoreContents contents = sample.contents();
    auto neighbors = copy_of(sample.graphs[0].in().neighbors);
    auto offsets = copy_of(sample.graphs[1].out().offsets);
    auto weights = copy_of(sample.graphs[1].in().weights);
    neighbors[3] = 10;
    offsets[1] = offsets[2] + 1;
    weights[5] = std::numeric_limits<float>::infinity();
    contents.layers[0].in.neighbors = neighbors;
    contents.layers[1].out.offsets = offsets;
    contents.layers[1].in.weights = weights;
    contents.layers[2].info.merged += 1;
    write_store(path_, contents);
    const std::vector<std::string> found = damages();
    ASSERT_EQ(found.size(), 4U);
    EXPECT_TRUE(found[0].starts_with("/layers/friend must have rows = kept + merged + self_loops + rejected"));
    EXPECT_EQ(found[1], "/layers/follow/in/neighbors must be below 10, but entry 3 is 10");
    EXPECT_TRUE(found[2].starts_with("/layers/mention/out/offsets must not decrease, but entry 2 is")) << found[2];
    EXPECT_EQ(found[3], "/layers/mention/in/weights must be finite, but entry 5 is inf");
    for (const int threads : {1, 3}) EXPECT_EQ(damages(threads), found);
}

TEST_F(CheckedStore, FindsEdgesThatStandInOneDirectionOnly) {
    const SampleStore sample(30);
    StoreContents contents = sample.contents();
    auto weights = copy_of(sample.graphs[1].in().weights);
    weights[7] += 1;
    contents.layers[1].in.weights = weights;
    contents.layers[0].info.directed = false;
    write_store(path_, contents);
    const std::vector<std::string> found = damages();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_TRUE(says(found[0], "/layers/follow is undirected: 'out' must hold each edge in both directions"));
    EXPECT_TRUE(says(found[1], "/layers/mention must hold the same edges in 'out' and in 'in'"));
}

TEST_F(CheckedStore, FindsAccountsOutOfOrderAndCountsThatDoNotFit) {
    const SampleStore sample(30);
    StoreContents contents = sample.contents();
    std::vector<AccountId> by_id = sample.by_id;
    std::swap(by_id[4], by_id[5]);
    contents.by_id = by_id;
    contents.layers[0].info.kept -= 1;
    contents.layers[0].info.merged += 1;
    std::swap(contents.layers[1].info.first_time, contents.layers[1].info.last_time);
    write_store(path_, contents);
    StoredResult result = sample_result("pagerank", 29, 0.5);
    result.arrays["values"] = result.arrays["ranks"];
    add_results(path_, {result});
    const std::vector<std::string> found = damages();
    ASSERT_EQ(found.size(), 4U);
    EXPECT_TRUE(says(found[0], "/results/pagerank/values must have 30 values (num_accounts), got 29"));
    EXPECT_TRUE(says(found[1], "/layers/follow must store each of its"));
    EXPECT_TRUE(says(found[2], "/layers/mention must have first_time up to last_time"));
    EXPECT_TRUE(says(found[3], "/accounts/by_id must list the accounts in ascending order of their ids, but entry 5"));
}

TEST_F(CheckedStore, FindsOneChangedByteInAnyArrayAndNamesIt) {
    // Three pieces an array: the changed byte stands in the first, in one between, in the last.
    const AccountId n = (AccountId{1} << 18U) + 100;
    std::vector<std::uint64_t> ids(n);
    std::vector<AccountId> by_id(n);
    for (AccountId account = 0; account < n; ++account) {
        ids[account] = account + 1;
        by_id[account] = account;
    }
    StoreContents contents;
    contents.ids = ids;
    contents.by_id = by_id;
    write_store(path_, contents);
    EXPECT_TRUE(check().sound());
    const std::string bytes = read_bytes(path_);
    const std::string some = bytes.substr(bytes.size() - n * sizeof(AccountId));  // by_id is the last array
    for (const std::size_t at : {std::size_t{4}, some.size() / 2, some.size() - 4}) {
        std::string changed = bytes;
        changed[bytes.size() - some.size() + at] = static_cast<char>(some[at] ^ 1);
        write_bytes(path_, changed);
        const std::vector<std::string> found = damages();
        ASSERT_FALSE(found.empty()) << at;
        EXPECT_TRUE(says(found[0], "/accounts/by_id must have the checksum ")) << at;
        EXPECT_TRUE(says(found[0], "the file is damaged in its bytes ")) << at;
    }
}

TEST_F(CheckedStore, IsDamagedWhereItsMetadataAre) {
    const SampleStore sample(10);
    write_store(path_, sample.contents());
    const std::string bytes = read_bytes(path_);
    for (const std::size_t length : {bytes.size() - 1, bytes.size() / 2, std::size_t{100}, std::size_t{0}}) {
        write_bytes(path_, bytes.substr(0, length));
        EXPECT_EQ(damages().size(), 1U) << length;
    }
    EXPECT_THROW(check_store(folder_ / "none.h5", 1), IoError);
    EXPECT_THROW(check_store(folder_.path(), 1), IoError);
}

TEST_F(CheckedStore, IsCheckedFromTheCommandLine) {
    const SampleStore sample(10);
    write_store(path_, sample.contents());
    const Finished sound = run_program(folder_.path(), {"check", "s.h5"});
    EXPECT_EQ(sound.code, 0) << sound.err;
    EXPECT_TRUE(says(sound.out, "layer mention"));
    EXPECT_TRUE(says(sound.out, "\nsound: "));
    auto report = nlohmann::json::parse(run_program(folder_.path(), {"check", "s.h5", "--json"}).out);
    EXPECT_EQ(report["sound"], true);
    EXPECT_EQ(report["parts"].size(), 5U);
    EXPECT_TRUE(report["damages"].empty());

    StoreContents contents = sample.contents();
    contents.layers[0].info.rows += 1;
    write_store(path_, contents);
    const Finished damaged = run_program(folder_.path(), {"check", "s.h5"});
    EXPECT_EQ(damaged.code, 5);
    EXPECT_TRUE(says(damaged.out, "damaged: /layers/follow must have rows = "));
    EXPECT_TRUE(says(damaged.out, "\none damage: "));
    EXPECT_TRUE(says(damaged.err, "s.h5: must be sound, but has one damage, the first: /layers/follow"));
    report = nlohmann::json::parse(run_program(folder_.path(), {"check", "s.h5", "--json"}).out);
    EXPECT_EQ(report["sound"], false);
    EXPECT_EQ(report["damages"][0]["object"], "/layers/follow");
    EXPECT_EQ(run_program(folder_.path(), {"check", "none.h5"}).code, 1);
}

}  // namespace coterie::testing
