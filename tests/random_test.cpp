#include "host/random.hpp"

#include <gtest/gtest.h>

namespace coterie::testing {

using Words = std::array<std::uint32_t, 4>;

// Known answers of philox4x32 10 in Random123's kat_vectors.
TEST(Philox, GivesTheKnownAnswers) {
    EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
              (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, CanBeComputedWhileCompiling) {
    static_assert(philox4x32({0, 0, 0, 0}, {0, 0})[0] == 0x6627e8d5);
    static_assert(random_bits(0, 0, 0) == 0xe169c58d6627e8d5U);
}

TEST(RandomBits, DifferBySeedItemAndDraw) {
    constexpr std::uint64_t big = std::uint64_t{1} << 32U;
    const std::uint64_t base = random_bits(0, 0, 0);
    for (const std::uint64_t one : {std::uint64_t{1}, big}) {
        EXPECT_NE(random_bits(one, 0, 0), base);
        EXPECT_NE(random_bits(0, one, 0), base);
        EXPECT_NE(random_bits(0, 0, one), base);
        EXPECT_NE(random_bits(0, one, 0), random_bits(0, 0, one));
    }
}

TEST(UnitInterval, StartsAtZeroAndStaysBelowOne) {
    EXPECT_EQ(unit_interval(0), 0.0);
    EXPECT_EQ(unit_interval(~std::uint64_t{0}), 1.0 - 0x1.0p-53);
    EXPECT_EQ(unit_interval(std::uint64_t{1} << 63U), 0.5);
}

}  // namespace coterie::testing
