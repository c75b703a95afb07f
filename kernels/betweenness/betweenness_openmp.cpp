#include <omp.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <numeric>
#include <utility>

#include "host/array.hpp"
#include "kernels/betweenness/betweenness_instructions.hpp"
#include "kernels/betweenness/betweenness_loop.hpp"
#include "kernels/betweenness/betweenness_openmp.hpp"
#include "kernels/kernels.hpp"
#include "kernels/openmp/balanced_ranges.hpp"

namespace coterie::openmp {

namespace {

namespace rule = betweenness_rule;
namespace rows = betweenness_rows;
using rows::Lanes;
using rows::Reached;

// --- one batch of sources ----------------------------------------------------------------------------------------

/// Below this many edges a level is done by one thread: waking others would take longer.
constexpr EdgeOffset worth_sharing = EdgeOffset{1} << 13;
/// Edges and accounts that a thread takes at a time, so that hubs spread over threads.
constexpr EdgeOffset block_size = EdgeOffset{1} << 13;
constexpr std::size_t list_block = 16;

template <class Mask>
class Batch {
  public:
    Batch(const Graph& graph, int threads, const RowLoops<Mask>& loops)
        : loops_(loops),
          out_(graph.out()),
          in_(graph.in()),
          threads_(threads),
          paths_(std::size_t{graph.num_accounts()} * num_lanes),
          dependencies_(paths_.size()),
          visited_(graph.num_accounts(), 0),
          frontier_(graph.num_accounts(), 0),
          next_(graph.num_accounts(), 0),
          ranges_(balanced_ranges(in_, 0, graph.num_accounts(), num_ranges_for(in_), 1)) {
        for (std::size_t range = 0; range + 1 < ranges_.size(); ++range)
            most_in_a_range_ = std::max<std::size_t>(most_in_a_range_, ranges_[range + 1] - ranges_[range]);
    }

    static constexpr std::size_t num_lanes = rows::num_lanes<Mask>;

    rule::Frontier start(std::span<const AccountId> sources) {
        all_ = static_cast<Mask>(~Mask{0} >> (num_lanes - sources.size()));
        level_begins_ = {0, sources.size()};
        make_room(sources.size());
        unfinished_edges_ = in_.num_edges();
        rule::Frontier frontier{.accounts = sources.size()};
        for (std::size_t lane = 0; lane < sources.size(); ++lane) {
            const AccountId source = sources[lane];
            const auto mask = static_cast<Mask>(Mask{1} << lane);
            accounts_[lane] = source;
            masks_[lane] = mask;
            visited_[source] = frontier_[source] = mask;
            paths_[source * num_lanes + lane] = 1;
            dependencies_[source * num_lanes + lane] = 0;  // a source does not lie between itself and others
            frontier.edges += out_.degree(source);
            if (mask == all_) unfinished_edges_ -= in_.degree(source);
        }
        frontier_edges_ = frontier.edges;
        level_edges_ = {frontier.edges};
        frontier.unfinished_edges = unfinished_edges_;
        return frontier;
    }

    /// Its lists grow.
    static bool has_room(const rule::Frontier&) { return true; }

    /// Every account that is not finished looks back for accounts of the frontier.
    rule::Frontier pull() {
        const std::size_t first = level_begins_.back();
        const AccountId n = out_.num_accounts();
        make_room(first + n);
        std::atomic<std::size_t> size = first;
        const Lanes<Mask> lanes{in_, frontier_.data(), paths_.data()};
        const std::size_t num_ranges = ranges_.size() - 1;
        bool countable = true;
#pragma omp parallel num_threads(threads_for(in_.num_edges() + n)) reduction(&& : countable)
        {
            std::vector<AccountId> accounts(most_in_a_range_);
            std::vector<Mask> masks(most_in_a_range_);
#pragma omp for schedule(dynamic, 1)
            for (std::size_t range = 0; range < num_ranges; ++range) {
                Reached<Mask> reached{accounts.data(), masks.data()};
                loops_.pull_range(lanes, ranges_[range], ranges_[range + 1], all_, visited_.data(), reached);
                const std::size_t place = size.fetch_add(reached.size, std::memory_order_relaxed);
                std::copy_n(accounts.data(), reached.size, accounts_.data() + place);
                std::copy_n(masks.data(), reached.size, masks_.data() + place);
                for (std::size_t i = 0; i < reached.size; ++i) next_[accounts[i]] = masks[i];
                countable = countable && reached.countable;
            }
        }
        return advance_to(size, countable);
    }

