#include "host/pagerank.hpp"

#include <gtest/gtest.h>

#include "tests/support/backends.hpp"
#include "tests/support/shapes.hpp"

namespace coterie::testing {
namespace {
class PageRank : public OnEveryBackend {};

TEST_P(PageRank, IsUniformOnACycle) {
    const PageRankResult result = pagerank(placed(graph_of(5, cycle(5))));
    for (const double rank : result.ranks) EXPECT_NEAR(rank, 0.2, 1e-15);
    EXPECT_TRUE(result.converged);
}

TEST_P(PageRank, GivesTheSameBytesEverywhere) {
    for (const NamedGraph& named : assorted_graphs()) {
        for (const Precision precision : {Precision::full, Precision::single}) {
            const PageRankOptions options{.tolerance = 1e-9, .precision = precision};
            const PageRankResult expected = pagerank(place(named.graph, {.threads = 1}), options);
            for (const int threads : {2, 7}) {
                const PageRankResult result = pagerank(placed(named.graph, threads), options);
                EXPECT_EQ(result.ranks, expected.ranks) << named.name << ", " << threads << " threads";
                EXPECT_EQ(result.residual, expected.residual) << named.name;
                EXPECT_EQ(result.iterations, expected.iterations) << named.name;
            }
        }
    }
}
INSTANTIATE_TEST_SUITE_P(Backends, PageRank, ::testing::Values(Backend::openmp, Backend::cuda), backend_name);
}  // namespace
}  // namespace coterie::testing
