// The single commands, run as a user runs them. What they promise to scripts: rows in ascending original id, header first,
// numbers that read back; exit codes; errors that say where, what must hold and what was got.

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "host/backend.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

using Json = nlohmann::json;

class Cli : public ::testing::Test {
  protected:
    Finished run(const std::vector<std::string>& arguments) const { return run_program(folder_.path(), arguments); }

    /// Runs a command that must work, and returns its standard output.
    std::string output(const std::vector<std::string>& arguments) const {
        const Finished finished = run(arguments);
        EXPECT_EQ(finished.code, 0) << finished.err;
        return finished.out;
    }
    Json report(std::vector<std::string> arguments) const {
        arguments.push_back("--json");
        return Json::parse(output(arguments));
    }
    /// Makes the store s.h5 from rows of a follow layer.
    void ingest(const std::string& rows, const std::vector<std::string>& more = {}) const {
        write_bytes(folder_ / "edges.csv", rows);
        std::vector<std::string> arguments{"ingest", "--follow", "edges.csv", "-o", "s.h5"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        output(arguments);
    }

    TemporaryFolder folder_;
};

/// Ids with gaps, not in order: two triangles 10, 11, 12 and 20, 21, 22, followed both ways, and a bridge 12 ↔ 20.
const std::string two_triangles =
    "source,target\n"
    "22,20\n20,22\n21,20\n20,21\n21,22\n22,21\n12,20\n20,12\n"
    "10,11\n11,10\n10,12\n12,10\n11,12\n12,11\n";

/// A ring of `n` accounts, each following the next and the fourth next.
std::string ring(int n) {
    std::string rows = "source,target\n";
    for (int v = 0; v < n; ++v) {
        rows += std::to_string(v) + "," + std::to_string((v + 1) % n) + "\n";
        rows += std::to_string(v) + "," + std::to_string((v * v + 4) % n) + "\n";
    }
    return rows;
}

}  // namespace

TEST_F(Cli, HelpNamesTheCommandsAndTheExitCodes) {
    const std::string help = output({"--help"});
    for (const char* command :
         {"ingest", "score", "pagerank", "communities", "betweenness", "degrees", "components", "cores"}) {
        EXPECT_TRUE(says(help, command));
        EXPECT_TRUE(says(output({command, "--help"}), "Usage"));
    }
    EXPECT_TRUE(says(help, "130 cancelled"));
    EXPECT_FALSE(output({"--version"}).empty());
}

TEST_F(Cli, WrongUsageIsExitCode2) {
    ingest(two_triangles);
    EXPECT_EQ(run({}).code, 2);
    EXPECT_EQ(run({"pagerank"}).code, 2);
    EXPECT_EQ(run({"pagerank", "s.h5", "--no-such-option"}).code, 2);
    EXPECT_EQ(run({"pagerank", "s.h5", "--backend", "abacus"}).code, 2);
    EXPECT_EQ(run({"pagerank", "s.h5", "--threads", "-1"}).code, 2);
    EXPECT_EQ(run({"betweenness", "s.h5", "--sources", "0"}).code, 2);
    EXPECT_EQ(run({"betweenness", "s.h5", "--sources", "many"}).code, 2);
    EXPECT_EQ(run({"pagerank", "s.h5", "-o", "s.h5"}).code, 2);
    const Finished damping = run({"pagerank", "s.h5", "--damping", "1.2"});
    EXPECT_EQ(damping.code, 2);
    EXPECT_TRUE(says(damping.err, "damping must be in [0, 1)"));
    EXPECT_TRUE(says(damping.err, "1.2"));
    const Finished layer = run({"pagerank", "s.h5", "--layer", "likes"});
    EXPECT_EQ(layer.code, 2);
    EXPECT_TRUE(says(layer.err, "follow"));
}

