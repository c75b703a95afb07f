#include <cuda/atomic>

#include "kernels/components/components_rule.hpp"
#include "kernels/cuda/device_buffer.cuh"
#include "kernels/cuda/device_graph.cuh"
#include "kernels/kernels.hpp"

namespace coterie::cuda {

namespace {

using namespace components_rule;

constexpr unsigned block_threads = 256;

/// Rows up to this length are walked by the thread that finds them; longer ones are cut into pieces for whole
/// blocks, so that no thread waits for a hub.
constexpr EdgeOffset short_row = 32;
constexpr EdgeOffset piece_edges = 2048;

/// A piece of a long row.
struct Piece {
    AccountId account;
    std::uint32_t index;
};

unsigned blocks_for(std::size_t threads) {
    return static_cast<unsigned>((threads + block_threads - 1) / block_threads);
}

__device__ AccountId global_thread() {
    return blockIdx.x * block_threads + threadIdx.x;
}

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

/// Every account points to itself.
__global__ void start(AccountId n, AccountId* parents) {
    const AccountId v = global_thread();
    if (v < n) parents[v] = v;
}

__global__ void join_first_neighbors(CsrView out, std::span<const AccountId> within, Parents parents) {
    const AccountId v = global_thread();
    if (v >= out.num_accounts()) return;
    const EdgeOffset first = out.offsets[v];
    const EdgeOffset last = min(out.offsets[v + 1], first + sampled_neighbors);
    for (EdgeOffset edge = first; edge < last; ++edge)
        if (const AccountId neighbor = out.neighbors[edge]; connects(within, v, neighbor))
            join(parents, v, neighbor);
}

/// Points every account to its root.
__global__ void compress(AccountId n, Parents parents) {
    const AccountId v = global_thread();
    if (v < n) parents.store(v, root(parents, v));
}

__global__ void guess(AccountId n, Parents parents, AccountId* guesses) {
    const unsigned i = global_thread();
    if (i < num_guesses) guesses[i] = parents.load(guessed_account(i, n));
}

/// Joins the short rows of accounts outside the `largest` component from entry `skipped` on, and lists the
/// pieces of the others.
__global__ void join_short_rows(CsrView rows, EdgeOffset skipped, std::span<const AccountId> within,
                                AccountId largest, Parents parents, Piece* pieces, unsigned* num_pieces) {
    const AccountId v = global_thread();
    if (v >= rows.num_accounts()) return;
    const EdgeOffset first = rows.offsets[v] + skipped;
    const EdgeOffset last = rows.offsets[v + 1];
    if (first >= last || parents.load(v) == largest) return;
    if (last - first > short_row) {
        const auto count = static_cast<std::uint32_t>((last - first + piece_edges - 1) / piece_edges);
        const unsigned place = atomicAdd(num_pieces, count);
        for (std::uint32_t i = 0; i < count; ++i) pieces[place + i] = {v, i};
        return;
    }
    for (EdgeOffset edge = first; edge < last; ++edge)
        if (const AccountId neighbor = rows.neighbors[edge]; connects(within, v, neighbor))
            join(parents, v, neighbor);
}

/// One block a piece.
__global__ void join_pieces(CsrView rows, EdgeOffset skipped, std::span<const AccountId> within,
                            Parents parents, const Piece* pieces) {
    const auto [v, index] = pieces[blockIdx.x];
    const EdgeOffset first = rows.offsets[v] + skipped + index * piece_edges;
    const EdgeOffset last = min(rows.offsets[v + 1], first + piece_edges);
    for (EdgeOffset edge = first + threadIdx.x; edge < last; edge += block_threads)
        if (const AccountId neighbor = rows.neighbors[edge]; connects(within, v, neighbor))
            join(parents, v, neighbor);
}

void join_rows(const CsrView& rows, EdgeOffset skipped, std::span<const AccountId> within, AccountId largest,
               const Parents& parents, DeviceBuffer<Piece>& pieces, DeviceBuffer<unsigned>& num_pieces) {
    num_pieces.fill_bytes(0);
    join_short_rows<<<blocks_for(rows.num_accounts()), block_threads>>>(
        rows, skipped, within, largest, parents, pieces.data(), num_pieces.data());
    check_launch("joining short rows");
    if (const unsigned count = num_pieces.to_host()[0]; count != 0) {
        join_pieces<<<count, block_threads>>>(rows, skipped, within, parents, pieces.data());
        check_launch("joining long rows");
    }
}

}  // namespace

std::vector<AccountId> components(const PlacedGraph& placed, std::span<const AccountId> host_within) {
    const DeviceGraph& graph = placed.device_graph();
    const CsrView out = graph.out();
    const AccountId n = graph.num_accounts();
    if (n == 0) return {};

    DeviceBuffer<AccountId> labels(n, "components");
    const DeviceBuffer<AccountId> within(host_within, "the labels that components stay within");
    DeviceBuffer<AccountId> guesses(num_guesses, "components");
    // A row is cut only if it has more than `short_row` edges, and then into at most one piece a
    // `piece_edges` and one more.
    DeviceBuffer<Piece> pieces(graph.num_edges() / short_row + 1, "pieces of long rows");
    DeviceBuffer<unsigned> num_pieces(1, "components");
    const Parents parents(labels.data());
    const unsigned blocks = blocks_for(n);

    start<<<blocks, block_threads>>>(n, labels.data());
    check_launch("starting components");
    join_first_neighbors<<<blocks, block_threads>>>(out, within.span(), parents);
    check_launch("joining first neighbors");
    compress<<<blocks, block_threads>>>(n, parents);
    check_launch("compressing components");
    guess<<<blocks_for(num_guesses), block_threads>>>(n, parents, guesses.data());
    check_launch("guessing the largest component");
    const AccountId largest = most_frequent(guesses.to_host());

    join_rows(out, sampled_neighbors, within.span(), largest, parents, pieces, num_pieces);
    if (graph.directed()) join_rows(graph.in(), 0, within.span(), largest, parents, pieces, num_pieces);
    compress<<<blocks, block_threads>>>(n, parents);
    check_launch("compressing components");
    return labels.to_host();
}

}  // namespace coterie::cuda
