#include <algorithm>
#include <utility>
#include <vector>

#include "kernels/betweenness/betweenness_kernels.cuh"
#include "kernels/betweenness/betweenness_loop.hpp"
#include "kernels/cuda/device_buffer.cuh"
#include "kernels/cuda/device_graph.cuh"
#include "kernels/kernels.hpp"

namespace coterie::cuda {

namespace {

using namespace betweenness_kernels;

using Mask32 = unsigned;
using Mask64 = unsigned long long;

constexpr const char* what = "betweenness";

/// Lists of levels are sized for this many entries an account. From so many sources at a time, less one, they never
/// overflow, since a source reaches an account once; from more they only do on graphs that are deep.
constexpr std::size_t entries_an_account = 9;
constexpr std::size_t lanes_that_fit = entries_an_account - 1;

/// Blocks of a kernel that strides over a list whose length only the device knows.
constexpr std::uint64_t most_blocks = 4096;

/// The rows of more than one chunk in one direction, on the host.
struct LongRowsOnHost {
    explicit LongRowsOnHost(const CsrView& rows) {
        for (AccountId account = 0; account < rows.num_accounts(); ++account) {
            longest = std::max(longest, rows.degree(account));
            if (rows.degree(account) <= rule::chunk_length) continue;
            const auto row = static_cast<std::uint32_t>(accounts.size());
            accounts.push_back(account);
            for (EdgeOffset begin = rows.offsets[account]; begin < rows.offsets[account + 1];
                 begin += rule::chunk_length)
                chunks.push_back(
                    {begin, static_cast<std::uint32_t>(std::min(rule::chunk_length, rows.offsets[account + 1] - begin)),
                     row});
            first_chunks.push_back(chunks.size());
        }
    }
    std::size_t bytes() const {
        return accounts.size() * sizeof(AccountId) + first_chunks.size() * sizeof(std::uint64_t) +
               chunks.size() * sizeof(RowChunk);
    }
    std::vector<AccountId> accounts;
    std::vector<std::uint64_t> first_chunks = {0};
    std::vector<RowChunk> chunks;
    EdgeOffset longest = 0;
};

struct LongRowsOnDevice {
    explicit LongRowsOnDevice(const LongRowsOnHost& host)
        : longest(host.longest),
          accounts(std::span<const AccountId>(host.accounts), what),
          first_chunks(std::span<const std::uint64_t>(host.first_chunks), what),
          chunks(std::span<const RowChunk>(host.chunks), what) {}

    template <class Mask>
    LongRows<Mask> view(double* sums) const {
        return {accounts.data(), first_chunks.data(), chunks.data(), sums, accounts.size(), chunks.size()};
    }

    EdgeOffset longest;
    DeviceBuffer<AccountId> accounts;
    DeviceBuffer<std::uint64_t> first_chunks;
    DeviceBuffer<RowChunk> chunks;
};

/// What the lanes need beside the graph.
struct Sizes {
    Sizes(const Graph& graph, const LongRowsOnHost& long_out, const LongRowsOnHost& long_in, std::size_t num_sources)
        : accounts(graph.num_accounts()),
          chunks(std::max(long_out.chunks.size(), long_in.chunks.size())),
          entries(std::max(entries_an_account * accounts, num_sources)),
          fixed(long_out.bytes() + long_in.bytes() + num_sources * sizeof(AccountId) + accounts * sizeof(double)) {}

    template <class Mask>
    std::size_t bytes() const {
        constexpr std::size_t lanes = num_lanes<Mask>;
        return fixed + sizeof(Counters) + accounts * (2 * lanes * sizeof(double) + 3 * sizeof(Mask)) +
               entries * (sizeof(AccountId) + sizeof(Mask)) + chunks * lanes * sizeof(double);
    }

    std::size_t accounts;
    std::size_t chunks;
    std::size_t entries;
    std::size_t fixed;
};

template <class Mask>
class Batch {
  public:
    static constexpr std::size_t lanes = num_lanes<Mask>;

    Batch(const DeviceGraph& graph, const LongRowsOnDevice& long_out, const LongRowsOnDevice& long_in,
          const Sizes& sizes, std::span<const AccountId> sources)
        : all_sources_(sources),
          sources_(sources, what),
          total_(sizes.accounts, what),
          values_(sizes.accounts * lanes, what),
          dependencies_(sizes.accounts * lanes, what),
          visited_(sizes.accounts, what),
          frontier_(sizes.accounts, what),
          next_(sizes.accounts, what),
          accounts_(sizes.entries, what),
          masks_(sizes.entries, what),
          chunk_sums_(sizes.chunks * lanes, what),
          counters_(1, what) {
        total_.fill_bytes(0);
        forget();
        state_ = {.out = graph.out(),
                  .in = graph.in(),
                  .long_out = long_out.view<Mask>(chunk_sums_.data()),
                  .long_in = long_in.view<Mask>(chunk_sums_.data()),
                  .values = values_.data(),
                  .dependencies = dependencies_.data(),
                  .visited = visited_.data(),
                  .frontier = frontier_.data(),
                  .next = next_.data(),
                  .accounts = accounts_.data(),
                  .masks = masks_.data(),
                  .counters = counters_.data(),
                  .all = 0};
        longest_out_ = long_out.longest;
        longest_in_ = long_in.longest;
        num_accounts_ = graph.num_accounts();
        num_in_edges_ = graph.num_edges();
    }

