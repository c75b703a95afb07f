#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "io/growth.hpp"
#include "tests/support/edge_files.hpp"
#include "tests/support/ingested.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

class Estimate : public ::testing::Test {
  protected:
    Json json_of(Words arguments) const {
        arguments.emplace_back("--json");
        const Finished finished = run_program(folder_.path(), arguments);
        EXPECT_EQ(finished.code, 0) << finished.err;
        return Json::parse(finished.out, nullptr, false);
    }

    /// What the program reports when a shell starts it: the system counts the memory of this large process to the peak of what it
    /// starts itself.
    Json alone(const Words& arguments) const {
        std::string command = "cd '" + folder_.path().string() + "' && '" COTERIE_PROGRAM "'";
        for (const std::string& argument : arguments) command += " '" + argument + "'";
        command += " --json > done.json 2> said; true";
        EXPECT_EQ(std::system(command.c_str()), 0);
        return Json::parse(read_bytes(folder_ / "done.json"), nullptr, false);
    }

    /// Estimates from an eighth of the input, ingests, and compares: disk within a fifth, and memory unless it is too little to tell.
    void compare(const Words& options, std::uint64_t sample, bool memory = true) const {
        Words estimate{"estimate", "ingest", "-o", "s.h5", "--sample", std::to_string(sample)};
        estimate.insert(estimate.end(), options.begin(), options.end());
        Words ingest{"ingest", "-o", "s.h5"};
        ingest.insert(ingest.end(), options.begin(), options.end());
        const Json told = json_of(estimate);
        EXPECT_FALSE(std::filesystem::exists(folder_ / "s.h5")) << "an estimate writes no store";
        const Json done = alone(ingest);
        EXPECT_LT(told["sampled"].get<double>(), 0.3);
        const auto within = [&](const char* what, double guess, double truth) {
            EXPECT_NEAR(guess / truth, 1, 0.2) << what << ": " << guess << " for " << truth << "\n" << told;
        };
        within("rows", told["rows"], done["rows"]);
        within("accounts", told["accounts"], done["accounts"]);
        within("store", told["store_bytes"], static_cast<double>(std::filesystem::file_size(folder_ / "s.h5")));
        // What sanitizers add is not the program's.
        if (memory && std::string_view(COTERIE_SANITIZERS).empty())
            within("memory", told["memory_bytes"], done["peak_memory_bytes"]);
        std::filesystem::remove(folder_ / "s.h5");
    }

    void generate(const Words& options) const {
        Words words{"generate"};
        words.insert(words.end(), options.begin(), options.end());
        ASSERT_EQ(run_program(folder_.path(), words).code, 0);
    }

    TemporaryFolder folder_;
};

std::array<Grown, 3> seen_of(double (*count)(double), double rows) {
    return {{{rows / 4, count(rows / 4)}, {rows / 2, count(rows / 2)}, {rows, count(rows)}}};
}

}  // namespace

TEST(Growth, GoesOnAsAPowerLaw) {
    const auto heaps = [](double rows) { return 3 * std::pow(rows, 0.6); };
    EXPECT_NEAR(extrapolated(seen_of(heaps, 1000), 1e6) / heaps(1e6), 1, 1e-4);
    const auto all_new = [](double rows) { return rows; };
    EXPECT_NEAR(extrapolated(seen_of(all_new, 1000), 1e6), 1e6, 1e-3);
}

TEST(Growth, EndsWhereNothingIsNew) {
    const auto constant = [](double) { return 17.0; };
    EXPECT_EQ(extrapolated(seen_of(constant, 1000), 1e6), 17);
    const auto nothing = [](double) { return 0.0; };
    EXPECT_EQ(extrapolated(seen_of(nothing, 1000), 1e6), 0);
    // Draws from 10,000 things, as often as there are.
    const auto draws = [](double rows) { return 1e4 * (1 - std::exp(-rows / 1e4)); };
    EXPECT_NEAR(extrapolated(seen_of(draws, 1e4), 1e5) / draws(1e5), 1, 0.02);
    const auto series = [](double rows) { return 500 * std::log1p(rows / 50); };
    EXPECT_NEAR(extrapolated(seen_of(series, 1e4), 1e6) / series(1e6), 1, 0.001);
}

TEST(Growth, IsWhatWasSeenIfThatIsAll) {
    EXPECT_EQ(extrapolated({{{10, 5}, {20, 9}, {40, 16}}}, 40), 16);
}

TEST_F(Estimate, OfAKroneckerGraphIsWithinAFifth) {
    // Large enough that rows and edges take most of the memory, and not the program.
    generate({"kronecker", "--scale", "18", "--degree", "16", "-o", "edges.csv"});
    compare({"--follow", "edges.csv"}, std::filesystem::file_size(folder_ / "edges.csv") / 8);
}

