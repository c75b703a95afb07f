#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/generate.hpp"
#include "host/planted.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

std::string as_text(const EdgeList& edges, char separator) {
    std::string text;
    for (std::size_t i = 0; i < edges.sources.size(); ++i)
        text += std::to_string(edges.sources[i]) + separator + std::to_string(edges.targets[i]) + '\n';
    return text;
}

}  // namespace

TEST(CliGenerate, WritesTheEdgesOfTheLibraryForAnyNumberOfThreads) {
    const TemporaryFolder folder;
    const std::string expected = as_text(kronecker_edges(12, 5, 7), ' ');
    for (const std::string threads : {"1", "2", "7"}) {
        const Finished run = run_program(folder.path(), {"generate", "kronecker", "--scale", "12", "--degree", "5",
                                                         "--seed", "7", "--threads", threads});
        EXPECT_EQ(run.code, 0) << run.err;
        EXPECT_TRUE(run.out == expected) << threads << " threads";
    }
}

TEST(CliGenerate, WritesCsvWithAHeaderIntoAFile) {
    const TemporaryFolder folder;
    const Finished run = run_program(folder.path(), {"generate", "uniform", "--accounts", "50", "--edges", "40",
                                                     "--format", "csv", "-o", "edges.csv", "--json"});
    EXPECT_EQ(run.code, 0) << run.err;
    EXPECT_EQ(read_bytes(folder / "edges.csv"), "source,target\n" + as_text(uniform_edges(50, 40, 1), ','));
    const auto report = nlohmann::json::parse(run.out);
    EXPECT_EQ(report.at("accounts"), 50);
    EXPECT_EQ(report.at("rows"), 40);
    EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{"edges.csv"});
}

TEST(CliGenerate, WritesAPlantedNetworkWithItsTruth) {
    const TemporaryFolder folder;
    const std::vector<std::string> arguments{"generate",      "planted", "--accounts", "600",
                                             "--communities", "4",       "--mentions", "900",
                                             "--seed",        "3",       "-o",         "made/here"};
    const Finished run = run_program(folder.path(), arguments);
    ASSERT_EQ(run.code, 0) << run.err;
    const PlantedNetwork expected =
        planted_network({.num_accounts = 600, .num_communities = 4, .num_mentions = 900, .seed = 3});
    const auto here = [&](const std::string& name) { return read_bytes(folder / "made" / "here" / name); };

    EXPECT_EQ(here("follow.csv"), "source,target\n" + as_text(expected.follows, ','));
    const auto mentions = lines_of(here("mentions.csv"));
    ASSERT_EQ(mentions.size(), 901U);
    EXPECT_EQ(mentions[0], "source,target,time,kind");
    EXPECT_EQ(mentions[1],
              std::to_string(expected.mentions.sources[0]) + "," + std::to_string(expected.mentions.targets[0]) + "," +
                  std::to_string(expected.mentions.times[0]) + "," + std::string(name_of(expected.mentions.kinds[0])));
    const auto accounts = lines_of(here("accounts.csv"));
    ASSERT_EQ(accounts.size(), 601U);
    EXPECT_EQ(accounts[0], "id,name,group,role");

    const auto truth = nlohmann::json::parse(here("truth.json"));
    EXPECT_EQ(truth.at("options").at("seed"), 3);
    EXPECT_EQ(truth.at("communities").size(), 4U);
    const AccountId leader = truth.at("communities").at(2).at("leaders").at(0);
    EXPECT_EQ(accounts[leader + 1], std::to_string(leader) + ",leader 1 of community 2,2,leader");
    EXPECT_EQ(expected.place[leader], 0U);
}

TEST(CliGenerate, SaysWhatIsWrongWithItsOptions) {
    const TemporaryFolder folder;
    const auto run = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "generate");
        return run_program(folder.path(), arguments);
    };
    EXPECT_EQ(run({"kronecker", "--scale", "32"}).code, 2);
    EXPECT_EQ(run({"uniform", "--accounts", "5"}).code, 2);
    EXPECT_EQ(run({}).code, 2);
    const Finished planted = run({"planted", "-o", "here", "--mixing", "1.5"});
    EXPECT_EQ(planted.code, 2);
    EXPECT_TRUE(says(planted.err, "mixing must be in [0, 1], got 1.5"));
    const Finished json = run({"kronecker", "--scale", "2", "--json"});
    EXPECT_EQ(json.code, 2);
    EXPECT_TRUE(says(json.err, "name a file with -o"));
    const Finished nowhere = run({"kronecker", "--scale", "2", "-o", "nowhere/edges.txt"});
    EXPECT_EQ(nowhere.code, 1);
    EXPECT_TRUE(says(nowhere.err, "nowhere"));
    EXPECT_TRUE(names_in(folder.path()).empty());
}

}  // namespace coterie::testing
