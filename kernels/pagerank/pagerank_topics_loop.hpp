#pragma once

#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <vector>

#include "host/pagerank.hpp"
#include "kernels/kernels.hpp"
#include "kernels/pagerank/pagerank_loop.hpp"
#include "kernels/pagerank/pagerank_rule.hpp"

namespace coterie {

/// What an iteration adds up, in each lane.
template <std::size_t lanes>
struct LaneSums {
    Fixed change[lanes] = {};
    Fixed dangling[lanes] = {};
};

/// The iteration of PageRank on a batch of topics, a lane each, over the steps of a backend:
///   lanes                                how many topics they take
///   LaneSums start()                     sets ranks and shares; of the sums only `dangling` counts
///   LaneSums iterate(jumps)              one iteration
///   void ranks(which, results)           writes the ranks of the lanes `which` into their results
/// All accounts take part, since teleport vectors tell them apart. A topic that has converged is done: its ranks are taken
/// at once, and what its lane holds afterwards counts for nothing. `done_before` iterations of `total` are reported as done.
template <class Steps>
void pagerank_topics_batch(Steps& steps, const PageRankOptions& options, std::span<PageRankResult> results,
                           double done_before, double total) {
    std::vector<std::size_t> running(results.size());
    std::iota(running.begin(), running.end(), std::size_t{0});
    for (PageRankResult& result : results) result.converged = false;
    auto sums = steps.start();
    for (int iteration = 1; iteration <= options.max_iterations && !running.empty(); ++iteration) {
        std::array<double, Steps::lanes> jumps{};
        for (const std::size_t lane : running) jumps[lane] = pagerank_jump(options.damping, sums.dangling[lane]);
        sums = steps.iterate(jumps);
        for (const std::size_t lane : running) {
            results[lane].iterations = iteration;
            results[lane].residual = from_fixed(sums.change[lane]);
            results[lane].converged = results[lane].residual < options.tolerance;
        }
        const auto done = std::stable_partition(running.begin(), running.end(),
                                                [&](std::size_t lane) { return !results[lane].converged; });
        if (done != running.end()) steps.ranks({done, running.end()}, results);
        running.erase(done, running.end());
        advance(options.progress, "pagerank", done_before + iteration, total, "iterations");
    }
    if (!running.empty()) steps.ranks(running, results);
}

/// All topics, in batches of `lanes`. Calls `run(batch of topics, results of the batch, iterations done before, of how many)`.
template <class Run>
std::vector<PageRankResult> pagerank_in_batches(std::span<const Topic> topics, std::size_t lanes,
                                                AccountId num_accounts, const PageRankOptions& options, Run run) {
    std::vector<PageRankResult> results(topics.size());
    const std::size_t batches = (topics.size() + lanes - 1) / lanes;
    const double total = static_cast<double>(batches) * options.max_iterations;
    for (std::size_t batch = 0; batch < batches; ++batch) {
        const std::size_t first = batch * lanes;
        const std::size_t count = std::min(lanes, topics.size() - first);
        const std::span<PageRankResult> of_batch = std::span(results).subspan(first, count);
        for (PageRankResult& result : of_batch) result.ranks.resize(num_accounts);
        run(topics.subspan(first, count), of_batch, static_cast<double>(batch) * options.max_iterations, total);
    }
    return results;
}

}  // namespace coterie
