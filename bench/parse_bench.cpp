// Parsing alone: text that lies in memory, cut into blocks, to rows in ThreadRows, on one core. Handles with dictionaries of
// several sizes that know every handle already, beside looking the same handles up without parsing anything.
//
//   build/release/bench/parse_bench --benchmark_min_time=1

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "host/array.hpp"
#include "host/generate.hpp"
#include "host/random.hpp"
#include "io/edge_text.hpp"
#include "io/fields.hpp"
#include "io/raw_rows.hpp"

namespace coterie::bench {
namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 20;

/// Blocks as LineBlocks cuts them, all in memory.
class BlocksInMemory {
  public:
    explicit BlocksInMemory(const std::string& text) : text_(text + std::string(readable_behind_blocks, '\0')) {
        const std::string_view whole(text_.data(), text.size());
        for (std::size_t begin = 0; begin < whole.size();) {
            std::size_t end = whole.size();
            if (begin + block_bytes < whole.size()) end = whole.rfind('\n', begin + block_bytes) + 1;
            blocks_.push_back({blocks_.size(), whole.substr(begin, end - begin), false, blocks_.empty()});
            begin = end;
        }
    }
    const std::vector<LineBlock>& blocks() const { return blocks_; }
    std::size_t bytes() const { return text_.size() - readable_behind_blocks; }

  private:
    std::string text_;
    std::vector<LineBlock> blocks_;
};

void append_row(std::string& text, const auto&... fields) {
    ((fmt::format_to(std::back_inserter(text), "{},", fields)), ...);
    text[text.size() - 1] = '\n';
}

/// A handle of 4 to 15 bytes, as users choose them: most have 8 to 12.
std::string handle(std::uint64_t account) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
    std::string name;
    std::uint64_t bits = random_bits(7, account, 0);
    const std::size_t most = 4 + bits % 5 + (bits >> 8U) % 4;
    for (std::uint64_t rest = account + 1; rest > 0; rest /= 26) name += letters[rest % 26];
    for (bits >>= 16U; name.size() < most; bits /= 37) name += letters[bits % 37];
    return name;
}

/// Who speaks is spread evenly, who is spoken of is not.
std::pair<std::uint64_t, std::uint64_t> speaker_and_subject(std::uint64_t row, std::uint64_t accounts) {
    const double skewed = std::pow(unit_interval(random_bits(1, row, 1)), 3);
    return {random_bits(1, row, 0) % accounts, static_cast<std::uint64_t>(skewed * static_cast<double>(accounts))};
}

BlocksInMemory numeric_text(int scale) {
    const EdgeList edges = kronecker_edges(scale, 16, 1);
    std::string text;
    for (std::size_t i = 0; i < edges.sources.size(); ++i) append_row(text, edges.sources[i], edges.targets[i]);
    return BlocksInMemory(text);
}

BlocksInMemory long_numeric_text() {
    std::string text;
    for (std::uint64_t row = 0; row < 2'000'000; ++row)
        append_row(text, random_bits(2, row, 0) >> 4U, random_bits(2, row, 1) >> 4U);
    return BlocksInMemory(text);
}

BlocksInMemory timed_numeric_text() {
    std::string text;
    for (std::uint64_t row = 0; row < 2'000'000; ++row) {
        const auto [speaker, subject] = speaker_and_subject(row, 1'000'000);
        append_row(text, speaker, subject, 1341100972 + row / 10);
    }
    return BlocksInMemory(text);
}

enum class Clock { unix_seconds, iso };

BlocksInMemory handle_text(std::uint64_t accounts, std::uint64_t rows, Clock clock) {
    std::string text;
    for (std::uint64_t row = 0; row < rows; ++row) {
        const auto [speaker, subject] = speaker_and_subject(row, accounts);
        const auto seconds = static_cast<std::int64_t>(1341100972 + row / 10);
        if (clock == Clock::iso) {
            append_row(text, handle(speaker), handle(subject), iso_time(seconds));
        } else {
            append_row(text, handle(speaker), handle(subject), seconds);
        }
    }
    return BlocksInMemory(text);
}

EdgeFilePlan plan_of(std::size_t time) {
    EdgeFilePlan plan;
    plan.format.time = time;
    return plan;
}

