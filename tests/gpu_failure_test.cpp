// GPUs that fail in the middle, at each call that can fail: a clear error, or openmp finishes with the same bytes; nothing is
// leaked, and what comes next works.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "host/betweenness.hpp"
#include "host/communities.hpp"
#include "host/components.hpp"
#include "host/cores.hpp"
#include "host/degrees.hpp"
#include "host/errors.hpp"
#include "host/pagerank.hpp"
#include "host/row_blocks.hpp"
#include "tests/support/failing_gpu.hpp"
#include "tests/support/program.hpp"
#include "tests/support/shapes.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

/// An answer as numbers that can be compared.
using Numbers = std::vector<double>;

template <class Values>
Numbers numbers(const Values& values) {
    return {values.begin(), values.end()};
}

struct Work {
    std::string name;
    std::function<Numbers(const PlacedGraph&)> run;
    std::uint64_t memory_limit = 0;
};

Graph small_graph() {
    std::vector<Edge> edges = messy_edges(50, 700, 3);
    for (AccountId v = 0; v < 50; ++v) edges.push_back({v, 1});
    return relabelled_graph_of(50, edges);
}

/// Rows stream, and some of them stay.
std::uint64_t streaming_limit(const Graph& graph, std::span<const BufferBytes> state, bool both_directions) {
    RowSet rows{graph.in()};
    if (both_directions) rows.push_back(graph.out());
    const std::uint64_t bytes = sum_of(state) + plan_blocks(rows, 0, graph.num_accounts(), 0).bytes();
    return static_cast<std::uint64_t>(static_cast<double>(bytes + block_bytes(rows, 0, graph.num_accounts()) / 4) /
                                      0.92);
}

std::vector<Work> all_work(const Graph& graph) {
    const auto rank = [](const PlacedGraph& placed) {
        return numbers(pagerank(placed, {.tolerance = 0, .max_iterations = 2}).ranks);
    };
    const auto label_by = [](CommunityMethod method) {
        return [method](const PlacedGraph& placed) {
            return numbers(communities(placed, {.method = method, .max_rounds = 1}).labels);
        };
    };
    const auto topics = [](const PlacedGraph& placed) {
        std::vector<std::vector<double>> teleports(2, std::vector<double>(placed.graph().num_accounts(), 1.0));
        teleports[1][3] = 5;
        return numbers(pagerank_topics(placed, teleports, {.max_iterations = 2}).back().ranks);
    };
    const AccountId n = graph.num_accounts();
    const std::uint64_t rank_limit = streaming_limit(graph, pagerank_state(n, n, Precision::full, false), false);
    const std::uint64_t label_limit = streaming_limit(graph, communities_state(n, CommunityMethod::lpa, {}), true);
    const std::uint64_t cdlp_limit = streaming_limit(graph, communities_state(n, CommunityMethod::cdlp, {}), true);
    return {{"pagerank", rank},
            {"pagerank_streamed", rank, rank_limit},
            {"topics", topics},
            {"lpa", label_by(CommunityMethod::lpa)},
            {"lpa_streamed", label_by(CommunityMethod::lpa), label_limit},
            {"cdlp", label_by(CommunityMethod::cdlp)},
            {"cdlp_streamed", label_by(CommunityMethod::cdlp), cdlp_limit},
            {"betweenness",
             [](const PlacedGraph& placed) { return numbers(betweenness(placed, {.num_sources = 5}).values); }},
            {"degrees", [](const PlacedGraph& placed) { return numbers(degrees(placed).mutual_degree); }},
            {"components", [](const PlacedGraph& placed) { return numbers(components(placed).components); }},
            {"cores", [](const PlacedGraph& placed) { return numbers(cores(placed).cores); }}};
}

constexpr const char* names_of_work[] = {"pagerank", "pagerank_streamed", "topics",      "lpa",     "lpa_streamed",
                                         "cdlp",     "cdlp_streamed",     "betweenness", "degrees", "components",
                                         "cores"};

