// Graphs larger than the GPU, and several GPUs: the same bytes as openmp.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "host/betweenness.hpp"
#include "host/communities.hpp"
#include "host/degrees.hpp"
#include "host/errors.hpp"
#include "host/pagerank.hpp"
#include "host/row_blocks.hpp"
#include "tests/support/shapes.hpp"

namespace coterie::testing {

namespace {

/// Rows of 100 to 200 edges, and a hub: bytes of rows outweigh bytes of accounts.
Graph dense_graph(bool weighted = false, bool undirected = false) {
    constexpr AccountId n = 1500;
    std::vector<Edge> edges;
    std::uint64_t state = 5;
    const auto below = [&](AccountId bound) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<AccountId>((state >> 33U) % bound);
    };
    for (AccountId v = 0; v < n; ++v) {
        for (AccountId i = 0; i < 100 + v % 100; ++i)
            edges.push_back({v, below(1 + below(n)), 0.5F + static_cast<float>(below(1000)) / 64});
        if (v % 8 != 3) edges.push_back({v, 7});
    }
    return relabelled_graph_of(n, edges, undirected, weighted);
}

/// The least limit under which rows can be streamed beside `state`.
std::uint64_t least_limit(const RowSet& rows, AccountId num_accounts, const std::vector<BufferBytes>& state) {
    const std::uint64_t bytes = sum_of(state) + plan_blocks(rows, 0, num_accounts, 0).bytes();
    return static_cast<std::uint64_t>(static_cast<double>(bytes) / 0.92) + 2;
}

std::uint64_t bytes_of(const Graph& graph) {
    std::uint64_t bytes = block_bytes({graph.out()}, 0, graph.num_accounts());
    if (graph.directed()) bytes += block_bytes({graph.in()}, 0, graph.num_accounts());
    return bytes;
}

class StreamedOnCuda : public ::testing::Test {
  protected:
    void SetUp() override {
        if (const std::string reason = why_unavailable(Backend::cuda); !reason.empty())
            GTEST_SKIP() << "cuda: " << reason;
    }
    static PlacedGraph placed(const Graph& graph, std::uint64_t limit, int devices = 1) {
        return place(graph, {.backend = Backend::cuda, .threads = 2, .memory_limit = limit, .devices = devices});
    }
};

/// Options of each kind that a PageRank can have.
std::vector<PageRankOptions> all_pageranks(std::span<const double> teleport, std::span<const double> start) {
    const PageRankOptions full{.tolerance = 1e-9, .max_iterations = 6};
    PageRankOptions single = full;
    single.precision = Precision::single;
    PageRankOptions personalised = full;
    personalised.teleport = teleport;
    PageRankOptions warm = single;
    warm.start = start;
    warm.teleport = teleport;
    return {full, single, personalised, warm};
}

void expect_same_pagerank(const Graph& graph, const PageRankOptions& options, const PlacedGraph& streamed,
                          const std::string& name) {
    const PageRankResult expected = pagerank(place(graph, {.threads = 1}), options);
    const PageRankResult result = pagerank(streamed, options);
    EXPECT_EQ(result.ranks, expected.ranks) << name;
    EXPECT_EQ(result.residual, expected.residual) << name;
    EXPECT_EQ(result.iterations, expected.iterations) << name;
}

}  // namespace

// How rows are cut.

TEST(RowBlocks, HoldAllRowsOnceWithinTheRoom) {
    const Graph graph = dense_graph(true);
    const RowSet rows{graph.out(), graph.in()};
    const AccountId n = graph.num_accounts();
    const std::uint64_t all = block_bytes(rows, 0, n);
    for (const std::uint64_t room : {all / 20, all / 4, all / 2, all, 2 * all}) {
        const BlockPlan plan = plan_blocks(rows, 0, n, room);
        EXPECT_EQ(plan.bounds.front(), 0U);
        EXPECT_EQ(plan.bounds.back(), n);
        std::uint64_t bytes = 0;
        std::uint64_t resident = 0;
        for (std::size_t block = 0; block < plan.blocks(); ++block) {
            ASSERT_LT(plan.bounds[block], plan.bounds[block + 1]);
            const std::uint64_t size = block_bytes(rows, plan.bounds[block], plan.bounds[block + 1]);
            bytes += size;
            if (block < plan.resident) {
                resident += size;
            } else {
                EXPECT_LE(size, plan.buffer_bytes);
            }
        }
        EXPECT_EQ(bytes, plan.all_bytes);
        EXPECT_EQ(resident, plan.resident_bytes);
        EXPECT_LE(plan.bytes(), room);
        EXPECT_EQ(plan.resident == plan.blocks(), room >= all) << room;
        EXPECT_GE(plan.bytes(), std::min(all, room - room / 8)) << "room is left unused";
    }
    EXPECT_GE(plan_blocks(rows, 0, n, 0).bytes(), 2 * block_bytes(rows, 0, 1)) << "the longest row must pass";
    EXPECT_EQ(plan_blocks(rows, 0, 0, 100).blocks(), 0U);
}

