#include "io/edge_text.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/oracle/slow_rows.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

constexpr std::size_t num_layers = 3;

using Row = std::tuple<std::size_t, std::string, std::string, float>;

template <class Id>
void take_rows(std::size_t layer, RowSegments<Id>& from, const SortedHandles* handles, std::vector<Row>& rows) {
    const auto name = [&](Id id) {
        if (handles == nullptr) return std::to_string(id);
        const AccountId position = handles->positions[id];
        const std::uint64_t begin = handles->offsets[position];
        return std::string(handles->bytes.data() + begin, handles->offsets[position + 1] - begin);
    };
    for (const RowSegment<Id>& segment : from.take())
        for (std::size_t i = 0; i < segment.rows; ++i)
            rows.emplace_back(layer, name(segment.ends[2 * i]), name(segment.ends[2 * i + 1]),
                              segment.weights.empty() ? 1.0F : segment.weights[i]);
}

/// What the reader in io/ finds in `path`, cut into blocks of about `block_bytes`.
SlowRows read_by_blocks(const std::string& path, const EdgeFilePlan& plan, bool handles, std::size_t block_bytes) {
    ThreadRows into;
    into.layers.resize(num_layers);
    EdgeParser parser(plan, handles ? IdKind::handles : IdKind::numeric, into);
    InputFile file(path);
    LineBlocks blocks(file, {.block_bytes = block_bytes});
    LineBlock block;
    std::vector<char> buffer;
    SlowRows result;
    result.layers.resize(num_layers);
    bool row_before = false;
    while (blocks.next(block, buffer)) {
        block.may_hold_header = !row_before;
        row_before = row_before || !first_rows(block.text, plan.format.comments, 1).empty();
        BlockTally tally = parser.parse(block);
        for (const Reject& reject : tally.rejects)
            result.rejects.emplace_back(result.lines + reject.line, reject.reason);
        result.lines += tally.lines;
        result.number_rows += tally.number_rows;
        result.word_rows += tally.word_rows;
        for (std::size_t l = 0; l < num_layers; ++l) {
            SlowRows::Layer& layer = result.layers[l];
            layer.rows += tally.layers[l].rows;
            layer.rejected += tally.layers[l].rejected;
            layer.first_time = std::min(layer.first_time, tally.layers[l].first_time);
            layer.last_time = std::max(layer.last_time, tally.layers[l].last_time);
        }
    }
    const SortedHandles sorted = into.handles.dictionary()->take_sorted(1);
    const SortedHandles* const names = handles ? &sorted : nullptr;
    for (std::size_t l = 0; l < num_layers; ++l) {
        take_rows(l, into.layers[l].narrow, names, result.rows);
        take_rows(l, into.layers[l].wide, names, result.rows);
        take_rows(l, into.layers[l].weighted_narrow, names, result.rows);
        take_rows(l, into.layers[l].weighted_wide, names, result.rows);
    }
    std::sort(result.rows.begin(), result.rows.end());
    return result;
}

void expect_alike(const std::string& text, const EdgeFilePlan& plan, bool handles, const std::string& path,
                  const std::vector<std::size_t>& block_sizes) {
    write_bytes(path, text);
    SlowRows slow = read_slowly(text, plan.format, handles, num_layers, plan.layer_of_kind);
    std::sort(slow.rows.begin(), slow.rows.end());
    for (const std::size_t size : block_sizes) {
        const SlowRows quick = read_by_blocks(path, plan, handles, size);
        ASSERT_EQ(quick.rows, slow.rows) << size << '\n' << text;
        ASSERT_EQ(quick.layers, slow.layers) << size << '\n' << text;
        ASSERT_EQ(quick.lines, slow.lines) << text;
        ASSERT_EQ(quick.number_rows, slow.number_rows) << text;
        ASSERT_EQ(quick.word_rows, slow.word_rows) << text;
        ASSERT_EQ(quick.rejects.size(), slow.rejects.size()) << text;
        for (std::size_t i = 0; i < slow.rejects.size(); ++i) {
            EXPECT_EQ(quick.rejects[i].first, slow.rejects[i].first) << text;
            EXPECT_NE(quick.rejects[i].second.find(slow.rejects[i].second), std::string::npos)
                << quick.rejects[i].second << " / " << slow.rejects[i].second << '\n'
                << text;
        }
    }
}

