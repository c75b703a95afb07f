#include <array>
#include <utility>
#include <vector>

#include "kernels/cuda/degree_classes.cuh"
#include "kernels/cuda/device_graph.cuh"
#include "kernels/cuda/launch.cuh"
#include "kernels/kernels.hpp"
#include "kernels/pagerank/pagerank_topics_loop.hpp"
#include "kernels/pagerank/teleport_rows.hpp"

namespace coterie::cuda {

namespace {

// A row is gathered by as many threads as there are lanes: each id is read once for all of them, and the shares of an
// account are one coalesced load. Hubs are cut into chunks, one such group of threads each.
constexpr std::array<EdgeOffset, 1> longest_row = {1024};
constexpr std::uint32_t hub_chunk = 1024;
constexpr unsigned few_lanes = 8;
constexpr unsigned many_lanes = warp_size;
/// Rows that a group gathers in turn, so that the sums over a block come once for several.
constexpr unsigned batches = 8;

/// All that the kernels read and write, handed over by value. Device memory; arrays [n][lanes] hold an account's lanes side
/// by side.
template <class Rule, unsigned lanes>
struct TopicState {
    CsrView in;
    std::span<const AccountId> rows;
    std::span<const AccountId> hubs;
    std::span<const RowChunk> hub_chunks;
    Fixed* hub_sums;  ///< [hubs][lanes], 0 between iterations

    const std::uint32_t* teleport_rows;  ///< [n]
    const double* teleports;             ///< [rows][lanes]
    const double* scales;                ///< [n] d / W(u)
    const typename Rule::Share* shares;
    typename Rule::Share* next_shares;
    Fixed* ranks;
    double jumps[lanes];
    LaneSums<lanes>* sums;

    /// The terms of edges [begin, end) in one lane.
    __device__ Fixed gather(EdgeOffset begin, EdgeOffset end, unsigned lane) const {
        Fixed gathered = 0;
#pragma unroll 4
        for (EdgeOffset edge = begin; edge < end; ++edge) {
            const typename Rule::Share share = shares[std::size_t{in.neighbors[edge]} * lanes + lane];
            if constexpr (Rule::weighted)
                gathered += Rule::term(share, in.weights[edge]);
            else
                gathered += Rule::term(share);
        }
        return gathered;
    }

    __device__ double teleport(AccountId account, unsigned lane) const {
        const std::uint32_t row = teleport_rows[account];
        return row == TeleportRows::none ? 0.0 : teleports[std::size_t{row} * lanes + lane];
    }

    /// The share that follows from a rank, and what dangles of it.
    __device__ void pass_on(AccountId account, unsigned lane, Fixed rank, double scale, PageRankSums& part) const {
        const std::size_t place = std::size_t{account} * lanes + lane;
        if (pagerank_dangles(scale)) part.dangling += rank;
        ranks[place] = rank;
        next_shares[place] = Rule::share(rank, scale);
    }

    __device__ void settle(AccountId account, unsigned lane, Fixed gathered, PageRankSums& part) const {
        const Fixed rank = pagerank_base(jumps[lane], teleport(account, lane)) + gathered;
        part.change += pagerank_change(rank, ranks[std::size_t{account} * lanes + lane]);
        pass_on(account, lane, rank, scales[account], part);
    }

