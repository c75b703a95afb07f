#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/cuda/device_graph.cuh"
#include "kernels/cuda/device_loop.cuh"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/row_edges.cuh"
#include "kernels/kernels.hpp"
#include "kernels/pagerank/device_segments.cuh"
#include "kernels/pagerank/pagerank_loop.hpp"

namespace coterie::cuda {

namespace {

/// A block holds the shares of a segment, so that an SM has room for one.
constexpr unsigned gather_threads = 1024;
/// Edges and accounts that a launch of the loop passes before the host is asked whether to go on: a tenth of a second or so.
constexpr std::uint64_t edges_per_launch = std::uint64_t{1} << 30U;
constexpr std::uint64_t most_iterations_per_launch = 32;

/// What one iteration hands to the next, in device memory.
struct DeviceRound {
    PageRankRound round = {};
    int iterations_end = 0;    ///< go on until then, and return to the host
    PageRankSums sums = {};    ///< of the running iteration
    unsigned int settled = 0;  ///< blocks of `pagerank_settle_split` that are through

    __device__ bool over() const { return round.over() || round.iterations >= iterations_end; }
};

template <class Rule>
__device__ Fixed term_of(const typename Rule::Share* shares, AccountId source, const float* weights, EdgeOffset edge) {
    if constexpr (Rule::weighted)
        return Rule::term(shares[source], weights[edge]);
    else
        return Rule::term(shares[source]);
}

/// The terms of the edges of a part of a row, which is number `index` in `rows.starts`: those that fall to thread `lane` of
/// `lanes`. `shares` is what ids count from.
template <class Rule, unsigned lanes, class Id>
__device__ Fixed terms(const IdRows<Id>& rows, EdgeOffset begin, std::uint32_t index, unsigned lane,
                       const typename Rule::Share* shares) {
    const EdgeOffset end = begin + rows.starts[index + 1];
    EdgeOffset edge = begin + rows.starts[index];
    Fixed sum = 0;
    if constexpr (lanes == 1) {
        for (; edge < end; ++edge) sum += term_of<Rule>(shares, rows.ids[edge], rows.weights, edge);
    } else {
        constexpr unsigned ids_a_word = sizeof(AccountId) / sizeof(Id);
        constexpr unsigned step = 4 * ids_a_word;  // 16 bytes
        for (edge += step * lane; edge < end; edge += step * lanes) {
            const uint4 four = stream_ids(reinterpret_cast<const AccountId*>(rows.ids + edge));
            const AccountId words[4] = {four.x, four.y, four.z, four.w};
            for (unsigned i = 0; i < step; ++i) {
                const AccountId word = words[i / ids_a_word];
                const AccountId id = ids_a_word == 1 ? word : i % 2 == 0 ? word & 0xffffU : word >> 16U;
                sum += term_of<Rule>(shares, id, rows.weights, edge + i);
            }
        }
    }
    return sum;
}

/// All that the kernels read and write, handed over by value. Device memory.
template <class Rule>
struct PageRankState {
    SegmentView segments[DeviceSegments::most_segments];
    unsigned num_segments;
    IdRows<AccountId> rest;
    AccountId split_rows;
    Fixed* sums;  ///< [split_rows] of the terms of an account, 0 between iterations

    Fixed* ranks;
    const double* scales;             ///< d / W(u)
    typename Rule::Share* shares[2];  ///< of the iterations of even and of odd number
    const double* teleport;           ///< or null: everywhere `uniform`
    double uniform;
    DeviceRound* round;

    /// Finishes an account whose terms sum to `gathered`: its rank, its next share, its part of the sums.
    __device__ void settle(AccountId account, Fixed gathered, PageRankSums& part) const {
        const Fixed base = pagerank_base(round->round.jump(), teleport == nullptr ? uniform : teleport[account]);
        const Fixed rank = base + gathered;
        const double scale = scales[account];
        part.change += pagerank_change(rank, ranks[account]);
        if (pagerank_dangles(scale)) part.dangling += rank;
        ranks[account] = rank;
        shares_now(1)[account] = Rule::share(rank, scale);
    }