TEST(RowBlocks, GiveDevicesEqualSharesOfTheEdges) {
    const Graph graph = dense_graph();
    for (const int devices : {1, 2, 3, 4}) {
        const std::vector<AccountId> bounds = shares_of_devices({graph.in()}, graph.num_accounts(), devices);
        ASSERT_EQ(bounds.size(), static_cast<std::size_t>(devices) + 1);
        for (std::size_t d = 0; d + 1 < bounds.size(); ++d) {
            const auto edges = static_cast<double>(graph.in().offsets[bounds[d + 1]] - graph.in().offsets[bounds[d]]);
            EXPECT_NEAR(edges * devices / static_cast<double>(graph.num_edges()), 1, 0.05) << devices;
        }
    }
    EXPECT_EQ(shares_of_devices({graph_of(1, {}).in()}, 1, 4).back(), 1U);
}

// Larger than the device.

TEST_F(StreamedOnCuda, PageRankGivesTheSameBytesOfThreeTimesTheMemory) {
    for (const bool weighted : {false, true}) {
        const Graph graph = dense_graph(weighted);
        const std::uint64_t limit = block_bytes({graph.in()}, 0, graph.num_accounts()) / 3;
        std::vector<double> teleport(graph.num_accounts());
        for (AccountId account = 0; account < graph.num_accounts(); ++account) teleport[account] = account % 5;
        const std::vector<double> start(graph.num_accounts(), 1.0);
        const PlacedGraph streamed = placed(graph, limit);
        for (const PageRankOptions& options : all_pageranks(teleport, start)) {
            expect_same_pagerank(graph, options, streamed, weighted ? "weighted" : "unweighted");
            EXPECT_TRUE(streamed.last_use().streamed);
            EXPECT_GE(streamed.last_use().blocks, 10U);
            EXPECT_GT(streamed.last_use().resident_share, 0.1);
            EXPECT_LT(streamed.last_use().resident_share, 0.34);
            EXPECT_LE(streamed.last_use().peak_memory, limit);
            EXPECT_GT(streamed.last_use().peak_memory, limit / 2);
        }
    }
}

TEST_F(StreamedOnCuda, PageRankGivesTheSameBytesOnAllShapesWithTheLeastMemory) {
    for (const NamedGraph& named : assorted_graphs()) {
        const AccountId n = named.graph.num_accounts();
        if (n == 0) continue;
        std::vector<double> teleport(n);
        for (AccountId account = 0; account < n; ++account) teleport[account] = 1 + account % 3;
        for (const PageRankOptions& options : all_pageranks(teleport, teleport)) {
            const auto state = pagerank_state(n, n, options.precision, !options.teleport.empty());
            expect_same_pagerank(named.graph, options, placed(named.graph, least_limit({named.graph.in()}, n, state)),
                                 named.name);
        }
    }
}

TEST_F(StreamedOnCuda, PageRankSaysWhatItNeedsWhenItsStateDoesNotFit) {
    const Graph graph = dense_graph();
    const auto state = pagerank_state(graph.num_accounts(), graph.num_accounts(), Precision::full, false);
    const std::uint64_t least = least_limit({graph.in()}, graph.num_accounts(), state);
    EXPECT_NO_THROW(pagerank(placed(graph, least)));
    try {
        pagerank(placed(graph, least * 9 / 10));
        FAIL() << "it ran";
    } catch (const OutOfDeviceMemory& error) {
        const std::uint64_t bytes = sum_of(state) + plan_blocks({graph.in()}, 0, graph.num_accounts(), 0).bytes();
        EXPECT_NE(std::string(error.what()).find(std::to_string(bytes)), std::string::npos) << error.what();
        EXPECT_NE(std::string(error.what()).find("--backend openmp"), std::string::npos) << error.what();
    }
}