    /// The frontier marks its out-neighbors; those that are new then count their paths.
    rule::Frontier push() {
        const std::size_t begin = level_begins_[level_begins_.size() - 2];
        const std::size_t first = level_begins_.back();
        make_room(first + std::min<std::size_t>(out_.num_accounts(), frontier_edges_));
        std::atomic<std::size_t> size = first;
        const Lanes<Mask> lanes{in_, frontier_.data(), paths_.data()};
        EdgeOffset edges_to_pull = 0;
#pragma omp parallel num_threads(threads_for(frontier_edges_)) reduction(+ : edges_to_pull)
        {
            std::vector<AccountId> reached;
            const auto flush = [&] {
                std::copy(reached.begin(), reached.end(),
                          accounts_.data() + size.fetch_add(reached.size(), std::memory_order_relaxed));
                reached.clear();
            };
#pragma omp for schedule(dynamic, list_block)
            for (std::size_t i = begin; i < first; ++i) {
                for (const AccountId neighbor : out_.row(accounts_[i])) {
                    const auto mask = static_cast<Mask>(masks_[i] & ~visited_[neighbor]);
                    if (mask == 0) continue;
                    const std::atomic_ref<Mask> next(next_[neighbor]);
                    if ((mask & ~next.load(std::memory_order_relaxed)) == 0) continue;
                    if (next.fetch_or(mask, std::memory_order_relaxed) != 0) continue;
                    reached.push_back(neighbor);
                    edges_to_pull += in_.degree(neighbor);
                }
                if (reached.size() >= block_size) flush();
            }
            flush();
        }

        // A few accounts may have many in-edges: whether to share them is asked again.
        const std::size_t end = size.load(std::memory_order_relaxed);
        bool countable = true;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads_for(edges_to_pull)) reduction(&& : countable)
        for (std::size_t block = first; block < end; block += list_block) {
            Reached<Mask> list{accounts_.data() + block, masks_.data() + block, std::min(list_block, end - block)};
            for (std::size_t i = 0; i < list.size; ++i) list.masks[i] = next_[list.accounts[i]];
            loops_.count_list(lanes, list);
            countable = countable && list.countable;
        }
        return advance_to(size, countable);
    }

    /// Dependencies of a level. `frontier_` marks the level behind it on entry, and this one on return.
    void collect(std::size_t level) {
        const std::size_t begin = level_begins_[level];
        const std::size_t end = level_begins_[level + 1];
        const bool last = level + 2 == level_begins_.size();
        const std::size_t end_behind = last ? end : level_begins_[level + 2];
        const Lanes<Mask> lanes{out_, frontier_.data(), paths_.data()};
#pragma omp parallel num_threads(threads_for(level_edges_[level] + end_behind - begin))
        {
#pragma omp for schedule(dynamic, 1)
            for (std::size_t block = begin; block < end; block += list_block) {
                const Reached<Mask> list{accounts_.data() + block, masks_.data() + block,
                                         std::min(list_block, end - block)};
                loops_.collect_list(lanes, list, last, dependencies_.data());
                for (std::size_t i = 0; i < list.size; ++i) next_[list.accounts[i]] = list.masks[i];
            }
#pragma omp for schedule(static)
            for (std::size_t i = end; i < end_behind; ++i) frontier_[accounts_[i]] = 0;
        }
        std::swap(frontier_, next_);
    }

