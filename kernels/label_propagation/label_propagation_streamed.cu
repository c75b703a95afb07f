// Label propagation of a graph whose rows need not be on the device: they pass through it block by block, or are shared among
// several devices. Labels and what belongs to accounts stay, whole, on each device. Plain kernels, since the copies take longer.

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/cuda/device_buffer.cuh"
#include "kernels/cuda/peers.cuh"
#include "kernels/cuda/streamed_state.hpp"
#include "kernels/label_propagation/label_propagation_loop.hpp"
#include "kernels/label_propagation/streamed_vote_table.cuh"

namespace coterie::cuda {

namespace {

using namespace label_propagation;

constexpr const char* what = "communities, streamed";

// Neighborhoods by size (in + out): a warp each with a table in shared memory; a block of threads with all of that; above,
// a large block of threads with a table in device memory.
constexpr unsigned warps = block_size / warp_size;
constexpr EdgeOffset warp_degree = 128;
constexpr unsigned warp_slots = 2 * warp_degree;
constexpr EdgeOffset block_degree = warp_degree * warps;
static_assert(block_degree == longest_shared_neighborhood);
constexpr unsigned large_block = 1024;
enum LongClass : unsigned { long_rows, giant_rows, num_classes };

template <class Rule>
struct Election {
    Rule rule;
    const AccountId* labels;
    AccountId* next;
};

/// A row, and the threads thread, thread + 1, … of `threads` that count it in `table` together.
template <class Rule>
__device__ void count_votes(const Election<Rule>& election, const BlockNeighborhood& neighborhood,
                            const StreamedVoteTable& table, unsigned thread, unsigned threads) {
    neighborhood.for_each_vote<Rule>(thread, threads, [&](AccountId neighbor, std::uint64_t votes) {
        table.count(election.labels[neighbor], votes);
    });
}

/// All `threads` of a block, on one row.
template <unsigned threads, class Rule>
__device__ void elect_by_all(const Election<Rule>& election, const BlockNeighborhood& neighborhood,
                             const StreamedVoteTable& table) {
    table.clear(threadIdx.x, threads);
    __syncthreads();
    count_votes(election, neighborhood, table, threadIdx.x, threads);
    __syncthreads();
    const AccountId account = neighborhood.account();
    const AccountId present = election.labels[account];
    const auto best = winner_of_threads<threads>(election.rule, present,
                                                 table.winner(election.rule, account, present, threadIdx.x, threads));
    if (threadIdx.x == 0) election.next[account] = best.label;
    __syncthreads();  // before the table is cleared for another
}

/// The rows of a block of at most `block_degree` neighbors, a warp a row.
template <class Rule>
__global__ void __launch_bounds__(block_size) elect_rows(RowBlock block, Election<Rule> election) {
    __shared__ AccountId labels[warps * warp_slots];
    __shared__ std::uint64_t votes[warps * warp_slots];
    const unsigned warp = threadIdx.x / warp_size;
    const unsigned lane = threadIdx.x % warp_size;
    const AccountId first = blockIdx.x * warps;
    const AccountId row = first + warp;
    if (row < block.rows && election.rule.has_turn(block.first + row)) {
        const BlockNeighborhood neighborhood(block, row);
        const EdgeOffset degree = neighborhood.degree();
        if (degree > 0 && degree <= warp_degree) {
            const StreamedVoteTable table{labels + warp * warp_slots, votes + warp * warp_slots,
                                          vote_table_bits(degree)};
            const AccountId account = neighborhood.account();
            table.clear(lane, warp_size);
            __syncwarp();
            count_votes(election, neighborhood, table, lane, warp_size);
            __syncwarp();
            const AccountId present = election.labels[account];
            const auto best =
                winner_of_warp(election.rule, present, table.winner(election.rule, account, present, lane, warp_size));
            if (lane == 0) election.next[account] = best.label;
        }
    }
    __syncthreads();
    for (AccountId other = first; other < first + warps && other < block.rows; ++other) {
        if (!election.rule.has_turn(block.first + other)) continue;
        const BlockNeighborhood neighborhood(block, other);
        const EdgeOffset degree = neighborhood.degree();
        if (degree > warp_degree && degree <= block_degree)
            elect_by_all<block_size>(election, neighborhood, {labels, votes, vote_table_bits(degree)});
    }
}

/// The accounts of a list that stand in the block of rows, with tables in device memory.
template <class Rule>
__global__ void __launch_bounds__(large_block)
    elect_listed(RowBlock block, Election<Rule> election, std::span<const AccountId> accounts, AccountId* labels,
                 std::uint64_t* votes, std::uint64_t table_slots) {
    for (std::uint64_t i = blockIdx.x; i < accounts.size(); i += gridDim.x) {
        if (!election.rule.has_turn(accounts[i])) continue;
        const BlockNeighborhood neighborhood(block, accounts[i] - block.first);
        std::uint32_t bits = vote_table_bits(neighborhood.degree());
        while ((std::uint64_t{1} << bits) > table_slots) --bits;
        elect_by_all<large_block>(election, neighborhood,
                                  {labels + blockIdx.x * table_slots, votes + blockIdx.x * table_slots, bits});
    }
}

/// strengths[account] = its votes, a warp a row.
__global__ void __launch_bounds__(block_size) sum_votes(RowBlock block, std::uint64_t* strengths) {
    const std::uint64_t row = grid_thread() / warp_size;
    if (row >= block.rows) return;
    const BlockNeighborhood neighborhood(block, static_cast<AccountId>(row));
    std::uint64_t sum = 0;
    neighborhood.for_each_vote<PricedVotes>(threadIdx.x % warp_size, warp_size,
                                            [&](AccountId, std::uint64_t votes) { sum += votes; });
    sum = warp_sum(sum);
    if (threadIdx.x % warp_size == 0) strengths[neighborhood.account()] = sum;
}

/// Each label starts with the strength of its one account.
__global__ void __launch_bounds__(block_size) start_volumes(AccountId num_accounts, const AccountId* labels,
                                                            const std::uint64_t* strengths, std::uint64_t* volumes) {
    if (const std::uint64_t account = grid_thread(); account < num_accounts)
        volumes[labels[account]] = strengths[account];
}

/// Makes `next` the labels and counts who changed. Those who had no turn find their present label there.
__global__ void __launch_bounds__(block_size)
    adopt(AccountId num_accounts, AccountId* labels, const AccountId* next, const std::uint64_t* strengths,
          std::uint64_t* volumes, std::uint64_t* changed) {
    const std::uint64_t account = grid_thread();
    const bool changes = account < num_accounts && labels[account] != next[account];
    if (changes) {
        const AccountId from = labels[account];
        const AccountId to = next[account];
        labels[account] = to;
        if (volumes != nullptr) {
            add_atomically(&volumes[from], 0 - strengths[account]);
            add_atomically(&volumes[to], strengths[account]);
        }
    }
    const std::uint64_t sum = block_sum(changes ? 1 : 0);
    if (threadIdx.x == 0 && sum != 0) add_atomically(changed, sum);
}

EdgeOffset degree_of(const RowSet& rows, AccountId account) {
    EdgeOffset degree = 0;
    for (const CsrView& direction : rows) degree += direction.degree(account);
    return degree;
}

/// What one device has. Made while it is current. It works on the rows [begin, end).
class Device {
  public:
    Device(const RowSet& rows, std::span<const AccountId> start, CommunityMethod method, AccountId begin, AccountId end,
           const Placement& placement)
        : num_accounts_(static_cast<AccountId>(start.size())),
          tables_(vote_tables(rows, begin, end)),
          stream_(rows, plan_within_memory(rows, begin, end, communities_state(num_accounts_, method, tables_), what),
                  placement.threads, placement.trace),
          labels_(start, what),
          next_(start, what),
          draws_(method == CommunityMethod::lpa ? start.size() : 0, what),
          strengths_(draws_.size(), what),
          volumes_(draws_.size(), what),
          table_labels_(tables_.slots, what),
          table_votes_(tables_.slots, what),
          changed_(1, what) {
        changed_.fill_bytes(0);
        list_long_rows(rows);
    }

