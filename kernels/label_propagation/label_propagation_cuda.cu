#include <algorithm>
#include <array>
#include <bit>
#include <cuda/atomic>
#include <type_traits>
#include <utility>

#include "kernels/cuda/degree_classes.cuh"
#include "kernels/cuda/device_graph.cuh"
#include "kernels/cuda/launch.cuh"
#include "kernels/label_propagation/label_propagation_loop.hpp"
#include "kernels/label_propagation/label_propagation_rule.hpp"

namespace coterie::cuda {

namespace {

using namespace label_propagation;

// Neighborhoods by size (in + out): in the registers of a thread; in a hash table in shared memory, by 8 lanes, a warp or
// a block; above that in chunks, which blocks count in shared memory and add to a table in device memory.
constexpr unsigned thread_degree = 8;
constexpr unsigned lanes_degree = 32;
constexpr unsigned warp_degree = 256;
constexpr unsigned block_degree = 1024;
constexpr std::array<EdgeOffset, 5> degree_bounds = {0, thread_degree, lanes_degree, warp_degree, block_degree};

/// The tables of long rows have so many slots per account of the graph; more only if a single row needs more. Rows share
/// them in batches.
constexpr std::uint64_t slots_per_account = 2;

/// A row above `block_degree`.
struct LongRow {
    AccountId account;
    std::uint32_t bits;   ///< of the number of slots of its table
    std::uint64_t table;  ///< first slot, within its batch
};

/// The neighbors [begin, begin + block_degree) of a long row.
struct Chunk {
    std::uint32_t row;
    EdgeOffset begin;
};

/// Long rows whose tables are in device memory at the same time.
struct Batch {
    std::size_t first_row = 0;
    std::size_t rows = 0;
    std::size_t first_chunk = 0;
    std::size_t chunks = 0;
};

struct LongRows {
    std::vector<LongRow> rows;
    std::vector<Chunk> chunks;
    std::vector<Batch> batches;
    std::uint64_t slots = 0;  ///< of the largest batch
};

LongRows plan_long_rows(const Graph& graph) {
    LongRows plan;
    std::uint64_t used = 0;
    for (AccountId account = 0; account < graph.num_accounts(); ++account) {
        const EdgeOffset degree = graph.out().degree(account) + (graph.directed() ? graph.in().degree(account) : 0);
        if (degree <= block_degree) continue;
        // At most half full, except that a 32-bit hash reaches no further than 2^32 slots.
        const EdgeOffset distinct = std::min<EdgeOffset>(degree, graph.num_accounts());
        const auto bits = std::min(static_cast<std::uint32_t>(std::bit_width(2 * distinct - 1)), 32U);
        const std::uint64_t slots = std::uint64_t{1} << bits;
        if (plan.batches.empty() || used + slots > slots_per_account * graph.num_accounts()) {
            plan.batches.push_back({plan.rows.size(), 0, plan.chunks.size(), 0});
            used = 0;
        }
        for (EdgeOffset begin = 0; begin < degree; begin += block_degree) {
            plan.chunks.push_back({static_cast<std::uint32_t>(plan.rows.size()), begin});
            ++plan.batches.back().chunks;
        }
        plan.rows.push_back({account, bits, used});
        ++plan.batches.back().rows;
        used += slots;
        plan.slots = std::max(plan.slots, used);
    }
    return plan;
}

/// What an election reads, and where it writes.
template <class Rule>
struct Election {
    Rule rule;
    CsrView out;
    CsrView in;  ///< without rows if the graph is undirected
    const AccountId* labels;
    AccountId* next;
};

struct Vote {
    AccountId label;
    std::uint64_t votes;
};

/// The out-row of an account and after it its in-row.
class Neighborhood {
  public:
    __device__ Neighborhood(const CsrView& out, const CsrView& in, AccountId account)
        : account_(account), out_begin_(out.offsets[account]), out_degree_(out.degree(account)) {
        if (in.num_accounts() == 0) return;
        in_begin_ = in.offsets[account];
        in_degree_ = in.degree(account);
    }
    __device__ EdgeOffset degree() const { return out_degree_ + in_degree_; }

