// What commands can be told about GPUs, run as a user runs them.

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "host/backend.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

class DeviceOptionsOnCuda : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string rows = "source,target\n";
        for (int v = 0; v < 300; ++v)
            for (int i = 1; i < 60; ++i) rows += std::to_string(v) + "," + std::to_string(v * i % 299) + "\n";
        write_bytes(folder_ / "k.csv", rows);
        ASSERT_EQ(run({"ingest", "--follow", "k.csv", "-o", "k.h5"}).code, 0);
    }
    Finished run(const Words& words) const { return run_program(folder_.path(), words); }
    Finished run_on_cuda(Words words) const {
        for (const char* word : {"--backend", "cuda", "--threads", "2"}) words.emplace_back(word);
        return run(words);
    }

    TemporaryFolder folder_;
};

void skip_without_cuda() {
    if (const std::string reason = why_unavailable(Backend::cuda); !reason.empty()) GTEST_SKIP() << "cuda: " << reason;
}

TEST_F(DeviceOptionsOnCuda, AMemoryLimitStreamsWithTheSameRows) {
    skip_without_cuda();
    if (IsSkipped()) return;
    for (const std::string command : {"pagerank", "communities"}) {
        const Finished openmp = run({command, "k.h5", "--backend", "openmp", "-o", "expected.csv"});
        ASSERT_EQ(openmp.code, 0) << openmp.err;
        const Finished finished =
            run_on_cuda({command, "k.h5", "--memory-limit", "60K", "-o", "rows.csv", "--json", "--trace", "t.json"});
        ASSERT_EQ(finished.code, 0) << finished.err;
        EXPECT_EQ(read_bytes(folder_ / "rows.csv"), read_bytes(folder_ / "expected.csv")) << command;
        const Json use = Json::parse(finished.out)["device_use"];
        EXPECT_EQ(use["mode"], "streamed");
        EXPECT_GT(use["blocks"], 4);
        EXPECT_LT(use["resident_share"], 0.95);
        EXPECT_LE(use["device_peak_bytes"], 60'000);

        const Json trace = Json::parse(read_bytes(folder_ / "t.json"));
        std::set<std::string> tracks;
        for (const Json& event : trace["traceEvents"]) {
            if (event["ph"] == "M") tracks.insert(event["args"]["name"].get<std::string>());
            EXPECT_GE(event.value("dur", 0.0), 0.0);
        }
        EXPECT_EQ(tracks, (std::set<std::string>{"host", "GPU 0 staging", "GPU 0 copies", "GPU 0 kernels"}));
    }
}

TEST_F(DeviceOptionsOnCuda, TooLittleMemoryIsAnErrorOrLeftToOpenmp) {
    skip_without_cuda();
    if (IsSkipped()) return;
    const Finished stopped = run_on_cuda({"pagerank", "k.h5", "--memory-limit", "5K"});
    EXPECT_EQ(stopped.code, 1);
    EXPECT_TRUE(says(stopped.err, "pagerank, streamed needs"));
    EXPECT_TRUE(says(stopped.err, "within the limit of 5000 bytes"));
    const Finished expected = run({"pagerank", "k.h5", "--backend", "openmp"});
    const Finished finished = run_on_cuda({"pagerank", "k.h5", "--memory-limit", "5K", "--on-gpu-failure", "openmp"});
    EXPECT_EQ(finished.code, 0);
    EXPECT_EQ(finished.out, expected.out);
    EXPECT_TRUE(says(finished.err, "warning: openmp computed it, since cuda: pagerank, streamed needs"));
}

TEST_F(DeviceOptionsOnCuda, ScoreSaysWhatStreamedAndWhatOpenmpComputed) {
    skip_without_cuda();
    if (IsSkipped()) return;
    const Finished openmp = run({"score", "k.h5", "-o", "expected", "--no-save", "--backend", "openmp"});
    ASSERT_EQ(openmp.code, 0) << openmp.err;
    const Finished finished = run_on_cuda({"score", "k.h5", "-o", "out", "--no-save", "--memory-limit", "60K"});
    ASSERT_EQ(finished.code, 0) << finished.err;
    for (const std::string name : {"ranking.csv", "communities.csv", "summary.txt"})
        EXPECT_EQ(read_bytes(folder_ / ("out/" + name)), read_bytes(folder_ / ("expected/" + name))) << name;
    const Json use = Json::parse(read_bytes(folder_ / "out/manifest.json"))["layers"][0]["device_use"];
    EXPECT_EQ(use["pagerank"]["mode"], "streamed");
    EXPECT_EQ(use["communities"]["mode"], "streamed");
    EXPECT_EQ(use["degrees"]["mode"], "openmp");
    EXPECT_TRUE(says(use["degrees"]["gpu_failure"].get<std::string>(), "the graph needs"));
}

TEST_F(DeviceOptionsOnCuda, AutoChoosesWhatTheEstimateNamesWithTheSameRows) {
    skip_without_cuda();
    if (IsSkipped()) return;
    struct Case {
        std::string command, limit, backend, mode;
    };
    for (const auto& [command, limit, backend, mode] : std::vector<Case>{{"pagerank", "1M", "cuda", "resident"},
                                                                         {"pagerank", "60K", "cuda", "streamed"},
                                                                         {"pagerank", "14K", "openmp", ""},
                                                                         {"pagerank", "5K", "openmp", ""},
                                                                         {"communities", "1M", "cuda", "resident"},
                                                                         {"communities", "60K", "cuda", "streamed"},
                                                                         {"communities", "5K", "openmp", ""},
                                                                         {"betweenness", "1M", "cuda", "resident"},
                                                                         {"betweenness", "450K", "cuda", "resident"},
                                                                         {"betweenness", "60K", "openmp", ""},
                                                                         {"degrees", "1M", "cuda", "resident"},
                                                                         {"degrees", "60K", "openmp", ""},
                                                                         {"components", "1M", "cuda", "resident"},
                                                                         {"components", "60K", "openmp", ""},
                                                                         {"cores", "1M", "cuda", "resident"},
                                                                         {"cores", "60K", "openmp", ""}}) {
        const std::string name = command + " within " + limit;
        ASSERT_EQ(run({command, "k.h5", "--backend", "openmp", "-o", "expected.csv"}).code, 0) << name;
        const Finished finished =
            run({command, "k.h5", "--threads", "2", "--memory-limit", limit, "-o", "rows.csv", "--json"});
        ASSERT_EQ(finished.code, 0) << name << finished.err;
        EXPECT_EQ(finished.err, "") << name;
        EXPECT_EQ(read_bytes(folder_ / "rows.csv"), read_bytes(folder_ / "expected.csv")) << name;
        const Json report = Json::parse(finished.out);
        EXPECT_EQ(report["backend"], backend) << name;
        EXPECT_EQ(report.contains("device_use") ? report["device_use"]["mode"] : Json(""), mode) << name;
        EXPECT_TRUE(says(report["backend_reason"], "a GPU has ")) << name;
        if (command == "degrees" || command == "components" || command == "cores") continue;
        const Finished estimate =
            run({"estimate", "k.h5", command, "--threads", "2", "--device-memory", limit, "--json"});
        EXPECT_EQ(Json::parse(estimate.out)["choices"][command]["reason"], report["backend_reason"]) << name;
    }
}

TEST_F(DeviceOptionsOnCuda, AutoWeighsSeveralTopics) {
    skip_without_cuda();
    if (IsSkipped()) return;
    write_bytes(folder_ / "a.csv", "1\n2\n");
    write_bytes(folder_ / "b.csv", "3,2.5\n");
    const Words command{"pagerank", "k.h5", "--teleport", "a.csv", "--teleport", "b.csv", "--threads", "2"};
    const auto with = [&](const Words& more) {
        Words words = command;
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    };
    const Finished expected = with({"--backend", "openmp"});
    for (const std::string limit : {"1M", "60K"}) {
        const Finished finished = with({"--memory-limit", limit});
        EXPECT_EQ(finished.out, expected.out);
        EXPECT_TRUE(says(finished.err, limit == "1M" ? "on cuda: " : "on openmp: "));
    }
    const Finished stopped = with({"--memory-limit", "60K", "--backend", "cuda"});
    EXPECT_EQ(stopped.code, 1);
    EXPECT_TRUE(says(stopped.err, "within the limit of 60000 bytes"));
}

TEST_F(DeviceOptionsOnCuda, ANamedGpuWithoutRoomIsAnErrorWithBytes) {
    skip_without_cuda();
    if (IsSkipped()) return;
    for (const std::string command : {"degrees", "components", "cores", "betweenness"}) {
        const Finished stopped = run_on_cuda({command, "k.h5", "--memory-limit", "60K", "-o", "rows.csv"});
        EXPECT_EQ(stopped.code, 1) << command;
        EXPECT_TRUE(says(stopped.err, " needs ")) << command;
        EXPECT_TRUE(says(stopped.err, "within the limit of 60000 bytes")) << command;
        EXPECT_FALSE(std::filesystem::exists(folder_ / "rows.csv")) << command;
    }
}

TEST_F(DeviceOptionsOnCuda, AutoChoosesForEachAlgorithmOfAScore) {
    skip_without_cuda();
    if (IsSkipped()) return;
    ASSERT_EQ(run({"score", "k.h5", "-o", "expected", "--no-save", "--backend", "openmp"}).code, 0);
    const Finished finished =
        run({"score", "k.h5", "-o", "out", "--no-save", "--memory-limit", "60K", "--threads", "2"});
    ASSERT_EQ(finished.code, 0) << finished.err;
    for (const std::string name : {"ranking.csv", "communities.csv", "summary.txt"})
        EXPECT_EQ(read_bytes(folder_ / ("out/" + name)), read_bytes(folder_ / ("expected/" + name))) << name;
    EXPECT_TRUE(says(finished.err, "follow: pagerank on cuda (chosen since a GPU has "));
    EXPECT_TRUE(says(finished.err, "follow: betweenness on openmp (chosen since a GPU has "));
    const Json manifest = Json::parse(read_bytes(folder_ / "out/manifest.json"));
    EXPECT_EQ(manifest["backend"], "cuda");
    const Json estimate =
        Json::parse(run({"estimate", "k.h5", "score", "--threads", "2", "--device-memory", "60K", "--json"}).out);
    for (const std::string name : {"degrees", "components", "cores", "pagerank", "communities", "betweenness"}) {
        const Json entry = manifest["layers"][0]["backends"][name];
        const bool streams = name == "pagerank" || name == "communities";
        EXPECT_EQ(entry["backend"], streams ? "cuda" : "openmp") << name;
        EXPECT_EQ(entry["reason"], estimate["choices"][name]["reason"]) << name;
    }
    EXPECT_EQ(manifest["layers"][0]["device_use"].size(), 2U);
}

TEST_F(DeviceOptionsOnCuda, StepsOfTheHostAreTracedWithoutAGpu) {
    ASSERT_EQ(run({"pagerank", "k.h5", "--backend", "openmp", "-o", "r.csv", "--trace", "t.json"}).code, 0);
    std::set<std::string> names;
    const Json trace = Json::parse(read_bytes(folder_ / "t.json"));
    for (const Json& event : trace["traceEvents"])
        if (event["ph"] == "X") names.insert(event["name"].get<std::string>());
    EXPECT_EQ(names, (std::set<std::string>{"open", "verify", "place", "compute", "write"}));
}

TEST_F(DeviceOptionsOnCuda, OfGpusAreNotIgnoredInSilenceWithoutOne) {
    const Finished finished =
        run({"pagerank", "k.h5", "--backend", "openmp", "--memory-limit", "1G", "-o", "rows.csv"});
    EXPECT_EQ(finished.code, 0) << finished.err;
    EXPECT_NE(finished.err.find("--memory-limit and --devices are about GPUs"), std::string::npos) << finished.err;
    EXPECT_EQ(run({"pagerank", "k.h5", "--backend", "openmp", "-o", "rows.csv"}).err.find("about GPUs"),
              std::string::npos);
}

}  // namespace

}  // namespace coterie::testing
