#include "host/ranking.hpp"

#include <gtest/gtest.h>

#include "tests/support/shapes.hpp"

namespace coterie::testing {

TEST(Ranking, OrdersByDescendingValueAndTiesByOriginalId) {
    // Relabelled by degree: account 3 has the most edges and comes first inside, but ties go by the ids of the input.
    const Graph graph = relabelled_graph_of(4, {{0, 3}, {1, 3}, {2, 3}});
    std::vector<double> values(4);
    const std::vector<double> by_original{0.25, 0.5, 0.25, 0.25};
    for (AccountId position = 0; position < 4; ++position) values[graph.account_at(position)] = by_original[position];
    const std::vector<AccountId> positions = id_positions(graph);
    std::vector<AccountId> originals;
    for (const AccountId account : ranking(graph, values)) originals.push_back(positions[account]);
    EXPECT_EQ(originals, (std::vector<AccountId>{1, 0, 2, 3}));
}

TEST(Ranking, OfNoAccountsIsEmpty) {
    EXPECT_TRUE(ranking(graph_of(0, {}), {}).empty());
    EXPECT_TRUE(percentiles({}).empty());
    EXPECT_TRUE(places_within({}, {}).empty());
}

TEST(Percentiles, CountTheOthersThatAreBehind) {
    const std::vector<double> values{3.0, 1.0, 2.0, 2.0, 9.0};
    EXPECT_EQ(percentiles(values), (std::vector<double>{75.0, 0.0, 25.0, 25.0, 100.0}));
}

TEST(Percentiles, OfASingleAccountIs100) {
    EXPECT_EQ(percentiles(std::vector<double>{0.0}), std::vector<double>{100.0});
}

TEST(PlacesWithin, CountFromOneInEachGroup) {
    const std::vector<AccountId> labels{0, 1, 0, 1, 0};
    const std::vector<AccountId> order{4, 3, 0, 2, 1};
    EXPECT_EQ(places_within(labels, order), (std::vector<AccountId>{2, 2, 3, 1, 1}));
}

}  // namespace coterie::testing
