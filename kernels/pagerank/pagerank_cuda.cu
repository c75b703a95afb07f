#include <array>
#include <utility>
#include <vector>

#include "kernels/cuda/degree_classes.cuh"
#include "kernels/cuda/device_graph.cuh"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/row_edges.cuh"
#include "kernels/kernels.hpp"
#include "kernels/pagerank/pagerank_loop.hpp"

namespace coterie::cuda {

namespace {

// Rows by in-degree, and how many threads gather one. Hubs above the last bound are cut into chunks, a block each.
constexpr unsigned group_threads = 8;
constexpr std::array<EdgeOffset, 3> degree_bounds = {4, 32, 2048};
constexpr std::uint32_t hub_chunk = 8192;
/// Rows that a thread (or its group) gathers in turn, so that the sums over a block come once for several.
constexpr unsigned batches = 4;
enum DegreeClass : unsigned { thread_rows, group_rows, warp_rows, hub_rows, num_classes };

/// All that the kernels read and write, handed over by value. Device memory.
template <class Rule>
struct PageRankState {
    CsrView in;
    std::span<const AccountId> rows[num_classes];
    std::span<const RowChunk> hub_chunks;
    Fixed* hub_sums;  ///< [hub_rows], 0 between iterations

    Fixed* ranks;
    const double* scales;  ///< d / W(u)
    const typename Rule::Share* shares;
    typename Rule::Share* next_shares;
    const double* teleport;  ///< or null: everywhere `uniform`
    double uniform;
    double jump;
    PageRankSums* sums;

    /// Finishes an account whose terms sum to `gathered`: its rank, its next share, its part of the sums.
    __device__ void settle(AccountId account, Fixed gathered, PageRankSums& part) const {
        const Fixed base = pagerank_base(jump, teleport == nullptr ? uniform : teleport[account]);
        const Fixed rank = base + gathered;
        const double scale = scales[account];
        part.change += pagerank_change(rank, ranks[account]);
        if (pagerank_dangles(scale)) part.dangling += rank;
        ranks[account] = rank;
        next_shares[account] = Rule::share(rank, scale);
    }

    /// The part of the terms of edges [begin, end) that falls to thread `lane` of `threads`.
    template <unsigned threads>
    __device__ Fixed gather(EdgeOffset begin, EdgeOffset end, unsigned lane) const {
        Fixed gathered = 0;
        if constexpr (threads == 1) {
            for (EdgeOffset edge = begin; edge < end; ++edge) gathered += pagerank_term<Rule>(in, shares, edge);
        } else {
            for_each_edge<threads>(in.neighbors.data(), begin, end, lane, [&](EdgeOffset edge, AccountId neighbor) {
                if constexpr (Rule::weighted)
                    gathered += Rule::term(shares[neighbor], in.weights[edge]);
                else
                    gathered += Rule::term(shares[neighbor]);
            });
        }
        return gathered;
    }

    /// `batches` times: one of `accounts` to each `threads` threads of the block.
    template <unsigned threads>
    __device__ void gather_rows(std::span<const AccountId> accounts, std::uint64_t block, PageRankSums& part) const {
        const unsigned lane = threadIdx.x % threads;
        for (unsigned batch = 0; batch < batches; ++batch) {
            const std::uint64_t row = ((block * batches + batch) * block_size + threadIdx.x) / threads;
            const bool has_row = row < accounts.size();
            const AccountId account = has_row ? accounts[row] : 0;
            Fixed gathered = has_row ? gather<threads>(in.offsets[account], in.offsets[account + 1], lane) : 0;
            if constexpr (threads > 1) gathered = warp_sum<threads>(gathered);
            if (has_row && lane == 0) settle(account, gathered, part);
        }
    }

