// `coterie score`: the main job, run as a user runs it.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "host/backend.hpp"
#include "io/sha256.hpp"
#include "io/store.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

using Json = nlohmann::json;

class Score : public ::testing::Test {
  protected:
    Finished run(const std::vector<std::string>& arguments) const { return run_program(folder_.path(), arguments); }
    std::string output(const std::vector<std::string>& arguments) const {
        const Finished finished = run(arguments);
        EXPECT_EQ(finished.code, 0) << finished.err;
        return finished.out;
    }
    std::string file(const std::string& name) const { return read_bytes(folder_ / name); }

    /// A store of two layers and names: everybody follows 1, who follows 2; 3 is often mentioned; 9 is alone with 10.
    void ingest_two_layers() const {
        write_bytes(folder_ / "follow.csv", "source,target\n2,1\n3,1\n4,1\n5,1\n1,2\n5,4\n4,5\n9,10\n");
        write_bytes(folder_ / "mention.csv", "source,target\n1,3\n2,3\n2,3\n4,3\n3,5\n");
        write_bytes(folder_ / "accounts.csv", "id,name\n1,\"The Voice of China 中国好声音, official\"\n2,Zoë\n3,\n");
        output({"ingest", "--follow", "follow.csv", "--mention", "mention.csv", "--accounts", "accounts.csv", "-o",
                "s.h5"});
    }
    void ingest_random(int n) const {
        std::string rows = "source,target\n";
        std::uint64_t state = 7;
        for (int i = 0; i < 6 * n; ++i) {
            state = state * 6364136223846793005U + 1442695040888963407U;
            const auto u = (state >> 33U) % static_cast<unsigned>(n);
            const auto v = (state >> 13U) % (1 + (state >> 40U) % static_cast<unsigned>(n));
            rows += std::to_string(u) + "," + std::to_string(v % static_cast<unsigned>(n)) + "\n";
        }
        write_bytes(folder_ / "edges.csv", rows);
        output({"ingest", "--follow", "edges.csv", "-o", "s.h5"});
    }

    TemporaryFolder folder_;
};

std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (const char c : line) {
        if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted)
            cells.emplace_back();
        else
            cells.back() += c;
    }
    return cells;
}

}  // namespace

TEST_F(Score, WritesRankingCommunitiesSummaryAndManifest) {
    ingest_random(300);
    const std::string shown = output({"score", "s.h5", "-o", "out", "--backend", "openmp"});
    const std::vector<std::string> ranking = lines_of(file("out/ranking.csv"));
    EXPECT_EQ(ranking[0],
              "position,account,pagerank,percentile,community,community_rank,betweenness,in_degree,out_degree,"
              "in_strength,out_strength,core");
    double last = 1.0;
    double sum = 0.0;
    for (std::size_t i = 1; i < ranking.size(); ++i) {
        const std::vector<std::string> cells = cells_of(ranking[i]);
        ASSERT_EQ(cells.size(), 12U);
        EXPECT_EQ(cells[0], std::to_string(i));
        const double rank = std::stod(cells[2]);
        EXPECT_LE(rank, last);
        last = rank;
        sum += rank;
    }
    EXPECT_NEAR(sum, 1.0, 1e-9);
    EXPECT_EQ(cells_of(ranking[1])[3], "100");
    EXPECT_EQ(cells_of(ranking[1])[5], "1");

    const std::vector<std::string> communities = lines_of(file("out/communities.csv"));
    EXPECT_EQ(communities[0], "community,name,size,share,internal_density,conductance,reciprocity,leaders");
    std::size_t accounts = 0;
    for (std::size_t i = 1; i < communities.size(); ++i) {
        const std::vector<std::string> cells = cells_of(communities[i]);
        EXPECT_EQ(cells[0], std::to_string(i - 1));
        accounts += std::stoul(cells[2]);
    }
    EXPECT_EQ(accounts, ranking.size() - 1);

    EXPECT_EQ(shown, file("out/summary.txt"));
    for (const char* part : {"The network", "The top 20 of", "The communities", "What the words mean", "edges.csv"})
        EXPECT_TRUE(says(shown, part));

    const Json manifest = Json::parse(file("out/manifest.json"));
    EXPECT_EQ(manifest.at("command"), "score");
    EXPECT_EQ(manifest.at("backend"), "openmp");
    EXPECT_EQ(manifest.at("layers").at(0).at("inputs").at(0).at("path"), "edges.csv");
    EXPECT_EQ(manifest.at("layers").at(0).at("inputs").at(0).at("sha256").get<std::string>().size(), 64U);
    EXPECT_EQ(manifest.at("layers").at(0).at("data_checksum").get<std::string>().size(), 16U);
    EXPECT_GT(manifest.at("peak_memory_bytes").get<std::uint64_t>(), 0U);
    for (const char* step : {"open", "verify", "follow.pagerank", "follow.communities", "follow.betweenness", "write"})
        EXPECT_TRUE(manifest.at("seconds").contains(step)) << step;
    ASSERT_EQ(manifest.at("outputs").size(), 3U);
    for (const Json& entry : manifest.at("outputs")) {
        const std::string content = file("out/" + entry.at("path").get<std::string>());
        Sha256 digest;
        digest.add(content.data(), content.size());
        EXPECT_EQ(entry.at("sha256"), digest.hexadecimal());
        EXPECT_EQ(entry.at("bytes"), content.size());
    }
}

