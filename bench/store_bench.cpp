// Stores: written (checksums and the sync to disk included), opened, verified. The floor of writing is the disk, that of
// verifying the memory: each byte is read twice, once for the checksum and once as a graph.

#include "io/store.hpp"

#include <filesystem>
#include <numeric>
#include <string>

#include "bench/graphs.hpp"

namespace coterie::bench {
namespace {

/// A store of one directed layer in the working folder, which is a disk more often than the temporary one is.
class KroneckerStore {
  public:
    explicit KroneckerStore(int scale) : graph_(made(kronecker_graphs({scale}).front())), ids_(graph_.num_accounts()) {
        std::iota(ids_.begin(), ids_.end(), 1U);
        StoreContents::Layer layer;
        layer.info.name = "follow";
        layer.info.num_edges = graph_.num_edges();
        layer.out = graph_.out();
        layer.in = graph_.in();
        contents_.layers = {layer};
        contents_.by_id = graph_.by_id();
        // Ids in the order of by_id.
        std::vector<std::uint64_t> ids(ids_.size());
        for (AccountId position = 0; position < graph_.num_accounts(); ++position)
            ids[graph_.account_at(position)] = ids_[position];
        ids_ = std::move(ids);
        contents_.ids = ids_;
    }
    KroneckerStore(const KroneckerStore&) = delete;
    KroneckerStore& operator=(const KroneckerStore&) = delete;
    ~KroneckerStore() { std::filesystem::remove(path); }

    void write() const { write_store(path, contents_); }
    const std::filesystem::path path = "store_bench.h5";

  private:
    Graph graph_;
    std::vector<std::uint64_t> ids_;
    StoreContents contents_;
};

void report(benchmark::State& state, const std::filesystem::path& path) {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(std::filesystem::file_size(path)));
}

void write(benchmark::State& state) {
    const KroneckerStore store(static_cast<int>(state.range(0)));
    for (auto _ : state) store.write();
    report(state, store.path);
}

void open(benchmark::State& state) {
    const KroneckerStore store(static_cast<int>(state.range(0)));
    store.write();
    for (auto _ : state) benchmark::DoNotOptimize(Store::open(store.path).graph("follow").num_edges());
}

void verify(benchmark::State& state) {
    const KroneckerStore store(static_cast<int>(state.range(0)));
    store.write();
    const Store opened = Store::open(store.path);
    for (auto _ : state) opened.verify("follow", 0);
    report(state, store.path);
}

BENCHMARK(write)
    ->Name("Store/write/kronecker")
    ->Arg(18)
    ->Arg(20)
    ->Arg(22)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(open)->Name("Store/open/kronecker")->Arg(18)->Arg(20)->Arg(22)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(verify)
    ->Name("Store/verify/kronecker")
    ->Arg(18)
    ->Arg(20)
    ->Arg(22)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace coterie::bench
