#include <cuda/atomic>

#include "kernels/components/components_rule.hpp"
#include "kernels/cuda/device_graph.cuh"
#include "kernels/cuda/row_pieces.cuh"
#include "kernels/kernels.hpp"

namespace coterie::cuda {

namespace {

using namespace components_rule;

/// Host functions too, since a constexpr template may call nothing else.
class Parents {
  public:
    explicit Parents(AccountId* parents) : parents_(parents) {}

    __host__ __device__ AccountId load(AccountId v) const { return at(v).load(::cuda::memory_order_relaxed); }
    __host__ __device__ void store(AccountId v, AccountId parent) const {
        at(v).store(parent, ::cuda::memory_order_relaxed);
    }
    __host__ __device__ bool hook(AccountId root, AccountId below) const {
        return at(root).compare_exchange_strong(root, below, ::cuda::memory_order_relaxed);
    }

  private:
    using Reference = ::cuda::atomic_ref<AccountId, ::cuda::thread_scope_device>;
    __host__ __device__ Reference at(AccountId v) const { return Reference(parents_[v]); }
    AccountId* parents_;
};

/// Joins the two ends of an edge that connects.
struct Join {
    Parents parents;
    std::span<const AccountId> within;
    __device__ void operator()(AccountId v, AccountId neighbor) const {
        if (connects(within, v, neighbor)) join(parents, v, neighbor);
    }
};

/// Every account points to itself.
__global__ void start(AccountId n, AccountId* parents) {
    if (const std::uint64_t v = grid_thread(); v < n) parents[v] = static_cast<AccountId>(v);
}

__global__ void join_first_neighbors(CsrView out, Join join_ends) {
    if (grid_thread() >= out.num_accounts()) return;
    const auto v = static_cast<AccountId>(grid_thread());
    const EdgeOffset first = out.offsets[v];
    const EdgeOffset last = min(out.offsets[v + 1], first + sampled_neighbors);
    for (EdgeOffset edge = first; edge < last; ++edge) join_ends(v, out.neighbors[edge]);
}

/// Points every account to its root.
__global__ void compress(AccountId n, Parents parents) {
    if (grid_thread() >= n) return;
    const auto v = static_cast<AccountId>(grid_thread());
    parents.store(v, root(parents, v));
}

__global__ void guess(AccountId n, Parents parents, std::span<AccountId> guesses) {
    if (const std::uint64_t i = grid_thread(); i < guesses.size())
        guesses[i] = parents.load(guessed_account(static_cast<unsigned>(i), n));
}

/// Joins the short rows of accounts outside the `largest` component, and lists the pieces of the long ones.
__global__ void join_short_rows(CsrView rows, AccountId largest, Join join_ends, RowPieces::Adder pieces) {
    if (grid_thread() >= rows.num_accounts()) return;
    const auto v = static_cast<AccountId>(grid_thread());
    const auto row = rows.row(v);
    if (row.empty() || join_ends.parents.load(v) == largest) return;
    if (row.size() > short_row) return pieces.add(v, row.size());
    for (const AccountId neighbor : row) join_ends(v, neighbor);
}

}  // namespace

std::vector<AccountId> components(const PlacedGraph& placed, std::span<const AccountId> host_within) {
    const DeviceGraph& graph = placed.device_graph();
    const AccountId n = graph.num_accounts();
    if (n == 0) return {};

    DeviceBuffer<AccountId> labels(n, "components");
    const DeviceBuffer<AccountId> within(host_within, "the labels that components stay within");
    DeviceBuffer<AccountId> guesses(num_guesses, "guesses of the largest component");
    RowPieces pieces(graph.num_edges());
    const Parents parents(labels.data());
    const Join join_ends{parents, within.span()};
    const std::uint64_t blocks = blocks_for(n);

    launch("starting components", blocks, block_size, start, n, labels.data());
    launch("joining first neighbors", blocks, block_size, join_first_neighbors, graph.out(), join_ends);
    launch("compressing components", blocks, block_size, compress, n, parents);
    launch("guessing the largest component", blocks_for(num_guesses), block_size, guess, n, parents, guesses.span());
    const AccountId largest = most_frequent(guesses.to_host());

    const auto join_rows = [&](const CsrView& rows) {
        launch("joining short rows", blocks, block_size, join_short_rows, rows, largest, join_ends, pieces.start());
        walk_pieces("joining long rows", rows, pieces, join_ends);
    };
    join_rows(graph.out());
    if (graph.directed()) join_rows(graph.in());
    launch("compressing components", blocks, block_size, compress, n, parents);
    return labels.to_host();
}

}  // namespace coterie::cuda