    /// Adds up the parts of a block lane by lane. All its threads must call; it has block_size.
    __device__ void add_to_sums(const PageRankSums& part) const {
        __shared__ Fixed changes[block_size];
        __shared__ Fixed danglings[block_size];
        changes[threadIdx.x] = part.change;
        danglings[threadIdx.x] = part.dangling;
        __syncthreads();
        if (threadIdx.x >= lanes) return;
        Fixed change = 0;
        Fixed dangling = 0;
        for (unsigned thread = threadIdx.x; thread < block_size; thread += lanes) {
            change += changes[thread];
            dangling += danglings[thread];
        }
        if (change != 0) add_atomically(&sums->change[threadIdx.x], change);
        if (dangling != 0) add_atomically(&sums->dangling[threadIdx.x], dangling);
    }
};

/// Blocks that take `items` with `a_group` of them to each group of `lanes` threads.
template <unsigned lanes>
__host__ __device__ constexpr std::uint64_t blocks_for_groups(std::uint64_t items, unsigned a_group) {
    return blocks_for(items, std::uint64_t{block_size} / lanes * a_group);
}

/// An iteration for all rows but those of hubs, of which it adds up the chunks.
template <class Rule, unsigned lanes>
__global__ void __launch_bounds__(block_size) topics_gather(TopicState<Rule, lanes> state) {
    constexpr unsigned groups = block_size / lanes;
    const unsigned lane = threadIdx.x % lanes;
    const unsigned group = threadIdx.x / lanes;
    const std::uint64_t chunk_blocks = blocks_for_groups<lanes>(state.hub_chunks.size(), 1);
    if (blockIdx.x < chunk_blocks) {
        const std::uint64_t item = std::uint64_t{blockIdx.x} * groups + group;
        if (item >= state.hub_chunks.size()) return;
        const RowChunk chunk = state.hub_chunks[item];
        add_atomically(&state.hub_sums[std::size_t{chunk.row} * lanes + lane],
                       state.gather(chunk.begin, chunk.begin + chunk.size, lane));
        return;
    }
    PageRankSums part;
    for (unsigned batch = 0; batch < batches; ++batch) {
        const std::uint64_t row = ((blockIdx.x - chunk_blocks) * batches + batch) * groups + group;
        if (row >= state.rows.size()) break;
        const AccountId account = state.rows[row];
        state.settle(account, lane, state.gather(state.in.offsets[account], state.in.offsets[account + 1], lane), part);
    }
    state.add_to_sums(part);
}

/// The hubs, once all their chunks are in.
template <class Rule, unsigned lanes>
__global__ void __launch_bounds__(block_size) topics_settle_hubs(TopicState<Rule, lanes> state) {
    PageRankSums part;
    const unsigned lane = threadIdx.x % lanes;
    if (const std::uint64_t hub = grid_thread() / lanes; hub < state.hubs.size()) {
        Fixed& gathered = state.hub_sums[hub * lanes + lane];
        state.settle(state.hubs[hub], lane, gathered, part);
        gathered = 0;
    }
    state.add_to_sums(part);
}

/// Scales, first ranks and first shares.
template <class Rule, unsigned lanes>
__global__ void __launch_bounds__(block_size)
    topics_start(TopicState<Rule, lanes> state, double* scales, CsrView out, const double* out_weights,
                 const double* first_ranks, double damping, AccountId num_accounts) {
    PageRankSums part;
    const unsigned lane = threadIdx.x % lanes;
    if (const std::uint64_t group = grid_thread() / lanes; group < num_accounts) {
        const auto account = static_cast<AccountId>(group);
        const double out_weight = Rule::weighted ? out_weights[account] : static_cast<double>(out.degree(account));
        const double scale = pagerank_scale(damping, out_weight);
        if (lane == 0) scales[account] = scale;
        const double first = first_ranks == nullptr ? state.teleport(account, lane) : first_ranks[account];
        state.pass_on(account, lane, to_fixed(first), scale, part);
    }
    state.add_to_sums(part);
}

template <class Rule, unsigned num_lanes>
class TopicSteps {
  public:
    using Share = typename Rule::Share;
    static constexpr std::size_t lanes = num_lanes;

    TopicSteps(const PlacedGraph& placed, const TeleportRows& teleports, const PageRankOptions& options,
               std::span<const double> out_weights)
        : graph_(placed.device_graph()),
          num_accounts_(graph_.num_accounts()),
          damping_(options.damping),
          classes_(graph_.in(), longest_row),
          chunks_(row_chunks(placed.graph().in(), classes_.accounts(1), hub_chunk)),
          hub_sums_(classes_.accounts(1).size() * lanes, "pagerank: sums of hubs"),
          teleport_rows_(teleports.row_of(), "pagerank: rows of teleport vectors"),
          teleports_(teleports.rows(), "pagerank: teleport vectors"),
          first_ranks_(options.start, "pagerank: the ranks to start from"),
          out_weights_(out_weights, "pagerank: out-weights"),
          scales_(num_accounts_, "pagerank: scales"),
          ranks_(num_accounts_ * lanes, "pagerank: ranks of topics"),
          shares_(num_accounts_ * lanes, "pagerank: shares of topics"),
          next_shares_(num_accounts_ * lanes, "pagerank: next shares of topics"),
          sums_(1, "pagerank: sums") {
        hub_sums_.fill_bytes(0);
        state_.in = graph_.in();
        state_.rows = classes_.accounts(0);
        state_.hubs = classes_.accounts(1);
        state_.hub_chunks = std::as_const(chunks_).span();
        state_.hub_sums = hub_sums_.data();
        state_.teleport_rows = teleport_rows_.data();
        state_.teleports = teleports_.data();
        state_.scales = scales_.data();
        state_.ranks = ranks_.data();
        state_.sums = sums_.data();
    }

