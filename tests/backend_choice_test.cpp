// Where an algorithm runs: the choice over tables of sizes, and the plans that it goes by beside what runs take.

#include "host/backend_choice.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "host/components.hpp"
#include "host/cores.hpp"
#include "host/degrees.hpp"
#include "host/errors.hpp"
#include "host/row_blocks.hpp"
#include "tests/support/shapes.hpp"

namespace coterie::testing {

namespace {

using Since = BackendChoice::Since;

constexpr std::uint64_t mega = 1'000'000;
constexpr std::uint64_t giga = 1000 * mega;

DevicePlan plan(const std::string& way, std::uint64_t bytes) {
    DevicePlan made{way, {}};
    made.memory.add("all", bytes);
    return made;
}

/// Rows that stream beside `state` bytes.
DevicePlan streamed(std::uint64_t state, const StreamedPass& pass) {
    DevicePlan made = plan("streamed", state + 2 * pass.longest_row);
    made.streamed = pass;
    return made;
}

Machine gpu(std::uint64_t bytes, int threads = 2) {
    return {.why_no_gpu = "", .gpu_memory = bytes, .threads = threads};
}

/// Accounts of 0 to 40 edges, and hubs whose neighborhoods do not fit shared memory.
Graph graph_with_hubs(bool weighted) {
    constexpr AccountId n = 6000;
    std::vector<Edge> edges;
    std::uint64_t state = 11;
    const auto below = [&](AccountId bound) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<AccountId>((state >> 33U) % bound);
    };
    for (AccountId v = 0; v < n; ++v) {
        for (AccountId i = 0; i < v % 41; ++i)
            edges.push_back({v, (v + 1 + below(n - 1)) % n, 1.0F + static_cast<float>(below(8))});
        if (v % 3 == 0) edges.push_back({v, 5 - v % 2});
    }
    return relabelled_graph_of(n, edges, false, weighted);
}

}  // namespace

TEST(BackendChoice, IsOpenmpWithoutAGpuAndSaysWhy) {
    const BackendChoice choice = choose_backend({plan("resident", 1)}, {.why_no_gpu = "none here"});
    EXPECT_EQ(choice.backend(), Backend::openmp);
    EXPECT_EQ(choice.since, Since::no_gpu);
    EXPECT_EQ(choice.why_no_gpu, "none here");
    EXPECT_EQ(choice.way, "");
}

TEST(BackendChoice, IsTheFirstPlanThatFits) {
    const std::vector<DevicePlan> plans{plan("64 at a time", 500), plan("32 at a time", 300)};
    struct Case {
        std::uint64_t memory;
        Since since;
        std::string way;
        std::uint64_t taken;
    };
    for (const auto& [memory, since, way, taken] : {Case{1000, Since::fits, "64 at a time", 500},
                                                    {500, Since::fits, "64 at a time", 500},
                                                    {499, Since::fits, "32 at a time", 300},
                                                    {300, Since::fits, "32 at a time", 300},
                                                    {299, Since::no_room, "", 300},
                                                    {0, Since::no_room, "", 300}}) {
        const BackendChoice choice = choose_backend(plans, gpu(memory));
        EXPECT_EQ(choice.since, since) << memory;
        EXPECT_EQ(choice.way, way) << memory;
        EXPECT_EQ(choice.taken, taken) << memory;
        EXPECT_EQ(choice.fastest, 500U) << memory;
        EXPECT_EQ(choice.backend(), since == Since::fits ? Backend::cuda : Backend::openmp) << memory;
    }
}