    /// All threads of a block must call.
    __device__ void add_to_sums(const PageRankSums& part) const {
        const Fixed change = block_sum(part.change);
        const Fixed dangling = block_sum(part.dangling);
        if (threadIdx.x != 0) return;
        if (change != 0) add_atomically(&sums->change, change);
        if (dangling != 0) add_atomically(&sums->dangling, dangling);
    }
};

/// Blocks that each class of rows needs. Hubs come first, so that the longest work does not start last.
template <class Rule>
__host__ __device__ std::array<std::uint64_t, num_classes> blocks_by_class(const PageRankState<Rule>& state) {
    constexpr unsigned threads = batches * block_size;
    return {blocks_for(state.rows[thread_rows].size(), threads),
            blocks_for(state.rows[group_rows].size(), threads / group_threads),
            blocks_for(state.rows[warp_rows].size(), threads / warp_size), state.hub_chunks.size()};
}

/// An iteration for all rows but those of hubs, of which it adds up the chunks.
template <class Rule>
__global__ void __launch_bounds__(block_size) pagerank_gather(PageRankState<Rule> state) {
    const auto blocks = blocks_by_class(state);
    std::uint64_t block = blockIdx.x;
    if (block < blocks[hub_rows]) {
        const RowChunk chunk = state.hub_chunks[block];
        const Fixed gathered =
            block_sum(state.template gather<block_size>(chunk.begin, chunk.begin + chunk.size, threadIdx.x));
        if (threadIdx.x == 0) add_atomically(&state.hub_sums[chunk.row], gathered);
        return;
    }
    block -= blocks[hub_rows];
    PageRankSums part;
    if (block < blocks[warp_rows]) {
        state.template gather_rows<warp_size>(state.rows[warp_rows], block, part);
    } else if (block -= blocks[warp_rows]; block < blocks[group_rows]) {
        state.template gather_rows<group_threads>(state.rows[group_rows], block, part);
    } else {
        state.template gather_rows<1>(state.rows[thread_rows], block - blocks[group_rows], part);
    }
    state.add_to_sums(part);
}

/// The hubs, once all their chunks are in.
template <class Rule>
__global__ void __launch_bounds__(block_size) pagerank_settle_hubs(PageRankState<Rule> state) {
    PageRankSums part;
    if (const std::uint64_t hub = grid_thread(); hub < state.rows[hub_rows].size()) {
        state.settle(state.rows[hub_rows][hub], state.hub_sums[hub], part);
        state.hub_sums[hub] = 0;
    }
    state.add_to_sums(part);
}

/// Scales, first ranks and first shares.
template <class Rule>
__global__ void __launch_bounds__(block_size)
    pagerank_start(PageRankState<Rule> state, double* scales, CsrView out, const double* out_weights,
                   const double* first_ranks, double damping, AccountId active) {
    PageRankSums part;
    if (const std::uint64_t thread = grid_thread(); thread < active) {
        const auto account = static_cast<AccountId>(thread);
        const double out_weight = Rule::weighted ? out_weights[account] : static_cast<double>(out.degree(account));
        const Fixed rank = to_fixed(first_ranks == nullptr ? state.uniform : first_ranks[account]);
        const double scale = pagerank_scale(damping, out_weight);
        scales[account] = scale;
        state.ranks[account] = rank;
        state.next_shares[account] = Rule::share(rank, scale);
        if (pagerank_dangles(scale)) part.dangling = rank;
    }
    state.add_to_sums(part);
}

template <class Rule>
class PageRankSteps {
  public:
    using Share = typename Rule::Share;

