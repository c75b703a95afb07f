#pragma once

#include <algorithm>

#include "host/pagerank.hpp"
#include "kernels/pagerank/pagerank_rule.hpp"

namespace coterie {

/// What an iteration adds up.
struct PageRankSums {
    Fixed change = 0;    ///< L1 distance to the ranks before
    Fixed dangling = 0;  ///< rank of accounts without out-weight
};

/// Accounts that steps work on: the first ones, up to the last that has an edge. Since accounts stand by descending degree,
/// those behind have none, and as long as nothing tells them apart they all have the same rank: see IsolatedAccounts.
inline AccountId pagerank_active_accounts(const Graph& graph, const PageRankOptions& options) {
    AccountId active = graph.num_accounts();
    if (!options.teleport.empty() || !options.start.empty()) return active;
    while (active > 0 && graph.in().degree(active - 1) == 0 && graph.out().degree(active - 1) == 0) --active;
    return active;
}

/// The accounts behind the active ones: one rank for all. They dangle.
class IsolatedAccounts {
  public:
    IsolatedAccounts(AccountId count, Fixed rank) : count_(count), rank_(rank) {}

    PageRankSums sums_after(Fixed next_rank) {
        const Fixed change = pagerank_change(next_rank, rank_);
        rank_ = next_rank;
        return {count_ * change, count_ * rank_};
    }
    Fixed dangling() const { return count_ * rank_; }
    Fixed rank() const { return rank_; }

  private:
    Fixed count_;
    Fixed rank_;
};

/// The iteration of PageRank on one account or more, over the steps of a backend:
///   AccountId active()           accounts that the steps keep
///   Fixed start()                sets ranks and shares; returns the rank of dangling accounts
///   PageRankSums iterate(jump)   one iteration over the active accounts
///   void ranks(span<double>)     writes the ranks of the active accounts
template <class Steps>
PageRankResult pagerank_loop(Steps& steps, AccountId num_accounts, const PageRankOptions& options) {
    PageRankResult result;
    const double uniform = 1.0 / num_accounts;
    IsolatedAccounts isolated(num_accounts - steps.active(), to_fixed(uniform));
    Fixed dangling = steps.start() + isolated.dangling();
    result.converged = false;
    while (!result.converged && result.iterations < options.max_iterations) {
        const double jump = pagerank_jump(options.damping, dangling);
        const PageRankSums active = steps.iterate(jump);
        const PageRankSums others = isolated.sums_after(pagerank_base(jump, uniform));
        dangling = active.dangling + others.dangling;
        ++result.iterations;
        result.residual = from_fixed(active.change + others.change);
        result.converged = result.residual < options.tolerance;
        advance(options.progress, "pagerank", result.iterations, options.max_iterations, "iterations");
    }

    result.ranks.resize(num_accounts);
    steps.ranks(std::span(result.ranks).first(steps.active()));
    std::fill(result.ranks.begin() + steps.active(), result.ranks.end(), from_fixed(isolated.rank()));
    return result;
}

/// Calls `run.template operator()<Rule>()` with the rule that the options and the graph ask for.
template <class Run>
auto with_pagerank_rule(Precision precision, bool weighted, Run run) {
    if (precision == Precision::full)
        return weighted ? run.template operator()<FullWeightedPageRank>() : run.template operator()<FullPageRank>();
    return weighted ? run.template operator()<SingleWeightedPageRank>() : run.template operator()<SinglePageRank>();
}

}  // namespace coterie