// 40 GB of rows beside 4 GB of state. Buffers: two of 256 MiB where the room is above 4 GiB.
TEST(BackendChoice, StreamsUnlessOpenmpIsExpectedToBeFaster) {
    struct Case {
        std::string name;
        double memory;  // GB
        int threads;
        int devices;
        int passes;
        double openmp;  // GB
        Since since;
        double streamed_seconds;
        double openmp_seconds;
    };
    const double buffers = 2 * 0.268435456;
    const std::vector<Case> cases{
        // 2 threads: 20 GB/s, so that staging at 20 / 3 GB/s is slower than the link of 25.
        {"half stays", 24, 2, 1, 1, 80, Since::streams, (20 + buffers) * 3 / 20, 4.0},
        {"half stays, little to read", 24, 2, 1, 1, 60, Since::streams_slower, (20 + buffers) * 3 / 20, 3.0},
        // 8 threads: 80 GB/s; staging at 26.7 GB/s, and the link binds.
        {"the link binds", 24, 8, 1, 1, 80, Since::streams, (20 + buffers) / 25, 1.0},
        {"the link binds, little to read", 24, 8, 1, 1, 60, Since::streams_slower, (20 + buffers) / 25, 0.75},
        // 64 threads: no more than 100 GB/s.
        {"many threads", 24, 64, 1, 1, 80, Since::streams_slower, (20 + buffers) / 25, 0.8},
        {"four passes", 24, 64, 1, 4, 400, Since::streams, 4 * (20 + buffers) / 25, 4.0},
        {"four passes, less to read", 24, 64, 1, 4, 320, Since::streams_slower, 4 * (20 + buffers) / 25, 3.2},
        // Two GPUs: each its link, but the host stages for both.
        {"two GPUs", 24, 8, 2, 1, 200, Since::streams, 2 * 3 * (20 + buffers) / 80, 2.5},
        {"all stays", 44, 2, 1, 1, 0, Since::streams, 0, 0},
        {"nothing stays", 4.4, 2, 1, 1, 130, Since::streams, 40 * 3.0 / 20, 6.5},
        {"nothing stays, little to read", 4.4, 2, 1, 1, 110, Since::streams_slower, 40 * 3.0 / 20, 5.5},
    };
    for (const Case& c : cases) {
        const StreamedPass pass{.rows = 40 * giga,
                                .longest_row = 200 * mega,
                                .devices = c.devices,
                                .passes = c.passes,
                                .openmp_bytes = static_cast<std::uint64_t>(c.openmp * 1e9)};
        const auto memory = static_cast<std::uint64_t>(c.memory * 1e9);
        const BackendChoice choice =
            choose_backend({plan("resident", 90 * giga), streamed(4 * giga, pass)}, gpu(memory, c.threads));
        EXPECT_EQ(choice.since, c.since) << c.name;
        EXPECT_NEAR(choice.streamed_seconds, c.streamed_seconds, 1e-6) << c.name;
        EXPECT_NEAR(choice.openmp_seconds, c.openmp_seconds, 1e-6) << c.name;
        EXPECT_EQ(choice.way, c.since == Since::streams ? "streamed" : "") << c.name;
    }
}

TEST(BackendChoice, DoesNotStreamWhatHasNoRoomForItsState) {
    const StreamedPass pass{.rows = 40 * giga, .longest_row = 200 * mega, .openmp_bytes = 1000 * giga};
    const std::vector<DevicePlan> plans{plan("resident", 90 * giga), streamed(4 * giga, pass)};
    EXPECT_EQ(choose_backend(plans, gpu(4 * giga + 400 * mega)).since, Since::streams);
    EXPECT_EQ(choose_backend(plans, gpu(4 * giga + 400 * mega - 1)).since, Since::no_room);
}

TEST(BackendChoice, GivesOutNineTenthsOfAGpu) {
    EXPECT_EQ(machine_with_gpu(1000, 3).gpu_memory, 920U);
    EXPECT_EQ(machine_with_gpu(1000, 3).threads, 3);
    EXPECT_EQ(machine_with_gpu(1000, 3).why_no_gpu, "");
}

TEST(BackendChoice, KnowsWhyThisMachineHasNoGpu) {
    const Machine machine = this_machine({.threads = 5});
    EXPECT_EQ(machine.why_no_gpu, why_unavailable(Backend::cuda));
    EXPECT_EQ(machine.threads, 5);
    if (!machine.why_no_gpu.empty()) return;
    EXPECT_EQ(this_machine({.threads = 5, .memory_limit = 1000}).gpu_memory, 920U);
}

