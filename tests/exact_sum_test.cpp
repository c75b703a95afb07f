#include "host/exact_sum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace coterie::testing {

namespace {

__extension__ typedef __int128 Wide;

/// By another route: weights are multiples of 2^-40 below 2^60, so that 128 bits hold every sum.
Wide in_units(double weight) {
    return static_cast<Wide>(std::ldexp(weight, 40));
}

float nearest_float(Wide units) {
    // Via neighbors of a first guess: the closest one, the even one of two that are equally close.
    const float guess = static_cast<float>(std::ldexp(static_cast<double>(units), -40));
    float best = guess;
    Wide least = -1;
    for (const float candidate : {std::nextafter(guess, -INFINITY), guess, std::nextafter(guess, INFINITY)}) {
        Wide distance = in_units(static_cast<double>(candidate)) - units;
        if (distance < 0) distance = -distance;
        int exponent = 0;
        const double mantissa = std::ldexp(std::frexp(static_cast<double>(candidate), &exponent), 24);
        const bool even = std::fmod(mantissa, 2.0) == 0;
        if (least < 0 || distance < least || (distance == least && even)) {
            best = candidate;
            least = distance;
        }
    }
    return best;
}

std::vector<float> weights_of_all_sizes(std::size_t count, bool negative_too, std::mt19937& random) {
    std::vector<float> weights;
    for (std::size_t i = 0; i < count; ++i) {
        const auto mantissa = static_cast<float>(random() % (1U << 24U));
        const float weight = std::ldexp(mantissa, static_cast<int>(random() % 75) - 40);
        weights.push_back(negative_too && random() % 2 == 0 ? -weight : weight);
    }
    return weights;
}

}  // namespace

TEST(ExactSum, IsTheExactSumRoundedOnce) {
    std::mt19937 random(1);
    for (int round = 0; round < 3000; ++round) {
        const std::vector<float> weights = weights_of_all_sizes(1 + random() % 20, round % 2 == 0, random);
        Wide units = 0;
        for (const float weight : weights) units += in_units(static_cast<double>(weight));
        const ExactSum sum = exact_sum(weights);
        ASSERT_EQ(sum.rounded(), nearest_float(units)) << round;
        Wide whole = in_units(static_cast<double>(sum.rounded()));
        for (const double part : sum.remainder()) whole += in_units(part);
        ASSERT_TRUE(whole == units) << round;
        ASSERT_EQ(sum.has_remainder() && !sum.remainder().empty(), !sum.remainder().empty());
        ASSERT_EQ(sum.sign(), (units > 0) - (units < 0));
    }
}

TEST(ExactSum, DoesNotDependOnOrderNorOnWhatWasKeptInBetween) {
    std::mt19937 random(2);
    for (int round = 0; round < 500; ++round) {
        std::vector<float> weights = weights_of_all_sizes(2 + random() % 20, true, random);
        // From the least float to the largest.
        weights.push_back(std::numeric_limits<float>::denorm_min());
        weights.push_back(std::numeric_limits<float>::max() / 4);
        const ExactSum all = exact_sum(weights);
        std::shuffle(weights.begin(), weights.end(), random);
        const std::size_t first = random() % weights.size();
        const ExactSum before = exact_sum({weights.data(), first});
        ExactSum continued;
        continued.add(static_cast<double>(before.rounded()));
        for (const double part : before.remainder()) continued.add(part);
        for (std::size_t i = first; i < weights.size(); ++i) continued.add(static_cast<double>(weights[i]));
        ASSERT_EQ(continued.rounded(), all.rounded());
        ASSERT_EQ(continued.remainder(), all.remainder());
        for (const float weight : weights) continued.add(-static_cast<double>(weight));
        ASSERT_TRUE(continued.zero());
        ASSERT_EQ(continued.sign(), 0);
        ASSERT_EQ(continued.rounded(), 0.0F);
        ASSERT_FALSE(std::signbit(continued.rounded()));
    }
}

TEST(ExactSum, StaysFiniteBeyondTheLargestFloat) {
    constexpr float most = std::numeric_limits<float>::max();
    const std::vector<float> weights{most, most, most, std::numeric_limits<float>::denorm_min()};
    ExactSum sum = exact_sum(weights);
    EXPECT_EQ(sum.rounded(), most);
    EXPECT_EQ(sum.remainder(), (std::vector<double>{2.0 * static_cast<double>(most), 0x1p-149}));
    sum.add(-2.0 * static_cast<double>(most));
    EXPECT_EQ(sum.rounded(), most);
    EXPECT_EQ(sum.remainder(), (std::vector<double>{0x1p-149}));
}

TEST(ExactSum, TakesMinusZeroForZero) {
    const ExactSum sum = exact_sum(std::vector<float>{-0.0F});
    EXPECT_FALSE(std::signbit(sum.rounded()));
    EXPECT_TRUE(sum.zero());
    EXPECT_FALSE(sum.has_remainder());
}

}  // namespace coterie::testing
