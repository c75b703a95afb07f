#include "kernels/cuda/degree_classes.cuh"
#include "kernels/cuda/device_graph.cuh"
#include "kernels/cuda/launch.cuh"
#include "kernels/degrees/degrees_rule.hpp"
#include "kernels/kernels.hpp"

namespace coterie::cuda {

namespace {

using namespace degrees_rule;

// Rows up to the first bound are summed by a thread, up to the second by a warp, and above it cut into chunks for blocks.
constexpr EdgeOffset thread_rows = 8;
constexpr EdgeOffset warp_rows = 2048;
constexpr std::array<EdgeOffset, 2> class_bounds = {thread_rows, warp_rows};

/// 1 for an edge of `out` whose reverse exists.
struct IsMutual {
    CsrView out;
    CsrView in;
    __device__ std::int64_t operator()(AccountId account, EdgeOffset edge) const {
        return contains(in.row(account), out.neighbors[edge]) ? 1 : 0;
    }
};

struct WeightOf {
    CsrView rows;
    __device__ std::int64_t operator()(AccountId, EdgeOffset edge) const { return weight_units(rows.weights[edge]); }
};

template <class Term>
__global__ void sum_thread_rows(std::span<const EdgeOffset> offsets, std::span<const AccountId> accounts, Term term,
                                std::int64_t* sums) {
    if (grid_thread() >= accounts.size()) return;
    const AccountId account = accounts[grid_thread()];
    std::int64_t sum = 0;
    for (EdgeOffset edge = offsets[account]; edge < offsets[account + 1]; ++edge) sum += term(account, edge);
    sums[account] = sum;
}

/// Integers of either sign add as unsigned ones do.
__device__ std::int64_t signed_sum_of_warp(std::int64_t value) {
    return static_cast<std::int64_t>(warp_sum(static_cast<std::uint64_t>(value)));
}

template <class Term>
__global__ void sum_warp_rows(std::span<const EdgeOffset> offsets, std::span<const AccountId> accounts, Term term,
                              std::int64_t* sums) {
    const std::uint64_t warp = grid_thread() / warp_size;
    const unsigned lane = threadIdx.x % warp_size;
    if (warp >= accounts.size()) return;
    const AccountId account = accounts[warp];
    std::int64_t sum = 0;
    for (EdgeOffset edge = offsets[account] + lane; edge < offsets[account + 1]; edge += warp_size)
        sum += term(account, edge);
    sum = signed_sum_of_warp(sum);
    if (lane == 0) sums[account] = sum;
}

/// One block a chunk; `sums` starts at 0.
template <class Term>
__global__ void sum_chunks(std::span<const RowChunk> chunks, std::span<const AccountId> accounts, Term term,
                           std::int64_t* sums) {
    const RowChunk chunk = chunks[blockIdx.x];
    const AccountId account = accounts[chunk.row];
    std::int64_t sum = 0;
    for (EdgeOffset edge = threadIdx.x; edge < chunk.size; edge += block_size) sum += term(account, chunk.begin + edge);
    sum = signed_sum_of_warp(sum);
    if (threadIdx.x % warp_size == 0)
        add_atomically(reinterpret_cast<std::uint64_t*>(sums + account), static_cast<std::uint64_t>(sum));
}

/// Sums over the rows of one direction, with what they need prepared once.
class RowSums {
  public:
    RowSums(const CsrView& rows, const CsrView& host_rows)
        : rows_(rows), classes_(rows, class_bounds), chunks_(row_chunks(host_rows, classes_.accounts(2), warp_rows)) {}

