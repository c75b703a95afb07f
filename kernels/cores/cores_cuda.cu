#include <cuda/atomic>

#include "kernels/cores/cores_rule.hpp"
#include "kernels/cuda/device_graph.cuh"
#include "kernels/cuda/row_pieces.cuh"
#include "kernels/kernels.hpp"

namespace coterie::cuda {

namespace {

using namespace cores_rule;

/// Host functions too, since a constexpr template may call nothing else.
class Counts {
  public:
    explicit Counts(AccountId* counts) : counts_(counts) {}

    __host__ __device__ AccountId load(AccountId v) const { return at(v).load(::cuda::memory_order_relaxed); }
    __host__ __device__ bool replace(AccountId v, AccountId& expected, AccountId count) const {
        return at(v).compare_exchange_strong(expected, count, ::cuda::memory_order_relaxed);
    }

  private:
    using Reference = ::cuda::atomic_ref<AccountId, ::cuda::thread_scope_device>;
    __host__ __device__ Reference at(AccountId v) const { return Reference(counts_[v]); }
    AccountId* counts_;
};

/// A list that the threads of a kernel append to. Its order depends on the schedule.
struct Appender {
    AccountId* accounts;
    unsigned* size;

    /// Called by all 32 lanes of a warp: those that `keep` append `account`.
    __device__ void append_of_warp(bool keep, AccountId account) const {
        const unsigned keepers = __ballot_sync(whole_warp, keep);
        const unsigned lane = threadIdx.x % warp_size;
        unsigned first = 0;
        if (lane == 0 && keepers != 0) first = atomicAdd(size, static_cast<unsigned>(__popc(keepers)));
        first = __shfl_sync(whole_warp, first, 0);
        if (keep) accounts[first + __popc(keepers & ((1U << lane) - 1U))] = account;
    }
    __device__ void append(AccountId account) const { accounts[atomicAdd(size, 1U)] = account; }
};

/// What a level has to tell the host.
struct Tally {
    unsigned alive;   ///< accounts not yet peeled
    unsigned lowest;  ///< fewest neighbors left among them
    unsigned gone;    ///< accounts peeled so far, or about to go
};

__global__ void start(CsrView rows, AccountId* counts, AccountId* alive) {
    const std::uint64_t v = grid_thread();
    if (v >= rows.num_accounts()) return;
    counts[v] = static_cast<AccountId>(rows.degree(static_cast<AccountId>(v)));
    alive[v] = static_cast<AccountId>(v);
}

/// Keeps the accounts with more than `above` neighbors left, or all of them before the first level.
__global__ void keep_alive(std::span<const AccountId> alive, const AccountId* counts, bool first_level, AccountId above,
                           AccountId* kept, Tally* tally) {
    const bool here = grid_thread() < alive.size();
    const AccountId v = here ? alive[grid_thread()] : 0;
    const AccountId count = here ? counts[v] : 0;
    const bool keep = here && (first_level || count > above);
    Appender{kept, &tally->alive}.append_of_warp(keep, v);
    const unsigned lowest = __reduce_min_sync(whole_warp, keep ? count : no_account);
    if (threadIdx.x % warp_size == 0) atomicMin(&tally->lowest, lowest);
}

/// Lists the accounts that go at `level` from its start.
__global__ void begin_level(std::span<const AccountId> alive, const AccountId* counts, AccountId level,
                            Appender going) {
    const bool here = grid_thread() < alive.size();
    const AccountId v = here ? alive[grid_thread()] : 0;
    going.append_of_warp(here && counts[v] == level, v);
}

struct Leave {
    Counts counts;
    AccountId level;
    Appender going;
    __device__ void operator()(AccountId, AccountId neighbor) const {
        if (lose_neighbor(counts, neighbor, level)) going.append(neighbor);
    }
};

/// The accounts of `leaving` go; those that fall to the level by that are listed.
__global__ void peel_short_rows(CsrView rows, std::span<const AccountId> leaving, Leave leave,
                                RowPieces::Adder pieces) {
    if (grid_thread() >= leaving.size()) return;
    const AccountId v = leaving[grid_thread()];
    const auto row = rows.row(v);
    if (row.size() > short_row) return pieces.add(v, row.size());
    for (const AccountId neighbor : row) leave(v, neighbor);
}

}  // namespace

std::vector<AccountId> cores(const PlacedGraph& undirected) {
    const CsrView rows = undirected.device_graph().out();
    const AccountId n = rows.num_accounts();
    if (n == 0) return {};

    DeviceBuffer<AccountId> neighbors_left(n, "core numbers");
    DeviceBuffer<AccountId> alive(n, "accounts not yet peeled");
    DeviceBuffer<AccountId> kept(n, "accounts not yet peeled");
    DeviceBuffer<AccountId> peeled(n, "accounts peeled");
    DeviceBuffer<Tally> device_tally(1, "peeling");
    RowPieces pieces(rows.num_edges());
    const Counts counts(neighbors_left.data());
    Tally* const on_device = device_tally.data();
    const Appender going{peeled.data(), &on_device->gone};
    launch("starting to peel", blocks_for(n), block_size, start, rows, neighbors_left.data(), alive.data());

    const auto told = [&] { return device_tally.to_host()[0]; };
    AccountId level = 0;
    for (Tally tally{n, 0, 0}; true;) {
        const std::span<const AccountId> before = alive.span().first(tally.alive);
        const bool first_level = tally.gone == 0;
        tally = {0, no_account, tally.gone};
        check(cudaMemcpy(on_device, &tally, sizeof(Tally), cudaMemcpyHostToDevice), "peeling");
        launch("keeping the accounts left", blocks_for(before.size()), block_size, keep_alive, before,
               neighbors_left.data(), first_level, level, kept.data(), on_device);
        tally = told();
        if (tally.alive == 0) break;
        std::swap(alive, kept);
        level = tally.lowest;

        unsigned begin = tally.gone;
        launch("beginning a level", blocks_for(tally.alive), block_size, begin_level, alive.span().first(tally.alive),
               neighbors_left.data(), level, going);
        for (tally = told(); begin < tally.gone; tally = told()) {
            const auto leaving = peeled.span().subspan(begin, tally.gone - begin);
            begin = tally.gone;
            const Leave leave{counts, level, going};
            launch("peeling", blocks_for(leaving.size()), block_size, peel_short_rows, rows, leaving, leave,
                   pieces.start());
            walk_pieces("peeling long rows", rows, pieces, leave);
        }
    }
    return neighbors_left.to_host();
}

}  // namespace coterie::cuda
