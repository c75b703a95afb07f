#include "host/degrees.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "host/errors.hpp"
#include "tests/oracle/degrees_oracle.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/shapes.hpp"

namespace coterie::testing {

namespace {

using Counts = std::vector<AccountId>;
using Strengths = std::vector<double>;

void expect_same(const DegreesResult& got, const DegreesResult& expected, const std::string& of_what) {
    EXPECT_EQ(got.in_degree, expected.in_degree) << of_what;
    EXPECT_EQ(got.out_degree, expected.out_degree) << of_what;
    EXPECT_EQ(got.mutual_degree, expected.mutual_degree) << of_what;
    EXPECT_EQ(got.in_strength, expected.in_strength) << of_what;
    EXPECT_EQ(got.out_strength, expected.out_strength) << of_what;
    EXPECT_EQ(got.reciprocity, expected.reciprocity) << of_what;
}

Graph graph_with_loops(AccountId n, const std::vector<std::pair<AccountId, AccountId>>& rows, bool undirected = false) {
    EdgeList edges;
    for (const auto& [source, target] : rows) {
        edges.sources.push_back(source);
        edges.targets.push_back(target);
    }
    return build_graph(n, std::move(edges), undirected, {.keep_self_loops = true, .relabel_by_degree = false});
}

}  // namespace

class Degrees : public OnEveryBackend {};
INSTANTIATE_TEST_SUITE_P(Backends, Degrees, ::testing::Values(Backend::openmp, Backend::cuda), backend_name);

TEST_P(Degrees, CountBothDirectionsAndBothWays) {
    // 0 ⇄ 1 → 2
    const DegreesResult result = degrees(placed(graph_of(3, {{0, 1}, {1, 0}, {1, 2}})));
    EXPECT_EQ(result.out_degree, (Counts{1, 2, 0}));
    EXPECT_EQ(result.in_degree, (Counts{1, 1, 1}));
    EXPECT_EQ(result.mutual_degree, (Counts{1, 1, 0}));
    EXPECT_EQ(result.out_strength, (Strengths{1, 2, 0}));
    EXPECT_EQ(result.in_strength, (Strengths{1, 1, 1}));
    EXPECT_EQ(result.reciprocity, 2.0 / 3.0);
}

TEST_P(Degrees, AreNoneInAnEmptyGraph) {
    const DegreesResult result = degrees(placed(graph_of(0, {})));
    EXPECT_TRUE(result.in_degree.empty());
    EXPECT_EQ(result.reciprocity, 0.0);
}

TEST_P(Degrees, AreZeroWithoutEdges) {
    const DegreesResult result = degrees(placed(graph_of(2, {})));
    EXPECT_EQ(result.in_degree, (Counts{0, 0}));
    EXPECT_EQ(result.out_strength, (Strengths{0, 0}));
    EXPECT_EQ(result.reciprocity, 0.0);
}

TEST_P(Degrees, FindReciprocityZeroOnACycleAndOneOnAClique) {
    EXPECT_EQ(degrees(placed(graph_of(33, cycle(33)))).reciprocity, 0.0);
    const DegreesResult clique_of_40 = degrees(placed(graph_of(40, clique(40))));
    EXPECT_EQ(clique_of_40.reciprocity, 1.0);
    EXPECT_EQ(clique_of_40.mutual_degree, Counts(40, 39));
}

TEST_P(Degrees, LeaveSelfLoopsOutOfReciprocity) {
    // 0 ⟲ ⇄ 1 → 2
    const DegreesResult result = degrees(placed(graph_with_loops(3, {{0, 0}, {0, 1}, {1, 0}, {1, 2}})));
    EXPECT_EQ(result.mutual_degree, (Counts{2, 1, 0}));
    EXPECT_EQ(result.reciprocity, 2.0 / 3.0);
    EXPECT_EQ(degrees(placed(graph_with_loops(1, {{0, 0}}))).reciprocity, 0.0);
}

TEST_P(Degrees, AreAllTheSameInAnUndirectedGraph) {
    for (const Graph& graph : {relabelled_graph_of(500, messy_edges(500, 3000, 1), true),
                               graph_with_loops(3, {{0, 0}, {0, 1}, {1, 2}}, true)}) {
        const DegreesResult result = degrees(placed(graph));
        EXPECT_EQ(result.in_degree, result.out_degree);
        EXPECT_EQ(result.mutual_degree, result.out_degree);
        EXPECT_EQ(result.reciprocity, 1.0);
    }
}

TEST_P(Degrees, AddNegativeAndFractionalWeights) {
    const Graph graph = graph_of(3, {{0, 1, -2.5F}, {0, 2, 1.0F}, {1, 2, 0.3F}}, false, true);
    const DegreesResult result = degrees(placed(graph));
    EXPECT_EQ(result.out_strength[0], -1.5);
    EXPECT_EQ(result.in_strength[1], -2.5);
    // 0.3 is rounded to a multiple of 2^-20: 314,573 of them.
    EXPECT_EQ(result.out_strength[1], 314'573.0 / 1'048'576.0);
    EXPECT_EQ(result.in_strength[2], 1.0 + 314'573.0 / 1'048'576.0);
}

TEST_P(Degrees, CountTheMutualEdgesOfAHub) {
    // 0 follows everybody; every third follows back: a long row against a shorter one, past 2,048 entries.
    constexpr AccountId n = 9000;
    std::vector<Edge> edges;
    for (AccountId v = 1; v < n; ++v) {
        edges.push_back({0, v});
        if (v % 3 == 0) edges.push_back({v, 0});
    }
    edges.push_back({5, 7});
    const DegreesResult result = degrees(placed(graph_of(n, edges)));
    EXPECT_EQ(result.mutual_degree[0], (n - 1) / 3);
    EXPECT_EQ(result.mutual_degree[3], 1U);
    EXPECT_EQ(result.mutual_degree[5], 0U);
}

TEST_P(Degrees, AgreeWithASetOfEdges) {
    for (const std::uint64_t seed : {1, 2, 3, 4})
        for (const AccountId n : {31U, 33U, 700U}) {
            const bool weighted = seed % 2 == 0;
            const Graph graph = relabelled_graph_of(n, messy_edges(n, 8 * n, seed, weighted), seed > 2, weighted);
            expect_same(degrees(placed(graph)), oracle_degrees(graph), std::to_string(n));
        }
}

TEST_P(Degrees, SumToTheNumberOfEdges) {
    const Graph graph = relabelled_graph_of(1000, messy_edges(1000, 8000, 5));
    const DegreesResult result = degrees(placed(graph));
    const auto sum = [](const Counts& counts) { return std::accumulate(counts.begin(), counts.end(), EdgeOffset{0}); };
    EXPECT_EQ(sum(result.in_degree), graph.num_edges());
    EXPECT_EQ(sum(result.out_degree), graph.num_edges());
    EXPECT_EQ(sum(result.mutual_degree) % 2, 0U);
}

TEST_P(Degrees, AreTheSameBytesOnAllShapesWithAnyNumberOfThreads) {
    for (const auto& [name, graph] : assorted_graphs()) {
        const DegreesResult expected = oracle_degrees(graph);
        for (const int threads : {1, 2, 7}) expect_same(degrees(placed(graph, threads)), expected, name);
    }
}

TEST_P(Degrees, RefuseWeightsWhoseSumHasNoPlace) {
    const float large = 0x1.0p41F;
    EXPECT_NO_THROW(degrees(placed(graph_of(3, {{0, 1, large}}, false, true))));
    EXPECT_THROW(degrees(placed(graph_of(3, {{0, 1, large}, {0, 2, -large}}, false, true))), GraphError);
    EXPECT_THROW(degrees(placed(graph_of(3, {{0, 2, large}, {1, 2, large}}, false, true))), GraphError);
    EXPECT_THROW(degrees(placed(graph_of(2, {{0, 1, std::numeric_limits<float>::quiet_NaN()}}, false, true))),
                 GraphError);
}

}  // namespace coterie::testing
