#include "io/id_set.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "host/sorting.hpp"

namespace coterie::testing {

namespace {

/// Ids of all sizes, many of them twice.
std::vector<std::uint64_t> some_ids() {
    std::mt19937_64 random(5);
    std::vector<std::uint64_t> ids{
        0, 1, 63, 64, (1U << 22U) - 1, 1U << 22U, 0xffff'ffffU, 0x1'0000'0000U, ~std::uint64_t{0}};
    for (int i = 0; i < 300'000; ++i) {
        const std::uint64_t bits = random();
        ids.push_back(i % 3 == 0 ? bits : i % 3 == 1 ? bits >> 32U : bits % 100'000);
        if (i % 2 == 0) ids.push_back(ids[ids.size() / 2]);
    }
    return ids;
}

}  // namespace

TEST(IdSet, GivesEveryIdItsPlaceInAscendingOrder) {
    const std::vector<std::uint64_t> ids = some_ids();
    const std::set<std::uint64_t> distinct(ids.begin(), ids.end());
    const std::vector<std::uint64_t> expected(distinct.begin(), distinct.end());
    // With room for all bits, for some pages of them, and for the least number of pages.
    for (const std::uint64_t bit_bytes : {std::uint64_t{1} << 31, std::uint64_t{1} << 26, std::uint64_t{0}}) {
        SCOPED_TRACE(bit_bytes);
        IdSet set(bit_bytes);
#pragma omp parallel num_threads(3)
        {
            IdSet::Inserter inserter(set);
#pragma omp for
            for (std::size_t i = 0; i < ids.size(); ++i) inserter.insert(ids[i]);
            inserter.flush();
        }
        const NumberPositions positions = set.finish();
        ASSERT_EQ(positions.size(), expected.size());
        const Array<std::uint64_t> in_order = positions.ids();
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), in_order.begin(), in_order.end()));
        std::vector<AccountId> found(expected.size());
        positions.find(std::span<const std::uint64_t>(expected), found.data());
        for (std::size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], i);
        const std::vector<std::uint32_t> narrow{0, 63, 0xffff'ffffU};
        positions.find(std::span<const std::uint32_t>(narrow), found.data());
        for (std::size_t i = 0; i < narrow.size(); ++i) EXPECT_EQ(expected[found[i]], narrow[i]);
    }
}

TEST(IdSet, MayBeEmpty) {
    IdSet set(0);
    EXPECT_EQ(set.finish().size(), 0U);
}

TEST(Sorting, PutsNumbersInOrder) {
    std::mt19937_64 random(9);
    for (const std::size_t count : {0U, 1U, 31U, 32U, 33U, 1000U, 100'000U}) {
        std::vector<std::uint32_t> narrow(count);
        std::vector<std::uint64_t> plain(count);
        std::vector<WideNumber> wide(count);
        for (std::size_t i = 0; i < count; ++i) {
            narrow[i] = static_cast<std::uint32_t>(random());
            plain[i] = random() >> (i % 40);
            wide[i] = {random(), random() % 50};
        }
        auto narrow_expected = narrow;
        auto plain_expected = plain;
        auto wide_expected = wide;
        std::sort(narrow_expected.begin(), narrow_expected.end());
        std::sort(plain_expected.begin(), plain_expected.end());
        std::sort(wide_expected.begin(), wide_expected.end(), [](const WideNumber& a, const WideNumber& b) {
            return a.high != b.high ? a.high < b.high : a.low < b.low;
        });
        sort_ascending(std::span(narrow));
        sort_ascending(std::span(plain));
        sort_ascending(std::span(wide));
        EXPECT_EQ(narrow, narrow_expected);
        EXPECT_EQ(plain, plain_expected);
        EXPECT_EQ(wide, wide_expected);
    }
}

}  // namespace coterie::testing
