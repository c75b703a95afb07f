#include <cstddef>
#include <utility>

#include "host/array.hpp"
#include "kernels/kernels.hpp"
#include "kernels/openmp/balanced_ranges.hpp"
#include "kernels/pagerank/pagerank_loop.hpp"

namespace coterie::openmp {

namespace {

/// Edges between the load of a share and the prefetch that fetched it. Most shares of a large graph lie beyond the
/// second-level cache, and without it each row's end, mispredicted, would let the misses run dry.
constexpr EdgeOffset prefetch_distance = 64;

/// Ranges a thread: enough that a thread which the system holds up leaves its share of the rows to others.
constexpr int ranges_per_thread = 16;

template <class Rule>
class PageRankSteps {
  public:
    using Share = typename Rule::Share;

    PageRankSteps(const PlacedGraph& placed, const PageRankOptions& options, std::span<const double> out_weights)
        : out_(placed.graph().out()),
          in_(placed.graph().in()),
          out_weights_(out_weights),
          damping_(options.damping),
          uniform_(1.0 / placed.graph().num_accounts()),
          teleport_(options.teleport),
          first_ranks_(options.start.empty() ? options.teleport : options.start),
          active_(pagerank_active_accounts(placed.graph(), options)),
          threads_(placed.threads()),
          bounds_(balanced_ranges(in_, active_, threads_ * ranges_per_thread)),
          ranks_(active_),
          shares_(active_),
          next_shares_(active_) {}

    AccountId active() const { return active_; }

    Fixed start() {
        return over_accounts([this](AccountId account, PageRankSums& sums) {
                   const Fixed rank = to_fixed(first_ranks_.empty() ? uniform_ : first_ranks_[account]);
                   settle(account, rank, shares_, sums);
               })
            .dangling;
    }

    PageRankSums iterate(double jump) {
        const PageRankSums sums = over_accounts([this, jump](AccountId account, PageRankSums& sums) {
            const Fixed base = pagerank_base(jump, teleport_.empty() ? uniform_ : teleport_[account]);
            const Fixed rank = base + gather(account);
            sums.change += pagerank_change(rank, ranks_[account]);
            settle(account, rank, next_shares_, sums);
        });
        std::swap(shares_, next_shares_);
        return sums;
    }

    void ranks(std::span<double> ranks) const {
#pragma omp parallel for num_threads(threads_) schedule(static)
        for (AccountId account = 0; account < active_; ++account) ranks[account] = from_fixed(ranks_[account]);
    }

  private:
    template <class Body>
    PageRankSums over_accounts(Body body) const {
        Fixed change = 0;
        Fixed dangling = 0;
        const std::size_t ranges = bounds_.size() - 1;
#pragma omp parallel for num_threads(threads_) schedule(dynamic, 1) reduction(+ : change, dangling)
        for (std::size_t range = 0; range < ranges; ++range) {
            PageRankSums sums;
            for (AccountId account = bounds_[range]; account < bounds_[range + 1]; ++account) body(account, sums);
            change += sums.change;
            dangling += sums.dangling;
        }
        return {change, dangling};
    }

    Fixed gather(AccountId account) const {
        EdgeOffset edge = in_.offsets[account];
        const EdgeOffset end = in_.offsets[account + 1];
        Fixed sum = 0;
        if (end + prefetch_distance <= in_.neighbors.size()) {
            for (; edge < end; ++edge) {
                __builtin_prefetch(&shares_[in_.neighbors[edge + prefetch_distance]]);
                sum += pagerank_term<Rule>(in_, shares_.data(), edge);
            }
        } else {
            for (; edge < end; ++edge) sum += pagerank_term<Rule>(in_, shares_.data(), edge);
        }
        return sum;
    }

    void settle(AccountId account, Fixed rank, Array<Share>& shares, PageRankSums& sums) {
        // Without weights the scale is a division of what is at hand, cheaper than an array to read.
        const double out_weight = Rule::weighted ? out_weights_[account] : static_cast<double>(out_.degree(account));
        const double scale = pagerank_scale(damping_, out_weight);
        ranks_[account] = rank;
        shares[account] = Rule::share(rank, scale);
        if (pagerank_dangles(scale)) sums.dangling += rank;
    }

    CsrView out_;
    CsrView in_;
    std::span<const double> out_weights_;
    double damping_;
    double uniform_;
    std::span<const double> teleport_;
    std::span<const double> first_ranks_;
    AccountId active_;
    int threads_;
    std::vector<AccountId> bounds_;
    Array<Fixed> ranks_;
    Array<Share> shares_;
    Array<Share> next_shares_;
};

}  // namespace

PageRankResult pagerank(const PlacedGraph& graph, const PageRankOptions& options, std::span<const double> out_weights) {
    return with_pagerank_rule(options.precision, graph.graph().weighted(), [&]<class Rule>() {
        PageRankSteps<Rule> steps(graph, options, out_weights);
        return pagerank_loop(steps, graph.graph().num_accounts(), options);
    });
}

}  // namespace coterie::openmp
