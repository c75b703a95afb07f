// PageRank of a graph whose rows need not be on the device: they pass through it block by block, or are shared among several
// devices. Ranks and shares stay. The kernel is a plain one, since the copies take longer.

#include <memory>
#include <utility>
#include <vector>

#include "kernels/cuda/device_buffer.cuh"
#include "kernels/cuda/peers.cuh"
#include "kernels/cuda/row_groups.cuh"
#include "kernels/cuda/streamed_state.hpp"
#include "kernels/kernels.hpp"
#include "kernels/pagerank/pagerank_loop.hpp"

namespace coterie::cuda {

namespace {

constexpr const char* what = "pagerank, streamed";

/// What the kernel reads and writes. Arrays of a device's own accounts begin with the first of these.
template <class Rule>
struct State {
    AccountId first;
    Fixed* ranks;
    const double* scales;
    const double* teleport;  ///< or null: everywhere `uniform`
    double uniform;
    double jump;
    const typename Rule::Share* shares;  ///< of all accounts
    typename Rule::Share* next_shares;
    PageRankSums* sums;
};

template <class Rule>
__global__ void __launch_bounds__(block_size) gather_block(RowBlock block, State<Rule> state) {
    const BlockRows& in = block.directions[0];
    const Fixed gathered = sum_of_row(in, block.rows, [&](EdgeOffset edge) {
        const auto share = state.shares[in.neighbors[edge]];
        if constexpr (Rule::weighted)
            return Rule::term(share, in.weights[edge]);
        else
            return Rule::term(share);
    });
    PageRankSums part;
    const AccountId row = blockIdx.x * rows_a_block + threadIdx.x / row_lanes;
    if (threadIdx.x % row_lanes == 0 && row < block.rows) {
        const AccountId account = block.first + row;
        const AccountId own = account - state.first;
        const Fixed rank =
            pagerank_base(state.jump, state.teleport == nullptr ? state.uniform : state.teleport[own]) + gathered;
        const double scale = state.scales[own];
        part.change = pagerank_change(rank, state.ranks[own]);
        if (pagerank_dangles(scale)) part.dangling = rank;
        state.ranks[own] = rank;
        state.next_shares[account] = Rule::share(rank, scale);
    }
    const Fixed change = block_sum(part.change);
    const Fixed dangling = block_sum(part.dangling);
    if (threadIdx.x != 0) return;
    if (change != 0) add_atomically(&state.sums->change, change);
    if (dangling != 0) add_atomically(&state.sums->dangling, dangling);
}

/// Ranks, scales and shares before the first iteration, in host memory.
template <class Rule>
struct Start {
    Start(const Graph& graph, const PageRankOptions& options, std::span<const double> out_weights, AccountId active)
        : ranks(active), scales(active), shares(active) {
        const std::span<const double> first = options.start.empty() ? options.teleport : options.start;
        const double uniform = 1.0 / graph.num_accounts();
        for (AccountId account = 0; account < active; ++account) {
            const double out_weight =
                Rule::weighted ? out_weights[account] : static_cast<double>(graph.out().degree(account));
            scales[account] = pagerank_scale(options.damping, out_weight);
            ranks[account] = to_fixed(first.empty() ? uniform : first[account]);
            shares[account] = Rule::share(ranks[account], scales[account]);
            if (pagerank_dangles(scales[account])) dangling += ranks[account];
        }
    }
    std::vector<Fixed> ranks;
    std::vector<double> scales;
    std::vector<typename Rule::Share> shares;
    Fixed dangling = 0;
};

/// What one device has. Made while it is current.
template <class Rule>
class Device {
  public:
    using Share = typename Rule::Share;

    Device(const Start<Rule>& start, const Graph& graph, const PageRankOptions& options, AccountId begin, AccountId end,
           const Placement& placement)
        : stream_(RowSet{graph.in()},
                  plan_within_memory({graph.in()}, begin, end,
                                     pagerank_state(static_cast<AccountId>(start.shares.size()), end - begin,
                                                    options.precision, !options.teleport.empty()),
                                     what),
                  placement.threads, placement.trace),
          ranks_(std::span(start.ranks).subspan(begin, end - begin), what),
          scales_(std::span(start.scales).subspan(begin, end - begin), what),
          teleport_(options.teleport.empty() ? options.teleport : options.teleport.subspan(begin, end - begin), what),
          shares_(std::span<const Share>(start.shares), what),
          next_shares_(start.shares.size(), what),
          sums_(1, what),
          state_{.first = begin,
                 .ranks = ranks_.data(),
                 .scales = scales_.data(),
                 .teleport = options.teleport.empty() ? nullptr : teleport_.data(),
                 .uniform = 1.0 / graph.num_accounts(),
                 .jump = 0,
                 .shares = nullptr,
                 .next_shares = nullptr,
                 .sums = sums_.data()} {}

