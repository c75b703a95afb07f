#include "host/community_profile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "host/errors.hpp"
#include "tests/support/shapes.hpp"

namespace coterie::testing {

namespace {

std::vector<AccountId> ascending(AccountId n) {
    std::vector<AccountId> order(n);
    std::iota(order.begin(), order.end(), 0U);
    return order;
}

/// The definitions, edge by edge: all pairs of communities and edges, weights in double.
CommunityProfile plain_profile(const Graph& graph, const std::vector<AccountId>& labels, AccountId community) {
    double inside = 0.0;
    double mutual = 0.0;
    double crossing = 0.0;
    double volume = 0.0;
    double rest = 0.0;
    std::set<std::pair<AccountId, AccountId>> edges;
    for (AccountId u = 0; u < graph.num_accounts(); ++u)
        for (const AccountId v : graph.out().row(u)) edges.insert({u, v});
    for (AccountId u = 0; u < graph.num_accounts(); ++u) {
        for (EdgeOffset e = graph.out().offsets[u]; e < graph.out().offsets[u + 1]; ++e) {
            const AccountId v = graph.out().neighbors[e];
            if (u == v) continue;
            const double weight = static_cast<double>(graph.out().weight(e));
            const bool from = labels[u] == community;
            const bool to = labels[v] == community;
            (from ? volume : rest) += weight;
            (to ? volume : rest) += weight;
            if (from != to) crossing += weight;
            if (from && to) inside += 1.0;
            if (from && to && edges.contains({v, u})) mutual += 1.0;
        }
    }
    const double size = static_cast<double>(std::count(labels.begin(), labels.end(), community));
    CommunityProfile profile;
    profile.size = static_cast<AccountId>(size);
    profile.share = size / graph.num_accounts();
    profile.internal_density = size > 1 ? inside / (size * (size - 1)) : 0.0;
    profile.conductance = std::min(volume, rest) > 0 ? crossing / std::min(volume, rest) : 0.0;
    profile.reciprocity = inside > 0 ? mutual / inside : 0.0;
    return profile;
}

}  // namespace

TEST(CommunityProfile, OfTwoCliquesAndABridge) {
    //  0───1       4───5      each line both ways
    //  │ ╳ │ ...   │ ╳ │
    //  2───3 ───── 6   7      cliques 0–3 and 4–7, bridge 3 ↔ 4
    const Graph graph = graph_of(8, two_cliques_and_a_bridge(4));
    const std::vector<AccountId> labels{0, 0, 0, 0, 1, 1, 1, 1};
    const auto profiles = community_profiles(graph, labels, ascending(8), 2, 2);
    ASSERT_EQ(profiles.size(), 2U);
    for (const CommunityProfile& profile : profiles) {
        EXPECT_EQ(profile.size, 4U);
        EXPECT_EQ(profile.share, 0.5);
        EXPECT_EQ(profile.internal_density, 1.0);
        EXPECT_EQ(profile.conductance, 2.0 / 26.0);  // 12 edges inside have 24 ends there, the bridge one each way
        EXPECT_EQ(profile.reciprocity, 1.0);
    }
    EXPECT_EQ(profiles[0].leaders, (std::vector<AccountId>{0, 1}));
    EXPECT_EQ(profiles[1].leaders, (std::vector<AccountId>{4, 5}));
}

TEST(CommunityProfile, OfADirectedCycleHasNoReciprocity) {
    const Graph graph = graph_of(5, cycle(5));
    const auto profiles = community_profiles(graph, std::vector<AccountId>(5, 0), ascending(5), 9, 1);
    ASSERT_EQ(profiles.size(), 1U);
    EXPECT_EQ(profiles[0].internal_density, 0.25);
    EXPECT_EQ(profiles[0].reciprocity, 0.0);
    EXPECT_EQ(profiles[0].conductance, 0.0);  // nothing crosses
    EXPECT_EQ(profiles[0].leaders, ascending(5));
}

TEST(CommunityProfile, LeadersComeInTheOrderThatIsGiven) {
    const Graph graph = graph_of(4, clique(4));
    const std::vector<AccountId> order{2, 0, 3, 1};
    EXPECT_EQ(community_profiles(graph, std::vector<AccountId>(4, 0), order, 3, 1)[0].leaders,
              (std::vector<AccountId>{2, 0, 3}));
}

TEST(CommunityProfile, OfSingleAccountsAndOfNothing) {
    const auto alone = community_profiles(graph_of(2, {}), std::vector<AccountId>{0, 1}, ascending(2), 1, 1);
    ASSERT_EQ(alone.size(), 2U);
    EXPECT_EQ(alone[0].internal_density, 0.0);
    EXPECT_EQ(alone[0].conductance, 0.0);
    EXPECT_EQ(alone[0].reciprocity, 0.0);
    EXPECT_TRUE(community_profiles(graph_of(0, {}), {}, {}, 1, 1).empty());
}

TEST(CommunityProfile, FollowsItsDefinitionOnRandomGraphs) {
    for (const NamedGraph& named : assorted_graphs()) {
        if (named.graph.num_accounts() > 1000) continue;
        std::vector<AccountId> labels(named.graph.num_accounts());
        for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<AccountId>(i * i % 5 % 4);
        const auto profiles = community_profiles(named.graph, labels, ascending(named.graph.num_accounts()), 3, 2);
        for (AccountId community = 0; community < profiles.size(); ++community) {
            const CommunityProfile expected = plain_profile(named.graph, labels, community);
            EXPECT_EQ(profiles[community].size, expected.size) << named.name;
            EXPECT_EQ(profiles[community].share, expected.share) << named.name;
            EXPECT_EQ(profiles[community].internal_density, expected.internal_density) << named.name;
            EXPECT_NEAR(profiles[community].conductance, expected.conductance, 1e-12) << named.name;
            EXPECT_EQ(profiles[community].reciprocity, expected.reciprocity) << named.name;
        }
    }
}

TEST(CommunityProfile, IsTheSameWithAnyNumberOfThreads) {
    const Graph graph = relabelled_graph_of(1000, messy_edges(1000, 8000, 3, true), false, true);
    std::vector<AccountId> labels(1000);
    for (AccountId v = 0; v < 1000; ++v) labels[v] = v % 13;
    const auto one = community_profiles(graph, labels, ascending(1000), 3, 1);
    const auto seven = community_profiles(graph, labels, ascending(1000), 3, 7);
    for (std::size_t i = 0; i < one.size(); ++i) {
        EXPECT_EQ(one[i].conductance, seven[i].conductance);
        EXPECT_EQ(one[i].internal_density, seven[i].internal_density);
        EXPECT_EQ(one[i].reciprocity, seven[i].reciprocity);
    }
}

TEST(CommunityProfile, RefusesWeightsThatItCannotAdd) {
    const std::vector<AccountId> labels{0, 0};
    EXPECT_THROW(community_profiles(graph_of(2, {{0, 1, -1.0F}}, false, true), labels, ascending(2), 1, 1), GraphError);
    EXPECT_THROW(community_profiles(graph_of(2, {{0, 1, 1e20F}}, false, true), labels, ascending(2), 1, 1), GraphError);
}

}  // namespace coterie::testing
