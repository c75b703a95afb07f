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
    constexpr IsolatedAccounts(AccountId count, Fixed rank) : count_(count), rank_(rank) {}

    constexpr PageRankSums sums_after(Fixed next_rank) {
        const Fixed change = pagerank_change(next_rank, rank_);
        rank_ = next_rank;
        return {count_ * change, count_ * rank_};
    }
    constexpr Fixed dangling() const { return count_ * rank_; }
    constexpr Fixed rank() const { return rank_; }

  private:
    Fixed count_;
    Fixed rank_;
};

/// What one iteration hands to the next. Plain data: a device can carry it on as well as the host.
struct PageRankRound {
    double damping = 0;
    double tolerance = 0;
    double uniform = 0;  ///< 1 / n
    int max_iterations = 0;
    IsolatedAccounts isolated = {0, 0};
    Fixed dangling = 0;
    int iterations = 0;
    double residual = 0;
    bool converged = false;

    constexpr double jump() const { return pagerank_jump(damping, dangling); }
    constexpr bool over() const { return converged || iterations >= max_iterations; }

    /// Ends the iteration in which the active accounts added up `active`.
    constexpr void finish(const PageRankSums& active) {
        const PageRankSums others = isolated.sums_after(pagerank_base(jump(), uniform));
        dangling = active.dangling + others.dangling;
        ++iterations;
        residual = from_fixed(active.change + others.change);
        converged = residual < tolerance;
    }
};

/// One iteration, or several where steps go on by themselves.
template <class Steps>
void pagerank_go_on(Steps& steps, PageRankRound& round) {
    if constexpr (requires { steps.go_on(round); })
        steps.go_on(round);
    else
        round.finish(steps.iterate(round.jump()));
}

/// The iteration of PageRank on one account or more, over the steps of a backend:
///   AccountId active()           accounts that the steps keep
///   Fixed start()                sets ranks and shares; returns the rank of dangling accounts
///   PageRankSums iterate(jump)   one iteration over the active accounts; or
///   void go_on(round)            one or more, each of which ends with `round.finish`
///   void ranks(span<double>)     writes the ranks of the active accounts
template <class Steps>
PageRankResult pagerank_loop(Steps& steps, AccountId num_accounts, const PageRankOptions& options) {
    const double uniform = 1.0 / num_accounts;
    PageRankRound round{.damping = options.damping,
                        .tolerance = options.tolerance,
                        .uniform = uniform,
                        .max_iterations = options.max_iterations,
                        .isolated = {num_accounts - steps.active(), to_fixed(uniform)}};
    round.dangling = steps.start() + round.isolated.dangling();
    while (!round.over()) {
        int done = round.iterations;
        pagerank_go_on(steps, round);
        while (done < round.iterations)
            advance(options.progress, "pagerank", ++done, options.max_iterations, "iterations");
    }

    PageRankResult result;
    result.iterations = round.iterations;
    result.residual = round.residual;
    result.converged = round.converged;
    result.ranks.resize(num_accounts);
    steps.ranks(std::span(result.ranks).first(steps.active()));
    std::fill(result.ranks.begin() + steps.active(), result.ranks.end(), from_fixed(round.isolated.rank()));
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