    /// Of this iteration, or of the next one.
    __device__ typename Rule::Share* shares_now(int later = 0) const {
        return shares[(round->round.iterations + later) % 2];
    }

    __device__ const SegmentView& segment_of_block() const {
        unsigned s = 0;
        while (s + 1 < num_segments && segments[s + 1].first_block <= blockIdx.x) ++s;
        return segments[s];
    }

    /// The terms of a row, by `lanes` threads; the first of them gets their sum.
    template <unsigned lanes>
    __device__ Fixed gather(const SegmentView& segment, const GatherTask& task, std::uint32_t row,
                            const typename Rule::Share* held) const {
        const unsigned lane = threadIdx.x % lanes;
        const bool has_row = row < task.rows;
        Fixed gathered = 0;
        if (has_row) {
            gathered = terms<Rule, lanes>(segment.narrow, task.narrow, task.starts + row, lane, held);
            if (segment.first_source == 0)
                gathered += terms<Rule, lanes>(rest, task.wide, task.starts + row, lane, shares_now());
        }
        if constexpr (lanes > 1) gathered = warp_sum<lanes>(gathered);
        return gathered;
    }

    /// All rows of a task, by a warp.
    template <unsigned lanes>
    __device__ void gather_rows(const SegmentView& segment, const GatherTask& task, const typename Rule::Share* held,
                                PageRankSums& part) const {
        for (std::uint32_t first = 0; first < task.rows; first += warp_size / lanes) {
            const std::uint32_t row = first + threadIdx.x % warp_size / lanes;
            const Fixed gathered = gather<lanes>(segment, task, row, held);
            if (row >= task.rows || threadIdx.x % lanes != 0) continue;
            const AccountId account = task.first_row + row;
            if (account >= split_rows)
                settle(account, gathered, part);
            else if (gathered != 0)
                add_atomically(&sums[account], gathered);
        }
    }

    /// All threads of a block must call.
    __device__ void add_to_sums(const PageRankSums& part) const {
        const Fixed change = block_sum(part.change);
        const Fixed dangling = block_sum(part.dangling);
        if (threadIdx.x != 0) return;
        if (change != 0) add_atomically(&round->sums.change, change);
        if (dangling != 0) add_atomically(&round->sums.dangling, dangling);
    }
};

/// Gathers all rows, and settles those of which this is all.
template <class Rule>
__global__ void __launch_bounds__(gather_threads) pagerank_gather(PageRankState<Rule> state) {
    using Share = typename Rule::Share;
    extern __shared__ std::uint64_t shared_memory[];
    if (state.round->over()) return;
    auto* const held = reinterpret_cast<Share*>(shared_memory);
    const SegmentView& segment = state.segment_of_block();
    const Share* const shares = state.shares_now() + segment.first_source;
    for (AccountId source = threadIdx.x; source < segment.width; source += gather_threads)
        held[source] = shares[source];
    if (threadIdx.x == 0) held[segment.width] = 0;
    __syncthreads();

    PageRankSums part;
    constexpr unsigned warps = gather_threads / warp_size;
    const unsigned first = (blockIdx.x - segment.first_block) * warps + threadIdx.x / warp_size;
    for (std::size_t index = first; index < segment.tasks.size(); index += segment.blocks * warps) {
        const GatherTask task = segment.tasks[index];
        if (task.lanes == 1)
            state.template gather_rows<1>(segment, task, held, part);
        else if (task.lanes == 2)
            state.template gather_rows<2>(segment, task, held, part);
        else if (task.lanes == 8)
            state.template gather_rows<8>(segment, task, held, part);
        else
            state.template gather_rows<warp_size>(segment, task, held, part);
    }
    state.add_to_sums(part);
}

/// Settles the accounts whose rows were split. The last block ends the iteration.
template <class Rule>
__global__ void __launch_bounds__(block_size)
    pagerank_settle_split(PageRankState<Rule> state, cudaGraphConditionalHandle loop) {
    DeviceRound& now = *state.round;
    if (now.over()) return;
    PageRankSums part;
    if (const std::uint64_t account = grid_thread(); account < state.split_rows) {
        state.settle(static_cast<AccountId>(account), state.sums[account], part);
        state.sums[account] = 0;
    }
    state.add_to_sums(part);
    if (threadIdx.x != 0) return;
    __threadfence();
    if (atomicAdd(&now.settled, 1U) + 1 < gridDim.x) return;
    __threadfence();
    now.settled = 0;
    now.round.finish({load_atomically(&now.sums.change), load_atomically(&now.sums.dangling)});
    now.sums = {};
    loop_again(loop, !now.over());
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
        state.shares[0][account] = Rule::share(rank, scale);
        if (pagerank_dangles(scale)) part.dangling = rank;
    }
    state.add_to_sums(part);
}

template <class Rule>
class PageRankSteps {
  public:
    using Share = typename Rule::Share;