/// Lines as people, spreadsheets and broken programs write them.
class Scribbler {
  public:
    Scribbler(unsigned seed, char separator) : random_(seed), separator_(separator) {}

    std::size_t below(std::size_t n) { return random_() % n; }
    template <class Choice>
    Choice any_of(std::initializer_list<Choice> choices) {
        return *(choices.begin() + below(choices.size()));
    }

    /// `tidy`: what most rows of real files look like.
    std::string line(std::size_t columns, bool tidy) {
        std::string text = tidy || below(8) > 0 ? "" : any_of<std::string>({" ", "\t", "  \t", "#", "%", "# 1,2"});
        const std::size_t fields = tidy || below(6) > 0 ? columns : below(columns + 3);
        for (std::size_t i = 0; i < fields; ++i) {
            if (i > 0) text += separator_;
            if (!tidy && below(8) == 0) text += any_of<std::string>({" ", "\t", "  "});
            text += field(i, tidy);
            if (!tidy && below(8) == 0) text += any_of<std::string>({" ", "\t", "  ", "\r"});
        }
        return text;
    }

  private:
    std::string number(std::size_t digits) {
        std::string text;
        for (std::size_t i = 0; i < digits; ++i) text += static_cast<char>('0' + below(10));
        return text;
    }
    std::string field(std::size_t column, bool tidy) {
        if (tidy && column < 2) return below(3) > 0 ? number(1 + below(20)) : word();
        if (column == 2 && below(4) > 0) return any_of<std::string>({"RT", "MT", "RE", "RTx", "R"});
        if (column == 3 && below(4) > 0)
            return any_of<std::string>({number(10), number(15), number(16), "2012-07-01", "2012-07-01T00:02:52Z",
                                        "2012-07-01 23:59:60", "2012-02-30", "2012-07-01T24:00:00", "1289241911.72836",
                                        "2013-01-09t10:20:30", "20120701", "2012-07-01T", "1e9"});
        if (column == 4 && below(4) > 0)
            return any_of<std::string>({number(3), "2.5", "-1", "1e3", "1e39", "1e400", "nan", ".5", "5.", "+1", "x"});
        switch (below(12)) {
            case 0:
                return "";
            case 1:
                return "18446744073709551615";
            case 2:
                return "18446744073709551616";
            case 3:
                return any_of<std::string>({"-1", "+7", "1.0", "1e3", "0x1", "7a", "a7"});
            case 4:
                return "\"" + word() + any_of<std::string>({"\"", "\"\"\"", "", "\" ", "\"x", "\"\"\"\"\""});
            case 5:
                return "\"" + number(3) + separator_ + number(2) + "\"";
            case 6:
                return any_of<std::string>(
                    {"\xff", "a\xc3", "\xed\xa0\x80", std::string("a\0b", 3), "\xf0\x9f\x8e\x89"});
            case 7:
                return number(16 + below(8));
            case 8:
                return "000" + number(4);
            case 9:
                return word();
            default:
                return number(1 + below(12));
        }
    }
    std::string word() {
        std::string text;
        const std::size_t pieces = 1 + below(6);
        for (std::size_t i = 0; i < pieces; ++i)
            text += any_of<std::string>({"a", "bob", "Zo\xc3\xab", "_", "x y", "longer_piece", "7", "\"", "-", "@"});
        return text;
    }

    std::mt19937 random_;
    char separator_;
};