TEST_F(StreamedOnCuda, AGraphThatFitsStaysWhole) {
    const Graph graph = dense_graph();
    const PlacedGraph whole = placed(graph, 4 * bytes_of(graph));
    pagerank(whole);
    EXPECT_FALSE(whole.last_use().streamed);
    EXPECT_EQ(whole.last_use().blocks, 0U);
    EXPECT_EQ(whole.last_use().resident_share, 1.0);
    EXPECT_GT(whole.last_use().peak_memory, bytes_of(graph) * 9 / 10);
}

CommunitiesOptions communities_by(CommunityMethod method) {
    return {.method = method, .max_rounds = 7, .stop_share = 0, .seed = 3};
}

void expect_same_communities(const Graph& graph, const CommunitiesOptions& options, const PlacedGraph& streamed,
                             const std::string& name) {
    const CommunitiesResult expected = communities(place(graph, {.threads = 1}), options);
    const CommunitiesResult result = communities(streamed, options);
    EXPECT_EQ(result.labels, expected.labels) << name;
    EXPECT_EQ(result.rounds, expected.rounds) << name;
    EXPECT_EQ(result.quality.modularity, expected.quality.modularity) << name;
}

TEST_F(StreamedOnCuda, LabelPropagationGivesTheSameBytesOfThreeTimesTheMemory) {
    for (const CommunityMethod method : {CommunityMethod::cdlp, CommunityMethod::lpa})
        for (const bool weighted : {false, true}) {
            const Graph graph = dense_graph(weighted);
            const RowSet rows{graph.unweighted().out(), graph.unweighted().in()};
            const std::uint64_t limit = block_bytes(rows, 0, graph.num_accounts()) / 3;
            const PlacedGraph streamed = placed(graph, limit);
            expect_same_communities(graph, communities_by(method), streamed, weighted ? "weighted" : "unweighted");
            EXPECT_TRUE(streamed.last_use().streamed);
            EXPECT_GE(streamed.last_use().blocks, 10U);
            EXPECT_GT(streamed.last_use().resident_share, 0.05);
            EXPECT_LE(streamed.last_use().peak_memory, limit);
        }
}

// Several devices.

class DevicesOnCuda : public StreamedOnCuda, public ::testing::WithParamInterface<int> {
  protected:
    void SetUp() override {
        StreamedOnCuda::SetUp();
        if (IsSkipped()) return;
        try {
            place(graph_of(2, {{0, 1}}), {.backend = Backend::cuda, .devices = GetParam()});
        } catch (const BackendUnavailable& error) {
            GTEST_SKIP() << error.what();
        }
    }
};

TEST_P(DevicesOnCuda, PageRankGivesTheSameBytes) {
    for (const bool weighted : {false, true}) {
        const Graph graph = dense_graph(weighted);
        std::vector<double> teleport(graph.num_accounts());
        for (AccountId account = 0; account < graph.num_accounts(); ++account) teleport[account] = account % 5;
        const std::vector<double> start(graph.num_accounts(), 1.0);
        for (const std::uint64_t limit : {std::uint64_t{0}, block_bytes({graph.in()}, 0, graph.num_accounts()) / 6}) {
            const PlacedGraph on_devices = placed(graph, limit, GetParam());
            for (const PageRankOptions& options : all_pageranks(teleport, start)) {
                expect_same_pagerank(graph, options, on_devices, "limit " + std::to_string(limit));
                EXPECT_EQ(on_devices.last_use().devices, GetParam());
                EXPECT_EQ(on_devices.last_use().streamed, limit != 0 && GetParam() < 6);
            }
        }
    }
}

TEST_P(DevicesOnCuda, PageRankGivesTheSameBytesOnAllShapes) {
    for (const NamedGraph& named : assorted_graphs())
        expect_same_pagerank(named.graph, {.tolerance = 1e-9, .max_iterations = 4}, placed(named.graph, 0, GetParam()),
                             named.name);
}