    PageRankSteps(const PlacedGraph& placed, const PageRankOptions& options, std::span<const double> out_weights,
                  const PageRankTuning& tuning)
        : graph_(placed.device_graph()),
          active_(pagerank_active_accounts(placed.graph(), options)),
          damping_(options.damping) {
        require_device_memory(bytes_needed(options, out_weights), "pagerank");
        const CsrView in = graph_.in();
        const CsrView rows{in.offsets.first(std::size_t{active_} + 1), in.neighbors, in.weights};
        segments_ = DeviceSegments(placed.graph().out(), rows, active_, shape(tuning));
        sums_ = DeviceBuffer<Fixed>(segments_.split_rows(), "pagerank: sums of split rows");
        sums_.fill_bytes(0);
        ranks_ = DeviceBuffer<Fixed>(active_, "pagerank: ranks");
        scales_ = DeviceBuffer<double>(active_, "pagerank: scales");
        shares_ = DeviceBuffer<Share>(active_ + 1, "pagerank: shares");
        next_shares_ = DeviceBuffer<Share>(active_ + 1, "pagerank: next shares");
        teleport_ = DeviceBuffer<double>(options.teleport, "pagerank: the teleport vector");
        first_ranks_ = DeviceBuffer<double>(options.start, "pagerank: the ranks to start from");
        out_weights_ =
            DeviceBuffer<double>(out_weights.first(out_weights.empty() ? 0 : active_), "pagerank: out-weights");
        round_ = DeviceBuffer<DeviceRound>(1, "pagerank: the round");

        // The last one is that of the id which fills rows up.
        shares_.fill_bytes(0);
        next_shares_.fill_bytes(0);
        for (std::size_t s = 0; s < segments_.size(); ++s) state_.segments[s] = segments_.view(s);
        state_.num_segments = static_cast<unsigned>(segments_.size());
        state_.rest = segments_.rest();
        state_.split_rows = segments_.split_rows();
        state_.sums = sums_.data();
        state_.ranks = ranks_.data();
        state_.scales = scales_.data();
        state_.teleport = options.teleport.empty() ? nullptr : teleport_.data();
        state_.uniform = 1.0 / placed.graph().num_accounts();
        state_.shares[0] = shares_.data();
        state_.shares[1] = next_shares_.data();
        state_.round = round_.data();
        loop_.emplace([this](cudaStream_t stream, cudaGraphConditionalHandle loop) { launch_iteration(stream, loop); },
                      tuning.loop_in_graph && DeviceLoop::graphs_known());
    }

    AccountId active() const { return active_; }

    Fixed start() {
        round_.fill_bytes(0);
        const double* first_ranks = first_ranks_.size() != 0 ? first_ranks_.data() : state_.teleport;
        launch("pagerank_start", blocks_for(active_), block_size, pagerank_start<Rule>, state_, scales_.data(),
               graph_.out(), out_weights_.data(), first_ranks, damping_, active_);
        return read_round().sums.dangling;
    }

