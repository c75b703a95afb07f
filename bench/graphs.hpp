#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "host/backend.hpp"
#include "host/generate.hpp"

namespace coterie::bench {

inline constexpr std::uint64_t seed = 1;

/// A Kronecker graph of 2^scale accounts and 16 rows each, merged and relabelled by degree as in a store. Built once.
inline const Graph& kronecker(int scale) {
    static std::map<int, Graph> graphs;
    if (const auto found = graphs.find(scale); found != graphs.end()) return found->second;
    return graphs[scale] = build_graph(AccountId{1} << static_cast<unsigned>(scale), kronecker_edges(scale, 16, seed));
}

/// Backends that can run here: Google Benchmark shows a skip as an error, so the others are not registered.
inline std::vector<Backend> usable_backends() {
    std::vector<Backend> usable;
    for (const Backend backend : {Backend::openmp, Backend::cuda})
        if (why_unavailable(backend).empty()) usable.push_back(backend);
    return usable;
}

/// Registers `name/kronecker/<backend>/<scale>` for every usable backend: `run(state, placed graph)` holds the timed loop.
/// Call it when a global is initialised; returns true.
inline bool on_kronecker_graphs(const std::string& name, const std::vector<int>& scales,
                                const std::function<void(benchmark::State&, const PlacedGraph&)>& run) {
    for (const Backend backend : usable_backends())
        for (const int scale : scales)
            benchmark::RegisterBenchmark(
                (name + "/kronecker/" + std::string(name_of(backend)) + "/" + std::to_string(scale)).c_str(),
                [=](benchmark::State& state) { run(state, place(kronecker(scale), {.backend = backend})); })
                ->Unit(benchmark::kMillisecond)
                ->UseRealTime();
    return true;
}

/// Reports edges per second, and bytes per second if `bytes` of memory must move at least per iteration.
inline void report_rates(benchmark::State& state, EdgeOffset edges_per_iteration, std::size_t bytes_per_iteration = 0) {
    const auto iterations = static_cast<double>(state.iterations());
    state.counters["edges/s"] =
        benchmark::Counter(iterations * static_cast<double>(edges_per_iteration), benchmark::Counter::kIsRate);
    if (bytes_per_iteration != 0)
        state.counters["floor bytes/s"] =
            benchmark::Counter(iterations * static_cast<double>(bytes_per_iteration), benchmark::Counter::kIsRate,
                               benchmark::Counter::OneK::kIs1024);
}

}  // namespace coterie::bench