    void begin_pass() { stream_.begin_pass("votes"); }

    bool sum_next_block() {
        return stream_.next([&](const RowBlock& block) {
            launch_on(stream_.kernels(), "adding votes", blocks_for(block.rows, warps), block_size, sum_votes, block,
                      strengths_.data());
        });
    }
    void start_volumes() {
        launch_on(stream_.kernels(), "starting volumes", blocks_for(num_accounts_), block_size,
                  coterie::cuda::start_volumes, num_accounts_, labels_.data(), strengths_.data(), volumes_.data());
    }

    bool elect_next_block(const MostFrequent& rule) { return elect_next_block_by(rule); }
    bool elect_next_block(PricedVotes rule) {
        rule.draws = draws_.span();
        rule.strengths = strengths_.span();
        rule.volumes = volumes_.span();
        return elect_next_block_by(rule);
    }
    void adopt() {
        launch_on(stream_.kernels(), "adopting labels", blocks_for(num_accounts_), block_size, coterie::cuda::adopt,
                  num_accounts_, labels_.data(), next_.data(), strengths_.data(), volumes_.data(), changed_.data());
    }

    void draw(std::span<const std::uint32_t> draws) {
        check(cudaMemcpy(draws_.data(), draws.data(), draws.size_bytes(), cudaMemcpyHostToDevice), "dealing turns");
    }
    std::uint64_t changed() {
        std::uint64_t count = 0;
        changed_.copy_to({&count, 1});
        stream_.flush_trace();
        changed_.fill_bytes(0);
        return count;
    }
    void wait() const { check(cudaStreamSynchronize(stream_.kernels()), what); }
    std::vector<AccountId> labels() const { return labels_.to_host(); }
    std::vector<std::uint64_t> strengths() const { return strengths_.to_host(); }
    PeerArray<AccountId> next() { return {next_.data(), stream_.kernels()}; }
    PeerArray<std::uint64_t> peer_strengths() { return {strengths_.data(), stream_.kernels()}; }
    const BlockPlan& plan() const { return stream_.plan(); }