TEST_F(Cli, RowsComeInAscendingOriginalIdAfterAHeader) {
    ingest(two_triangles);
    for (const auto& [command, header] : std::vector<std::pair<std::string, std::string>>{
             {"pagerank", "account,pagerank"},
             {"communities", "account,community"},
             {"betweenness", "account,betweenness"},
             {"components", "account,component"},
             {"degrees", "account,in_degree,out_degree,mutual_degree,in_strength,out_strength"},
             {"cores", "account,core"}}) {
        const std::vector<std::string> lines = lines_of(output({command, "s.h5"}));
        ASSERT_EQ(lines.size(), 7U) << command;
        EXPECT_EQ(lines[0], header);
        for (std::size_t i = 0; i < 6; ++i)
            EXPECT_TRUE(lines[i + 1].starts_with(std::vector{"10,", "11,", "12,", "20,", "21,", "22,"}[i]))
                << lines[i + 1];
        EXPECT_EQ(run({command, "s.h5", "-o", "rows.csv"}).out, "");
        EXPECT_EQ(lines_of(read_bytes(folder_ / "rows.csv")), lines);
    }
}

TEST_F(Cli, AnswersAreThoseOfTheTwoTriangles) {
    ingest(two_triangles);
    EXPECT_EQ(output({"communities", "s.h5"}), "account,community\n10,0\n11,0\n12,0\n20,1\n21,1\n22,1\n");
    // The label of cdlp is an original id.
    EXPECT_EQ(output({"communities", "s.h5", "--method", "cdlp", "--rounds", "5"}).substr(0, 25),
              "account,community\n10,10\n1");
    EXPECT_EQ(output({"components", "s.h5"}), "account,component\n10,0\n11,0\n12,0\n20,0\n21,0\n22,0\n");
    EXPECT_EQ(output({"cores", "s.h5"}), "account,core\n10,2\n11,2\n12,2\n20,2\n21,2\n22,2\n");
    // Through 12: the 2 accounts behind it with the 3 across, there and back.
    EXPECT_EQ(output({"betweenness", "s.h5"}), "account,betweenness\n10,0\n11,0\n12,12\n20,12\n21,0\n22,0\n");
    EXPECT_EQ(output({"betweenness", "s.h5", "--direction", "either"}),
              "account,betweenness\n10,0\n11,0\n12,6\n20,6\n21,0\n22,0\n");
    EXPECT_EQ(lines_of(output({"degrees", "s.h5"}))[3], "12,3,3,3,3,3");
}

TEST_F(Cli, PageRankOfARingIsUniformAndReadsBack) {
    ingest("source,target\n1,2\n2,3\n3,1\n");
    const std::vector<std::string> lines = lines_of(output({"pagerank", "s.h5"}));
    for (std::size_t i = 1; i < lines.size(); ++i)
        EXPECT_NEAR(std::stod(lines[i].substr(lines[i].find(',') + 1)), 1.0 / 3.0, 1e-15) << lines[i];
}

TEST_F(Cli, HandlesAreQuotedWhereCsvNeedsIt) {
    ingest("source;target\n\"b;1\";\"say \"\"hi\"\"\"\na,1;\"b;1\"\n", {"--ids", "handles"});
    EXPECT_EQ(output({"components", "s.h5"}), "account,component\n\"a,1\",0\nb;1,0\n\"say \"\"hi\"\"\",0\n");
}

TEST_F(Cli, IdsBeyondDoubleStayExact) {
    ingest("source,target\n18446744073709551615,9007199254740993\n");
    EXPECT_EQ(output({"cores", "s.h5"}), "account,core\n9007199254740993,1\n18446744073709551615,1\n");
}

TEST_F(Cli, WritesJsonRowsWhereTheNameOrTheFormatSaysSo) {
    ingest(two_triangles);
    output({"cores", "s.h5", "-o", "rows.json"});
    const Json rows = Json::parse(read_bytes(folder_ / "rows.json"));
    ASSERT_EQ(rows.size(), 6U);
    EXPECT_EQ(rows[0], (Json{{"account", 10}, {"core", 2}}));
    EXPECT_EQ(Json::parse(output({"cores", "s.h5", "--format", "json"})), rows);
}

