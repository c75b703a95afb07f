#include "io/handle_dictionary.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coterie {
namespace {

/// Handles of many shapes, each several times, in a shuffled order.
std::vector<std::string> shuffled_handles(std::size_t count, unsigned seed) {
    std::mt19937_64 random(seed);
    std::vector<std::string> handles;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t drawn = random() % count;
        switch (drawn % 8) {
            case 0:
                handles.push_back(fmt::format("{:x}", drawn));
                break;
            case 1:
                handles.push_back(fmt::format("user_number_{:08}", drawn));
                break;  // alike for 16 bytes
            case 2:
                handles.push_back(std::string(drawn % 40, 'a'));
                break;  // one begins the next
            case 3:
                handles.push_back(fmt::format("\xc3\xbc\xe2\x82\xac{}", drawn));
                break;
            case 4:
                handles.push_back(std::string(drawn % 12, '\0') + "x");
                break;
            case 5:
                handles.push_back("nul" + std::string(drawn % 12, '\0'));
                break;
            case 6:
                handles.push_back(std::string(240 + drawn % 40, 'l') + std::to_string(drawn % 50));
                break;
            default:
                handles.push_back(fmt::format("{}", drawn * 0x9e3779b97f4a7c15U));
                break;
        }
    }
    return handles;
}

/// Handles one after the other in memory that can be read on behind the last.
class ReadableBehind {
  public:
    explicit ReadableBehind(const std::vector<std::string>& handles) {
        for (const std::string& handle : handles) text_ += handle;
        text_.append(readable_behind_handle, 'Z');
        const char* next = text_.data();
        for (const std::string& handle : handles) {
            handles_.emplace_back(next, handle.size());
            next += handle.size();
        }
    }
    const std::vector<std::string_view>& handles() const { return handles_; }

  private:
    std::string text_;
    std::vector<std::string_view> handles_;
};

std::vector<std::uint32_t> numbers_in_batches(HandleDictionary& dictionary, std::span<const std::string_view> handles) {
    std::vector<std::uint32_t> numbers;
    HandleBatch batch(dictionary);
    for (std::size_t i = 0; i < handles.size(); ++i) {
        batch.add(handles[i]);
        if (batch.size() < HandleBatch::most && i + 1 < handles.size()) continue;
        const auto given = batch.numbers();
        numbers.insert(numbers.end(), given.begin(), given.end());
    }
    return numbers;
}

/// The handles of the dictionary in its order, and a check that every number leads to its handle.
void expect_sorted(HandleDictionary& dictionary, const std::vector<std::string>& handles,
                   const std::vector<std::uint32_t>& numbers, int threads) {
    const std::set<std::string> distinct(handles.begin(), handles.end());  // std::string compares bytewise
    ASSERT_EQ(dictionary.size(), distinct.size());
    ASSERT_LT(*std::max_element(numbers.begin(), numbers.end()), dictionary.bound());
    const SortedHandles sorted = dictionary.take_sorted(threads);
    ASSERT_EQ(sorted.size(), distinct.size());
    const auto handle = [&](std::size_t i) {
        return std::string_view(sorted.bytes.data() + sorted.offsets[i], sorted.offsets[i + 1] - sorted.offsets[i]);
    };
    std::size_t position = 0;
    for (const std::string& expected : distinct) ASSERT_EQ(handle(position++), expected);
    for (std::size_t i = 0; i < handles.size(); ++i) ASSERT_EQ(handle(sorted.positions[numbers[i]]), handles[i]);
    EXPECT_EQ(dictionary.size(), 0U);
}

