// The dictionary of handles: numbers of handles that are known, new ones, and the order at the end.
//
//   build/release/bench/handles_bench                               1 M distinct handles, some seconds
//   COTERIE_BENCH_HANDLES=20000000 build/release/bench/handles_bench

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "io/handle_dictionary.hpp"

namespace {

std::size_t num_handles() {
    const char* given = std::getenv("COTERIE_BENCH_HANDLES");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : 1'000'000;
}

/// Distinct handles of 12 characters one after the other, in no order.
struct Handles {
    explicit Handles(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            fmt::format_to(std::back_inserter(text), "{:012x}", i * 0x9e3779b97f4bU & 0xffffffffffffU);
    }
    std::size_t count() const { return text.size() / 12; }
    std::string_view operator[](std::size_t i) const { return {text.data() + 12 * i, 12}; }

    fmt::memory_buffer text;
};

const Handles& all_handles() {
    static const Handles handles(num_handles());
    return handles;
}

void add_all(coterie::HandleDictionary& dictionary, const Handles& handles) {
    std::vector<std::string_view> texts(256);
    std::vector<std::uint32_t> numbers(256);
    for (std::size_t i = 0; i < handles.count(); i += texts.size()) {
        const std::size_t some = std::min(texts.size(), handles.count() - i);
        for (std::size_t k = 0; k < some; ++k) texts[k] = handles[i + k];
        dictionary.numbers_of({texts.data(), some}, {numbers.data(), some});
    }
}

/// Handles drawn from the first `state.range(0)` (0: all), as texts that are read one after the other.
Handles drawn(std::size_t among) {
    std::mt19937_64 random(1);
    Handles result(0);
    for (std::size_t i = 0; i < (std::size_t{1} << 16); ++i)
        result.text.append(all_handles()[random() % (among == 0 ? all_handles().count() : among)]);
    return result;
}

void number_of_known(benchmark::State& state) {
    coterie::HandleDictionary dictionary;
    add_all(dictionary, all_handles());
    const Handles asked = drawn(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state)
        for (std::size_t i = 0; i < asked.count(); ++i) benchmark::DoNotOptimize(dictionary.number_of(asked[i]));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(asked.count()));
}

void numbers_of_known(benchmark::State& state) {
    coterie::HandleDictionary dictionary;
    add_all(dictionary, all_handles());
    const Handles asked = drawn(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) add_all(dictionary, asked);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(asked.count()));
}

void number_new(benchmark::State& state) {
    for (auto _ : state) {
        coterie::HandleDictionary dictionary;
        add_all(dictionary, all_handles());
        state.counters["bytes/handle"] =
            static_cast<double>(dictionary.memory_bytes()) / static_cast<double>(dictionary.size());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(all_handles().count()));
}

void sort_all(benchmark::State& state) {
    for (auto _ : state) {
        state.PauseTiming();
        coterie::HandleDictionary dictionary;
        add_all(dictionary, all_handles());
        state.ResumeTiming();
        benchmark::DoNotOptimize(dictionary.take_sorted(static_cast<int>(state.range(0))));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(all_handles().count()));
}

BENCHMARK(number_of_known)->ArgName("among")->Arg(1000)->Arg(20000)->Arg(0);
BENCHMARK(numbers_of_known)->ArgName("among")->Arg(1000)->Arg(20000)->Arg(0);
BENCHMARK(number_new)->Unit(benchmark::kMillisecond);
BENCHMARK(sort_all)->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