TEST_F(Cli, ReportSaysWhatWasDone) {
    ingest(two_triangles);
    const Json done = report({"pagerank", "s.h5", "-o", "rows.csv", "--backend", "openmp", "--threads", "2"});
    EXPECT_EQ(done.at("command"), "pagerank");
    EXPECT_EQ(done.at("backend"), "openmp");
    EXPECT_FALSE(done.at("device").get<std::string>().empty());
    EXPECT_EQ(done.at("threads"), 2);
    EXPECT_EQ(done.at("layer"), "follow");
    EXPECT_EQ(done.at("accounts"), 6);
    EXPECT_EQ(done.at("edges"), 14);
    EXPECT_GT(done.at("iterations").get<int>(), 0);
    EXPECT_LT(done.at("residual").get<double>(), 1e-6);
    EXPECT_EQ(done.at("converged"), true);
    EXPECT_GT(done.at("peak_memory_bytes").get<std::uint64_t>(), 1'000'000U);
    EXPECT_EQ(done.at("output"), "rows.csv");
    for (const char* step : {"open", "verify", "place", "compute", "write"})
        EXPECT_GE(done.at("seconds").at(step).get<double>(), 0.0) << step;
    EXPECT_GT(report({"communities", "s.h5"}).at("rounds").get<int>(), 0);
    EXPECT_EQ(report({"betweenness", "s.h5"}).at("exact"), true);
    EXPECT_EQ(run({"pagerank", "s.h5", "--json", "-o", "-"}).code, 2);
}

TEST_F(Cli, AutoSaysWhichBackendItChoseAndWhy) {
    ingest(two_triangles);
    EXPECT_FALSE(report({"cores", "s.h5"}).at("backend_reason").get<std::string>().empty());
    EXPECT_TRUE(says(run({"cores", "s.h5"}).err, "chosen since"));
}

TEST_F(Cli, NotConvergingIsAWarning) {
    ingest(ring(100));
    const Finished finished = run({"pagerank", "s.h5", "--max-iterations", "2", "--tolerance", "1e-12", "--json"});
    EXPECT_EQ(finished.code, 0);
    EXPECT_EQ(Json::parse(finished.out).at("converged"), false);
    EXPECT_TRUE(says(finished.err, "warning"));
    EXPECT_TRUE(says(finished.err, "--max-iterations 4"));
}

TEST_F(Cli, TeleportPersonalisesPageRank) {
    ingest("source,target\n1,2\n2,1\n3,4\n4,3\n");
    write_bytes(folder_ / "teleport.csv", "account,weight\r\n1,2.5\r\n");
    const std::vector<std::string> lines = lines_of(output({"pagerank", "s.h5", "--teleport", "teleport.csv"}));
    EXPECT_EQ(lines[3], "3,0");
    EXPECT_EQ(lines[4], "4,0");
    write_bytes(folder_ / "teleport.csv", "1\n\n7\n");
    const Finished unknown = run({"pagerank", "s.h5", "--teleport", "teleport.csv"});
    EXPECT_EQ(unknown.code, 1);
    EXPECT_TRUE(says(unknown.err, "teleport.csv:3"));
    EXPECT_TRUE(says(unknown.err, "\"7\""));
    write_bytes(folder_ / "teleport.csv", "1,much\n");
    EXPECT_TRUE(says(run({"pagerank", "s.h5", "--teleport", "teleport.csv"}).err, "teleport.csv:1"));
    EXPECT_EQ(run({"pagerank", "s.h5", "--teleport", "none.csv"}).code, 1);
}

