#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/backend.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

/// What `coterie estimate STORE …` says beside what a run takes.
class EstimateMemory : public ::testing::Test {
  protected:
    void SetUp() override {
        if (const std::string_view sanitizers = COTERIE_SANITIZERS; !sanitizers.empty())
            GTEST_SKIP() << "the memory that " << sanitizers << " adds is not the program's";
    }

    Json json_of(Words arguments) const {
        arguments.emplace_back("--json");
        const Finished finished = run_program(folder_.path(), arguments);
        EXPECT_EQ(finished.code, 0) << finished.err;
        return Json::parse(finished.out, nullptr, false);
    }

    void make(const std::string& store, const Words& generate, const Words& ingest) const {
        ASSERT_EQ(run_program(folder_.path(), generate).code, 0);
        Words words{"ingest", "-o", store};
        words.insert(words.end(), ingest.begin(), ingest.end());
        ASSERT_EQ(run_program(folder_.path(), words).code, 0);
    }

    void compare(const std::string& store, const Words& command, const Words& of_the_run = {}) const {
        Words estimate{"estimate", store};
        estimate.insert(estimate.end(), command.begin(), command.end());
        estimate.insert(estimate.end(), {"--threads", "2"});
        Words run{command.front(), store};
        run.insert(run.end(), command.begin() + 1, command.end());
        run.insert(run.end(), of_the_run.begin(), of_the_run.end());
        run.insert(run.end(), {"--threads", "2", "--backend", "openmp"});
        const auto told = json_of(estimate)["memory_bytes"].get<double>();
        const auto came = json_of(run)["peak_memory_bytes"].get<double>();
        EXPECT_NEAR(told / came, 1.0, 0.1)
            << store << " " << ::testing::PrintToString(command) << ": " << told << " told, " << came << " came";
    }

    void compare_all(const std::string& store) const {
        compare(store, {"pagerank"}, {"--max-iterations", "2"});
        compare(store, {"pagerank", "--precision", "single"}, {"--max-iterations", "2"});
        compare(store, {"communities"});
        compare(store, {"communities", "--method", "cdlp"});
        compare(store, {"betweenness", "--sources", "8"});
        compare(store, {"betweenness", "--sources", "80"});
    }

    TemporaryFolder folder_;
};

}  // namespace

TEST_F(EstimateMemory, OfAnUndirectedKroneckerGraphIsWithinATenth) {
    make("k.h5", {"generate", "kronecker", "--scale", "18", "--degree", "8", "-o", "k.el"},
         {"--follow", "k.el", "--undirected"});
    compare_all("k.h5");
}

TEST_F(EstimateMemory, OfADirectedPlatformIsWithinATenth) {
    make("p.h5",
         {"generate", "planted", "--accounts", "200000", "--communities", "50", "--mentions", "1000", "-o", "p"},
         {"--follow", "p/follow.csv"});
    compare_all("p.h5");
}

/// So many accounts that PageRank pushes along some of the edges.
TEST_F(EstimateMemory, OfPageRankWithFarAccountsIsWithinATenth) {
    make("p.h5",
         {"generate", "planted", "--accounts", "500000", "--communities", "50", "--mentions", "1000", "-o", "p"},
         {"--follow", "p/follow.csv"});
    compare("p.h5", {"pagerank"}, {"--max-iterations", "2"});
}

class EstimateMemoryOnCuda : public EstimateMemory {
  protected:
    void SetUp() override {
        EstimateMemory::SetUp();
        if (const std::string why = why_unavailable(Backend::cuda); !why.empty()) GTEST_SKIP() << why;
    }

    void compare_device(const std::string& store, const Words& command, const Words& of_the_run = {}) const {
        Words estimate{"estimate", store};
        estimate.insert(estimate.end(), command.begin(), command.end());
        Words run{command.front(), store, "--backend", "cuda"};
        run.insert(run.end(), command.begin() + 1, command.end());
        run.insert(run.end(), of_the_run.begin(), of_the_run.end());
        const auto told = json_of(estimate)["device"][0]["bytes"].get<double>();
        const auto came = json_of(run)["device_use"]["device_peak_bytes"].get<double>();
        EXPECT_NEAR(told / came, 1.0, 0.1)
            << ::testing::PrintToString(command) << ": " << told << " told, " << came << " came";
    }
};