    void begin_iteration(double jump) {
        state_.jump = jump;
        state_.shares = shares_.data();
        state_.next_shares = next_shares_.data();
        check(cudaMemsetAsync(sums_.data(), 0, sizeof(PageRankSums), stream_.kernels()), "clearing sums");
        stream_.begin_pass("pagerank");
    }
    bool gather_next_block() {
        return stream_.next([&](const RowBlock& block) {
            launch_on(stream_.kernels(), "gather_block", blocks_of_threads(block), block_size, gather_block<Rule>,
                      block, state_);
        });
    }
    PeerArray<Share> next_shares() { return {next_shares_.data(), stream_.kernels()}; }
    /// Waits for all that was put on the device's streams.
    PageRankSums end_iteration() {
        PageRankSums sums;
        sums_.copy_to({&sums, 1});
        stream_.flush_trace();
        std::swap(shares_, next_shares_);
        return sums;
    }
    void ranks(std::span<double> ranks) const {
        const std::vector<Fixed> fixed = ranks_.to_host();
        for (std::size_t own = 0; own < fixed.size(); ++own) ranks[state_.first + own] = from_fixed(fixed[own]);
    }
    const BlockPlan& plan() const { return stream_.plan(); }

  private:
    RowStream stream_;
    DeviceBuffer<Fixed> ranks_;
    DeviceBuffer<double> scales_;
    DeviceBuffer<double> teleport_;
    DeviceBuffer<Share> shares_;
    DeviceBuffer<Share> next_shares_;
    DeviceBuffer<PageRankSums> sums_;
    State<Rule> state_;
};

template <class Rule>
class StreamedSteps {
  public:
    StreamedSteps(const PlacedGraph& placed, const PageRankOptions& options, std::span<const double> out_weights,
                  DeviceUse& use)
        : active_(pagerank_active_accounts(placed.graph(), options)) {
        const Graph& graph = placed.graph();
        const Start<Rule> start(graph, options, out_weights, active_);
        dangling_ = start.dangling;
        const int num_devices = placed.placement().devices;
        bounds_ = shares_of_devices({graph.in()}, active_, num_devices);
        connect_peers(num_devices);
        UseOfDevices used;
        for (int device = 0; device < num_devices; ++device) {
            const OnDevice current(device);
            const auto d = static_cast<std::size_t>(device);
            devices_.push_back(
                std::make_unique<Device<Rule>>(start, graph, options, bounds_[d], bounds_[d + 1], placed.placement()));
            used.add(devices_.back()->plan());
        }
        used.tell(use);
    }

    AccountId active() const { return active_; }
    Fixed start() const { return dangling_; }

    PageRankSums iterate(double jump) {
        on_each_device([&](Device<Rule>& device) { device.begin_iteration(jump); });
        // Block by block in turn, so that no device waits until the host has fed another.
        for (bool more = true; more;) {
            more = false;
            on_each_device([&](Device<Rule>& device) { more |= device.gather_next_block(); });
        }
        std::vector<PeerArray<typename Rule::Share>> shares;
        for (const auto& device : devices_) shares.push_back(device->next_shares());
        exchange(std::span<const PeerArray<typename Rule::Share>>(shares), bounds_);
        PageRankSums sums;
        on_each_device([&](Device<Rule>& device) {
            const PageRankSums part = device.end_iteration();
            sums.change += part.change;
            sums.dangling += part.dangling;
        });
        return sums;
    }

    void ranks(std::span<double> ranks) const {
        for (const auto& device : devices_) device->ranks(ranks);
    }

  private:
    template <class Work>
    void on_each_device(Work work) {
        for (std::size_t device = 0; device < devices_.size(); ++device) {
            const OnDevice current(static_cast<int>(device));
            work(*devices_[device]);
        }
    }

    AccountId active_;
    Fixed dangling_ = 0;
    std::vector<AccountId> bounds_;
    std::vector<std::unique_ptr<Device<Rule>>> devices_;
};

}  // namespace

PageRankResult pagerank_streamed(const PlacedGraph& graph, const PageRankOptions& options,
                                 std::span<const double> out_weights, DeviceUse& use) {
    return with_pagerank_rule(options.precision, graph.graph().weighted(), [&]<class Rule>() {
        StreamedSteps<Rule> steps(graph, options, out_weights, use);
        return pagerank_loop(steps, graph.graph().num_accounts(), options);
    });
}

}  // namespace coterie::cuda