TEST_F(Cli, SeveralTeleportFilesGiveAColumnEach) {
    ingest("source,target\n1,2\n2,1\n3,4\n4,3\n2,3\n");
    std::filesystem::create_directory(folder_ / "other");
    write_bytes(folder_ / "cats.csv", "1\n");
    write_bytes(folder_ / "dogs.txt", "3,2\n4,1\n");
    write_bytes(folder_ / "other/cats.csv", "2\n");
    write_bytes(folder_ / "cats.2.csv", "4\n");
    const std::vector<std::string> files = {"cats.csv", "dogs.txt", "other/cats.csv", "cats.2.csv"};
    std::vector<std::string> command = {"pagerank", "s.h5", "--backend", "openmp"};
    std::vector<std::vector<std::string>> alone;
    for (const std::string& file : files) {
        alone.push_back(lines_of(output({"pagerank", "s.h5", "--backend", "openmp", "--teleport", file})));
        command.insert(command.end(), {"--teleport", file});
    }
    const std::vector<std::string> lines = lines_of(output(command));
    ASSERT_EQ(lines.size(), 5U);
    EXPECT_EQ(lines[0], "account,pagerank.cats,pagerank.dogs,pagerank.cats.3,pagerank.cats.2");
    for (std::size_t row = 1; row < lines.size(); ++row) {
        std::string expected = std::to_string(row);
        for (const auto& column : alone) expected += column[row].substr(column[row].find(','));
        EXPECT_EQ(lines[row], expected);
    }

    command.insert(command.end(), {"--save", "topics"});
    const Json done = report(command);
    EXPECT_FALSE(done.contains("iterations"));
    ASSERT_EQ(done.at("topics").size(), 4U);
    const Json single = report({"pagerank", "s.h5", "--backend", "openmp", "--teleport", "other/cats.csv"});
    const Json& third = done.at("topics")[2];
    EXPECT_EQ(third.at("column"), "pagerank.cats.3");
    EXPECT_EQ(third.at("teleport"), "other/cats.csv");
    for (const char* fact : {"iterations", "residual", "converged"}) EXPECT_EQ(third.at(fact), single.at(fact)) << fact;
    const StoredResult saved = Store::open(folder_ / "s.h5").result("topics");
    EXPECT_EQ(saved.arrays.size(), 4U);
    EXPECT_TRUE(saved.arrays.contains("pagerank.cats.3"));
}

TEST_F(Cli, WarmStartNeedsFewerIterations) {
    ingest(ring(500));
    const int cold = report({"pagerank", "s.h5", "--save", "ranks"}).at("iterations");
    const int warm = report({"pagerank", "s.h5", "--warm-start", "ranks"}).at("iterations");
    EXPECT_LT(warm, cold);
    EXPECT_LE(warm, 2);
    EXPECT_NE(run({"pagerank", "s.h5", "--warm-start", "none"}).code, 0);
    output({"cores", "s.h5", "--save", "cores"});
    const Finished cores = run({"pagerank", "s.h5", "--warm-start", "cores"});
    EXPECT_EQ(cores.code, 2);
    EXPECT_TRUE(says(cores.err, "cores"));
}

TEST_F(Cli, WeightsAreRefusedByBetweennessUnlessHopsAreAskedFor) {
    write_bytes(folder_ / "mentions.csv", "source,target\n1,2\n1,2\n2,3\n");
    output({"ingest", "--mention", "mentions.csv", "-o", "s.h5"});
    const Finished refused = run({"betweenness", "s.h5"});
    EXPECT_EQ(refused.code, 2);
    EXPECT_TRUE(says(refused.err, "--hops"));
    EXPECT_EQ(output({"betweenness", "s.h5", "--hops"}), "account,betweenness\n1,0\n2,1\n3,0\n");
    EXPECT_EQ(lines_of(output({"degrees", "s.h5"}))[1], "1,0,1,0,0,2");
}

TEST_F(Cli, TheLayerIsTheOnlyOneOrFollowOrMustBeNamed) {
    write_bytes(folder_ / "edges.csv", "source,target\n1,2\n2,3\n");
    output({"ingest", "--layer", "likes=edges.csv", "--layer", "quotes=edges.csv", "-o", "two.h5"});
    const Finished unnamed = run({"cores", "two.h5"});
    EXPECT_EQ(unnamed.code, 2);
    EXPECT_TRUE(says(unnamed.err, "likes"));
    EXPECT_TRUE(says(unnamed.err, "quotes"));
    EXPECT_EQ(report({"cores", "two.h5", "--layer", "quotes"}).at("layer"), "quotes");
    output({"ingest", "--follow", "edges.csv", "--layer", "quotes=edges.csv", "-o", "three.h5"});
    EXPECT_EQ(report({"cores", "three.h5"}).at("layer"), "follow");
}

TEST_F(Cli, AMissingOrForeignStoreIsAClearError) {
    const Finished missing = run({"pagerank", "none.h5"});
    EXPECT_EQ(missing.code, 1);
    EXPECT_TRUE(says(missing.err, "none.h5"));
    write_bytes(folder_ / "foreign.h5", "not a store");
    const Finished foreign = run({"pagerank", "foreign.h5"});
    EXPECT_EQ(foreign.code, 1);
    EXPECT_TRUE(says(foreign.err, "foreign.h5"));
}