    template <class Rule>
    __device__ Vote vote(const Election<Rule>& election, EdgeOffset i) const {
        const bool outwards = i < out_degree_;
        const CsrView& rows = outwards ? election.out : election.in;
        const EdgeOffset edge = outwards ? out_begin_ + i : in_begin_ + (i - out_degree_);
        const AccountId neighbor = rows.neighbors[edge];
        const bool mute = !Rule::self_loops_vote && neighbor == account_;
        return {election.labels[neighbor], mute ? 0 : votes_of(rows, edge)};
    }

  private:
    AccountId account_;
    EdgeOffset out_begin_;
    EdgeOffset out_degree_;
    EdgeOffset in_begin_ = 0;
    EdgeOffset in_degree_ = 0;
};

__device__ void add(std::uint32_t* sum, std::uint32_t votes) {
    atomicAdd(sum, votes);
}
__device__ void add(std::uint64_t* sum, std::uint64_t votes) {
    add_atomically(sum, votes);
}

/// Votes by label: open addressing, filled by many threads at once.
template <class Votes>
struct Table {
    AccountId* labels;  ///< no_account: free
    Votes* votes;
    std::uint32_t bits;

    __device__ std::uint64_t slots() const { return std::uint64_t{1} << bits; }

    __device__ void clear(unsigned thread, unsigned threads) const {
        for (std::uint64_t slot = thread; slot < slots(); slot += threads) {
            labels[slot] = no_account;
            votes[slot] = 0;
        }
    }
    __device__ void count(const Vote& vote) const {
        if (vote.votes == 0) return;
        const auto mask = static_cast<std::uint32_t>(slots() - 1);
        std::uint32_t slot = (vote.label * 0x9E37'79B1U) >> (32 - bits);
        for (;; slot = (slot + 1) & mask) {
            const ::cuda::atomic_ref<AccountId, ::cuda::thread_scope_device> place(labels[slot]);
            AccountId seen = place.load(::cuda::memory_order_relaxed);
            if (seen == no_account)
                if (place.compare_exchange_strong(seen, vote.label, ::cuda::memory_order_relaxed)) seen = vote.label;
            if (seen == vote.label) break;
        }
        add(&votes[slot], static_cast<Votes>(vote.votes));
    }

    /// The winner among the slots thread, thread + threads, …
    template <class Rule>
    __device__ Candidate<typename Rule::Score> winner(const Rule& rule, AccountId account, AccountId present,
                                                      unsigned thread, unsigned threads) const {
        Candidate<typename Rule::Score> best = incumbent(rule, account, present);
        for (std::uint64_t slot = thread; slot < slots(); slot += threads)
            if (labels[slot] != no_account) consider(rule, account, present, labels[slot], votes[slot], best);
        return best;
    }
};

/// Bits of a table in which `degree` ≥ 1 labels fill at most half of the slots.
__device__ std::uint32_t table_bits(EdgeOffset degree) {
    return 64 - static_cast<std::uint32_t>(__clzll(static_cast<long long>(2 * degree - 1)));
}

/// The winner over `width` lanes, all of which (`mask`) must call; each gets it.
template <unsigned width, class Rule>
__device__ Candidate<typename Rule::Score> winner_of_lanes(const Rule& rule, AccountId present, unsigned mask,
                                                           Candidate<typename Rule::Score> best) {
    for (unsigned step = width / 2; step > 0; step /= 2) {
        const Candidate<typename Rule::Score> other{__shfl_xor_sync(mask, best.score, step, width),
                                                    __shfl_xor_sync(mask, best.label, step, width)};
        if (rule.wins(other, best, present)) best = other;
    }
    return best;
}

/// The winner over a block of `block_size` threads, all of which must call; thread 0 gets it.
template <class Rule>
__device__ Candidate<typename Rule::Score> winner_of_block(const Rule& rule, AccountId present,
                                                           Candidate<typename Rule::Score> best) {
    constexpr unsigned warps = block_size / warp_size;
    __shared__ typename Rule::Score scores[warps];
    __shared__ AccountId labels[warps];
    best = winner_of_lanes<warp_size>(rule, present, whole_warp, best);
    if (threadIdx.x % warp_size == 0) {
        scores[threadIdx.x / warp_size] = best.score;
        labels[threadIdx.x / warp_size] = best.label;
    }
    __syncthreads();
    if (threadIdx.x == 0)
        for (unsigned warp = 1; warp < warps; ++warp) {
            const Candidate<typename Rule::Score> other{scores[warp], labels[warp]};
            if (rule.wins(other, best, present)) best = other;
        }
    return best;
}

/// A thread an account of at most `thread_degree` neighbors: each vote is compared with each.
template <class Votes, class Rule>
__global__ void __launch_bounds__(block_size)
    elect_by_threads(Election<Rule> election, std::span<const AccountId> accounts) {
    const std::uint64_t item = grid_thread();
    if (item >= accounts.size()) return;
    const AccountId account = accounts[item];
    if (!election.rule.has_turn(account)) return;
    const Neighborhood neighborhood(election.out, election.in, account);
    AccountId labels[thread_degree];
    Votes votes[thread_degree];
#pragma unroll
    for (unsigned i = 0; i < thread_degree; ++i) {
        const Vote vote = i < neighborhood.degree() ? neighborhood.vote(election, i) : Vote{no_account, 0};
        labels[i] = vote.label;
        votes[i] = static_cast<Votes>(vote.votes);
    }
    const AccountId present = election.labels[account];
    auto best = incumbent(election.rule, account, present);
#pragma unroll
    for (unsigned i = 0; i < thread_degree; ++i) {
        Votes sum = 0;
#pragma unroll
        for (unsigned j = 0; j < thread_degree; ++j) sum += labels[j] == labels[i] ? votes[j] : 0;
        consider(election.rule, account, present, labels[i], sum, best);
    }
    election.next[account] = best.label;
}

/// `width` lanes of a warp an account of at most `most` neighbors.
template <unsigned width, unsigned most, class Votes, class Rule>
__global__ void __launch_bounds__(block_size)
    elect_by_lanes(Election<Rule> election, std::span<const AccountId> accounts) {
    constexpr unsigned groups = block_size / width;
    constexpr unsigned slots = 2 * most;
    __shared__ AccountId labels[groups * slots];
    __shared__ Votes votes[groups * slots];
    const std::uint64_t item = grid_thread() / width;
    if (item >= accounts.size()) return;
    const AccountId account = accounts[item];
    if (!election.rule.has_turn(account)) return;

    const unsigned lane = threadIdx.x % width;
    const unsigned group = threadIdx.x / width;
    const unsigned mask = (whole_warp >> (warp_size - width)) << (threadIdx.x % warp_size - lane);
    const Neighborhood neighborhood(election.out, election.in, account);
    const Table<Votes> table{labels + group * slots, votes + group * slots, table_bits(neighborhood.degree())};
    table.clear(lane, width);
    __syncwarp(mask);
    for (EdgeOffset i = lane; i < neighborhood.degree(); i += width) table.count(neighborhood.vote(election, i));
    __syncwarp(mask);
    const AccountId present = election.labels[account];
    const auto best = winner_of_lanes<width>(election.rule, present, mask,
                                             table.winner(election.rule, account, present, lane, width));
    if (lane == 0) election.next[account] = best.label;
}

/// A block an account of at most `block_degree` neighbors.
template <class Votes, class Rule>
__global__ void __launch_bounds__(block_size)
    elect_by_blocks(Election<Rule> election, std::span<const AccountId> accounts) {
    __shared__ AccountId labels[2 * block_degree];
    __shared__ Votes votes[2 * block_degree];
    const AccountId account = accounts[blockIdx.x];
    if (!election.rule.has_turn(account)) return;
    const Neighborhood neighborhood(election.out, election.in, account);
    const Table<Votes> table{labels, votes, table_bits(neighborhood.degree())};
    table.clear(threadIdx.x, block_size);
    __syncthreads();
    for (EdgeOffset i = threadIdx.x; i < neighborhood.degree(); i += block_size)
        table.count(neighborhood.vote(election, i));
    __syncthreads();
    const AccountId present = election.labels[account];
    const auto best =
        winner_of_block(election.rule, present, table.winner(election.rule, account, present, threadIdx.x, block_size));
    if (threadIdx.x == 0) election.next[account] = best.label;
}

/// A block a chunk of a long row: counted in shared memory first, since a label that most neighbors have would
/// make them queue for one word of device memory.
template <class Votes, class Rule>
__global__ void __launch_bounds__(block_size)
    count_chunks(Election<Rule> election, const LongRow* rows, const Chunk* chunks, AccountId* table_labels,
                 Votes* table_votes) {
    __shared__ AccountId labels[2 * block_degree];
    __shared__ Votes votes[2 * block_degree];
    const Chunk chunk = chunks[blockIdx.x];
    const LongRow row = rows[chunk.row];
    if (!election.rule.has_turn(row.account)) return;
    const Neighborhood neighborhood(election.out, election.in, row.account);
    const EdgeOffset end = min(chunk.begin + block_degree, neighborhood.degree());
    const Table<Votes> table{labels, votes, table_bits(end - chunk.begin)};
    table.clear(threadIdx.x, block_size);
    __syncthreads();
    for (EdgeOffset i = chunk.begin + threadIdx.x; i < end; i += block_size)
        table.count(neighborhood.vote(election, i));
    __syncthreads();
    const Table<Votes> whole{table_labels + row.table, table_votes + row.table, row.bits};
    for (std::uint64_t slot = threadIdx.x; slot < table.slots(); slot += block_size)
        if (labels[slot] != no_account) whole.count({labels[slot], votes[slot]});
}

/// A block a long row whose table is complete.
template <class Votes, class Rule>
__global__ void __launch_bounds__(block_size)
    elect_from_tables(Election<Rule> election, const LongRow* rows, AccountId* table_labels, Votes* table_votes) {
    const LongRow row = rows[blockIdx.x];
    if (!election.rule.has_turn(row.account)) return;
    const Table<Votes> table{table_labels + row.table, table_votes + row.table, row.bits};
    const AccountId present = election.labels[row.account];
    const auto best = winner_of_block(election.rule, present,
                                      table.winner(election.rule, row.account, present, threadIdx.x, block_size));
    if (threadIdx.x == 0) election.next[row.account] = best.label;
}

/// strengths[account] = its votes, a warp an account.
__global__ void __launch_bounds__(block_size)
    sum_votes(Election<PricedVotes> election, std::span<const AccountId> accounts, std::uint64_t* strengths) {
    const std::uint64_t item = grid_thread() / warp_size;
    if (item >= accounts.size()) return;
    const Neighborhood neighborhood(election.out, election.in, accounts[item]);
    std::uint64_t sum = 0;
    for (EdgeOffset i = threadIdx.x % warp_size; i < neighborhood.degree(); i += warp_size)
        sum += neighborhood.vote(election, i).votes;
    sum = warp_sum(sum);
    if (threadIdx.x % warp_size == 0) strengths[accounts[item]] = sum;
}

/// strengths[account] += its votes, a block a chunk.
__global__ void __launch_bounds__(block_size) sum_votes_of_chunks(Election<PricedVotes> election, const LongRow* rows,
                                                                  const Chunk* chunks, std::uint64_t* strengths) {
    const Chunk chunk = chunks[blockIdx.x];
    const AccountId account = rows[chunk.row].account;
    const Neighborhood neighborhood(election.out, election.in, account);
    const EdgeOffset end = min(chunk.begin + block_degree, neighborhood.degree());
    std::uint64_t sum = 0;
    for (EdgeOffset i = chunk.begin + threadIdx.x; i < end; i += block_size)
        sum += neighborhood.vote(election, i).votes;
    sum = block_sum(sum);
    if (threadIdx.x == 0) add_atomically(&strengths[account], sum);
}

/// Each label starts with the strength of its one account.
__global__ void __launch_bounds__(block_size)
    start_volumes(AccountId num_accounts, const AccountId* start, const std::uint64_t* strengths,
                  std::uint64_t* volumes, std::uint64_t* total) {
    const std::uint64_t account = grid_thread();
    const std::uint64_t strength = account < num_accounts ? strengths[account] : 0;
    if (account < num_accounts) volumes[start[account]] = strength;
    const std::uint64_t sum = block_sum(strength);
    if (threadIdx.x == 0) add_atomically(total, sum);
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

constexpr const char* what = "communities";

/// Unweighted votes are counts below 2^32 unless there are 2^31 accounts.
bool counts_wide(bool weighted, AccountId num_accounts) {
    return weighted || num_accounts >= 1U << 31U;
}

/// The long rows of `graph`, once it is clear that all an election needs fits the device.
LongRows plan_that_fits(const Graph& graph, bool weighted, CommunityMethod method) {
    LongRows plan = plan_long_rows(graph);
    const std::size_t n = graph.num_accounts();
    const std::size_t slot = sizeof(AccountId) + (counts_wide(weighted, graph.num_accounts()) ? sizeof(std::uint64_t)
                                                                                              : sizeof(std::uint32_t));
    std::size_t bytes = n * 2 * sizeof(AccountId) + DegreeClasses::bytes_needed(graph.num_accounts()) +
                        (n + 1) * sizeof(EdgeOffset) + plan.rows.size() * sizeof(LongRow) +
                        plan.chunks.size() * sizeof(Chunk) + plan.slots * slot;
    if (method == CommunityMethod::lpa)
        bytes += n * (sizeof(AccountId) + sizeof(std::uint32_t) + 2 * sizeof(std::uint64_t));
    require_device_memory(bytes, what);
    return plan;
}

DegreeClasses classes_by_degree(const CsrView& out, const CsrView& in) {
    // The sum of two prefix sums is the prefix sum of both degrees.
    DeviceBuffer<EdgeOffset> sums(out.offsets.size(), what);
    for_each("adding degrees", sums.size(), [sums = sums.data(), out, in] __device__(std::uint64_t i) {
        sums[i] = out.offsets[i] + (in.offsets.empty() ? 0 : in.offsets[i]);
    });
    return {CsrView{sums.span(), {}, {}}, degree_bounds};
}

class Steps {
  public:
    Steps(const PlacedGraph& placed, bool weighted, std::span<const AccountId> start, const CommunitiesOptions& options)
        : Steps(placed, weighted, start, options, plan_that_fits(placed.graph(), weighted, options.method)) {}

    /// Strengths and volumes, which only lpa needs.
    void measure() {
        strengths_.fill_bytes(0);
        const auto election = election_by(PricedVotes{});
        for (std::size_t c = 1; c + 1 < classes_.size(); ++c)
            launch("adding votes", blocks_for(classes_.accounts(c).size() * warp_size), block_size, sum_votes, election,
                   classes_.accounts(c), strengths_.data());
        launch("adding the votes of long rows", chunks_.size(), block_size, sum_votes_of_chunks, election,
               long_rows_.data(), chunks_.data(), strengths_.data());
        total_.fill_bytes(0);
        launch("starting volumes", blocks_for(labels_.size()), block_size, start_volumes, num_accounts(), start_.data(),
               strengths_.data(), volumes_.data(), total_.data());
        total_.copy_to({&total_strength_, 1});
    }

    template <class Rule>
    void relabel(const Rule& rule) {
        if (wide())
            elect(election_by(rule), wide_votes_);
        else
            elect(election_by(rule), votes_);
        launch("adopting labels", blocks_for(labels_.size()), block_size, adopt, num_accounts(), labels_.data(),
               next_.data(), strengths_.data(), volumes_.data(), changed_.data());
    }

    std::uint64_t changed() {
        std::uint64_t count = 0;
        changed_.copy_to({&count, 1});
        changed_.fill_bytes(0);
        return count;
    }
    std::vector<AccountId> labels() const { return labels_.to_host(); }

    std::uint64_t total_strength() const { return total_strength_; }
    PricedVotes priced_votes() const { return {0, 0, 0, draws_.span(), strengths_.span(), volumes_.span()}; }
    void draw(int i) {
        for_each("dealing turns", labels_.size(),
                 [draws = draws_.data(), start = start_.data(), seed = seed_, i] __device__(std::uint64_t account) {
                     draws[account] = turns_drawn(seed, start[account], i);
                 });
    }

  private:
    Steps(const PlacedGraph& placed, bool weighted, std::span<const AccountId> start, const CommunitiesOptions& options,
          const LongRows& plan)
        : out_(rows_of(placed.device_graph().out(), weighted)),
          in_(placed.device_graph().directed() ? rows_of(placed.device_graph().in(), weighted) : CsrView{}),
          seed_(options.seed),
          batches_(plan.batches),
          labels_(start, what),
          next_(start, what),
          start_(start.first(options.method == CommunityMethod::lpa ? start.size() : 0), what),
          draws_(start_.size(), what),
          strengths_(start_.size(), what),
          volumes_(start_.size(), what),
          total_(1, what),
          changed_(1, what),
          long_rows_(std::span<const LongRow>(plan.rows), what),
          chunks_(std::span<const Chunk>(plan.chunks), what),
          table_labels_(plan.slots, what),
          votes_(wide() ? 0 : plan.slots, what),
          wide_votes_(wide() ? plan.slots : 0, what),
          classes_(classes_by_degree(out_, in_)) {
        changed_.fill_bytes(0);
    }

    static CsrView rows_of(CsrView rows, bool weighted) {
        if (!weighted) rows.weights = {};
        return rows;
    }
    AccountId num_accounts() const { return out_.num_accounts(); }
    bool wide() const { return counts_wide(out_.weighted(), num_accounts()); }

    template <class Rule>
    Election<Rule> election_by(const Rule& rule) {
        return {rule, out_, in_, labels_.data(), next_.data()};
    }

    template <class Rule, class Votes>
    void elect(const Election<Rule>& election, DeviceBuffer<Votes>& votes) {
        launch("elections by threads", blocks_for(classes_.accounts(1).size()), block_size,
               elect_by_threads<Votes, Rule>, election, classes_.accounts(1));
        launch("elections by lanes", blocks_for(classes_.accounts(2).size() * 8), block_size,
               elect_by_lanes<8, lanes_degree, Votes, Rule>, election, classes_.accounts(2));
        launch("elections by warps", blocks_for(classes_.accounts(3).size() * warp_size), block_size,
               elect_by_lanes<warp_size, warp_degree, Votes, Rule>, election, classes_.accounts(3));
        launch("elections by blocks", classes_.accounts(4).size(), block_size, elect_by_blocks<Votes, Rule>, election,
               classes_.accounts(4));
        for (const Batch& batch : batches_) {
            table_labels_.fill_bytes(0xff);  // no_account
            votes.fill_bytes(0);
            launch("counting long rows", batch.chunks, block_size, count_chunks<Votes, Rule>, election,
                   long_rows_.data(), chunks_.data() + batch.first_chunk, table_labels_.data(), votes.data());
            launch("elections from tables", batch.rows, block_size, elect_from_tables<Votes, Rule>, election,
                   long_rows_.data() + batch.first_row, table_labels_.data(), votes.data());
        }
    }

    CsrView out_;
    CsrView in_;
    std::uint64_t seed_;
    std::vector<Batch> batches_;
    DeviceBuffer<AccountId> labels_;
    DeviceBuffer<AccountId> next_;
    DeviceBuffer<AccountId> start_;
    DeviceBuffer<std::uint32_t> draws_;
    DeviceBuffer<std::uint64_t> strengths_;
    DeviceBuffer<std::uint64_t> volumes_;
    DeviceBuffer<std::uint64_t> total_;
    DeviceBuffer<std::uint64_t> changed_;
    DeviceBuffer<LongRow> long_rows_;
    DeviceBuffer<Chunk> chunks_;
    DeviceBuffer<AccountId> table_labels_;
    DeviceBuffer<std::uint32_t> votes_;
    DeviceBuffer<std::uint64_t> wide_votes_;
    DegreeClasses classes_;
    std::uint64_t total_strength_ = 0;
};

}  // namespace

PropagatedLabels cdlp(const PlacedGraph& placed, const CommunitiesOptions& options) {
    const std::vector<AccountId> start = start_labels(placed.graph(), options);
    Steps steps(placed, false, start, options);
    PropagatedLabels result = run_cdlp(steps, options);
    result.labels = givers(start, std::move(result.labels));
    return result;
}

PropagatedLabels lpa(const PlacedGraph& placed, const CommunitiesOptions& options) {
    const std::vector<AccountId> start = start_labels(placed.graph(), options);
    Steps steps(placed, placed.graph().weighted(), start, options);
    steps.measure();
    PropagatedLabels result = run_lpa(steps, placed.graph().num_accounts(), options);
    result.labels = givers(start, std::move(result.labels));
    return result;
}

}  // namespace coterie::cuda