    rule::Frontier start(std::span<const AccountId> sources) {
        state_.all = static_cast<Mask>(~Mask{0} >> (lanes - sources.size()));
        level_begins_ = {0, sources.size()};
        unfinished_edges_ = num_in_edges_;
        reset_counters(sources.size());
        const auto first = static_cast<std::size_t>(sources.data() - all_sources_.data());
        launch("starting from the sources", 1, block_size, start_kernel<Mask>, state_, sources_.data() + first,
               static_cast<unsigned>(sources.size()));
        const Counters counters = read_counters();
        frontier_edges_ = counters.edges;
        unfinished_edges_ -= counters.finished_edges;
        return {sources.size(), counters.edges, unfinished_edges_};
    }

    bool has_room(const rule::Frontier& frontier) const {
        return level_begins_.back() + std::min<std::size_t>(num_accounts_, frontier.edges) <= accounts_.size();
    }

    rule::Frontier pull() {
        sum_rows<Way::out, Choice::unfinished>(0, num_accounts_, num_accounts_);
        launch("listing a level", blocks_for(num_accounts_), block_size, gather_marked_kernel<Mask>, state_);
        return advance_level(num_accounts_);
    }

    rule::Frontier push() {
        const std::uint64_t begin = level_begins_[level_begins_.size() - 2];
        const std::uint64_t end = level_begins_.back();
        launch("pushing marks", blocks_for(end - begin), block_size, push_packed_kernel<Mask>, state_, begin, end);
        if (longest_out_ > packed_row) {
            // A block for each account once rows are long enough to feed it.
            const bool wide = frontier_edges_ > 64 * (end - begin);
            const unsigned threads = wide ? block_size : warp_size;
            launch("pushing marks along long rows", blocks_for((end - begin) * threads), block_size, push_kernel<Mask>,
                   state_, begin, end, threads);
        }
        const std::uint64_t most_found = std::min<std::uint64_t>(num_accounts_, frontier_edges_);
        sum_rows<Way::out, Choice::marked>(end, end, most_found);
        return advance_level(most_found);
    }

    void collect(std::size_t level) {
        const std::uint64_t begin = level_begins_[level];
        const std::uint64_t end = level_begins_[level + 1];
        const std::uint64_t end_behind = level + 2 < level_begins_.size() ? level_begins_[level + 2] : end;
        launch("marking a level", blocks_for(end - begin), block_size, mark_kernel<Mask>, state_, begin, end);
        sum_rows<Way::back, Choice::marked>(begin, end, end - begin);
        launch("taking marks back", blocks_for(end_behind - end), block_size, unmark_kernel<Mask>, state_, end,
               end_behind);
        std::swap(state_.frontier, state_.next);
    }

    /// Adds the dependencies to the total, and forgets the batch.
    void add_to_total() {
        const std::uint64_t end = level_begins_.back();
        if (level_begins_.size() > 2)  // the last one collected was level 1
            launch("taking marks back", blocks_for(level_begins_[2] - level_begins_[1]), block_size,
                   unmark_kernel<Mask>, state_, level_begins_[1], level_begins_[2]);
        launch("adding dependencies", blocks_for(end), block_size, add_kernel<Mask>, state_, end, total_.data());
    }

    void forget() {
        visited_.fill_bytes(0);
        frontier_.fill_bytes(0);
        next_.fill_bytes(0);
    }

    std::vector<double> total() const { return total_.to_host(); }

  private:
    /// Of the accounts at [begin, end), at most `most`.
    template <Way way, Choice choice>
    void sum_rows(std::uint64_t begin, std::uint64_t end, std::uint64_t most) {
        launch("summing short rows", std::min(most_blocks, blocks_for(most)), block_size,
               packed_rows_kernel<way, choice, Mask>, state_, begin, end);
        if ((way == Way::out ? longest_in_ : longest_out_) <= packed_row) return;
        launch("summing rows", std::min(most_blocks, blocks_for(most, block_size / warp_size)), block_size,
               warp_rows_kernel<way, choice, Mask>, state_, begin, end);
        const LongRows<Mask>& rows = way == Way::out ? state_.long_in : state_.long_out;
        launch("summing chunks of long rows", blocks_for(rows.num_chunks, block_size / warp_size), block_size,
               chunk_kernel<way, choice, Mask>, state_);
        launch("adding the chunks of long rows", blocks_for(rows.num_rows, block_size / warp_size), block_size,
               long_row_kernel<way, choice, Mask>, state_);
    }

