#include "host/build.hpp"

#include <gtest/gtest.h>

#include "tests/support/shapes.hpp"

namespace coterie::testing {

TEST(Build, MergesRepeatsAndDropsSelfLoops) {
    EdgeList edges;
    for (const auto& [u, v] : {std::pair{0, 1}, {0, 1}, {1, 1}, {2, 0}}) {
        edges.sources.push_back(static_cast<AccountId>(u));
        edges.targets.push_back(static_cast<AccountId>(v));
    }
    std::vector<LayerEdges> layers(1);
    layers[0].edges = std::move(edges);
    const BuiltLayers built = build_layers(3, std::move(layers));
    const BuildCounts& counts = built.layers[0].counts;
    EXPECT_EQ(counts.rows, 4U);
    EXPECT_EQ(counts.kept, 2U);
    EXPECT_EQ(counts.merged, 1U);
    EXPECT_EQ(counts.self_loops, 1U);
}

}  // namespace coterie::testing
