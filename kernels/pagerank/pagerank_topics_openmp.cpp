#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "host/array.hpp"
#include "kernels/kernels.hpp"
#include "kernels/openmp/balanced_ranges.hpp"
#include "kernels/pagerank/pagerank_topics_loop.hpp"
#include "kernels/pagerank/teleport_rows.hpp"

namespace coterie::openmp {

namespace {

constexpr int ranges_per_thread = 64;
/// Of a row, in edges.
constexpr EdgeOffset row_cost = 4;
constexpr std::size_t cache_line = 64;
/// Cache lines of shares between what is prefetched and what is added.
constexpr std::size_t lines_ahead = 32;

/// What rows are advanced with. Arrays [n][lanes] hold an account's lanes side by side.
template <class Rule, std::size_t num_lanes>
struct TopicLanes {
    using Share = typename Rule::Share;
    static constexpr std::size_t lanes = num_lanes;

    CsrView in;
    const std::uint32_t* teleport_rows;  ///< [n]
    const double* teleports;             ///< [rows][lanes]
    const double* scales;                ///< [n] d / W(u)
    const Share* shares;
    Share* next_shares;
    Fixed* ranks;
    std::array<double, lanes> jumps;
};

template <class Lanes>
[[gnu::always_inline]] inline void prefetch_lanes(const Lanes& lanes, AccountId account) {
    constexpr std::size_t bytes = Lanes::lanes * sizeof(typename Lanes::Share);
    const auto* const first = reinterpret_cast<const std::byte*>(lanes.shares + account * Lanes::lanes);
    for (std::size_t byte = 0; byte < bytes; byte += cache_line) __builtin_prefetch(first + byte);
}

/// Adds the rank of an account to what it gives on: its share, or, if it dangles, the sum over the dangling.
template <class Rule, class Lanes>
[[gnu::always_inline]] inline void settle(const Lanes& lanes, AccountId account, const Fixed* ranks,
                                          LaneSums<Lanes::lanes>& sums) {
    const double scale = lanes.scales[account];
    typename Rule::Share* const next = lanes.next_shares + account * Lanes::lanes;
#pragma omp simd
    for (std::size_t lane = 0; lane < Lanes::lanes; ++lane) next[lane] = Rule::share(ranks[lane], scale);
    if (pagerank_dangles(scale))
#pragma omp simd
        for (std::size_t lane = 0; lane < Lanes::lanes; ++lane) sums.dangling[lane] += ranks[lane];
    std::copy_n(ranks, Lanes::lanes, lanes.ranks + account * Lanes::lanes);
}

template <class Rule, class Lanes>
[[gnu::always_inline]] inline void advance_rows(const Lanes& lanes, AccountId begin, AccountId end,
                                                LaneSums<Lanes::lanes>& sums) {
    constexpr std::size_t bytes = Lanes::lanes * sizeof(typename Rule::Share);
    constexpr EdgeOffset ahead = std::max(EdgeOffset{4}, lines_ahead * cache_line / bytes);
    const AccountId* const neighbors = lanes.in.neighbors.data();
    const EdgeOffset last = lanes.in.offsets[end];
    EdgeOffset edge = lanes.in.offsets[begin];
    for (AccountId account = begin; account < end; ++account) {
        Fixed gathered[Lanes::lanes] = {};
        for (const EdgeOffset row_end = lanes.in.offsets[account + 1]; edge < row_end; ++edge) {
            if (edge + ahead < last) prefetch_lanes(lanes, neighbors[edge + ahead]);
            const typename Rule::Share* const shares = lanes.shares + neighbors[edge] * Lanes::lanes;
#pragma omp simd
            for (std::size_t lane = 0; lane < Lanes::lanes; ++lane)
                if constexpr (Rule::weighted)
                    gathered[lane] += Rule::term(shares[lane], lanes.in.weights[edge]);
                else
                    gathered[lane] += Rule::term(shares[lane]);
        }
        if (const std::uint32_t row = lanes.teleport_rows[account]; row != TeleportRows::none)
#pragma omp simd
            for (std::size_t lane = 0; lane < Lanes::lanes; ++lane)
                gathered[lane] += pagerank_base(lanes.jumps[lane], lanes.teleports[row * Lanes::lanes + lane]);
        const Fixed* const before = lanes.ranks + account * Lanes::lanes;
#pragma omp simd
        for (std::size_t lane = 0; lane < Lanes::lanes; ++lane)
            sums.change[lane] += pagerank_change(gathered[lane], before[lane]);
        settle<Rule>(lanes, account, gathered, sums);
    }
}

/// advance_rows, compiled for an instruction set. All give the same bits.
template <class Rule, class Lanes>
using AdvanceRows = void (*)(const Lanes&, AccountId, AccountId, LaneSums<Lanes::lanes>&);

template <class Rule, class Lanes>
[[gnu::target("avx512f,avx512dq,avx512vl")]] void advance_rows_avx512(const Lanes& lanes, AccountId begin,
                                                                      AccountId end, LaneSums<Lanes::lanes>& sums) {
    advance_rows<Rule>(lanes, begin, end, sums);
}

template <class Rule, class Lanes>
[[gnu::target("avx2")]] void advance_rows_avx2(const Lanes& lanes, AccountId begin, AccountId end,
                                               LaneSums<Lanes::lanes>& sums) {
    advance_rows<Rule>(lanes, begin, end, sums);
}

template <class Rule, class Lanes>
void advance_rows_plain(const Lanes& lanes, AccountId begin, AccountId end, LaneSums<Lanes::lanes>& sums) {
    advance_rows<Rule>(lanes, begin, end, sums);
}

template <class Rule, class Lanes>
AdvanceRows<Rule, Lanes> best_advance_rows() {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return advance_rows_avx512<Rule, Lanes>;
    if (__builtin_cpu_supports("avx2")) return advance_rows_avx2<Rule, Lanes>;
    return advance_rows_plain<Rule, Lanes>;
}

template <class Rule, std::size_t num_lanes>
class TopicSteps {
  public:
    using Share = typename Rule::Share;
    static constexpr std::size_t lanes = num_lanes;