class AFailingGpuOnCuda : public ::testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        fail_gpu(GpuFailing::once, 0);
        if (const std::string reason = why_unavailable(Backend::cuda); !reason.empty())
            GTEST_SKIP() << "cuda: " << reason;
        const std::vector<Work> all = all_work(graph_);
        work_ = *std::ranges::find(all, std::string(GetParam()), &Work::name);
        expected_ = work_.run(place(graph_, {.threads = 1}));
    }
    void TearDown() override { fail_gpu(GpuFailing::once, 0); }

    PlacedGraph placed(OnGpuFailure then) const {
        return place(
            graph_,
            {.backend = Backend::cuda, .threads = 1, .memory_limit = work_.memory_limit, .on_gpu_failure = then});
    }
    /// Calls that can fail in a run that does not.
    std::uint64_t calls_of_a_run(GpuFailing how) const {
        fail_gpu(how, 0);
        const PlacedGraph graph = placed(OnGpuFailure::stop);
        EXPECT_EQ(work_.run(graph), expected_);
        EXPECT_EQ(graph.last_use().streamed, work_.memory_limit != 0);
        return counted_gpu_calls();
    }
    void expect_it_works_again(const std::string& name) const {
        fail_gpu(GpuFailing::once, 0);
        EXPECT_EQ(gpu_objects(), objects_) << name << ": something was not given back";
        const PlacedGraph graph = placed(OnGpuFailure::stop);
        EXPECT_EQ(work_.run(graph), expected_) << name << ": afterwards";
    }

    /// A run whose call number `call` fails and which may not go on without the GPU.
    void stopped(GpuFailing how, std::uint64_t call) const {
        const std::string name = "call " + std::to_string(call);
        fail_gpu(how, call);
        try {
            const PlacedGraph graph = placed(OnGpuFailure::stop);
            // A graph that does not stay on the GPU after a failure is put there again, or streams.
            EXPECT_EQ(work_.run(graph), expected_) << name;
            EXPECT_NE(how, GpuFailing::for_good) << name << ": it finished";
        } catch (const DeviceFailure& failure) {
            EXPECT_TRUE(says(failure.what(), "cuda: ")) << name;
            EXPECT_TRUE(says(failure.what(), "--backend openmp")) << name;
        } catch (const BackendUnavailable& unavailable) {
            EXPECT_TRUE(says(unavailable.what(), "cuda: ")) << name;
            EXPECT_EQ(counted_gpu_calls(), 1U) << name << ": only before anything begins";
        }
        expect_it_works_again(name);
    }

    /// The same, where openmp finishes what fails.
    void finished(GpuFailing how, std::uint64_t call) const {
        const std::string name = "call " + std::to_string(call) + ", openmp to finish";
        fail_gpu(how, call);
        try {
            const PlacedGraph graph = placed(OnGpuFailure::openmp);
            EXPECT_EQ(work_.run(graph), expected_) << name;
            if (how == GpuFailing::for_good) {
                EXPECT_TRUE(says(graph.last_use().failure, "cuda: ")) << name;
            }
        } catch (const BackendUnavailable&) {
            EXPECT_EQ(counted_gpu_calls(), 1U) << name << ": only before anything begins";
        }
        expect_it_works_again(name);
    }

    void at_each_call(GpuFailing how) const {
        const std::uint64_t calls = calls_of_a_run(how);
        ASSERT_GT(calls, 2U);
        RecordProperty("calls", std::to_string(calls));
        for (std::uint64_t call = 1; call <= calls && !HasFailure(); ++call) {
            stopped(how, call);
            finished(how, call);
        }
    }

    const Graph graph_ = small_graph();
    const std::int64_t objects_ = gpu_objects();
    Work work_;
    Numbers expected_;
};

TEST_P(AFailingGpuOnCuda, MayHaveNoRoomForAnyAllocation) {
    at_each_call(GpuFailing::without_memory);
}
TEST_P(AFailingGpuOnCuda, MayFailOnceAtAnyCall) {
    at_each_call(GpuFailing::once);
}
TEST_P(AFailingGpuOnCuda, MayBeLostAtAnyCall) {
    at_each_call(GpuFailing::for_good);
}

INSTANTIATE_TEST_SUITE_P(Work, AFailingGpuOnCuda, ::testing::ValuesIn(names_of_work),
                         [](const auto& info) { return std::string(info.param); });

// The program. It asks for the GPU and its name first: if these calls fail, the backend that was named cannot run.
constexpr int calls_before_it_begins = 3;