    /// Adds the dependencies to `total` [n], lane by lane, and forgets what the batch has reached.
    void add_to(std::span<double> total, int threads) {
        const std::size_t end = level_begins_.back();
        const std::size_t end_marked = level_begins_[std::min<std::size_t>(2, level_begins_.size() - 1)];
#pragma omp parallel for schedule(static) num_threads(end < worth_sharing ? 1 : threads)
        for (std::size_t i = 0; i < end; ++i) {
            const AccountId account = accounts_[i];
            if (i < end_marked) frontier_[account] = 0;  // the last one collected was level 1
            // An account stands in the list once for each level that reached it; whoever takes its mask does it.
            Mask lanes = std::atomic_ref<Mask>(visited_[account]).exchange(0, std::memory_order_relaxed);
            if (lanes == 0) continue;
            const double* const row = dependencies_.data() + account * num_lanes;
            double sum = total[account];
            for (; lanes != 0; lanes = static_cast<Mask>(lanes & (lanes - 1))) sum += row[std::countr_zero(lanes)];
            total[account] = sum;
        }
    }

  private:
    static int num_ranges_for(const CsrView& rows) {
        return static_cast<int>((rows.num_edges() + rows.num_accounts()) / block_size + 1);
    }

    int threads_for(EdgeOffset work) const {
        return work < worth_sharing ? 1 : threads_;
    }

    void make_room(std::size_t size) {
        if (size <= accounts_.size()) return;
        accounts_.resize(size);
        masks_.resize(size);
    }

    /// Makes the accounts in the list from the last level's end up to `end` the frontier.
    rule::Frontier advance_to(std::size_t end, bool countable) {
        const std::size_t before = level_begins_[level_begins_.size() - 2];
        const std::size_t begin = level_begins_.back();
        EdgeOffset edges = 0;
        EdgeOffset finished_edges = 0;
#pragma omp parallel num_threads(threads_for(end - before))
        {
#pragma omp for schedule(static) nowait
            for (std::size_t i = before; i < begin; ++i) frontier_[accounts_[i]] = 0;
#pragma omp for schedule(static) reduction(+ : edges, finished_edges)
            for (std::size_t i = begin; i < end; ++i) {
                const AccountId account = accounts_[i];
                visited_[account] = static_cast<Mask>(visited_[account] | masks_[i]);
                edges += out_.degree(account);
                if (visited_[account] == all_) finished_edges += in_.degree(account);
            }
        }
        std::swap(frontier_, next_);
        frontier_edges_ = edges;
        unfinished_edges_ -= finished_edges;
        if (end != begin) {
            level_begins_.push_back(end);
            level_edges_.push_back(edges);
        }
        return {end - begin, edges, unfinished_edges_, countable};
    }