    void go_on(PageRankRound& round) {
        const std::uint64_t size = 1 + graph_.num_edges() + active_;
        const std::uint64_t most = std::clamp<std::uint64_t>(edges_per_launch / size, 1, most_iterations_per_launch);
        const int iterations = std::min(static_cast<int>(most), round.max_iterations - round.iterations);
        const DeviceRound now{.round = round, .iterations_end = round.iterations + iterations};
        check(cudaMemcpy(round_.data(), &now, sizeof now, cudaMemcpyHostToDevice), "starting iterations");
        loop_->run(iterations);
        round = read_round().round;
    }

    void ranks(std::span<double> ranks) const {
        const std::vector<Fixed> fixed = ranks_.to_host();
        for (std::size_t account = 0; account < fixed.size(); ++account) ranks[account] = from_fixed(fixed[account]);
    }

  private:
    std::size_t bytes_needed(const PageRankOptions& options, std::span<const double> out_weights) const {
        const std::size_t per_account = 2 * sizeof(Fixed) + sizeof(double) + 2 * sizeof(Share);
        return active_ * per_account + options.teleport.size_bytes() + options.start.size_bytes() +
               out_weights.size_bytes();
    }

    /// Blocks as the device can run at a time, with as many shares as fit.
    static SegmentShape shape(const PageRankTuning& tuning) {
        constexpr const char* doing = "asking for the device's shared memory";
        int device = 0;
        int processors = 0;
        int shared = 0;
        cudaFuncAttributes kernel{};
        check(cudaGetDevice(&device), doing);
        check(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device), doing);
        check(cudaDeviceGetAttribute(&shared, cudaDevAttrMaxSharedMemoryPerBlockOptin, device), doing);
        check(cudaFuncGetAttributes(&kernel, pagerank_gather<Rule>), doing);
        std::size_t bytes = static_cast<std::size_t>(shared) - kernel.sharedSizeBytes;
        if (tuning.shared_bytes != 0) bytes = std::min(bytes, tuning.shared_bytes);
        return {sizeof(Share), bytes, static_cast<unsigned>(processors), gather_threads / warp_size};
    }

    void launch_iteration(cudaStream_t stream, cudaGraphConditionalHandle loop) {
        const std::size_t shared_bytes = (segments_.most_width() + std::size_t{1}) * sizeof(Share);
        check(cudaFuncSetAttribute(pagerank_gather<Rule>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                   static_cast<int>(shared_bytes)),
              "asking for shared memory");
        launch(
            "pagerank_gather",
            {.blocks = segments_.blocks(), .threads = gather_threads, .shared_bytes = shared_bytes, .stream = stream},
            pagerank_gather<Rule>, state_);
        const std::uint64_t blocks = std::max<std::uint64_t>(1, blocks_for(segments_.split_rows()));
        launch("pagerank_settle_split", {.blocks = blocks, .stream = stream}, pagerank_settle_split<Rule>, state_,
               loop);
    }

    DeviceRound read_round() const {
        DeviceRound now;
        round_.copy_to({&now, 1});
        return now;
    }

    const DeviceGraph& graph_;
    AccountId active_;
    double damping_;
    DeviceSegments segments_;
    DeviceBuffer<Fixed> sums_;
    DeviceBuffer<Fixed> ranks_;
    DeviceBuffer<double> scales_;
    DeviceBuffer<Share> shares_;
    DeviceBuffer<Share> next_shares_;
    DeviceBuffer<double> teleport_;
    DeviceBuffer<double> first_ranks_;
    DeviceBuffer<double> out_weights_;
    DeviceBuffer<DeviceRound> round_;
    PageRankState<Rule> state_{};
    std::optional<DeviceLoop> loop_;
};

}  // namespace

PageRankResult pagerank(const PlacedGraph& graph, const PageRankOptions& options, std::span<const double> out_weights,
                        const PageRankTuning& tuning) {
    return with_pagerank_rule(options.precision, graph.graph().weighted(), [&]<class Rule>() {
        PageRankSteps<Rule> steps(graph, options, out_weights, tuning);
        return pagerank_loop(steps, graph.graph().num_accounts(), options);
    });
}

}  // namespace coterie::cuda