// Lines of JSON, with the layers that they feed and the profiles.
TEST_F(Estimate, OfPostsIsWithinAFifth) {
    std::mt19937_64 random(4);
    std::string text;
    for (int post = 1; post <= 60000; ++post) {
        const auto account = [&] { return std::to_string(1 + std::min(random() % 3000, random() % 3000)); };
        const std::string author = account();
        text += R"({"data":{"id":")" + std::to_string(post) + R"(","author_id":")" + author +
                R"(","entities":{"mentions":[{"id":")" + account() + R"("},{"id":")" + account() +
                R"("}]}},"includes":{"users":[{"id":")" + author + R"(","username":"u)" + author + "\"}]}}\n";
    }
    write_bytes(folder_ / "posts.jsonl", text);
    compare({"--posts", "posts.jsonl"}, text.size() / 5);
}

// A graph file is no graph file in parts: it is taken whole, if the sample may be as large.
TEST_F(Estimate, OfAGraphFileIsThatOfAllOfIt) {
    for (const char* name : {"karate.graph", "karate.mtx", "karate_networkx.graphml", "karate_networkx.gexf"}) {
        const std::string path = source_file(std::string("tests/data/formats/") + name);
        const Json told = json_of({"estimate", "ingest", "--follow", path, "-o", "s.h5"});
        EXPECT_EQ(told["sampled"], 1.0) << name;
        EXPECT_EQ(told["accounts"], 34) << name;
        EXPECT_EQ(told["rows"], 78) << name;
        const Finished small =
            run_program(folder_.path(), {"estimate", "ingest", "--follow", path, "-o", "s.h5", "--sample", "600"});
        EXPECT_EQ(small.code, 1) << name;
        EXPECT_TRUE(says(small.err, "is read as a whole: --sample must be at least its size"));
    }
}

TEST_F(Estimate, OfAPlantedPlatformIsWithinAFifth) {
    generate({"planted", "--accounts", "60000", "--communities", "20", "--mentions", "600000", "-o", "p"});
    compare({"--follow", "p/follow.csv", "--mention", "p/mentions.csv", "--kinds",
             "mention=mention,retweet=retweet,reply=reply"},
            (std::filesystem::file_size(folder_ / "p/follow.csv") +
             std::filesystem::file_size(folder_ / "p/mentions.csv")) /
                5);
}

TEST_F(Estimate, OfHandlesIsWithinAFifth) {
    std::mt19937_64 random(3);
    std::string text = "source,target\n";
    for (int row = 0; row < 400000; ++row) {
        const auto some = [&] { return "user_" + std::to_string(random() % 50000 * (random() % 7919 % 3 + 1)); };
        text += some() + "," + some() + "\n";
    }
    write_bytes(folder_ / "edges.csv", text);
    compare({"--follow", "edges.csv"}, text.size() / 6);
}

// What comes late in a compressed file is not like its beginning: few accounts first, then new ones all the time.
TEST_F(Estimate, OfACompressedFileInTheOrderOfTimeIsWithinAFifth) {
    std::mt19937_64 random(6);
    std::string text = "source,target\n";
    for (std::uint64_t row = 0; row < 600'000; ++row) {
        const auto some = [&] {
            return std::to_string(1'000'000 + (row < 150'000 ? random() % 200 : row / 10 + random() % 10));
        };
        text += some() + "," + some() + "\n";
    }
    write_bytes(folder_ / "edges.csv.gz", gzipped(text));
    compare({"--follow", "edges.csv.gz"}, text.size() / 4, false);
}

TEST_F(Estimate, OfAnInputThatIsTakenWholeIsExact) {
    write_bytes(folder_ / "edges.csv", "source,target\n1,2\n1,2\n2,3\n3,3\nnot a row\n");
    write_bytes(folder_ / "edges.csv.gz", gzipped("source,target\n1,2\n1,2\n2,3\n3,3\nnot a row\n"));
    for (const char* name : {"edges.csv", "edges.csv.gz"}) {
        const Json told = json_of({"estimate", "ingest", "--follow", name, "-o", "s.h5"});
        EXPECT_EQ(told["sampled"], 1.0);
        EXPECT_EQ(told["rows"], 5);
        EXPECT_EQ(told["accounts"], 3);
        EXPECT_EQ(told["layers"], Json::array({Json{{"name", "follow"}, {"edges", 2}}}));
        const Json done = json_of({"ingest", "--follow", name, "-o", "s.h5"});
        EXPECT_EQ(told["store_bytes"], std::filesystem::file_size(folder_ / "s.h5"));
        std::filesystem::remove(folder_ / "s.h5");
        std::filesystem::remove(folder_ / "s.h5.rejects.csv");
    }
}

TEST_F(Estimate, RefusesWhatItCannotDrawFrom) {
    const Finished pipe = run_program(folder_.path(), {"estimate", "ingest", "--follow", "-", "-o", "s.h5"});
    EXPECT_EQ(pipe.code, 1);
    EXPECT_TRUE(says(pipe.err, "a sample can be drawn from a regular file alone"));
    EXPECT_EQ(run_program(folder_.path(), {"estimate", "ingest", "--follow", "none.csv", "-o", "s.h5"}).code, 1);
    EXPECT_EQ(run_program(folder_.path(), {"estimate"}).code, 2);
    write_bytes(folder_ / "edges.csv", "source,target\n1,2\n");
    const Finished appended =
        run_program(folder_.path(), {"estimate", "ingest", "--append", "o.h5", "--follow", "edges.csv", "-o", "s.h5"});
    EXPECT_EQ(appended.code, 2);
    EXPECT_TRUE(says(appended.err, "without --append"));
}

}  // namespace coterie::testing
