#include "host/generate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "host/scramble.hpp"

namespace coterie::testing {

namespace {

std::vector<EdgeOffset> degrees_of(AccountId n, const Array<AccountId>& ends) {
    std::vector<EdgeOffset> degrees(n, 0);
    for (const AccountId end : ends) ++degrees[end];
    return degrees;
}

bool same(const EdgeList& a, const EdgeList& b) {
    return a.sources == b.sources && a.targets == b.targets && a.weights == b.weights;
}

}  // namespace

TEST(Scramble, PermutesWhateverTheSize) {
    for (const AccountId n : {1U, 2U, 3U, 5U, 31U, 32U, 33U, 1000U, 4096U, 70'001U})
        for (const std::uint64_t seed : {0, 1, 2}) {
            const Scramble scramble(n, seed);
            std::vector<bool> hit(n, false);
            for (AccountId x = 0; x < n; ++x) {
                ASSERT_LT(scramble(x), n);
                hit[scramble(x)] = true;
            }
            EXPECT_EQ(std::count(hit.begin(), hit.end(), true), n) << n << ", seed " << seed;
        }
}

TEST(Scramble, LeavesNoOrder) {
    // The position of x after scrambling correlates with x as little as chance has it: |r| of about 1/sqrt(n).
    constexpr AccountId n = 10'000;
    for (const std::uint64_t seed : {1, 2, 3}) {
        const Scramble scramble(n, seed);
        const double mean = (n - 1) / 2.0;
        double covariance = 0;
        for (AccountId x = 0; x < n; ++x) covariance += (x - mean) * (scramble(x) - mean);
        const double variance = n * (double{n} * n - 1) / 12.0;
        EXPECT_LT(std::abs(covariance / variance), 0.05) << "seed " << seed;
    }
}

TEST(Scramble, ReachesTheWholeOf32Bits) {
    const Scramble scramble(no_account, 1);
    std::set<AccountId> hit;
    for (AccountId x = no_account - 1000; x < no_account; ++x) hit.insert(scramble(x));
    EXPECT_EQ(hit.size(), 1000U);
    EXPECT_LT(*hit.rbegin(), no_account);
}

TEST(Kronecker, HasTheSizeItWasAskedFor) {
    const EdgeList edges = kronecker_edges(8, 5, 1);
    EXPECT_EQ(edges.sources.size(), 256U * 5);
    EXPECT_EQ(edges.targets.size(), 256U * 5);
    EXPECT_TRUE(edges.weights.empty());
    EXPECT_LT(*std::max_element(edges.sources.begin(), edges.sources.end()), 256U);
    EXPECT_LT(*std::max_element(edges.targets.begin(), edges.targets.end()), 256U);
}

TEST(Kronecker, IsTheSameForAnyNumberOfThreadsAndOtherForAnotherSeed) {
    const EdgeList edges = kronecker_edges(10, 16, 3, 1);
    EXPECT_TRUE(same(edges, kronecker_edges(10, 16, 3, 2)));
    EXPECT_TRUE(same(edges, kronecker_edges(10, 16, 3, 7)));
    EXPECT_FALSE(same(edges, kronecker_edges(10, 16, 4, 1)));
}

TEST(Kronecker, HasRowsThatDependOnTheirNumberAlone) {
    const EdgeList few = kronecker_edges(10, 2, 3);
    const EdgeList many = kronecker_edges(10, 16, 3);
    EXPECT_TRUE(std::equal(few.sources.begin(), few.sources.end(), many.sources.begin()));
    EXPECT_TRUE(std::equal(few.targets.begin(), few.targets.end(), many.targets.begin()));
}

TEST(Kronecker, FollowsTheInitiator) {
    // At scale 1 the four quadrants are the four possible rows; scrambling may swap the two accounts.
    const EdgeList edges = kronecker_edges(1, 100'000, 5);
    double count[2][2] = {};
    for (std::size_t i = 0; i < edges.sources.size(); ++i) ++count[edges.sources[i]][edges.targets[i]];
    const auto rows = static_cast<double>(edges.sources.size());
    const int zero = count[0][0] > count[1][1] ? 0 : 1;
    EXPECT_NEAR(count[zero][zero] / rows, 0.57, 0.005);
    EXPECT_NEAR(count[zero][1 - zero] / rows, 0.19, 0.005);
    EXPECT_NEAR(count[1 - zero][zero] / rows, 0.19, 0.005);
    EXPECT_NEAR(count[1 - zero][1 - zero] / rows, 0.05, 0.005);
}

TEST(Kronecker, GivesTheLargestHubItsShare) {
    // The account whose bits are all zero is a source with probability (A + B)^scale.
    constexpr int scale = 12;
    const EdgeList edges = kronecker_edges(scale, 64, 7);
    const auto degrees = degrees_of(1U << scale, edges.sources);
    const double expected = std::pow(0.76, scale) * static_cast<double>(edges.sources.size());
    EXPECT_NEAR(static_cast<double>(*std::max_element(degrees.begin(), degrees.end())), expected, 0.1 * expected);
}

TEST(Kronecker, RefusesAScaleOrDegreeOutOfRange) {
    EXPECT_THROW(kronecker_edges(0, 16, 1), std::invalid_argument);
    EXPECT_THROW(kronecker_edges(32, 16, 1), std::invalid_argument);
    EXPECT_THROW(kronecker_edges(4, 0, 1), std::invalid_argument);
    EXPECT_THROW(kronecker_edges(4, 1, 1, -1), std::invalid_argument);
}

TEST(Uniform, DrawsEveryAccountAboutAsOften) {
    constexpr AccountId n = 100;
    constexpr EdgeOffset m = 1'000'000;
    const EdgeList edges = uniform_edges(n, m, 1);
    for (const auto* ends : {&edges.sources, &edges.targets}) {
        const auto degrees = degrees_of(n, *ends);
        const double expected = static_cast<double>(m) / n;  // 10,000 with a standard deviation of 100
        for (const EdgeOffset degree : degrees) EXPECT_NEAR(static_cast<double>(degree), expected, 500);
    }
}

TEST(Uniform, IsTheSameForAnyNumberOfThreadsAndOtherForAnotherSeed) {
    const EdgeList edges = uniform_edges(1000, 5000, 3, 1);
    EXPECT_TRUE(same(edges, uniform_edges(1000, 5000, 3, 2)));
    EXPECT_TRUE(same(edges, uniform_edges(1000, 5000, 3, 7)));
    EXPECT_FALSE(same(edges, uniform_edges(1000, 5000, 4, 1)));
}

TEST(Uniform, NeedsAnAccountForAnEdge) {
    EXPECT_TRUE(uniform_edges(0, 0, 1).sources.empty());
    EXPECT_THROW(uniform_edges(0, 1, 1), std::invalid_argument);
}

}  // namespace coterie::testing
