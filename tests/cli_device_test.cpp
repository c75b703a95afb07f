// What commands can be told about GPUs, run as a user runs them.

#include <gtest/gtest.h>

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