    /// Sum of term(account, edge) over each row [n], as integers.
    template <class Term>
    std::vector<std::int64_t> of(const Term& term) const {
        DeviceBuffer<std::int64_t> sums(rows_.num_accounts(), "sums of rows");
        sums.fill_bytes(0);
        const auto short_rows = classes_.accounts(0);
        const auto middle_rows = classes_.accounts(1);
        launch("summing short rows", blocks_for(short_rows.size()), block_size, sum_thread_rows<Term>, rows_.offsets,
               short_rows, term, sums.data());
        launch("summing rows", blocks_for(middle_rows.size(), block_size / warp_size), block_size, sum_warp_rows<Term>,
               rows_.offsets, middle_rows, term, sums.data());
        launch("summing long rows", chunks_.size(), block_size, sum_chunks<Term>, chunks_.span(), classes_.accounts(2),
               term, sums.data());
        return sums.to_host();
    }

  private:
    CsrView rows_;
    DegreeClasses classes_;
    DeviceBuffer<RowChunk> chunks_;
};

__global__ void count_degrees(std::span<const EdgeOffset> offsets, std::span<AccountId> degrees) {
    if (const std::uint64_t v = grid_thread(); v < degrees.size())
        degrees[v] = static_cast<AccountId>(offsets[v + 1] - offsets[v]);
}

__global__ void count_self_loops(CsrView out, std::uint64_t* self_loops) {
    const std::uint64_t v = grid_thread();
    const bool loops =
        v < out.num_accounts() && contains(out.row(static_cast<AccountId>(v)), static_cast<AccountId>(v));
    const std::uint64_t of_warp = warp_sum(loops ? 1 : 0);
    if (of_warp != 0 && threadIdx.x % warp_size == 0) add_atomically(self_loops, of_warp);
}

std::vector<AccountId> degrees_of(const CsrView& rows) {
    DeviceBuffer<AccountId> degrees(rows.num_accounts(), "degrees");
    launch("counting degrees", blocks_for(rows.num_accounts()), block_size, count_degrees, rows.offsets,
           degrees.span());
    return degrees.to_host();
}

EdgeOffset self_loops_of(const CsrView& out) {
    DeviceBuffer<std::uint64_t> self_loops(1, "counting self-loops");
    self_loops.fill_bytes(0);
    launch("counting self-loops", blocks_for(out.num_accounts()), block_size, count_self_loops, out, self_loops.data());
    return self_loops.to_host()[0];
}

std::vector<double> strengths_of(const std::vector<std::int64_t>& units) {
    std::vector<double> strengths(units.size());
    for (std::size_t v = 0; v < units.size(); ++v) strengths[v] = strength(units[v]);
    return strengths;
}

}  // namespace

DegreesResult degrees(const PlacedGraph& placed) {
    const DeviceGraph& graph = placed.device_graph();
    const CsrView out = graph.out();
    const CsrView in = graph.in();

    DegreesResult result;
    if (graph.num_accounts() == 0) return result;
    result.out_degree = degrees_of(out);
    result.in_degree = graph.directed() ? degrees_of(in) : result.out_degree;
    result.mutual_degree = result.out_degree;
    result.out_strength.assign(result.out_degree.begin(), result.out_degree.end());
    result.in_strength.assign(result.in_degree.begin(), result.in_degree.end());

    if (graph.directed() || out.weighted()) {
        const RowSums out_rows(out, placed.graph().out());
        if (graph.directed()) {
            const std::vector<std::int64_t> mutual = out_rows.of(IsMutual{out, in});
            for (AccountId v = 0; v < graph.num_accounts(); ++v)
                result.mutual_degree[v] = static_cast<AccountId>(mutual[v]);
        }
        if (out.weighted()) {
            result.out_strength = strengths_of(out_rows.of(WeightOf{out}));
            result.in_strength = result.out_strength;
        }
    }
    if (graph.directed() && in.weighted())
        result.in_strength = strengths_of(RowSums(in, placed.graph().in()).of(WeightOf{in}));

    EdgeOffset mutual = 0;
    for (const AccountId degree : result.mutual_degree) mutual += degree;
    result.reciprocity = reciprocity(mutual, self_loops_of(out), graph.num_edges());
    return result;
}

}  // namespace coterie::cuda