TEST(DevicePlans, TellWhatPassesThroughARoom) {
    const Graph graph = graph_with_hubs(true);
    const RowSet rows{graph.out(), graph.in()};
    const AccountId n = graph.num_accounts();
    const std::uint64_t all = block_bytes(rows, 0, n);
    const std::uint64_t longest = plan_blocks(rows, 0, n, 0).bytes() / 2;
    EXPECT_EQ(passing_bytes(all, longest, all), 0U);
    EXPECT_EQ(passing_bytes(all, longest, 2 * longest), all);
    for (const std::uint64_t room : {all / 20, all / 7, all / 3, all * 2 / 3, all * 9 / 10}) {
        const BlockPlan came = plan_blocks(rows, 0, n, room);
        const auto passes = static_cast<double>(came.all_bytes - came.resident_bytes);
        EXPECT_NEAR(static_cast<double>(passing_bytes(all, longest, room)), passes,
                    static_cast<double>(room / 5 + came.all_bytes - all))
            << room;
    }
}

TEST(DevicePlans, ShareRowsAmongGpus) {
    const Graph graph = graph_with_hubs(false);
    const auto one = pagerank_device_plans(graph, {}, 1);
    const auto four = pagerank_device_plans(graph, {}, 4);
    ASSERT_EQ(four.size(), 2U);
    EXPECT_EQ(four.back().streamed->devices, 4);
    EXPECT_NEAR(static_cast<double>(four.back().streamed->rows), static_cast<double>(one.back().streamed->rows) / 4,
                0.1 * static_cast<double>(one.back().streamed->rows));
    EXPECT_LT(four.front().memory.bytes(), one.front().memory.bytes() / 2);
}

class DevicePlansOnCuda : public ::testing::Test {
  protected:
    void SetUp() override {
        if (const std::string reason = why_unavailable(Backend::cuda); !reason.empty())
            GTEST_SKIP() << "cuda: " << reason;
    }
    static PlacedGraph placed(const Graph& graph, std::uint64_t limit = 0) {
        return place(graph, {.backend = Backend::cuda, .threads = 2, .memory_limit = limit});
    }
    static void expect_told(const std::string& name, const DevicePlan& plan, const PlacedGraph& graph) {
        const auto came = static_cast<double>(graph.last_use().peak_memory);
        EXPECT_NEAR(static_cast<double>(plan.memory.bytes()) / came, 1.0, 0.1) << name << " took " << came;
    }
};

TEST_F(DevicePlansOnCuda, OfWhatNeedsTheWholeGraphAreWithinATenth) {
    const Graph graph = graph_with_hubs(false);
    const PlacedGraph on_gpu = placed(graph);
    degrees(on_gpu);
    expect_told("degrees", degrees_device_plans(graph).front(), on_gpu);
    components(on_gpu);
    expect_told("components", components_device_plans(graph).front(), on_gpu);
    std::vector<std::vector<double>> topics(3, std::vector<double>(graph.num_accounts(), 1.0));
    pagerank_topics(on_gpu, topics, {.max_iterations = 2});
    expect_told("topics", pagerank_topics_device_plans(graph, {}, 3, graph.num_accounts()).front(), on_gpu);
    const Graph undirected = undirected_graph(graph, Direction::either, 2);
    on_gpu.leave_device();
    const PlacedGraph simple = placed(undirected);
    cores(simple);
    expect_told("cores", cores_device_plans(undirected).front(), simple);
}

TEST_F(DevicePlansOnCuda, StreamedRunWithinWhatTheySayAndNotWithinATenthLess) {
    for (const bool weighted : {false, true}) {
        const Graph graph = graph_with_hubs(weighted);
        for (const CommunityMethod method : {CommunityMethod::lpa, CommunityMethod::cdlp}) {
            const CommunitiesOptions options{.method = method, .max_rounds = 1};
            const DevicePlan plan = communities_device_plans(graph, options).back();
            const auto limit = static_cast<std::uint64_t>(static_cast<double>(plan.memory.bytes()) / 0.92) + 2;
            const PlacedGraph streams = placed(graph, limit);
            EXPECT_NO_THROW(communities(streams, options));
            EXPECT_TRUE(streams.last_use().streamed);
            EXPECT_THROW(communities(placed(graph, limit * 9 / 10), options), OutOfDeviceMemory);
        }
    }
}

}  // namespace coterie::testing