TEST_F(EstimateMemoryOnCuda, IsWithinATenth) {
    make("k.h5", {"generate", "kronecker", "--scale", "13", "--degree", "16", "-o", "k.el"},
         {"--follow", "k.el", "--undirected"});
    compare_device("k.h5", {"pagerank"}, {"--max-iterations", "1"});
    compare_device("k.h5", {"pagerank", "--precision", "single"}, {"--max-iterations", "1"});
    compare_device("k.h5", {"communities"}, {"--rounds", "1"});
    compare_device("k.h5", {"communities", "--method", "cdlp"}, {"--rounds", "1"});
    compare_device("k.h5", {"betweenness", "--sources", "2"});
    compare_device("k.h5", {"betweenness", "--sources", "40"});
}

TEST_F(EstimateMemory, NamesWhatAutoChooses) {
    make("k.h5", {"generate", "kronecker", "--scale", "12", "--degree", "16", "-o", "k.el"}, {"--follow", "k.el"});
    // Of a GPU's memory 92 % are given out.
    const auto chosen = [&](const Json& bytes, const std::string& less = "0") {
        const auto memory = static_cast<std::uint64_t>((bytes.get<double>() - std::stod(less)) / 0.92) + 2;
        return json_of({"estimate", "k.h5", "pagerank", "--threads", "16", "--device-memory",
                        std::to_string(memory)})["choices"]["pagerank"];
    };
    const Json ways = json_of({"estimate", "k.h5", "pagerank"})["device"];
    ASSERT_EQ(ways.size(), 2U);
    EXPECT_GT(ways[0]["bytes"].get<double>(), ways[1]["bytes"].get<double>());
    EXPECT_EQ(chosen(ways[0]["bytes"])["way"], "resident");
    EXPECT_EQ(chosen(ways[0]["bytes"])["backend"], "cuda");
    EXPECT_EQ(chosen(ways[0]["bytes"], "100")["way"], "streamed");
    EXPECT_EQ(chosen(ways[0]["bytes"], "100")["backend"], "cuda");
    EXPECT_EQ(chosen(ways[1]["bytes"])["backend"], "openmp");
    EXPECT_TRUE(says(chosen(ways[1]["bytes"])["reason"], "0.1 % of the rows stay there"));
    EXPECT_EQ(chosen(ways[1]["bytes"], "100")["backend"], "openmp");
    EXPECT_TRUE(says(chosen(ways[1]["bytes"], "100")["reason"], "at least"));
    const std::string text = run_program(folder_.path(), {"estimate", "k.h5", "score", "--device-memory", "8G"}).out;
    for (const std::string of : {"degrees", "components", "cores", "pagerank", "communities", "betweenness"})
        EXPECT_TRUE(says(text, "--backend auto takes cuda for " + of + ", since a GPU has 7.4 GB to give"));
}

TEST_F(EstimateMemory, SaysWhyWithoutAGpu) {
    const std::string why = why_unavailable(Backend::cuda);
    if (why.empty()) GTEST_SKIP() << "a GPU is here";
    make("k.h5", {"generate", "kronecker", "--scale", "8", "-o", "k.el"}, {"--follow", "k.el"});
    const Json choice = json_of({"estimate", "k.h5", "communities"})["choices"]["communities"];
    EXPECT_EQ(choice["backend"], "openmp");
    EXPECT_EQ(choice["reason"], "cuda cannot run: " + why);
}

TEST_F(EstimateMemory, SaysWhatItIsForUseByUse) {
    make("k.h5", {"generate", "kronecker", "--scale", "10", "--degree", "8", "-o", "k.el"}, {"--follow", "k.el"});
    const Json told = json_of({"estimate", "k.h5", "score"});
    double sum = 0;
    for (const Json& use : told["uses"]) sum += use["bytes"].get<double>();
    EXPECT_GT(told["uses"].size(), 5U);
    EXPECT_EQ(sum, told["memory_bytes"].get<double>());
}

TEST_F(EstimateMemory, WantsAStore) {
    const Finished finished = run_program(folder_.path(), {"estimate", "pagerank"});
    EXPECT_EQ(finished.code, 2);
    EXPECT_NE(finished.err.find("coterie estimate STORE pagerank"), std::string::npos) << finished.err;
}

}  // namespace coterie::testing