TEST_F(Score, GivesTheSameBytesWithAnyNumberOfThreads) {
    ingest_random(2000);
    std::filesystem::copy_file(folder_ / "s.h5", folder_ / "t.h5");
    output({"score", "s.h5", "-o", "one", "--threads", "1"});
    output({"score", "t.h5", "-o", "seven", "--threads", "7"});
    for (const char* name : {"ranking.csv", "communities.csv", "summary.txt"})
        EXPECT_EQ(file(std::string("one/") + name), file(std::string("seven/") + name)) << name;
    EXPECT_EQ(file("s.h5"), file("t.h5"));
    // A second run replaces the results by the same.
    output({"score", "s.h5", "-o", "one"});
    EXPECT_EQ(file("one/ranking.csv"), file("seven/ranking.csv"));
    const auto names = Store::open(folder_ / "s.h5").result_names();
    EXPECT_EQ(std::ranges::count(names, "follow.pagerank"), 1);
}

TEST_F(Score, GivesTheSameBytesOnOpenmpAndCuda) {
    if (const std::string reason = why_unavailable(Backend::cuda); !reason.empty()) GTEST_SKIP() << "cuda: " << reason;
    ingest_two_layers();
    write_bytes(folder_ / "t.h5", file("s.h5"));
    output({"score", "s.h5", "-o", "openmp", "--backend", "openmp"});
    output({"score", "t.h5", "-o", "cuda", "--backend", "cuda"});
    for (const char* name : {"/ranking.csv", "/communities.csv"})
        EXPECT_EQ(file(std::string("openmp") + name), file(std::string("cuda") + name)) << name;
    EXPECT_EQ(file("s.h5"), file("t.h5"));
}

TEST_F(Score, ScoresAllLayersWithAColumnSetEach) {
    ingest_two_layers();
    const std::string shown = output({"score", "s.h5", "-o", "out"});
    const std::vector<std::string> ranking = lines_of(file("out/ranking.csv"));
    const std::vector<std::string> head = cells_of(ranking[0]);
    EXPECT_EQ(head[2], "name");
    for (const char* column : {"follow.pagerank", "mention.pagerank", "mention.in_strength", "follow.core"})
        EXPECT_NE(std::ranges::find(head, column), head.end()) << column;
    EXPECT_EQ(cells_of(ranking[1])[1], "1");  // by PageRank of the follow layer
    EXPECT_EQ(cells_of(ranking[1])[2], "The Voice of China 中国好声音, official");
    EXPECT_TRUE(lines_of(file("out/communities.csv"))[0].starts_with("layer,community,name"));
    EXPECT_TRUE(says(shown, "layer follow"));
    EXPECT_TRUE(says(shown, "layer mention"));
    EXPECT_TRUE(says(shown, "Zoë"));
    EXPECT_TRUE(says(shown, "counted in hops"));

    const Store store = Store::open(folder_ / "s.h5");
    for (const std::string algorithm : {"pagerank", "communities", "betweenness", "components", "cores", "degrees"})
        for (const std::string layer : {"follow", "mention"}) {
            const StoredResult result = store.result(layer + "." + algorithm);
            EXPECT_EQ(std::get<std::string>(result.attributes.at("layer")), layer);
            EXPECT_FALSE(result.attributes.contains("seconds"));
        }
    const auto ranks = store.result("follow.pagerank").arrays.at("values");
    EXPECT_EQ(std::get<std::vector<double>>(ranks).size(), store.accounts()->size());
}