TEST_P(DevicesOnCuda, LabelPropagationGivesTheSameBytesOnAllShapes) {
    for (const NamedGraph& named : assorted_graphs())
        for (const CommunityMethod method : {CommunityMethod::cdlp, CommunityMethod::lpa}) {
            CommunitiesOptions options = communities_by(method);
            options.max_rounds = 3;
            expect_same_communities(named.graph, options, placed(named.graph, 0, GetParam()), named.name);
        }
}

TEST_P(DevicesOnCuda, LabelPropagationGivesTheSameBytesOfAMutualGraph) {
    const Graph graph = dense_graph();
    CommunitiesOptions options = communities_by(CommunityMethod::lpa);
    options.direction = Direction::mutual;
    expect_same_communities(graph, options, placed(graph, 0, GetParam()), "mutual");
}

INSTANTIATE_TEST_SUITE_P(Numbers, DevicesOnCuda, ::testing::Values(2, 4),
                         [](const auto& info) { return std::to_string(info.param) + "devices"; });

// Failures, and a trace.

TEST_F(StreamedOnCuda, OpenmpFinishesWhatHasNoRoomIfItMay) {
    const Graph graph = dense_graph();
    const PlacedGraph tiny =
        place(graph,
              {.backend = Backend::cuda, .threads = 2, .memory_limit = 10'000, .on_gpu_failure = OnGpuFailure::openmp});
    expect_same_pagerank(graph, {}, tiny, "tiny");
    EXPECT_NE(tiny.last_use().failure.find("within the limit of 10000 bytes"), std::string::npos)
        << tiny.last_use().failure;
    expect_same_communities(graph, communities_by(CommunityMethod::lpa), tiny, "tiny");
    EXPECT_FALSE(tiny.last_use().failure.empty());
    EXPECT_EQ(degrees(tiny).in_degree, degrees(place(graph)).in_degree);
    EXPECT_EQ(betweenness(tiny, {.num_sources = 3}).values, betweenness(place(graph), {.num_sources = 3}).values);
    EXPECT_THROW(pagerank(placed(graph, 10'000)), OutOfDeviceMemory);
    EXPECT_THROW(communities(placed(graph, 10'000)), OutOfDeviceMemory);
}

TEST_F(StreamedOnCuda, ATraceTellsOfCopiesAndKernelsInTheirOrder) {
    struct Recorder : Trace {
        struct Span {
            std::string track, name;
            double begin, end;
        };
        std::vector<Span> spans;
        mutable double ticks = 0;
        double now() const override { return ticks++; }
        void add(std::string_view track, std::string_view name, double begin, double end) override {
            EXPECT_LE(begin, end);
            spans.push_back({std::string(track), std::string(name), begin, end});
        }
        std::size_t on(const std::string& track) const {
            return static_cast<std::size_t>(
                std::count_if(spans.begin(), spans.end(), [&](const Span& span) { return span.track == track; }));
        }
    } recorder;
    const Graph graph = dense_graph();
    const PlacedGraph traced = place(graph, {.backend = Backend::cuda,
                                             .threads = 2,
                                             .memory_limit = block_bytes({graph.in()}, 0, graph.num_accounts()) / 3,
                                             .trace = &recorder});
    pagerank(traced, {.tolerance = 0, .max_iterations = 3});
    const std::size_t blocks = traced.last_use().blocks;
    EXPECT_EQ(recorder.on("GPU 0 kernels"), 3 * blocks);
    const std::size_t copies = recorder.on("GPU 0 copies");
    EXPECT_EQ(copies, recorder.on("GPU 0 staging"));
    // What the buffers hold at the end of an iteration is not copied for the next.
    EXPECT_LT(copies, 3 * blocks - 4);
    EXPECT_GT(copies, blocks);
}

TEST_F(StreamedOnCuda, MoreDevicesThanThereAreIsAnError) {
    try {
        placed(graph_of(2, {{0, 1}}), 0, 1000);
        FAIL() << "placed";
    } catch (const BackendUnavailable& error) {
        EXPECT_NE(std::string(error.what()).find("1000 devices"), std::string::npos) << error.what();
    }
}

}  // namespace coterie::testing
