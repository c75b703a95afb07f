#include "host/planted.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace coterie::testing {

namespace {

bool same(const PlantedNetwork& a, const PlantedNetwork& b) {
    return a.follows.sources == b.follows.sources && a.follows.targets == b.follows.targets &&
           a.mentions.sources == b.mentions.sources && a.mentions.targets == b.mentions.targets &&
           a.mentions.times == b.mentions.times && a.mentions.kinds == b.mentions.kinds && a.community == b.community &&
           a.role == b.role && a.place == b.place;
}

/// Mean number of times that an account of `role` is an end.
template <class Ends>
double mean_received(const PlantedNetwork& network, const Ends& ends, PlantedRole role) {
    double received = 0;
    for (const AccountId end : ends) received += network.role[end] == role;
    return received / static_cast<double>(std::count(network.role.begin(), network.role.end(), role));
}

/// Share of the rows of accounts other than mediators that leave the community.
double realised_mixing(const PlantedNetwork& network) {
    double rows = 0;
    double outside = 0;
    for (std::size_t i = 0; i < network.follows.sources.size(); ++i) {
        const AccountId source = network.follows.sources[i];
        if (network.role[source] == PlantedRole::mediator) continue;
        ++rows;
        outside += network.community[source] != network.community[network.follows.targets[i]];
    }
    return outside / rows;
}

}  // namespace

TEST(Planted, IsTheSameForAnyNumberOfThreadsAndOtherForAnotherSeed) {
    PlantedOptions options{.num_accounts = 2000, .num_communities = 7, .num_mentions = 5000, .threads = 1};
    const PlantedNetwork network = planted_network(options);
    options.threads = 2;
    EXPECT_TRUE(same(network, planted_network(options)));
    options.threads = 7;
    EXPECT_TRUE(same(network, planted_network(options)));
    options.seed = 2;
    EXPECT_FALSE(same(network, planted_network(options)));
}

TEST(Planted, HasCommunitiesOfFallingSizeWithTheirLeadersAndMediators) {
    const PlantedOptions options{.num_accounts = 3001, .num_communities = 11, .leaders = 4, .mediators = 3};
    const PlantedNetwork network = planted_network(options);
    std::vector<AccountId> sizes(11, 0);
    for (const AccountId community : network.community) ++sizes.at(community);
    EXPECT_TRUE(std::is_sorted(sizes.rbegin(), sizes.rend()));
    EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), 0U), 3001U);
    EXPECT_EQ(std::count(network.role.begin(), network.role.end(), PlantedRole::leader), 4 * 11);
    EXPECT_EQ(std::count(network.role.begin(), network.role.end(), PlantedRole::mediator), 3 * 11);
    // 1/(c + 3): the first is 13/3 times the last, to within rounding.
    EXPECT_NEAR(static_cast<double>(sizes.front()) / sizes.back(), 13.0 / 3.0, 0.05);
}

TEST(Planted, FollowsAsManyAndAsMixedAsAsked) {
    for (const double mixing : {0.0, 0.1, 0.5}) {
        const PlantedOptions options{
            .num_accounts = 5000, .num_communities = 5, .mixing = mixing, .mean_follows = 20.0};
        const PlantedNetwork network = planted_network(options);
        const auto rows = static_cast<double>(network.follows.sources.size());
        EXPECT_NEAR(rows / options.num_accounts, 20.0, 1.0);
        EXPECT_NEAR(realised_mixing(network), mixing, 0.01);
    }
}

TEST(Planted, HasNoSelfLoops) {
    const PlantedNetwork network = planted_network({.num_accounts = 60, .num_communities = 3, .leaders = 1});
    for (std::size_t i = 0; i < network.follows.sources.size(); ++i)
        ASSERT_NE(network.follows.sources[i], network.follows.targets[i]);
    for (std::size_t i = 0; i < network.mentions.sources.size(); ++i)
        ASSERT_NE(network.mentions.sources[i], network.mentions.targets[i]);
}

TEST(Planted, HasLeadersWhoAreFollowedAndMentionedMost) {
    const PlantedNetwork network = planted_network({});
    const double members = mean_received(network, network.follows.targets, PlantedRole::member);
    EXPECT_GT(mean_received(network, network.follows.targets, PlantedRole::leader), 20 * members);
    EXPECT_GT(mean_received(network, network.follows.targets, PlantedRole::mediator), 3 * members);
    const double mentioned = mean_received(network, network.mentions.targets, PlantedRole::member);
    EXPECT_GT(mean_received(network, network.mentions.targets, PlantedRole::leader), 50 * mentioned);
}

TEST(Planted, HasMediatorsWhoBridge) {
    // Of the follows that enter a community from outside, most go to its mediators; half of a mediator's own leave it.
    const PlantedNetwork network = planted_network({});
    double entering = 0;
    double to_mediators = 0;
    double of_mediators = 0;
    double leaving = 0;
    for (std::size_t i = 0; i < network.follows.sources.size(); ++i) {
        const AccountId source = network.follows.sources[i];
        const AccountId target = network.follows.targets[i];
        const bool crosses = network.community[source] != network.community[target];
        if (network.role[source] == PlantedRole::mediator) {
            ++of_mediators;
            leaving += crosses;
        } else if (crosses) {
            ++entering;
            to_mediators += network.role[target] == PlantedRole::mediator;
        }
    }
    EXPECT_NEAR(to_mediators / entering, 0.8, 0.03);
    EXPECT_NEAR(leaving / of_mediators, 0.5, 0.1);
}

TEST(Planted, HasAMentionStreamInOrderOfTime) {
    const PlantedOptions options{.num_mentions = 10'000, .first_time = 1000, .duration = 500};
    const MentionStream stream = planted_network(options).mentions;
    EXPECT_TRUE(std::is_sorted(stream.times.begin(), stream.times.end()));
    EXPECT_GE(stream.times.front(), 1000);
    EXPECT_LE(stream.times.back(), 1500);
    const auto count = [&](MentionKind kind) {
        return static_cast<double>(std::count(stream.kinds.begin(), stream.kinds.end(), kind)) / 10'000;
    };
    EXPECT_NEAR(count(MentionKind::retweet), 0.5, 0.03);
    EXPECT_NEAR(count(MentionKind::reply), 0.2, 0.03);
    EXPECT_NEAR(count(MentionKind::mention), 0.3, 0.03);
}

TEST(Planted, RefusesWhatCannotBePlanted) {
    const auto refuses = [](const PlantedOptions& options) {
        EXPECT_THROW(planted_network(options), std::invalid_argument);
    };
    refuses({.num_communities = 1});
    refuses({.num_accounts = 100, .num_communities = 20});  // the smallest would hold 2
    refuses({.num_accounts = 10, .num_communities = 20});
    refuses({.mixing = -0.1});
    refuses({.mixing = 1.1});
    refuses({.mean_follows = 1.0});
    refuses({.leaders = 0});
    refuses({.duration = -1});
    refuses({.threads = -1});
}

}  // namespace coterie::testing
