#include "host/graph.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/shapes.hpp"

namespace coterie::testing {

namespace {

using Row = std::vector<AccountId>;
using Weights = std::map<std::pair<AccountId, AccountId>, float>;

Row row_of(const CsrView& rows, AccountId account) {
    const auto row = rows.row(account);
    return {row.begin(), row.end()};
}

Weights weights_of(const CsrView& rows) {
    Weights weights;
    for (AccountId u = 0; u < rows.num_accounts(); ++u)
        for (EdgeOffset e = rows.offsets[u]; e < rows.offsets[u + 1]; ++e)
            weights[{u, rows.neighbors[e]}] = rows.weight(e);
    return weights;
}

Graph with_loops(const std::vector<Edge>& edges, bool weighted) {
    EdgeList list;
    for (const Edge& edge : edges) {
        list.sources.push_back(edge.source);
        list.targets.push_back(edge.target);
        if (weighted) list.weights.push_back(edge.weight);
    }
    return build_graph(4, std::move(list), false, {.keep_self_loops = true, .relabel_by_degree = false});
}

}  // namespace

TEST(Graph, IsEmptyByDefault) {
    const Graph graph;
    EXPECT_EQ(graph.num_accounts(), 0U);
    EXPECT_EQ(graph.num_edges(), 0U);
}

TEST(Graph, HasInRowsThatMirrorItsOutRows) {
    const Graph graph = relabelled_graph_of(200, messy_edges(200, 1000, 1, true), false, true);
    Weights mirrored;
    for (const auto& [ends, weight] : weights_of(graph.in())) mirrored[{ends.second, ends.first}] = weight;
    EXPECT_EQ(weights_of(graph.out()), mirrored);
}

TEST(Graph, LosesItsWeightsAndNothingElse) {
    const Graph graph = graph_of(3, {{0, 1, 2.0F}, {1, 2, 3.0F}}, false, true);
    const Graph unweighted = graph.unweighted();
    EXPECT_FALSE(unweighted.weighted());
    EXPECT_FALSE(unweighted.in().weighted());
    EXPECT_EQ(unweighted.out().weight(1), 1.0F);
    EXPECT_EQ(unweighted.num_edges(), 2U);
    EXPECT_TRUE(graph.weighted());
}

TEST(Graph, OutlivesTheGraphItWasCopiedFrom) {
    Graph copy;
    {
        const Graph graph = graph_of(3, {{0, 1}, {1, 2}});
        copy = graph.unweighted();
    }
    EXPECT_EQ(row_of(copy.out(), 1), Row{2});
    EXPECT_EQ(row_of(copy.in(), 1), Row{0});
}

TEST(IdPositions, AreTheInverseOfTheOrderById) {
    const Graph graph = relabelled_graph_of(300, messy_edges(300, 1500, 2));
    const std::vector<AccountId> positions = id_positions(graph);
    for (AccountId position = 0; position < 300; ++position) EXPECT_EQ(positions[graph.account_at(position)], position);
    EXPECT_EQ(id_positions(graph_of(3, {{2, 0}})), (Row{0, 1, 2}));
}

TEST(UndirectedGraph, JoinsBothDirectionsAndAddsTheirWeights) {
    // 0 ⇄ 1 → 2, and 3 alone
    const Graph graph = graph_of(4, {{0, 1, 1.5F}, {1, 0, 2.0F}, {1, 2, 4.0F}}, false, true);
    const Graph either = undirected_graph(graph, Direction::either, 2);
    EXPECT_FALSE(either.directed());
    EXPECT_EQ(weights_of(either.out()), (Weights{{{0, 1}, 3.5F}, {{1, 0}, 3.5F}, {{1, 2}, 4.0F}, {{2, 1}, 4.0F}}));
    EXPECT_EQ(weights_of(either.in()), weights_of(either.out()));
    const Graph mutual = undirected_graph(graph, Direction::mutual, 2);
    EXPECT_EQ(weights_of(mutual.out()), (Weights{{{0, 1}, 3.5F}, {{1, 0}, 3.5F}}));
}

TEST(UndirectedGraph, StaysUnweightedIfItWas) {
    const Graph graph = graph_of(3, {{0, 1}, {1, 0}, {1, 2}});
    for (const Direction direction : {Direction::either, Direction::mutual}) {
        const Graph undirected = undirected_graph(graph, direction, 1);
        EXPECT_FALSE(undirected.weighted());
        EXPECT_EQ(row_of(undirected.out(), 0), Row{1});
        EXPECT_EQ(row_of(undirected.out(), 1), (direction == Direction::either ? Row{0, 2} : Row{0}));
    }
}

TEST(UndirectedGraph, KeepsASelfLoopOnceWithItsWeight) {
    for (const bool weighted : {false, true}) {
        const Graph graph = with_loops({{0, 0, 5.0F}, {0, 1, 1.0F}}, weighted);
        for (const Direction direction : {Direction::either, Direction::mutual}) {
            const Weights weights = weights_of(undirected_graph(graph, direction, 2).out());
            EXPECT_EQ(weights.at({0, 0}), weighted ? 5.0F : 1.0F);
            EXPECT_EQ(weights.size(), direction == Direction::either ? 3U : 1U);
        }
    }
}

TEST(UndirectedGraph, IsTheGraphItselfIfThatIsUndirected) {
    const Graph graph = graph_of(3, {{0, 1}, {1, 2}}, true);
    EXPECT_EQ(undirected_graph(graph, Direction::either, 2).out().neighbors.data(), graph.out().neighbors.data());
    EXPECT_EQ(undirected_graph(graph, Direction::mutual, 2).out().neighbors.data(), graph.out().neighbors.data());
}

TEST(UndirectedGraph, AgreesWithASetOfEdgesForAnyNumberOfThreads) {
    for (const std::uint64_t seed : {1, 2, 3}) {
        const Graph graph = relabelled_graph_of(400, messy_edges(400, 3000, seed, true), false, true);
        const Weights edges = weights_of(graph.out());
        Weights either;
        Weights mutual;
        for (const auto& [ends, weight] : edges) {
            const auto back = edges.find({ends.second, ends.first});
            const float sum = back == edges.end() ? weight : weight + back->second;
            either[ends] = either[{ends.second, ends.first}] = sum;
            if (back != edges.end()) mutual[ends] = sum;
        }
        for (const int threads : {1, 2, 7}) {
            EXPECT_EQ(weights_of(undirected_graph(graph, Direction::either, threads).out()), either);
            EXPECT_EQ(weights_of(undirected_graph(graph, Direction::mutual, threads).out()), mutual);
        }
    }
}

TEST(UndirectedGraph, KeepsTheOrderOfIds) {
    const Graph graph = relabelled_graph_of(100, messy_edges(100, 500, 3));
    const Graph undirected = undirected_graph(graph, Direction::either, 2);
    EXPECT_TRUE(
        std::equal(graph.by_id().begin(), graph.by_id().end(), undirected.by_id().begin(), undirected.by_id().end()));
}

}  // namespace coterie::testing