    PageRankSteps(const PlacedGraph& placed, const PageRankOptions& options, std::span<const double> out_weights)
        : graph_(placed.device_graph()),
          active_(pagerank_active_accounts(placed.graph(), options)),
          damping_(options.damping) {
        require_device_memory(bytes_needed(options, out_weights), "pagerank");
        const CsrView in = graph_.in();
        const CsrView active_rows{in.offsets.first(std::size_t{active_} + 1), in.neighbors, in.weights};
        classes_ = DegreeClasses(active_rows, degree_bounds);
        chunks_ = row_chunks(placed.graph().in(), classes_.accounts(hub_rows), hub_chunk);
        hub_sums_ = DeviceBuffer<Fixed>(classes_.accounts(hub_rows).size(), "pagerank: sums of hubs");
        hub_sums_.fill_bytes(0);
        ranks_ = DeviceBuffer<Fixed>(active_, "pagerank: ranks");
        scales_ = DeviceBuffer<double>(active_, "pagerank: scales");
        shares_ = DeviceBuffer<Share>(active_, "pagerank: shares");
        next_shares_ = DeviceBuffer<Share>(active_, "pagerank: next shares");
        teleport_ = DeviceBuffer<double>(options.teleport, "pagerank: the teleport vector");
        first_ranks_ = DeviceBuffer<double>(options.start, "pagerank: the ranks to start from");
        out_weights_ =
            DeviceBuffer<double>(out_weights.first(out_weights.empty() ? 0 : active_), "pagerank: out-weights");
        sums_ = DeviceBuffer<PageRankSums>(1, "pagerank: sums");

        state_.in = in;
        for (unsigned c = 0; c < num_classes; ++c) state_.rows[c] = classes_.accounts(c);
        state_.hub_chunks = std::as_const(chunks_).span();
        state_.hub_sums = hub_sums_.data();
        state_.ranks = ranks_.data();
        state_.scales = scales_.data();
        state_.teleport = options.teleport.empty() ? nullptr : teleport_.data();
        state_.uniform = 1.0 / placed.graph().num_accounts();
        state_.sums = sums_.data();
        for (const std::uint64_t blocks : blocks_by_class(state_)) gather_blocks_ += blocks;
    }

    AccountId active() const { return active_; }

    Fixed start() {
        prepare(0);
        const double* first_ranks = first_ranks_.size() != 0 ? first_ranks_.data() : state_.teleport;
        launch("pagerank_start", blocks_for(active_), block_size, pagerank_start<Rule>, state_, scales_.data(),
               graph_.out(), out_weights_.data(), first_ranks, damping_, active_);
        return finished().dangling;
    }

    PageRankSums iterate(double jump) {
        prepare(jump);
        launch("pagerank_gather", gather_blocks_, block_size, pagerank_gather<Rule>, state_);
        launch("pagerank_settle_hubs", blocks_for(hub_sums_.size()), block_size, pagerank_settle_hubs<Rule>, state_);
        return finished();
    }

    void ranks(std::span<double> ranks) const {
        const std::vector<Fixed> fixed = ranks_.to_host();
        for (std::size_t account = 0; account < fixed.size(); ++account) ranks[account] = from_fixed(fixed[account]);
    }

  private:
    std::size_t bytes_needed(const PageRankOptions& options, std::span<const double> out_weights) const {
        const std::size_t per_account = sizeof(AccountId) + sizeof(Fixed) + sizeof(double) + 2 * sizeof(Share);
        const EdgeOffset most_chunks = graph_.num_edges() / hub_chunk + graph_.num_edges() / degree_bounds.back();
        return active_ * per_account + options.teleport.size_bytes() + options.start.size_bytes() +
               out_weights.size_bytes() + most_chunks * sizeof(RowChunk);
    }

    void prepare(double jump) {
        state_.jump = jump;
        state_.shares = shares_.data();
        state_.next_shares = next_shares_.data();
        sums_.fill_bytes(0);
    }

    PageRankSums finished() {
        PageRankSums sums;
        sums_.copy_to({&sums, 1});
        std::swap(shares_, next_shares_);
        return sums;
    }

    const DeviceGraph& graph_;
    AccountId active_;
    double damping_;
    DegreeClasses classes_;
    DeviceBuffer<RowChunk> chunks_;
    DeviceBuffer<Fixed> hub_sums_;
    DeviceBuffer<Fixed> ranks_;
    DeviceBuffer<double> scales_;
    DeviceBuffer<Share> shares_;
    DeviceBuffer<Share> next_shares_;
    DeviceBuffer<double> teleport_;
    DeviceBuffer<double> first_ranks_;
    DeviceBuffer<double> out_weights_;
    DeviceBuffer<PageRankSums> sums_;
    PageRankState<Rule> state_{};
    std::uint64_t gather_blocks_ = 0;
};

}  // namespace

PageRankResult pagerank(const PlacedGraph& graph, const PageRankOptions& options, std::span<const double> out_weights) {
    return with_pagerank_rule(options.precision, graph.graph().weighted(), [&]<class Rule>() {
        PageRankSteps<Rule> steps(graph, options, out_weights);
        return pagerank_loop(steps, graph.graph().num_accounts(), options);
    });
}

}  // namespace coterie::cuda
