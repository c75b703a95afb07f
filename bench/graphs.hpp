#pragma once

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "host/backend.hpp"
#include "host/generate.hpp"
#include "io/ingest.hpp"
#include "io/store.hpp"

namespace coterie::bench {

inline constexpr std::uint64_t seed = 1;

/// A graph to measure on. It is made when it is first asked for.
struct BenchGraph {
    std::string name;
    std::function<Graph()> make;
};

/// Kronecker graphs of 2^scale accounts and 16 rows each, merged and relabelled by degree as in a store; `undirected`: each row
/// an edge both ways, as GAPBS makes them.
inline std::vector<BenchGraph> kronecker_graphs(const std::vector<int>& scales, bool undirected = false) {
    std::vector<BenchGraph> graphs;
    for (const int scale : scales)
        graphs.push_back({(undirected ? "undirected_kronecker/" : "kronecker/") + std::to_string(scale), [=] {
                              return build_graph(AccountId{1} << static_cast<unsigned>(scale),
                                                 kronecker_edges(scale, 16, seed), undirected);
                          }});
    return graphs;
}

/// The follower network that the repository ships, through the same ingest as a user's.
inline BenchGraph brand_followers() {
    return {"brand_followers", [] {
                const std::filesystem::path store =
                    std::filesystem::temp_directory_path() / ("coterie-bench-" + std::to_string(::getpid()) + ".h5");
                IngestOptions options;
                options.files = {{"follow", COTERIE_SOURCE_DIR "/datasets/follow/brand_bofa_careers_edges.csv"}};
                options.rows.source_column = "dst";
                options.rows.target_column = "src";
                ingest(store, options);
                const Graph graph = Store::open(store).graph("follow");
                std::filesystem::remove(store);  // the mapping stays
                return graph;
            }};
}

inline const Graph& made(const BenchGraph& graph) {
    static std::map<std::string, Graph> graphs;
    if (const auto found = graphs.find(graph.name); found != graphs.end()) return found->second;
    return graphs[graph.name] = graph.make();
}

/// Backends that can run here: Google Benchmark shows a skip as an error, so the others are not registered.
inline std::vector<Backend> usable_backends() {
    std::vector<Backend> usable;
    for (const Backend backend : {Backend::openmp, Backend::cuda})
        if (why_unavailable(backend).empty()) usable.push_back(backend);
    return usable;
}

/// Registers `name/<backend>/<graph>` for every usable backend: `run(state, placed graph)` holds the timed loop.
/// Call it when a global is initialised; returns true.
inline bool on_graphs(const std::string& name, const std::vector<BenchGraph>& graphs,
                      const std::function<void(benchmark::State&, const PlacedGraph&)>& run) {
    for (const Backend backend : usable_backends())
        for (const BenchGraph& graph : graphs)
            benchmark::RegisterBenchmark(
                (name + "/" + std::string(name_of(backend)) + "/" + graph.name).c_str(),
                [=](benchmark::State& state) { run(state, place(made(graph), {.backend = backend})); })
                ->Unit(benchmark::kMillisecond)
                ->UseRealTime();
    return true;
}

/// The graphs that most programs measure on.
inline std::vector<BenchGraph> usual_graphs() {
    std::vector<BenchGraph> graphs = kronecker_graphs({16, 18, 20});
    graphs.push_back(brand_followers());
    return graphs;
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