    /// Makes what was put on the list, at most `most` accounts, the frontier.
    rule::Frontier advance_level(std::uint64_t most) {
        const std::uint64_t before = level_begins_[level_begins_.size() - 2];
        const std::uint64_t begin = level_begins_.back();
        launch("advancing a level", std::min(most_blocks, blocks_for(begin - before + most)), block_size,
               advance_kernel<Mask>, state_, before, begin);
        std::swap(state_.frontier, state_.next);
        const Counters counters = read_counters();
        frontier_edges_ = counters.edges;
        unfinished_edges_ -= counters.finished_edges;
        if (counters.list_size != begin) level_begins_.push_back(counters.list_size);
        return {counters.list_size - begin, counters.edges, unfinished_edges_, counters.uncountable == 0};
    }

    void reset_counters(std::uint64_t list_size) {
        const Counters counters{list_size, 0, 0, 0};
        check(cudaMemcpy(counters_.data(), &counters, sizeof counters, cudaMemcpyHostToDevice), "setting counters");
    }

    /// The counters of a level; those that belong to one level start again.
    Counters read_counters() {
        Counters counters{};
        counters_.copy_to(std::span(&counters, 1));
        reset_counters(counters.list_size);
        return counters;
    }

    std::span<const AccountId> all_sources_;
    DeviceBuffer<AccountId> sources_;
    DeviceBuffer<double> total_;
    DeviceBuffer<double> values_;
    DeviceBuffer<double> dependencies_;
    DeviceBuffer<Mask> visited_;
    DeviceBuffer<Mask> frontier_;
    DeviceBuffer<Mask> next_;
    DeviceBuffer<AccountId> accounts_;
    DeviceBuffer<Mask> masks_;
    DeviceBuffer<double> chunk_sums_;
    DeviceBuffer<Counters> counters_;
    State<Mask> state_;
    EdgeOffset longest_out_ = 0;
    EdgeOffset longest_in_ = 0;
    AccountId num_accounts_ = 0;
    EdgeOffset num_in_edges_ = 0;
    EdgeOffset frontier_edges_ = 0;
    EdgeOffset unfinished_edges_ = 0;
    std::vector<std::size_t> level_begins_;
};

template <class Mask>
std::vector<double> in_batches(Batch<Mask> batch, std::span<const AccountId> sources, Progress* progress) {
    const auto num_sources = static_cast<double>(sources.size());
    std::size_t at_a_time = Batch<Mask>::lanes;
    for (std::size_t first = 0; first < sources.size();) {
        advance(progress, "betweenness", static_cast<double>(first), num_sources, "sources");
        const auto some = sources.subspan(first, std::min(at_a_time, sources.size() - first));
        if (!betweenness_loop::search(batch, some, progress)) {
            batch.forget();
            at_a_time = lanes_that_fit;
            continue;
        }
        batch.add_to_total();
        first += some.size();
    }
    synchronize("adding up dependencies");
    advance(progress, "betweenness", num_sources, num_sources, "sources");
    return batch.total();
}

}  // namespace

std::vector<double> betweenness(const PlacedGraph& placed, std::span<const AccountId> all_sources, Progress* progress,
                                int lanes) {
    const Graph& graph = placed.graph();
    const std::vector<AccountId> sources = betweenness_loop::with_out_edges(all_sources, graph.out());
    const LongRowsOnHost long_out(graph.out());
    const LongRowsOnHost long_in(graph.in());
    const Sizes sizes(graph, long_out, long_in, sources.size());

    // 64 sources read the ids of the graph half as often, but take twice the memory.
    const bool wide =
        lanes == 0 ? sources.size() > num_lanes<Mask32> && fits_device_memory(sizes.bytes<Mask64>()) : lanes > 32;
    require_device_memory(wide ? sizes.bytes<Mask64>() : sizes.bytes<Mask32>(), what);
    const LongRowsOnDevice out_on_device(long_out);
    const LongRowsOnDevice in_on_device(long_in);
    const DeviceGraph& device_graph = placed.device_graph();
    return wide
               ? in_batches(Batch<Mask64>(device_graph, out_on_device, in_on_device, sizes, sources), sources, progress)
               : in_batches(Batch<Mask32>(device_graph, out_on_device, in_on_device, sizes, sources), sources,
                            progress);
}

}  // namespace coterie::cuda