std::string scribbled(unsigned seed, char separator, std::size_t lines, bool tidy) {
    Scribbler scribbler(seed, separator);
    std::string text;
    const bool windows = scribbler.below(2) == 0;
    for (std::size_t i = 0; i < lines; ++i) {
        if (scribbler.below(20) == 0)
            text += scribbler.any_of<std::string>({"", " ", "# c", "% 1,2", "\t\t", "\r"});
        else
            text += scribbler.line(5, tidy || scribbler.below(3) > 0);
        if (i + 1 == lines && scribbler.below(2) == 0)
            text.resize(text.size() - scribbler.below(text.size() / lines + 1));
        else
            text += windows || (!tidy && scribbler.below(10) == 0) ? "\r\n" : "\n";
    }
    return text;
}

EdgeFilePlan plan_with(char separator, bool kinds, bool times, bool weights) {
    EdgeFilePlan plan;
    plan.format.separator = separator;
    if (kinds) {
        plan.format.kind = 2;
        plan.layer_of_kind = {{"RT", 1}, {"MT", 2}, {"RE", 0}};
    }
    if (times) plan.format.time = 3;
    if (weights) plan.format.weight = 4;
    return plan;
}

}  // namespace

TEST(EdgeText, IsReadAsACharacterAtATimeWouldReadIt) {
    const TemporaryFolder folder;
    const std::string path = folder / "text";
    unsigned seed = 0;
    for (const char separator : {',', ';', '\t', blanks, '|'}) {
        for (const bool handles : {false, true}) {
            for (unsigned columns = 0; columns < 8; ++columns) {
                EdgeFilePlan plan = plan_with(separator, (columns & 1U) != 0, (columns & 2U) != 0, (columns & 4U) != 0);
                plan.format.header = columns % 3 == 1;
                if (columns == 6) std::swap(plan.format.source, plan.format.target);
                for (const bool tidy : {false, true}) {
                    const std::string text = scribbled(++seed, separator, 120, tidy);
                    expect_alike(text, plan, handles, path, {1, 97, 1U << 20U});
                    if (HasFatalFailure()) return;
                }
            }
        }
    }
}

TEST(EdgeText, IsReadAlikeInBlocksCutAtEveryByte) {
    const TemporaryFolder folder;
    const std::string path = folder / "text";
    for (const bool handles : {false, true}) {
        const std::string text = scribbled(handles ? 1 : 2, ',', 12, true);
        std::vector<std::size_t> sizes;
        for (std::size_t size = 1; size <= text.size() + 1; ++size) sizes.push_back(size);
        expect_alike(text, plan_with(',', true, true, true), handles, path, sizes);
        expect_alike(text, plan_with(',', false, false, false), handles, path, sizes);
    }
}

TEST(EdgeText, ReadsNumbersOfEveryLengthAlike) {
    const TemporaryFolder folder;
    std::string text;
    for (const std::string_view digits : {"98765432109876543210987", "00000000000000000000007", "18446744073709551615",
                                          "18446744073709551616", "10000000000000000000000"})
        for (std::size_t length = 1; length <= digits.size(); ++length)
            text += fmt::format("{},{}\n1,{}\n{},1,x\r\n", digits.substr(0, length), length, digits.substr(0, length),
                                digits.substr(0, length));
    for (const bool times : {false, true})
        expect_alike(text, plan_with(',', false, times, false), false, folder / "text", {1U << 20U});
}

TEST(EdgeText, ReadsHandlesOfEveryLengthAlike) {
    const TemporaryFolder folder;
    std::string text;
    const std::string letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (std::size_t length = 1; length <= letters.size(); ++length) {
        for (const std::string odd : {"", "\xff", "\xc3\xab", " "}) {
            for (std::size_t at = 0; at < length; at += 3) {
                std::string name = letters.substr(0, length);
                name.insert(at, odd);
                text += name + ',' + letters.substr(length) + "Z\n" + letters.substr(0, at) + "_," + name + "\r\n";
            }
        }
    }
    expect_alike(text, plan_with(',', false, false, false), true, folder / "text", {1U << 20U});
}

}  // namespace coterie::testing