TEST_F(Score, OrdersByTheColumnThatIsAskedFor) {
    ingest_two_layers();
    output({"score", "s.h5", "-o", "out", "--order-by", "mention.in_strength"});
    std::vector<std::string> ranking = lines_of(file("out/ranking.csv"));
    EXPECT_EQ(cells_of(ranking[1])[1], "3");
    EXPECT_EQ(cells_of(ranking[2])[1], "5");
    EXPECT_EQ(cells_of(ranking[3])[1], "1");  // ties by original id
    EXPECT_EQ(cells_of(ranking[4])[1], "2");
    output({"score", "s.h5", "-o", "out", "--layer", "mention", "--order-by", "in_degree", "--no-save"});
    ranking = lines_of(file("out/ranking.csv"));
    EXPECT_EQ(cells_of(ranking[0])[3], "pagerank");
    EXPECT_EQ(cells_of(ranking[1])[1], "3");
    const Finished wrong = run({"score", "s.h5", "-o", "out", "--order-by", "beauty"});
    EXPECT_EQ(wrong.code, 2);
    EXPECT_TRUE(says(wrong.err, "betweenness"));
}

TEST_F(Score, SamplesSourcesWhenAskedAndSaysSo) {
    ingest_random(500);
    const Json manifest = Json::parse(output({"score", "s.h5", "-o", "out", "--sources", "50", "--json"}));
    EXPECT_EQ(manifest, Json::parse(file("out/manifest.json")));
    EXPECT_EQ(manifest.at("layers").at(0).at("betweenness"), (Json{{"sources", 50}, {"exact", false}}));
    EXPECT_TRUE(says(file("out/summary.txt"), "estimated from 50"));
    EXPECT_EQ(run({"score", "s.h5", "-o", "out", "--sources", "none"}).code, 2);
}

TEST_F(Score, KeepsEveryLayerThatIsDoneAndResumesWithTheRest) {
    ingest_two_layers();
    std::filesystem::copy_file(folder_ / "s.h5", folder_ / "t.h5");
    output({"score", "t.h5", "-o", "whole"});
    // What a run leaves that ended in its second layer.
    output({"score", "s.h5", "-o", "first", "--layer", "follow"});
    const Json resumed = Json::parse(output({"score", "s.h5", "-o", "out", "--resume", "--json"}));
    EXPECT_EQ(resumed.at("layers").at(0).at("reused"),
              (Json{"degrees", "components", "cores", "pagerank", "communities", "betweenness"}));
    EXPECT_FALSE(resumed.at("layers").at(1).contains("reused"));
    for (const char* name : {"ranking.csv", "communities.csv", "summary.txt"})
        EXPECT_EQ(file(std::string("out/") + name), file(std::string("whole/") + name)) << name;
    EXPECT_EQ(Store::open(folder_ / "s.h5").result_names(), Store::open(folder_ / "t.h5").result_names());

    // Only what depends on nothing that is different now.
    const Json damped =
        Json::parse(output({"score", "s.h5", "-o", "out", "--resume", "--damping", "0.5", "--seed", "2", "--json"}));
    EXPECT_EQ(damped.at("layers").at(1).at("reused"), (Json{"degrees", "components", "cores"}));
    write_bytes(folder_ / "mention.csv", "source,target\n1,3\n2,3\n");
    output({"ingest", "--follow", "follow.csv", "--mention", "mention.csv", "-o", "u.h5"});
    add_results(folder_ / "u.h5", {Store::open(folder_ / "s.h5").result("mention.cores")});
    const Json other = Json::parse(output({"score", "u.h5", "-o", "out", "--resume", "--json"}));
    EXPECT_FALSE(other.at("layers").at(1).contains("reused"));
    // Without --resume all is computed.
    EXPECT_FALSE(Json::parse(output({"score", "s.h5", "-o", "out", "--json"})).at("layers").at(0).contains("reused"));
}

TEST_F(Score, LeavesNoManifestForOutputsThatFailed) {
    ingest_random(100);
    output({"score", "s.h5", "-o", "out"});
    std::filesystem::remove(folder_ / "out" / "summary.txt");
    std::filesystem::create_directory(folder_ / "out" / "summary.txt");
    EXPECT_EQ(run({"score", "s.h5", "-o", "out"}).code, 1);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out" / "manifest.json"));
    EXPECT_EQ(run({"score", "s.h5", "-o", "edges.csv"}).code, 1);
    EXPECT_EQ(run({"score", "none.h5", "-o", "out"}).code, 1);
    EXPECT_EQ(run({"score", "s.h5"}).code, 2);
}

}  // namespace coterie::testing