TEST_F(Cli, ADamagedStoreIsAClearErrorAndNoAnswer) {
    ingest(ring(3000));
    // Damage in the middle of an array: the file opens, and only its checksum tells.
    std::string bytes = read_bytes(folder_ / "s.h5");
    const Json before = report({"cores", "s.h5"});
    std::size_t damaged = 0;
    for (std::size_t i = bytes.size() / 2; i < bytes.size() && damaged == 0; ++i)
        if (bytes[i] != 0) damaged = i;
    bytes[damaged] = static_cast<char>(bytes[damaged] ^ 1);
    write_bytes(folder_ / "s.h5", bytes);
    const Finished finished = run({"cores", "s.h5"});
    EXPECT_EQ(finished.code, 1);
    EXPECT_EQ(finished.out, "");
    EXPECT_TRUE(says(finished.err, "s.h5"));
    EXPECT_TRUE(says(finished.err, "/"));
}

TEST_F(Cli, AnUnavailableBackendIsExitCode4AndNeverReplaced) {
    if (why_unavailable(Backend::cuda).empty()) GTEST_SKIP() << "cuda can run here";
    ingest(two_triangles);
    const Finished finished = run({"pagerank", "s.h5", "--backend", "cuda"});
    EXPECT_EQ(finished.code, 4);
    EXPECT_EQ(finished.out, "");
    EXPECT_TRUE(says(finished.err, "cuda"));
}

TEST_F(Cli, AnOutputThatCannotBeWrittenIsToldBeforeTheWork) {
    ingest(two_triangles);
    const Finished finished = run({"pagerank", "s.h5", "-o", "no/such/folder/rows.csv"});
    EXPECT_EQ(finished.code, 1);
    EXPECT_TRUE(says(finished.err, "no/such/folder"));
    EXPECT_FALSE(says(finished.err, "iterations"));
    EXPECT_EQ(run({"pagerank", "s.h5", "-o", "/dev/full"}).code, 1);
    EXPECT_EQ(names_in(folder_.path()), (std::vector<std::string>{"edges.csv", "s.h5"}));
}

TEST_F(Cli, BytesDoNotDependOnThreads) {
    ingest(ring(2000));
    for (const char* command : {"pagerank", "communities", "betweenness", "degrees", "components", "cores"}) {
        const std::string one = output({command, "s.h5", "--threads", "1"});
        EXPECT_EQ(one, output({command, "s.h5", "--threads", "7"})) << command;
        EXPECT_EQ(lines_of(one).size(), 2001U);
    }
}

TEST_F(Cli, AnInterruptEndsARunWithinTwoSecondsAndLeavesNothing) {
    ingest(ring(3000));
    for (const int number : {SIGINT, SIGTERM}) {
        Program endless(folder_.path(), {"pagerank", "s.h5", "--tolerance", "0", "--max-iterations", "2000000000", "-o",
                                         "rows.csv", "--save", "ranks", "--progress", "json"});
        // A step of more than a second says how far it is: wait for that, on a busy machine too.
        const auto begun = std::chrono::steady_clock::now();
        while (endless.err_so_far().find("{") == std::string::npos &&
               std::chrono::steady_clock::now() - begun < std::chrono::seconds(60))
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        ASSERT_TRUE(endless.running());
        const auto asked = std::chrono::steady_clock::now();
        endless.signal(number);
        const Finished finished = endless.wait();
        EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(2));
        EXPECT_EQ(finished.code, 130);
        EXPECT_EQ(names_in(folder_.path()), (std::vector<std::string>{"edges.csv", "s.h5"}));
        std::vector<Json> progress;
        for (const std::string& line : lines_of(finished.err))
            if (line.starts_with("{")) progress.push_back(Json::parse(line));
        ASSERT_FALSE(progress.empty()) << finished.err;
        EXPECT_EQ(progress.back().at("unit"), "iterations");
        EXPECT_GT(progress.back().at("rate").get<double>(), 0.0);
        EXPECT_GT(progress.back().at("seconds_left").get<double>(), 0.0);
    }
    EXPECT_EQ(run({"pagerank", "s.h5", "--warm-start", "ranks"}).out, "");
}

}  // namespace coterie::testing
