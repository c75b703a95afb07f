#pragma once

#include <cstddef>
#include <limits>

#include "host/csr.hpp"

namespace coterie::betweenness_rule {

// One text for both compilers. Sources are searched from side by side, each in a lane of its own, so that a lane's sums
// are added in the same order however many lanes there are and whoever adds them:
//
//   paths(v)      = sum over in-neighbors u of the level before of paths(u)       (1 for the source)
//   share(w)      = (1 + dependency(w)) / paths(w)
//   dependency(v) = paths(v) * sum over out-neighbors w of the level after of share(w)
//
// A sum adds the terms of a row one after the other, in the row's order, within chunks of `chunk_length` neighbors; the
// sums of the chunks are added in order. All terms are positive, so leaving out those that are zero changes no bit.

inline constexpr EdgeOffset chunk_length = 4096;

constexpr double dependency(double paths, double sum_of_shares) {
    return paths * sum_of_shares;
}

/// What one shortest path that reaches an account hands back to the account before.
constexpr double share(double paths, double dependency) {
    return (1.0 + dependency) / paths;
}

/// False once a count of paths has overflowed.
constexpr bool countable(double paths) {
    return paths <= std::numeric_limits<double>::max();
}

/// Accounts that lanes have just reached, and what decides how to go on from them.
struct Frontier {
    std::size_t accounts = 0;
    EdgeOffset edges = 0;             ///< their out-edges: what a push reads
    EdgeOffset unfinished_edges = 0;  ///< in-edges of the accounts that some lane has not reached: what a pull reads
    bool countable = true;
};

/// A push reads the frontier's out-edges to learn who is next, and then all in-edges of those; a pull reads the in-edges
/// of whoever may be next, once. Which one is taken changes no bit. Beamer, Asanović & Patterson, SC 2012.
constexpr bool pull_is_cheaper(const Frontier& frontier) {
    constexpr EdgeOffset wide = 8;
    return frontier.edges > frontier.unfinished_edges / wide;
}

}  // namespace coterie::betweenness_rule