  private:
    void list_long_rows(const RowSet& rows) {
        std::vector<AccountId> listed;
        const BlockPlan& plan = stream_.plan();
        for (std::size_t number = 0; number < plan.blocks(); ++number)
            for (unsigned c = 0; c < num_classes; ++c) {
                for (AccountId account = plan.bounds[number]; account < plan.bounds[number + 1]; ++account) {
                    const EdgeOffset degree = degree_of(rows, account);
                    if (degree > block_degree && (degree > longest_common_table) == (c == giant_rows))
                        listed.push_back(account);
                }
                list_ends_.push_back(listed.size());
            }
        listed_ = DeviceBuffer<AccountId>(std::span<const AccountId>(listed), what);
    }

    std::span<const AccountId> listed(std::size_t number, unsigned long_class) const {
        const std::size_t list = number * num_classes + long_class;
        const std::size_t begin = list == 0 ? 0 : list_ends_[list - 1];
        return listed_.span().subspan(begin, list_ends_[list] - begin);
    }

    template <class Rule>
    bool elect_next_block_by(const Rule& rule) {
        const Election<Rule> election{rule, labels_.data(), next_.data()};
        return stream_.next([&](const RowBlock& block) {
            launch_on(stream_.kernels(), "elections of rows", blocks_for(block.rows, warps), block_size,
                      elect_rows<Rule>, block, election);
            const auto& bounds = stream_.plan().bounds;
            const auto number =
                static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), block.first) - bounds.begin());
            for (unsigned c = 0; c < num_classes; ++c) {
                const auto accounts = listed(number, c);
                if (accounts.empty()) continue;
                const std::uint64_t slots = c == giant_rows ? tables_.giant_slots : tables_.long_slots;
                const std::uint64_t blocks = std::min({most_vote_tables, tables_.slots / slots, accounts.size()});
                launch_on(stream_.kernels(), "elections of long rows", blocks, large_block, elect_listed<Rule>, block,
                          election, accounts, table_labels_.data(), table_votes_.data(), slots);
            }
        });
    }

    AccountId num_accounts_;
    VoteTables tables_;
    RowStream stream_;
    DeviceBuffer<AccountId> labels_;
    DeviceBuffer<AccountId> next_;
    DeviceBuffer<std::uint32_t> draws_;
    DeviceBuffer<std::uint64_t> strengths_;
    DeviceBuffer<std::uint64_t> volumes_;
    DeviceBuffer<AccountId> table_labels_;
    DeviceBuffer<std::uint64_t> table_votes_;
    DeviceBuffer<std::uint64_t> changed_;
    DeviceBuffer<AccountId> listed_;
    std::vector<std::size_t> list_ends_;  ///< by block and class
};