    TopicSteps(const PlacedGraph& placed, std::span<const Topic> topics, const PageRankOptions& options,
               std::span<const double> out_weights)
        : num_accounts_(placed.graph().num_accounts()),
          threads_(placed.threads()),
          bounds_(balanced_ranges(placed.graph().in(), 0, num_accounts_, threads_ * ranges_per_thread, row_cost)),
          teleports_(topics, lanes, num_accounts_, threads_),
          first_ranks_(options.start),
          scales_(num_accounts_),
          ranks_(num_accounts_ * lanes),
          shares_(num_accounts_ * lanes),
          next_shares_(num_accounts_ * lanes) {
        const CsrView out = placed.graph().out();
#pragma omp parallel for num_threads(threads_) schedule(static)
        for (AccountId account = 0; account < num_accounts_; ++account)
            scales_[account] = pagerank_scale(
                options.damping, Rule::weighted ? out_weights[account] : static_cast<double>(out.degree(account)));
        state_ = {.in = placed.graph().in(),
                  .teleport_rows = teleports_.row_of().data(),
                  .teleports = teleports_.rows().data(),
                  .scales = scales_.data(),
                  .shares = nullptr,
                  .next_shares = nullptr,
                  .ranks = ranks_.data(),
                  .jumps = {}};
    }

    LaneSums<lanes> start() {
        return over_ranges([this](const auto& state, AccountId begin, AccountId end, LaneSums<lanes>& sums) {
            for (AccountId account = begin; account < end; ++account) {
                Fixed ranks[lanes] = {};
                const std::uint32_t row = state.teleport_rows[account];
                if (!first_ranks_.empty())
                    std::fill_n(ranks, lanes, to_fixed(first_ranks_[account]));
                else if (row != TeleportRows::none)
                    for (std::size_t lane = 0; lane < lanes; ++lane)
                        ranks[lane] = to_fixed(state.teleports[row * lanes + lane]);
                settle<Rule>(state, account, ranks, sums);
            }
        });
    }

    LaneSums<lanes> iterate(const std::array<double, lanes>& jumps) {
        state_.jumps = jumps;
        return over_ranges(best_advance_rows<Rule, TopicLanes<Rule, lanes>>());
    }

    void ranks(std::span<const std::size_t> which, std::span<PageRankResult> results) const {
#pragma omp parallel for num_threads(threads_) schedule(static)
        for (AccountId account = 0; account < num_accounts_; ++account)
            for (const std::size_t lane : which)
                results[lane].ranks[account] = from_fixed(ranks_[account * lanes + lane]);
    }

  private:
    template <class Work>
    LaneSums<lanes> over_ranges(Work work) {
        state_.shares = shares_.data();
        state_.next_shares = next_shares_.data();
        LaneSums<lanes> sums{};
        const std::size_t ranges = bounds_.size() - 1;
#pragma omp parallel num_threads(threads_)
        {
            LaneSums<lanes> part{};
#pragma omp for schedule(dynamic, 1) nowait
            for (std::size_t range = 0; range < ranges; ++range) work(state_, bounds_[range], bounds_[range + 1], part);
#pragma omp critical(pagerank_topics)
            for (std::size_t lane = 0; lane < lanes; ++lane) {
                sums.change[lane] += part.change[lane];
                sums.dangling[lane] += part.dangling[lane];
            }
        }
        std::swap(shares_, next_shares_);
        return sums;
    }

    AccountId num_accounts_;
    int threads_;
    std::vector<AccountId> bounds_;
    TeleportRows teleports_;
    std::span<const double> first_ranks_;
    Array<double> scales_;
    Array<Fixed> ranks_;
    Array<Share> shares_;
    Array<Share> next_shares_;
    TopicLanes<Rule, lanes> state_{};
};

}  // namespace

std::vector<PageRankResult> pagerank_topics(const PlacedGraph& graph, std::span<const Topic> topics,
                                            const PageRankOptions& options, std::span<const double> out_weights) {
    constexpr std::size_t lanes = 16;
    return with_pagerank_rule(options.precision, graph.graph().weighted(), [&]<class Rule>() {
        return pagerank_in_batches(
            topics, lanes, graph.graph().num_accounts(), options,
            [&](std::span<const Topic> batch, std::span<PageRankResult> results, double done_before, double total) {
                TopicSteps<Rule, lanes> steps(graph, batch, options, out_weights);
                pagerank_topics_batch(steps, options, results, done_before, total);
            });
    });
}

}  // namespace coterie::openmp