    RowLoops<Mask> loops_;
    CsrView out_;
    CsrView in_;
    int threads_;
    Mask all_ = 0;
    Array<double> paths_;         ///< [n][lanes] path counts; shares where collected
    Array<double> dependencies_;  ///< [n][lanes]
    Array<Mask> visited_;         ///< [n] lanes that have reached the account
    Array<Mask> frontier_;        ///< [n] lanes that reached it last; on the way back, of the level behind
    Array<Mask> next_;            ///< [n] 0 between steps
    Array<AccountId> accounts_;   ///< of all levels, one after the other, with the lanes that reached them there
    Array<Mask> masks_;
    std::vector<std::size_t> level_begins_;
    std::vector<EdgeOffset> level_edges_;  ///< out-edges of the accounts of each level
    std::vector<AccountId> ranges_;        ///< that a thread pulls at a time
    std::size_t most_in_a_range_ = 0;
    EdgeOffset frontier_edges_ = 0;
    EdgeOffset unfinished_edges_ = 0;
};

/// Whether each thread can have a batch of its own.
bool batch_has_room(AccountId num_accounts, const Batches& options, int threads) {
    const std::size_t bytes_a_batch =
        std::size_t{num_accounts} * static_cast<std::size_t>(options.lanes) * 2 * sizeof(double);
    return static_cast<std::size_t>(threads) * bytes_a_batch <= options.bytes_apart;
}

std::size_t batches_at_once(AccountId num_accounts, std::size_t num_batches, const Batches& options, int threads) {
    const bool apart = batch_has_room(num_accounts, options, threads);
    return std::max<std::size_t>(1, std::min(num_batches, apart ? static_cast<std::size_t>(threads) : 1));
}

// --- all batches -------------------------------------------------------------------------------------------------

template <class Mask>
std::vector<double> in_batches(const PlacedGraph& placed, std::span<const AccountId> all_sources,
                               const Batches& options, Progress* progress) {
    constexpr std::size_t lanes = rows::num_lanes<Mask>;
    const Graph& graph = placed.graph();
    const std::vector<AccountId> sources = betweenness_loop::with_out_edges(all_sources, graph.out());
    const std::size_t num_batches = (sources.size() + lanes - 1) / lanes;
    const auto sources_of = [&](std::size_t batch) {
        return std::span(sources).subspan(batch * lanes, std::min(lanes, sources.size() - batch * lanes));
    };

    const std::size_t at_a_time = batches_at_once(graph.num_accounts(), num_batches, options, placed.threads());
    const bool apart = at_a_time > 1 || batch_has_room(graph.num_accounts(), options, placed.threads());

    std::vector<std::unique_ptr<Batch<Mask>>> batches;
    for (std::size_t i = 0; i < at_a_time; ++i)
        batches.push_back(
            std::make_unique<Batch<Mask>>(graph, apart ? 1 : placed.threads(), row_loops<Mask>(options.instructions)));
    std::vector<double> total(graph.num_accounts(), 0.0);
    for (std::size_t first = 0; first < num_batches; first += at_a_time) {
        advance(progress, "betweenness", static_cast<double>(first * lanes), static_cast<double>(sources.size()),
                "sources");
        const std::size_t count = std::min(at_a_time, num_batches - first);
        std::vector<std::exception_ptr> failures(count);
#pragma omp parallel for schedule(static, 1) num_threads(static_cast <int>(count)) if (count > 1)
        for (std::size_t i = 0; i < count; ++i) {
            try {
                betweenness_loop::search(*batches[i], sources_of(first + i), progress);
            } catch (...) {
                failures[i] = std::current_exception();
            }
        }
        for (const std::exception_ptr& failure : failures)
            if (failure) std::rethrow_exception(failure);
        for (std::size_t i = 0; i < count; ++i) batches[i]->add_to(total, placed.threads());
    }
    advance(progress, "betweenness", static_cast<double>(sources.size()), static_cast<double>(sources.size()),
            "sources");
    return total;
}

}  // namespace

std::vector<double> betweenness_in_batches(const PlacedGraph& graph, std::span<const AccountId> sources,
                                           const Batches& batches, Progress* progress) {
    switch (batches.lanes) {
        case 8:
            return in_batches<std::uint8_t>(graph, sources, batches, progress);
        case 16:
            return in_batches<std::uint16_t>(graph, sources, batches, progress);
        case 32:
            return in_batches<std::uint32_t>(graph, sources, batches, progress);
        default:
            return in_batches<std::uint64_t>(graph, sources, batches, progress);
    }
}

BetweennessBatches betweenness_batches(AccountId num_accounts, std::uint64_t num_sources, int threads) {
    const Batches batches;
    const auto lanes = static_cast<std::uint64_t>(batches.lanes);
    return {batches.lanes, batches_at_once(num_accounts, (num_sources + lanes - 1) / lanes, batches, threads)};
}

std::vector<double> betweenness(const PlacedGraph& graph, std::span<const AccountId> sources, Progress* progress,
                                int lanes) {
    Batches batches;
    if (lanes != 0) batches.lanes = lanes;
    return betweenness_in_batches(graph, sources, batches, progress);
}

}  // namespace coterie::openmp
