// The dictionary of handles: numbers of handles that are known, new ones, and the order at the end.
//
//   build/release/bench/handles_bench                               1 M distinct handles, some seconds
//   COTERIE_BENCH_HANDLES=20000000 build/release/bench/handles_bench
//   COTERIE_BENCH_STORE=s.h5 build/release/bench/handles_bench --benchmark_filter=find    in that store

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "io/handle_dictionary.hpp"
#include "io/ingest.hpp"
#include "io/store.hpp"

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
        text.reserve(text.size() + coterie::readable_behind_handle);
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
    coterie::HandleBatch batch(dictionary);
    for (std::size_t i = 0; i < handles.count(); ++i) {
        batch.add(handles[i]);
        if (batch.size() == coterie::HandleBatch::most || i + 1 == handles.count())
            benchmark::DoNotOptimize(batch.numbers().data());
    }
}

/// Handles drawn from the first `state.range(0)` (0: all), as texts that are read one after the other.
Handles drawn(std::size_t among) {
    std::mt19937_64 random(1);
    Handles result(0);
    for (std::size_t i = 0; i < (std::size_t{1} << 16); ++i)
        result.text.append(all_handles()[random() % (among == 0 ? all_handles().count() : among)]);
    result.text.reserve(result.text.size() + coterie::readable_behind_handle);
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

/// A store of all handles, each following the next; or the one that COTERIE_BENCH_STORE names.
class HandleStore {
  public:
    HandleStore() {
        const char* const given = std::getenv("COTERIE_BENCH_STORE");
        if (given == nullptr) {
            folder_ = std::filesystem::temp_directory_path() / "coterie-handles-bench";
            std::filesystem::create_directories(folder_);
            make(folder_ / "rows.csv");
        }
        store_ = coterie::Store::open(given != nullptr ? std::filesystem::path(given) : folder_ / "s.h5");
    }
    ~HandleStore() {
        std::error_code ignored;
        if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
    }
    const coterie::Accounts& accounts() const { return *store_->accounts(); }

  private:
    void make(const std::filesystem::path& rows) const {
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(rows.c_str(), "wb"), std::fclose);
        const Handles& handles = all_handles();
        for (std::size_t i = 0; i + 1 < handles.count(); ++i)
            fmt::print(file.get(), "{},{}\n", handles[i], handles[i + 1]);
        std::fflush(file.get());
        coterie::IngestOptions options;
        options.files = {{"follow", rows}};
        options.ids = coterie::IdChoice::handles;
        coterie::ingest(folder_ / "s.h5", options);
    }

    std::filesystem::path folder_;
    std::optional<coterie::Store> store_;
};

void find_in_store(benchmark::State& state) {
    static const HandleStore store;
    const coterie::Accounts& accounts = store.accounts();
    std::mt19937_64 random(1);
    std::vector<std::string> names;
    for (int i = 0; i < 10'000; ++i)
        names.push_back(accounts.text(static_cast<coterie::AccountId>(random() % accounts.size())));
    for (auto _ : state)
        for (const std::string& name : names) benchmark::DoNotOptimize(accounts.find(name));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(names.size()));
    state.counters["accounts"] = static_cast<double>(accounts.size());
}

BENCHMARK(find_in_store)->Unit(benchmark::kMillisecond);
BENCHMARK(number_of_known)->ArgName("among")->Arg(1000)->Arg(20000)->Arg(0);
BENCHMARK(numbers_of_known)->ArgName("among")->Arg(1000)->Arg(20000)->Arg(0);
BENCHMARK(number_new)->Unit(benchmark::kMillisecond);
BENCHMARK(sort_all)->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