TEST(HandleDictionary, PutsHandlesInBytewiseOrder) {
    const std::vector<std::string> handles = shuffled_handles(100'000, 1);
    for (const int threads : {1, 2, 7}) {
        HandleDictionary dictionary;
        std::vector<std::uint32_t> numbers;
        for (const std::string& handle : handles) numbers.push_back(dictionary.number_of(handle));
        expect_sorted(dictionary, handles, numbers, threads);
    }
}

TEST(HandleDictionary, NumbersTheSameFromManyThreadsAndInBatches) {
    const std::vector<std::string> handles = shuffled_handles(200'000, 2);
    const ReadableBehind texts(handles);
    HandleDictionary dictionary;
    std::vector<std::uint32_t> numbers(handles.size());
    constexpr std::size_t piece = 1000;
#pragma omp parallel for num_threads(4) schedule(dynamic, 1)
    for (std::size_t begin = 0; begin < handles.size(); begin += piece) {
        if (begin / piece % 3 == 0) {
            for (std::size_t i = begin; i < begin + piece; ++i) numbers[i] = dictionary.number_of(handles[i]);
        } else {
            const std::vector<std::uint32_t> given =
                numbers_in_batches(dictionary, std::span(texts.handles()).subspan(begin, piece));
            std::copy(given.begin(), given.end(), numbers.begin() + static_cast<std::ptrdiff_t>(begin));
        }
    }
    expect_sorted(dictionary, handles, numbers, 2);
}

TEST(HandleDictionary, KeepsHandlesLongerThanItsBlocks) {
    std::vector<std::string> handles;
    for (const std::size_t size : {254U, 255U, 256U, 65'530U, 65'531U, 65'536U, 65'537U, 200'000U, 5U, 131'072U})
        for (const char letter : {'a', 'b'}) handles.push_back(std::string(size, letter) + letter);
    HandleDictionary dictionary;
    std::vector<std::uint32_t> numbers;
    for (int round = 0; round < 2; ++round)
        for (const std::string& handle : handles) {
            const std::uint32_t number = dictionary.number_of(handle);
            if (round == 0)
                numbers.push_back(number);
            else
                EXPECT_EQ(number, dictionary.number_of(handle));
        }
    expect_sorted(dictionary, handles, numbers, 1);
}

TEST(HandleDictionary, CanBeEmptyAndFilledAgain) {
    HandleDictionary dictionary;
    EXPECT_EQ(dictionary.bound(), 0U);
    EXPECT_EQ(dictionary.take_sorted(2).size(), 0U);
    const std::uint32_t number = dictionary.number_of("anna");
    const SortedHandles sorted = dictionary.take_sorted(2);
    ASSERT_EQ(sorted.size(), 1U);
    EXPECT_EQ(sorted.positions[number], 0U);
}

TEST(HandleDictionary, NormalisesByItsRules) {
    HandleDictionary dictionary({.fold_case = true, .strip_at = true});
    const std::uint32_t anna = dictionary.number_of("anna");
    EXPECT_EQ(dictionary.number_of("@ANNA"), anna);
    EXPECT_EQ(dictionary.number_of("@@Anna"), anna);
    const std::string far(1000, 'A');
    const std::uint32_t long_one = dictionary.number_of(far);
    const ReadableBehind texts({"Anna", far, "@", "@anna"});
    const std::vector<std::uint32_t> numbers = numbers_in_batches(dictionary, texts.handles());
    EXPECT_EQ(numbers[0], anna);
    EXPECT_EQ(numbers[1], long_one);
    EXPECT_EQ(numbers[3], anna);
    EXPECT_EQ(dictionary.size(), 3U);  // a lone @ names nobody else
}

TEST(HandleDictionary, FoldsAndStripsAsTheRulesSay) {
    std::vector<std::string> handles;
    std::mt19937_64 random(3);
    for (int i = 0; i < 20'000; ++i) {
        std::string handle(random() % 4, '@');
        for (std::size_t size = random() % 24; size > 0; --size) handle += static_cast<char>(random() % 255 + 1);
        if (!handle.empty()) handles.push_back(handle);
    }
    const ReadableBehind texts(handles);
    for (const bool fold : {false, true})
        for (const bool strip : {false, true}) {
            const NameRules rules{.fold_case = fold, .strip_at = strip};
            std::vector<std::string> expected;
            for (const std::string& handle : handles) expected.push_back(rules.normalised(handle));
            HandleDictionary dictionary(rules);
            std::vector<std::uint32_t> numbers = numbers_in_batches(dictionary, texts.handles());
            for (std::size_t i = 0; i < handles.size(); ++i) ASSERT_EQ(dictionary.number_of(handles[i]), numbers[i]);
            expect_sorted(dictionary, expected, numbers, 2);
        }
}

TEST(HandleDictionary, StopsWhenAsked) {
    struct Stopped : Progress {
        void report(std::string_view, double, double, std::string_view) override {}
        bool cancelled() const override { return true; }
    } stopped;
    HandleDictionary dictionary;
    dictionary.number_of("anna");
    EXPECT_THROW(dictionary.take_sorted(1, &stopped), Cancelled);
}

TEST(HandleDictionary, TakesLittleMemoryAHandle) {
    HandleDictionary dictionary;
    constexpr std::size_t count = 2'000'000;
    for (std::size_t i = 0; i < count; ++i)
        dictionary.number_of(fmt::format("{:012x}", i * 0x9e3779b97f4bU & 0xffff'ffff'ffffU));
    // A place of three in a line of 64 bytes; the table is four ninths to two thirds full.
    EXPECT_LT(static_cast<double>(dictionary.memory_bytes()), 48.1 * count);
}

TEST(NameRules, FoldAsciiAlone) {
    const NameRules rules{.fold_case = true, .strip_at = false};
    EXPECT_EQ(rules.normalised("AZaz_09[`@{"), "azaz_09[`@{");
    EXPECT_EQ(rules.normalised("\xc3\x84\x54"), "\xc3\x84t");  // Ä stays
    EXPECT_EQ(rules.normalised("@Anna"), "@anna");
}

TEST(NameRules, StripLeadingAtSignsIfAnythingFollows) {
    const NameRules rules{.fold_case = false, .strip_at = true};
    EXPECT_EQ(rules.normalised("@Anna"), "Anna");
    EXPECT_EQ(rules.normalised("@@Anna@b"), "Anna@b");
    EXPECT_EQ(rules.normalised("@@"), "@");
    EXPECT_EQ(rules.normalised("@"), "@");
    EXPECT_EQ(rules.normalised(""), "");
}

TEST(NameRules, ChangeNoMoreWhenAppliedTwice) {
    for (const bool fold : {false, true})
        for (const bool strip : {false, true}) {
            const NameRules rules{.fold_case = fold, .strip_at = strip};
            for (const std::string text : {"@@A", "@", "@@@", "a@B", "", "@A@b"})
                EXPECT_EQ(rules.normalised(rules.normalised(text)), rules.normalised(text));
        }
}

}  // namespace
}  // namespace coterie
