#pragma once

#include <span>
#include <vector>

#include "host/backend.hpp"
#include "host/progress.hpp"

namespace coterie {

/// How shares are held between iterations. Sums are exact either way.
enum class Precision {
    full,    ///< 64-bit fixed point: within 1e-12 of exact arithmetic in L1 on graphs of a million edges
    single,  ///< float: half the traffic of the gather, about 1e-7
};

struct PageRankOptions {
    double damping = 0.85;
    double tolerance = 1e-6;
    int max_iterations = 100;
    Precision precision = Precision::full;
    std::span<const double> teleport = {};  ///< [n] weights ≥ 0, normalised to sum 1; empty: uniform
    std::span<const double> start = {};  ///< [n] ranks to start from, normalised to sum 1; empty: the teleport vector
    Progress* progress = nullptr;
};

struct PageRankResult {
    std::vector<double> ranks;  ///< [n], by internal id
    int iterations = 0;
    double residual = 0.0;  ///< L1 change of the last iteration
    bool converged = true;
};

/// PageRank of every account: the chance that an endless random walk is there.
///
///   rank(v) = (1 - d) t(v) + d * ( sum over u→v of w(u,v)/W(u) * rank(u) + dangling * t(v) )
///
/// `dangling` is the rank of accounts without out-weight, W(u) the sum of u's out-weights (its out-degree if the graph is
/// unweighted; `graph.unweighted()` reads a weighted one so), `t` the teleport vector (1/n if none is given). Ranks sum to 1.
/// Returns `ranks` [n], by internal id; an empty graph gives none.
/// Stops when the L1 change falls below `tolerance`, else after `max_iterations` with `converged` false: it is true if the
/// last iteration allowed converges. A tolerance of 0 asks for `max_iterations` iterations.
/// Same bytes on every backend and with any number of threads: sums are 64-bit integers in fixed point.
/// Time O(iterations * (n + m)); memory beside the graph on openmp 32n bytes (24n in single precision), 2 to 6 bytes an edge
/// (4 more weighted), laid out anew by segments of accounts, and up to 2.5 MB a thread; on cuda 52n (44n) of the device's and
/// 2 to 4 bytes an edge (6 to 8 weighted), and while edges are laid out up to 52n there and on the host; 16n more for each of
/// weights, `teleport` and `start`. If that does not fit, rows are streamed: see row_blocks.hpp.
/// Throws std::invalid_argument if damping is outside [0, 1), tolerance is negative or not a number, max_iterations < 1,
/// or teleport/start have a wrong size, a negative or non-finite entry, or no positive one; GraphError if a weight is
/// negative or not finite, or, in single precision, if an account's out-weight is positive and below 2^-64.
/// Brin & Page 1998; dangling mass as in Langville & Meyer 2004.
PageRankResult pagerank(const PlacedGraph& graph, const PageRankOptions& options = {});

/// PageRank once for each of `teleports` [topics][n], several at a time: an edge is read once for many of them.
///
/// Returns a result for each topic, in their order, with the same bytes as `pagerank` with that teleport vector: each has
/// iterations, residual and convergence of its own. `options.start`, if there is one, is where all of them start;
/// `options.teleport` must be empty.
/// Progress counts the iterations of batches of topics, each batch as `max_iterations`.
/// Time O(iterations * (n + m)) for each batch of 16 (openmp) or 32 (cuda; 8 where there are no more, or no more fit) topics.
/// Memory beside the graph and the ranks returned: 24 bytes (16 in single precision) for each account and topic of a batch
/// (the last one too counts as full), 8 more for each topic of the batch and account where one of them starts, and 12 an account.
/// Throws what `pagerank` throws.
std::vector<PageRankResult> pagerank_topics(const PlacedGraph& graph, std::span<const std::vector<double>> teleports,
                                            const PageRankOptions& options = {});

}  // namespace coterie