class StreamedSteps {
  public:
    StreamedSteps(const PlacedGraph& placed, bool weighted, const std::vector<AccountId>& start,
                  const CommunitiesOptions& options, DeviceUse& use)
        : start_(start), seed_(options.seed) {
        const Graph graph = weighted ? placed.graph() : placed.graph().unweighted();
        RowSet rows{graph.out()};
        if (graph.directed()) rows.push_back(graph.in());
        const int num_devices = placed.placement().devices;
        bounds_ = shares_of_devices(rows, graph.num_accounts(), num_devices);
        connect_peers(num_devices);
        UseOfDevices used;
        for (int device = 0; device < num_devices; ++device) {
            const OnDevice current(device);
            const auto d = static_cast<std::size_t>(device);
            devices_.push_back(
                std::make_unique<Device>(rows, start, options.method, bounds_[d], bounds_[d + 1], placed.placement()));
            used.add(devices_.back()->plan());
        }
        used.tell(use);
    }

    /// Strengths and volumes, which only lpa needs.
    void measure() {
        pass([](Device& device) { return device.sum_next_block(); });
        share([](Device& device) { return device.peer_strengths(); });
        on_each_device([](Device& device) { device.start_volumes(); });
        for (const std::uint64_t strength : devices_.front()->strengths()) total_strength_ += strength;
    }

    template <class Rule>
    void relabel(const Rule& rule) {
        pass([&](Device& device) { return device.elect_next_block(rule); });
        share([](Device& device) { return device.next(); });
        on_each_device([](Device& device) { device.adopt(); });
    }

    std::uint64_t changed() {
        std::uint64_t count = 0;  // the same on each
        on_each_device([&](Device& device) { count = device.changed(); });
        return count;
    }
    std::vector<AccountId> labels() const { return devices_.front()->labels(); }

    std::uint64_t total_strength() const { return total_strength_; }
    /// The arrays are each device's own: see elect_next_block.
    PricedVotes priced_votes() const { return {0, 0, 0, {}, {}, {}}; }
    void draw(int i) {
        std::vector<std::uint32_t> draws(start_.size());
        for (std::size_t account = 0; account < draws.size(); ++account)
            draws[account] = turns_drawn(seed_, start_[account], i);
        on_each_device([&](Device& device) { device.draw(draws); });
    }

  private:
    template <class Work>
    void on_each_device(Work work) {
        for (std::size_t device = 0; device < devices_.size(); ++device) {
            const OnDevice current(static_cast<int>(device));
            work(*devices_[device]);
        }
    }

    /// Block by block in turn, so that no device waits until the host has fed another.
    template <class Next>
    void pass(Next next) {
        on_each_device([](Device& device) { device.begin_pass(); });
        for (bool more = true; more;) {
            more = false;
            on_each_device([&](Device& device) { more |= next(device); });
        }
    }

    /// Every device's part of an array to all, and waits for it.
    template <class PeerArrayOf>
    void share(PeerArrayOf peer_array_of) {
        if (devices_.size() == 1) return;
        using Array = decltype(peer_array_of(*devices_.front()));
        std::vector<Array> arrays;
        on_each_device([&](Device& device) { arrays.push_back(peer_array_of(device)); });
        exchange(std::span<const Array>(arrays), bounds_);
        on_each_device([](Device& device) { device.wait(); });
    }

    const std::vector<AccountId>& start_;
    std::uint64_t seed_;
    std::vector<AccountId> bounds_;
    std::vector<std::unique_ptr<Device>> devices_;
    std::uint64_t total_strength_ = 0;
};

}  // namespace

PropagatedLabels cdlp_streamed(const PlacedGraph& placed, const CommunitiesOptions& options, DeviceUse& use) {
    const std::vector<AccountId> start = start_labels(placed.graph(), options);
    StreamedSteps steps(placed, false, start, options, use);
    PropagatedLabels result = run_cdlp(steps, options);
    result.labels = givers(start, std::move(result.labels));
    return result;
}

PropagatedLabels lpa_streamed(const PlacedGraph& placed, const CommunitiesOptions& options, DeviceUse& use) {
    const std::vector<AccountId> start = start_labels(placed.graph(), options);
    StreamedSteps steps(placed, placed.graph().weighted(), start, options, use);
    steps.measure();
    PropagatedLabels result = run_lpa(steps, placed.graph().num_accounts(), options);
    result.labels = givers(start, std::move(result.labels));
    return result;
}

}  // namespace coterie::cuda
