#include "host/build.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/oracle/slow_build.hpp"
#include "tests/support/shapes.hpp"

namespace coterie::testing {

namespace {

LayerEdges layer_of(const std::vector<Edge>& edges, bool weighted = false) {
    LayerEdges layer;
    for (const Edge& edge : edges) {
        layer.edges.sources.push_back(edge.source);
        layer.edges.targets.push_back(edge.target);
        if (weighted) layer.edges.weights.push_back(edge.weight);
    }
    return layer;
}

BuiltLayers build_one(AccountId n, const std::vector<Edge>& edges, const BuildOptions& options = {}) {
    return build_layers(n, {layer_of(edges)}, options);
}

void expect_same(const CsrArrays& a, const CsrArrays& b) {
    EXPECT_EQ(a.offsets, b.offsets);
    EXPECT_EQ(a.neighbors, b.neighbors);
    EXPECT_EQ(a.weights, b.weights);
}

void expect_same(const BuiltLayers& a, const BuiltLayers& b) {
    EXPECT_EQ(a.by_id, b.by_id);
    ASSERT_EQ(a.layers.size(), b.layers.size());
    for (std::size_t l = 0; l < a.layers.size(); ++l) {
        SCOPED_TRACE("layer " + std::to_string(l));
        expect_same(a.layers[l].out, b.layers[l].out);
        expect_same(a.layers[l].in, b.layers[l].in);
        EXPECT_EQ(a.layers[l].undirected, b.layers[l].undirected);
        EXPECT_EQ(a.layers[l].counts.rows, b.layers[l].counts.rows);
        EXPECT_EQ(a.layers[l].counts.kept, b.layers[l].counts.kept);
        EXPECT_EQ(a.layers[l].counts.merged, b.layers[l].counts.merged);
        EXPECT_EQ(a.layers[l].counts.self_loops, b.layers[l].counts.self_loops);
    }
}

/// Says "stop" after some questions.
class StopsSoon final : public Progress {
  public:
    void report(std::string_view, double, double, std::string_view) override { ++reports_; }
    bool cancelled() const override { return reports_ > 2; }

