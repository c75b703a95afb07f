#include "kernels/label_propagation/label_count.hpp"

#include <gtest/gtest.h>

#include <map>

#include "host/random.hpp"

namespace coterie::testing {

namespace {

/// `size` labels of which about `distinct` differ.
std::vector<AccountId> some_labels(std::size_t size, std::uint32_t distinct) {
    std::vector<AccountId> labels(size);
    for (std::size_t i = 0; i < size; ++i)
        labels[i] = 7 * uniform_below(distinct, static_cast<std::uint32_t>(random_bits(3, i, size)));
    return labels;
}

std::map<AccountId, std::uint64_t> counted(const std::vector<AccountId>& labels, const std::uint64_t* votes) {
    std::map<AccountId, std::uint64_t> sums;
    for (std::size_t i = 0; i < labels.size(); ++i) sums[labels[i]] += votes == nullptr ? 1 : votes[i];
    return sums;
}

}  // namespace

TEST(LabelCount, OfFewLabelsIsTheSameWithEachInstructionSet) {
    for (const openmp::CountFew count_few : openmp::usable_count_few())
        for (std::size_t size = 0; size <= openmp::few; ++size)
            for (const std::uint32_t distinct : {1U, 3U, 20U, 1000U}) {
                // What lies behind the labels must not count: the same labels once more.
                std::vector<AccountId> labels = some_labels(size, distinct);
                const std::map<AccountId, std::uint64_t> expected = counted(labels, nullptr);
                labels.resize(openmp::few, labels.empty() ? 0 : labels[0]);
                std::vector<AccountId> sums(openmp::few, 99);
                const AccountId most = count_few(labels.data(), size, sums.data());
                std::uint64_t expected_most = 0;
                for (std::size_t i = 0; i < size; ++i) {
                    EXPECT_EQ(sums[i], expected.at(labels[i]));
                    expected_most = std::max(expected_most, expected.at(labels[i]));
                }
                EXPECT_EQ(most, expected_most) << size << " labels";
            }
}

TEST(LabelCount, InTableAndArrayAgreeWithAMap) {
    openmp::LabelCount<std::uint64_t> count(7000);
    for (const std::size_t size : {std::size_t{1}, std::size_t{65}, std::size_t{1000}, count.most_in_table})
        for (const std::uint32_t distinct : {1U, 30U, 1000U})
            for (const bool weighted : {false, true}) {
                const std::vector<AccountId> labels = some_labels(size, distinct);
                std::vector<std::uint64_t> votes(size);
                for (std::size_t i = 0; i < size; ++i) votes[i] = 1 + random_bits(4, i, size) % 1000;
                const std::uint64_t* const given = weighted ? votes.data() : nullptr;

                std::map<AccountId, std::uint64_t> in_table;
                const auto visit_in = [](std::map<AccountId, std::uint64_t>& sums) {
                    return [&](AccountId label, std::uint64_t sum) {
                        EXPECT_TRUE(sums.emplace(label, sum).second) << "each label once";
                    };
                };
                count.count_in_table(labels, given, visit_in(in_table));
                EXPECT_EQ(in_table, counted(labels, given));
                std::map<AccountId, std::uint64_t> in_array;
                count.add(labels, given);
                count.take_all(visit_in(in_array));
                EXPECT_EQ(in_array, in_table);
            }
}

}  // namespace coterie::testing