void parse(const BlocksInMemory& text, BlockParser& parser, std::uint64_t& rows) {
    rows = 0;
    for (const LineBlock& block : text.blocks()) {
        const BlockTally tally = parser.parse(block);
        rows += tally.layers[0].rows - tally.layers[0].rejected;
    }
}

void report(benchmark::State& state, const BlocksInMemory& text, std::uint64_t rows) {
    state.counters["rows/s"] =
        benchmark::Counter(static_cast<double>(rows), benchmark::Counter::kIsIterationInvariantRate);
    state.counters["row"] = benchmark::Counter(
        static_cast<double>(rows), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
    state.counters["bytes/row"] = static_cast<double>(text.bytes()) / static_cast<double>(rows);
}

void parse_numbers(benchmark::State& state, const BlocksInMemory& text, std::size_t time) {
    const RecycledArrays recycled;
    const EdgeFilePlan plan = plan_of(time);
    std::uint64_t rows = 0;
    for (auto _ : state) {
        ThreadRows into;
        into.layers.resize(1);
        EdgeParser parser(plan, IdKind::numeric, into);
        parse(text, parser, rows);
        benchmark::DoNotOptimize(into.layers[0].narrow.take());
    }
    report(state, text, rows);
}

void numeric(benchmark::State& state) {
    parse_numbers(state, numeric_text(static_cast<int>(state.range(0))), RowFormat::none);
}
void numeric_of_60_bits(benchmark::State& state) {
    parse_numbers(state, long_numeric_text(), RowFormat::none);
}
void numeric_and_times(benchmark::State& state) {
    parse_numbers(state, timed_numeric_text(), 2);
}

std::uint64_t rows_for(std::uint64_t accounts) {
    return std::max<std::uint64_t>(2'000'000, accounts);
}

void handles_and_times(benchmark::State& state, Clock clock) {
    const RecycledArrays recycled;
    const auto accounts = static_cast<std::uint64_t>(state.range(0));
    const BlocksInMemory text = handle_text(accounts, rows_for(accounts), clock);
    const EdgeFilePlan plan = plan_of(2);
    ThreadRows into;
    into.layers.resize(1);
    for (std::uint64_t account = 0; account < accounts; ++account) into.handles.number_of(handle(account));
    EdgeParser parser(plan, IdKind::handles, into);
    std::uint64_t rows = 0;
    for (auto _ : state) {
        parse(text, parser, rows);
        benchmark::DoNotOptimize(into.layers[0].narrow.take());
    }
    report(state, text, rows);
}

void handles_and_unix_times(benchmark::State& state) {
    handles_and_times(state, Clock::unix_seconds);
}
void handles_and_iso_times(benchmark::State& state) {
    handles_and_times(state, Clock::iso);
}

/// The dictionary's part of the above: the same handles in the same order.
void handles_looked_up(benchmark::State& state) {
    const auto accounts = static_cast<std::uint64_t>(state.range(0));
    const BlocksInMemory text = handle_text(accounts, rows_for(accounts), Clock::unix_seconds);
    HandleDictionary table;
    for (std::uint64_t account = 0; account < accounts; ++account) table.number_of(handle(account));
    std::vector<std::string_view> handles;
    for (const LineBlock& block : text.blocks()) {
        for (const std::string_view row : first_rows(block.text, "#%", SIZE_MAX)) {
            const std::size_t comma = row.find(',');
            handles.push_back(row.substr(0, comma));
            handles.push_back(row.substr(comma + 1, row.find(',', comma + 1) - comma - 1));
        }
    }
    for (auto _ : state) {
        HandleBatch batch(table);
        for (const std::string_view handle : handles) {
            batch.add(handle);
            if (batch.size() == HandleBatch::most) benchmark::DoNotOptimize(batch.numbers().data());
        }
    }
    report(state, text, handles.size() / 2);
}

BENCHMARK(numeric)->ArgName("scale")->Arg(18)->Unit(benchmark::kMillisecond);
BENCHMARK(numeric_of_60_bits)->Unit(benchmark::kMillisecond);
BENCHMARK(numeric_and_times)->Unit(benchmark::kMillisecond);
BENCHMARK(handles_and_unix_times)
    ->ArgName("accounts")
    ->Arg(1'000)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(handles_and_iso_times)->ArgName("accounts")->Arg(1'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(handles_looked_up)
    ->ArgName("accounts")
    ->Arg(1'000)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace coterie::bench