  private:
    int reports_ = 0;
};

}  // namespace

TEST(Build, MergesRepeatsAndDropsSelfLoops) {
    const BuiltLayers built = build_one(3, {{0, 1}, {0, 1}, {1, 1}, {2, 0}});
    const BuildCounts& counts = built.layers[0].counts;
    EXPECT_EQ(counts.rows, 4U);
    EXPECT_EQ(counts.kept, 2U);
    EXPECT_EQ(counts.merged, 1U);
    EXPECT_EQ(counts.self_loops, 1U);
}

TEST(Build, KeepsSelfLoopsOnRequest) {
    const BuiltLayers built =
        build_one(3, {{0, 1}, {1, 1}, {1, 1}}, {.keep_self_loops = true, .relabel_by_degree = false});
    EXPECT_EQ(built.layers[0].counts.kept, 2U);
    EXPECT_EQ(built.layers[0].counts.merged, 1U);
    EXPECT_EQ(built.layers[0].counts.self_loops, 0U);
    EXPECT_EQ(built.layers[0].out.neighbors, (Array<AccountId>{1, 1}));
}

TEST(Build, OrdersAccountsByDescendingDegreeAndThenById) {
    // 3 → 1, 3 → 2, 2 → 1: degrees 0, 2, 2, 2, and account 0 has no edge.
    const BuiltLayers built = build_one(4, {{3, 1}, {3, 2}, {2, 1}});
    EXPECT_EQ(built.by_id, (Array<AccountId>{3, 0, 1, 2}));
}

TEST(Build, CountsRowsOfEventsAsWeights) {
    LayerEdges events = layer_of({{0, 1}, {0, 1}, {1, 0}, {0, 1}});
    events.count_rows = true;
    const BuiltLayers built = build_layers(2, {events}, {.relabel_by_degree = false});
    EXPECT_EQ(built.layers[0].out.weights, (Array<float>{3, 1}));
    EXPECT_EQ(built.layers[0].in.weights, (Array<float>{1, 3}));
}

TEST(Build, TakesBothDirectionsOfAnUndirectedEdgeForRepeats) {
    LayerEdges edges = layer_of({{0, 1}, {1, 0}, {1, 2}});
    edges.undirected = true;
    const BuiltLayers built = build_layers(3, {edges}, {.relabel_by_degree = false});
    EXPECT_EQ(built.layers[0].counts.kept, 2U);
    EXPECT_EQ(built.layers[0].counts.merged, 1U);
    EXPECT_EQ(built.layers[0].out.neighbors, (Array<AccountId>{1, 0, 2, 1}));
}

TEST(Build, TakesNothing) {
    const BuiltLayers built = build_one(0, {});
    EXPECT_EQ(built.layers[0].out.offsets, (Array<EdgeOffset>{0}));
    EXPECT_TRUE(build_layers(3, {}).layers.empty());
}

TEST(Build, RefusesAccountsThatAreNotThere) {
    try {
        build_one(3, {{0, 1}, {1, 3}});
        FAIL() << "must throw";
    } catch (const GraphError& error) {
        EXPECT_STREQ(error.what(), "build: accounts must be below 3, but row 1 is 1 -> 3");
    }
}

TEST(Build, StopsWhenAsked) {
    StopsSoon progress;
    EXPECT_THROW(build_one(1000, messy_edges(1000, 5000, 1), {.progress = &progress}), Cancelled);
}

TEST(Build, AgreesWithSortingForAnyThreadsAndAnyOrderOfRows) {
    std::mt19937_64 random(7);
    for (const AccountId n : {1U, 2U, 31U, 33U, 500U, 5000U, 40000U}) {
        for (const bool weighted : {false, true}) {
            for (const bool keep_self_loops : {false, true}) {
                const std::size_t rows = n < 40000 ? 6 * n : 80000;
                std::vector<Edge> edges = messy_edges(n, rows, n, weighted);
                const std::vector<Edge> others = messy_edges(n, n, n + 1);
                const auto layers = [&] {
                    std::vector<LayerEdges> list{layer_of(edges, weighted), layer_of(edges, weighted),
                                                 layer_of(others)};
                    list[1].undirected = true;
                    list[2].count_rows = true;
                    return list;
                };
                BuildOptions options{.keep_self_loops = keep_self_loops};
                const BuiltLayers expected = slowly_built_layers(n, layers(), options);
                for (const int threads : {1, 2, 7}) {
                    SCOPED_TRACE("accounts " + std::to_string(n) + ", threads " + std::to_string(threads));
                    std::shuffle(edges.begin(), edges.end(), random);
                    options.threads = threads;
                    expect_same(build_layers(n, layers(), options), expected);
                }
            }
        }
    }
}

TEST(Build, AddsWeightsWithoutRoundingWhateverTheOrderOfRows) {
    // In double, 1e30 + 1 - 1e30 is 0 or 1, depending on what comes first.
    std::vector<float> weights{-1e30F, 1.0F, 3.0F, 1e30F};
    do {
        std::vector<Edge> edges;
        for (const float weight : weights) edges.push_back({0, 1, weight});
        const BuiltLayers built = build_layers(2, {layer_of(edges, true)});
        EXPECT_EQ(built.layers[0].out.weights, (Array<float>{4.0F}));
        EXPECT_TRUE(built.layers[0].remainders.empty());
    } while (std::next_permutation(weights.begin(), weights.end()));
}

TEST(Build, KeepsWhatFloatWeightsLackOfExactSums) {
    // 2^24 + 1 is no float; of 0 -> 1 it lacks 1, of 1 -> 2 nothing.
    const std::vector<Edge> edges{{0, 1, 16777216.0F}, {1, 2, 5.0F}, {0, 1, 1.0F}, {1, 2, 6.0F}};
    const BuildOptions plain{.relabel_by_degree = false};
    const BuiltLayers built = build_layers(3, {layer_of(edges, true)}, plain);
    EXPECT_EQ(built.layers[0].out.weights, (Array<float>{16777216.0F, 11.0F}));
    EXPECT_EQ(built.layers[0].remainders.edges, (Array<EdgeOffset>{0}));
    EXPECT_EQ(built.layers[0].remainders.values, (Array<double>{1.0}));

    LayerEdges friends = layer_of(edges, true);
    friends.undirected = true;
    const BuiltLayers both = build_layers(3, {friends}, plain);
    EXPECT_EQ(both.layers[0].remainders.edges, (Array<EdgeOffset>{0, 1}));  // 0 -> 1, 1 -> 0
    EXPECT_EQ(both.layers[0].remainders.values, (Array<double>{1.0, 1.0}));
}

TEST(Build, KeepsTheOrderOfIdsIfNotRelabelled) {
    const std::vector<Edge> edges = messy_edges(300, 2000, 3);
    const BuildOptions options{.relabel_by_degree = false};
    expect_same(build_layers(300, {layer_of(edges)}, options), slowly_built_layers(300, {layer_of(edges)}, options));
}

}  // namespace coterie::testing
