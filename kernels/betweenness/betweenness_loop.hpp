#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "host/csr.hpp"
#include "host/errors.hpp"
#include "host/progress.hpp"
#include "kernels/betweenness/betweenness_rule.hpp"

namespace coterie::betweenness_loop {

/// The sources that shortest paths start from. One without out-edges adds nothing to any account.
inline std::vector<AccountId> with_out_edges(std::span<const AccountId> sources, const CsrView& out) {
    std::vector<AccountId> kept;
    for (const AccountId source : sources)
        if (out.degree(source) != 0) kept.push_back(source);
    return kept;
}

inline void stop_if_cancelled(const Progress* progress) {
    if (progress != nullptr && progress->cancelled()) throw Cancelled();
}

/// One batch: level by level away from the sources counting paths, and back adding dependencies.
///
/// Steps: `Frontier start(sources)`, level 0; `Frontier pull()` and `Frontier push()`, two ways to the next level;
/// `collect(level)`, the dependencies of a level from those of the one behind it. Level 0 is left out: a source does not
/// lie between itself and others. Returns false as soon as the steps lack room (`bool has_room(frontier)`) for the list of
/// the next level; then nothing was collected.
template <class Steps>
bool search(Steps& steps, std::span<const AccountId> sources, const Progress* progress) {
    namespace rule = betweenness_rule;
    rule::Frontier frontier = steps.start(sources);
    std::size_t num_levels = 0;
    while (frontier.accounts != 0) {
        ++num_levels;
        stop_if_cancelled(progress);
        if (!steps.has_room(frontier)) return false;
        frontier = rule::pull_is_cheaper(frontier) ? steps.pull() : steps.push();
        if (!frontier.countable)
            throw GraphError(
                "betweenness: every two accounts must have at most 1.8e308 shortest paths between them, "
                "and got a pair with more");
    }
    for (std::size_t level = num_levels; level-- > 1;) {
        stop_if_cancelled(progress);
        steps.collect(level);
    }
    return true;
}

}  // namespace coterie::betweenness_loop
