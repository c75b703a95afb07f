#include <utility>
#include <vector>

#include "host/array.hpp"
#include "kernels/kernels.hpp"
#include "kernels/pagerank/pagerank_edges.hpp"
#include "kernels/pagerank/pagerank_loop.hpp"

namespace coterie::openmp {

namespace {

template <class Rule>
class PageRankSteps {
  public:
    using Share = typename Rule::Share;

    PageRankSteps(const PlacedGraph& placed, const PageRankOptions& options, std::span<const double> out_weights)
        : out_(placed.graph().out()),
          out_weights_(out_weights),
          damping_(options.damping),
          uniform_(1.0 / placed.graph().num_accounts()),
          teleport_(options.teleport),
          first_ranks_(options.start.empty() ? options.teleport : options.start),
          active_(pagerank_active_accounts(placed.graph(), options)),
          threads_(placed.threads()),
          edges_(placed.graph(), active_, threads_),
          ranks_(active_),
          shares_(active_),
          next_shares_(active_) {}

    AccountId active() const { return active_; }

    Fixed start() {
        Fixed dangling = 0;
#pragma omp parallel for num_threads(threads_) schedule(static) reduction(+ : dangling)
        for (AccountId account = 0; account < active_; ++account) {
            const Fixed rank = to_fixed(first_ranks_.empty() ? uniform_ : first_ranks_[account]);
            dangling += settle(account, rank, shares_);
        }
        return dangling;
    }

    PageRankSums iterate(double jump) {
        Fixed change = 0;
        Fixed dangling = 0;
#pragma omp parallel num_threads(threads_) reduction(+ : change, dangling)
        edges_.template gather<Rule>(shares_.data(), [&](AccountId account, Fixed gathered) {
            const Fixed base = pagerank_base(jump, teleport_.empty() ? uniform_ : teleport_[account]);
            const Fixed rank = base + gathered;
            change += pagerank_change(rank, ranks_[account]);
            dangling += settle(account, rank, next_shares_);
        });
        std::swap(shares_, next_shares_);
        return {change, dangling};
    }

    void ranks(std::span<double> ranks) const {
#pragma omp parallel for num_threads(threads_) schedule(static)
        for (AccountId account = 0; account < active_; ++account) ranks[account] = from_fixed(ranks_[account]);
    }

  private:
    /// Returns what the account gives to all.
    Fixed settle(AccountId account, Fixed rank, Array<Share>& shares) {
        // Without weights the scale is a division of what is at hand, cheaper than an array to read.
        const double out_weight = Rule::weighted ? out_weights_[account] : static_cast<double>(out_.degree(account));
        const double scale = pagerank_scale(damping_, out_weight);
        ranks_[account] = rank;
        shares[account] = Rule::share(rank, scale);
        return pagerank_dangles(scale) ? rank : 0;
    }

    CsrView out_;
    std::span<const double> out_weights_;
    double damping_;
    double uniform_;
    std::span<const double> teleport_;
    std::span<const double> first_ranks_;
    AccountId active_;
    int threads_;
    PageRankEdges edges_;
    Array<Fixed> ranks_;
    Array<Share> shares_;
    Array<Share> next_shares_;
};

}  // namespace

std::vector<std::uint64_t> pagerank_edge_arrays(const Graph& graph, const PageRankOptions& options, int threads) {
    return PageRankEdges::predicted_arrays(graph, pagerank_active_accounts(graph, options), threads);
}

PageRankResult pagerank(const PlacedGraph& graph, const PageRankOptions& options, std::span<const double> out_weights) {
    return with_pagerank_rule(options.precision, graph.graph().weighted(), [&]<class Rule>() {
        PageRankSteps<Rule> steps(graph, options, out_weights);
        return pagerank_loop(steps, graph.graph().num_accounts(), options);
    });
}

}  // namespace coterie::openmp
