#include "host/cores.hpp"

#include <gtest/gtest.h>

#include "tests/oracle/cores_oracle.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/shapes.hpp"

namespace coterie::testing {

namespace {
using Numbers = std::vector<AccountId>;
}

class Cores : public OnEveryBackend {};
INSTANTIATE_TEST_SUITE_P(Backends, Cores, ::testing::Values(Backend::openmp, Backend::cuda), backend_name);

TEST_P(Cores, AreTwoOnACycleAndOneOnAPath) {
    EXPECT_EQ(cores(placed(graph_of(33, cycle(33)))).cores, Numbers(33, 2));
    EXPECT_EQ(cores(placed(graph_of(100, path(100)))).cores, Numbers(100, 1));
}

TEST_P(Cores, AreOneOnAStar) {
    const CoresResult result = cores(placed(graph_of(5001, star(5000))));
    EXPECT_EQ(result.cores, Numbers(5001, 1));
    EXPECT_EQ(result.degeneracy, 1U);
}

TEST_P(Cores, AreTheSizeOfACliqueLessOne) {
    const CoresResult result = cores(placed(graph_of(40, clique(40))));
    EXPECT_EQ(result.cores, Numbers(40, 39));
    EXPECT_EQ(result.degeneracy, 39U);
}

TEST_P(Cores, AreNoneInAnEmptyGraphAndZeroWithoutEdges) {
    EXPECT_TRUE(cores(placed(graph_of(0, {}))).cores.empty());
    EXPECT_EQ(cores(placed(graph_of(0, {}))).degeneracy, 0U);
    EXPECT_EQ(cores(placed(graph_of(3, {}))).cores, Numbers(3, 0));
}

TEST_P(Cores, FallAlongATailButNotIntoTheClique) {
    // A triangle 0 1 2 with a tail 2 — 3 — 4: taking 4 makes 3 fall, and there it ends.
    EXPECT_EQ(cores(placed(graph_of(5, {{0, 1}, {1, 2}, {2, 0}, {2, 3}, {3, 4}}))).cores, (Numbers{2, 2, 2, 1, 1}));
}

TEST_P(Cores, CountAMutualEdgeOnceAndASelfLoopNever) {
    EdgeList edges;
    for (const auto& [u, v] : {std::pair{0U, 1U}, {1U, 0U}, {1U, 1U}, {2U, 2U}}) {
        edges.sources.push_back(u);
        edges.targets.push_back(v);
    }
    for (const bool undirected : {false, true}) {
        const Graph graph = build_graph(3, edges, undirected, {.keep_self_loops = true, .relabel_by_degree = false});
        EXPECT_EQ(cores(placed(graph)).cores, (Numbers{1, 1, 0})) << (undirected ? "undirected" : "directed");
    }
}

TEST_P(Cores, DoNotDependOnWeights) {
    const std::vector<Edge> edges = messy_edges(300, 2000, 8, true);
    EXPECT_EQ(cores(placed(graph_of(300, edges, true, true))).cores, cores(placed(graph_of(300, edges, true))).cores);
}

TEST_P(Cores, AgreeWithTheDefinition) {
    for (const std::uint64_t seed : {1, 2, 3, 4})
        for (const AccountId n : {5U, 31U, 33U, 400U}) {
            const Graph graph = relabelled_graph_of(n, messy_edges(n, 6 * n, seed), seed % 2 == 0);
            EXPECT_EQ(cores(placed(graph)).cores, oracle_cores(graph)) << n << " accounts, seed " << seed;
        }
}

TEST_P(Cores, AreTheSameBytesOnAllShapesWithAnyNumberOfThreads) {
    for (const auto& [name, graph] : assorted_graphs()) {
        const std::vector<AccountId> expected = oracle_cores(graph);
        for (const int threads : {1, 2, 7}) EXPECT_EQ(cores(placed(graph, threads)).cores, expected) << name;
    }
}

TEST_P(Cores, AreRenamedWithTheAccounts) {
    const std::vector<Edge> edges = messy_edges(500, 4000, 9);
    const Graph relabelled = relabelled_graph_of(500, edges);
    const CoresResult expected = cores(placed(graph_of(500, edges)));
    const CoresResult got = cores(placed(relabelled));
    EXPECT_EQ(got.degeneracy, expected.degeneracy);
    for (AccountId id = 0; id < 500; ++id) EXPECT_EQ(got.cores[relabelled.account_at(id)], expected.cores[id]) << id;
}

}  // namespace coterie::testing