    static std::size_t bytes_needed(const PlacedGraph& placed, const TeleportRows& teleports,
                                    const PageRankOptions& options, std::span<const double> out_weights) {
        const std::size_t n = placed.graph().num_accounts();
        const EdgeOffset m = placed.graph().num_edges();
        const EdgeOffset most_hubs = m / longest_row[0];
        return n * (sizeof(AccountId) + sizeof(double) + lanes * (sizeof(Fixed) + 2 * sizeof(Share))) +
               most_hubs * lanes * sizeof(Fixed) + (m / hub_chunk + most_hubs) * sizeof(RowChunk) +
               teleports.row_of().size_bytes() + teleports.rows().size_bytes() + options.start.size_bytes() +
               out_weights.size_bytes();
    }

    LaneSums<lanes> start() {
        prepare();
        launch("topics_start", blocks_for_groups<lanes>(num_accounts_, 1), block_size, topics_start<Rule, num_lanes>,
               state_, scales_.data(), graph_.out(), out_weights_.data(), first_ranks_.data(), damping_, num_accounts_);
        return finished();
    }

    LaneSums<lanes> iterate(const std::array<double, lanes>& jumps) {
        prepare();
        for (std::size_t lane = 0; lane < lanes; ++lane) state_.jumps[lane] = jumps[lane];
        const std::uint64_t blocks = blocks_for_groups<lanes>(state_.hub_chunks.size(), 1) +
                                     blocks_for_groups<lanes>(state_.rows.size(), batches);
        launch("topics_gather", blocks, block_size, topics_gather<Rule, num_lanes>, state_);
        launch("topics_settle_hubs", blocks_for_groups<lanes>(state_.hubs.size(), 1), block_size,
               topics_settle_hubs<Rule, num_lanes>, state_);
        return finished();
    }

    void ranks(std::span<const std::size_t> which, std::span<PageRankResult> results) const {
        const std::vector<Fixed> fixed = ranks_.to_host();
        for (std::size_t account = 0; account < num_accounts_; ++account)
            for (const std::size_t lane : which)
                results[lane].ranks[account] = from_fixed(fixed[account * lanes + lane]);
    }

  private:
    void prepare() {
        state_.shares = shares_.data();
        state_.next_shares = next_shares_.data();
        sums_.fill_bytes(0);
    }

    LaneSums<lanes> finished() {
        LaneSums<lanes> sums;
        sums_.copy_to({&sums, 1});
        std::swap(shares_, next_shares_);
        return sums;
    }

    const DeviceGraph& graph_;
    AccountId num_accounts_;
    double damping_;
    DegreeClasses classes_;
    DeviceBuffer<RowChunk> chunks_;
    DeviceBuffer<Fixed> hub_sums_;
    DeviceBuffer<std::uint32_t> teleport_rows_;
    DeviceBuffer<double> teleports_;
    DeviceBuffer<double> first_ranks_;
    DeviceBuffer<double> out_weights_;
    DeviceBuffer<double> scales_;
    DeviceBuffer<Fixed> ranks_;
    DeviceBuffer<Share> shares_;
    DeviceBuffer<Share> next_shares_;
    DeviceBuffer<LaneSums<lanes>> sums_;
    TopicState<Rule, num_lanes> state_{};
};

/// `lanes` topics at a time, where they fit; else fewer.
template <class Rule, unsigned lanes>
std::vector<PageRankResult> run_topics(const PlacedGraph& graph, std::span<const Topic> topics,
                                       const PageRankOptions& options, std::span<const double> out_weights) {
    const AccountId n = graph.graph().num_accounts();
    if constexpr (lanes == many_lanes) {
        const std::size_t a_row = lanes * (sizeof(Fixed) + 2 * sizeof(typename Rule::Share) + sizeof(double));
        if (topics.size() <= few_lanes || !fits_device_memory(n * (a_row + 2 * sizeof(double))))
            return run_topics<Rule, few_lanes>(graph, topics, options, out_weights);
    }
    return pagerank_in_batches(
        topics, lanes, n, options,
        [&](std::span<const Topic> batch, std::span<PageRankResult> results, double done_before, double total) {
            const TeleportRows teleports(batch, lanes, n, graph.threads());
            using Steps = TopicSteps<Rule, lanes>;
            require_device_memory(Steps::bytes_needed(graph, teleports, options, out_weights), "pagerank of topics");
            Steps steps(graph, teleports, options, out_weights);
            pagerank_topics_batch(steps, options, results, done_before, total);
        });
}

}  // namespace

std::vector<PageRankResult> pagerank_topics(const PlacedGraph& graph, std::span<const Topic> topics,
                                            const PageRankOptions& options, std::span<const double> out_weights) {
    return with_pagerank_rule(options.precision, graph.graph().weighted(), [&]<class Rule>() {
        return run_topics<Rule, many_lanes>(graph, topics, options, out_weights);
    });
}

}  // namespace coterie::cuda
