#include "host/components.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "kernels/kernels.hpp"
#include "tests/oracle/components_oracle.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/shapes.hpp"

namespace coterie::testing {

namespace {

std::vector<AccountId> smallest_ids(const PlacedGraph& graph, std::span<const AccountId> within = {}) {
    return graph.backend() == Backend::cuda ? cuda::components(graph, within) : openmp::components(graph, within);
}

std::vector<AccountId> random_labels(AccountId n, AccountId num_labels, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<AccountId> labels(n);
    for (AccountId& label : labels) label = static_cast<AccountId>(random() % num_labels);
    return labels;
}

}  // namespace

class Components : public OnEveryBackend {};
INSTANTIATE_TEST_SUITE_P(Backends, Components, ::testing::Values(Backend::openmp, Backend::cuda), backend_name);

TEST_P(Components, AreOneOnACycle) {
    const ComponentsResult result = components(placed(graph_of(33, cycle(33))));
    EXPECT_EQ(result.components, std::vector<AccountId>(33, 0));
    EXPECT_EQ(result.sizes, std::vector<AccountId>{33});
}

TEST_P(Components, IgnoreTheDirectionOfEdges) {
    // 0 → 1 ← 2   3 → 4
    const ComponentsResult result = components(placed(graph_of(5, {{0, 1}, {2, 1}, {3, 4}})));
    EXPECT_EQ(result.components, (std::vector<AccountId>{0, 0, 0, 1, 1}));
    EXPECT_EQ(result.sizes, (std::vector<AccountId>{3, 2}));
}

TEST_P(Components, AreNoneInAnEmptyGraph) {
    const ComponentsResult result = components(placed(graph_of(0, {})));
    EXPECT_TRUE(result.components.empty());
    EXPECT_TRUE(result.sizes.empty());
}

TEST_P(Components, AreTheAccountsThemselvesWithoutEdges) {
    const ComponentsResult result = components(placed(graph_of(3, {{1, 1}})));
    EXPECT_EQ(result.components, (std::vector<AccountId>{0, 1, 2}));
    EXPECT_EQ(result.sizes, (std::vector<AccountId>{1, 1, 1}));
}

TEST_P(Components, FollowAPathHoweverItsAccountsAreNumbered) {
    constexpr AccountId n = 3000;
    std::vector<AccountId> order(n);
    std::iota(order.begin(), order.end(), AccountId{0});
    std::shuffle(order.begin(), order.end(), std::mt19937_64(7));
    std::vector<Edge> edges;
    for (AccountId i = 0; i + 1 < n; ++i) edges.push_back({order[i], order[i + 1]});
    EXPECT_EQ(components(placed(graph_of(n, edges))).sizes, std::vector<AccountId>{n});
}

TEST_P(Components, JoinTwoStarsWhoseHubsLieOutsideTheFirstNeighbors) {
    // Stars of 5,000 leaves each, hubs 0 and 5001; only their last leaves meet: long rows must be walked to
    // their ends.
    constexpr AccountId leaves = 5000;
    std::vector<Edge> edges;
    for (AccountId leaf = 1; leaf <= leaves; ++leaf) {
        edges.push_back({0, leaf});
        edges.push_back({leaves + 1, leaves + 1 + leaf});
    }
    EXPECT_EQ(components(placed(graph_of(2 * leaves + 2, edges))).sizes,
              (std::vector<AccountId>{leaves + 1, leaves + 1}));
    edges.push_back({leaves, 2 * leaves + 1});
    EXPECT_EQ(components(placed(graph_of(2 * leaves + 2, edges))).sizes, (std::vector<AccountId>{2 * leaves + 2}));
}

TEST_P(Components, AgreeWithBreadthFirstSearch) {
    for (const std::uint64_t seed : {1, 2, 3, 4, 5})
        for (const AccountId n : {5U, 31U, 33U, 200U, 3000U}) {
            const Graph graph = relabelled_graph_of(n, messy_edges(n, n, seed), seed % 2 == 0);
            EXPECT_EQ(smallest_ids(placed(graph)), oracle_components(graph)) << n << " accounts, seed " << seed;
        }
}

TEST_P(Components, StayWithinLabels) {
    for (const std::uint64_t seed : {1, 2, 3})
        for (const AccountId num_labels : {1U, 3U, 50U}) {
            const Graph graph = relabelled_graph_of(2000, messy_edges(2000, 6000, seed), seed == 2);
            const std::vector<AccountId> within = random_labels(2000, num_labels, seed);
            EXPECT_EQ(smallest_ids(placed(graph), within), oracle_components(graph, within))
                << num_labels << " labels, seed " << seed;
        }
}

TEST_P(Components, AreSmallestIdsOnAllShapesWithAnyNumberOfThreads) {
    for (const auto& [name, graph] : assorted_graphs()) {
        const std::vector<AccountId> expected = oracle_components(graph);
        for (const int threads : {1, 2, 7}) EXPECT_EQ(smallest_ids(placed(graph, threads)), expected) << name;
    }
}

TEST_P(Components, AreNumberedAlikeWhateverTheInternalOrder) {
    const std::vector<Edge> edges = messy_edges(500, 400, 9);
    const Graph as_written = graph_of(500, edges);
    const Graph relabelled = relabelled_graph_of(500, edges);
    const ComponentsResult expected = components(placed(as_written));
    const ComponentsResult got = components(placed(relabelled));
    EXPECT_EQ(got.sizes, expected.sizes);
    for (AccountId id = 0; id < 500; ++id)
        EXPECT_EQ(got.components[relabelled.account_at(id)], expected.components[id]) << "id " << id;
}

TEST(NumberedBySize, PutsTheLargestFirstAndBreaksTiesByTheSmallestId) {
    const ComponentsResult result = numbered_by_size(graph_of(7, {}), {5, 2, 2, 0, 0, 6, 6});
    EXPECT_EQ(result.components, (std::vector<AccountId>{3, 0, 0, 1, 1, 2, 2}));
    EXPECT_EQ(result.sizes, (std::vector<AccountId>{2, 2, 2, 1}));
}

TEST(NumberedBySize, BreaksTiesByOriginalIds) {
    // 2 has the highest degree and comes first internally; its group must still come after that of id 0.
    const Graph graph = relabelled_graph_of(4, {{2, 3}, {3, 2}});
    ASSERT_EQ(graph.account_at(0), 2U);
    std::vector<AccountId> labels(4);
    for (AccountId id = 0; id < 4; ++id) labels[graph.account_at(id)] = id / 2;
    const ComponentsResult result = numbered_by_size(graph, labels);
    for (AccountId id = 0; id < 4; ++id) EXPECT_EQ(result.components[graph.account_at(id)], id / 2);
}

}  // namespace coterie::testing
