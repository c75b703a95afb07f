// Ingest of a Kronecker graph written as numeric text, through to the finished store; and the build alone.
//
//   build/release/bench/ingest_bench                        scale 18, some seconds
//   COTERIE_BENCH_SCALE=22 build/release/bench/ingest_bench    64 M rows, 1 GB of text

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "host/build.hpp"
#include "host/generate.hpp"
#include "io/ingest.hpp"

namespace {

constexpr int edges_an_account = 16;

int scale() {
    const char* given = std::getenv("COTERIE_BENCH_SCALE");
    return given != nullptr ? std::atoi(given) : 18;
}

/// The text of a Kronecker graph in a folder of its own, both removed at the end.
class KroneckerText {
  public:
    KroneckerText()
        : folder_(std::filesystem::temp_directory_path() / fmt::format("coterie-ingest-bench-{}", scale())) {
        std::filesystem::create_directories(folder_);
        const coterie::EdgeList edges = coterie::kronecker_edges(scale(), edges_an_account, 1);
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(text().c_str(), "wb"), std::fclose);
        fmt::memory_buffer buffer;
        for (std::size_t i = 0; i < edges.sources.size(); ++i) {
            fmt::format_to(std::back_inserter(buffer), "{},{}\n", edges.sources[i], edges.targets[i]);
            if (buffer.size() < (std::size_t{1} << 20) && i + 1 < edges.sources.size()) continue;
            std::fwrite(buffer.data(), 1, buffer.size(), file.get());
            buffer.clear();
        }
    }
    ~KroneckerText() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    std::string text() const { return (folder_ / "edges.csv").string(); }
    std::string store() const { return (folder_ / "edges.h5").string(); }

  private:
    std::filesystem::path folder_;
};

const KroneckerText& kronecker_text() {
    static const KroneckerText text;
    return text;
}

void ingest_numeric_text(benchmark::State& state) {
    const KroneckerText& graph = kronecker_text();
    coterie::IngestReport report;
    for (auto _ : state) {
        coterie::IngestOptions options;
        options.files = {{"follow", graph.text()}};
        options.threads = static_cast<int>(state.range(0));
        report = coterie::ingest(graph.store(), options);
    }
    const auto rows = static_cast<double>(report.layers[0].rows);
    state.counters["edges/s"] = benchmark::Counter(rows, benchmark::Counter::kIsIterationInvariantRate);
    state.counters["text/s"] =
        benchmark::Counter(static_cast<double>(std::filesystem::file_size(graph.text())),
                           benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1024);
    for (const auto& [step, seconds] : report.seconds) state.counters[step + "_s"] = seconds;
}

void build_layers(benchmark::State& state) {
    for (auto _ : state) {
        state.PauseTiming();
        std::vector<coterie::LayerEdges> layers(1);
        layers[0].edges = coterie::kronecker_edges(scale(), edges_an_account, 1);
        state.ResumeTiming();
        benchmark::DoNotOptimize(coterie::build_layers(coterie::AccountId{1} << scale(), std::move(layers),
                                                       {.threads = static_cast<int>(state.range(0))}));
    }
    state.counters["edges/s"] =
        benchmark::Counter(static_cast<double>(edges_an_account) * static_cast<double>(1U << scale()),
                           benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK(ingest_numeric_text)->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(build_layers)->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