class AProgramWithAFailingGpuOnCuda : public ::testing::Test {
  protected:
    void SetUp() override {
        if (const std::string reason = why_unavailable(Backend::cuda); !reason.empty())
            GTEST_SKIP() << "cuda: " << reason;
        std::string rows = "source,target\n";
        for (int v = 0; v < 120; ++v)
            for (int i = 1; i < 30; ++i) rows += std::to_string(v) + "," + std::to_string(v * i % 119) + "\n";
        write_bytes(folder_ / "k.csv", rows);
        ASSERT_EQ(run_program(folder_.path(), {"ingest", "--follow", "k.csv", "-o", "k.h5"}).code, 0);
    }

    Finished run(const std::vector<std::string>& words, const std::string& failing) const {
        ::setenv("COTERIE_FAILING_GPU", failing.c_str(), 1);
        const Finished finished = Program(folder_.path(), words, COTERIE_FAILING_PROGRAM).wait();
        ::unsetenv("COTERIE_FAILING_GPU");
        return finished;
    }

    TemporaryFolder folder_;
};

TEST_F(AProgramWithAFailingGpuOnCuda, EndsWithAnErrorAndNoFileOrFinishesWithTheSameOne) {
    struct Case {
        std::string command, limit;
    };
    for (const auto& [command, limit] : {Case{"pagerank", "1M"},
                                         {"pagerank", "14K"},
                                         {"communities", "1M"},
                                         {"communities", "24K"},
                                         {"betweenness", "1M"}}) {
        const Finished openmp = run_program(folder_.path(), {command, "k.h5", "--backend", "openmp"});
        const std::vector<std::string> on_gpu{command, "k.h5",           "--backend", "cuda", "--threads",
                                              "1",     "--memory-limit", limit,       "-o",   "rows.csv"};
        std::vector<std::string> or_openmp = on_gpu;
        or_openmp.insert(or_openmp.end(), {"--on-gpu-failure", "openmp"});
        const std::vector<std::string> before = names_in(folder_.path());
        for (const std::string how : {"without_memory", "once", "for_good"})
            for (const int call : {1, 8, 55, 233}) {
                const std::string name = command + " within " + limit + ", " + how + " " + std::to_string(call);
                const std::string failing = how + ":" + std::to_string(call);
                const Finished stopped = run(on_gpu, failing);
                if (stopped.code == 0) {
                    EXPECT_EQ(read_bytes(folder_ / "rows.csv"), openmp.out) << name;
                    std::filesystem::remove(folder_ / "rows.csv");
                } else {
                    const bool before_it_began = how != "without_memory" && call <= calls_before_it_begins;
                    EXPECT_EQ(stopped.code, before_it_began ? 4 : 1) << name << stopped.err;
                    EXPECT_TRUE(says(stopped.err, "error: cuda: ")) << name;
                }
                EXPECT_EQ(names_in(folder_.path()), before) << name;

                const Finished finished = run(or_openmp, failing);
                if (finished.code == 4) {
                    EXPECT_LE(call, calls_before_it_begins) << name;
                    continue;
                }
                EXPECT_EQ(finished.code, 0) << name << finished.err;
                EXPECT_EQ(read_bytes(folder_ / "rows.csv"), openmp.out) << name;
                if (stopped.code != 0) {
                    EXPECT_TRUE(says(finished.err, "warning: openmp computed it, since cuda: ")) << name;
                }
                std::filesystem::remove(folder_ / "rows.csv");
                if (HasFailure()) return;
            }
    }
}

TEST_F(AProgramWithAFailingGpuOnCuda, ScoresAllTheSame) {
    ASSERT_EQ(run_program(folder_.path(), {"score", "k.h5", "-o", "expected", "--no-save", "--backend", "openmp"}).code,
              0);
    for (const int call : {10, 60, 200, 400}) {
        const Finished finished = run({"score", "k.h5", "-o", "out", "--no-save", "--on-gpu-failure", "openmp"},
                                      "for_good:" + std::to_string(call));
        ASSERT_EQ(finished.code, 0) << finished.err;
        EXPECT_TRUE(says(finished.err, "warning: openmp computed it, since cuda: ")) << call;
        for (const std::string name : {"ranking.csv", "communities.csv", "summary.txt"})
            EXPECT_EQ(read_bytes(folder_ / ("out/" + name)), read_bytes(folder_ / ("expected/" + name))) << call;
    }
}

}  // namespace

}  // namespace coterie::testing
