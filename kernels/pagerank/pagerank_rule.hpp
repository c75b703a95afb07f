#pragma once

#include <cstdint>

#include "host/csr.hpp"
#include "kernels/fixed_point.hpp"

namespace coterie {

// The arithmetic of PageRank, one text for both compilers: each operation below is one correctly rounded operation of
// IEEE double (or float, where it says so), so both give the same bits. All that is summed are integers.
//
// With d the damping, an iteration reads
//
//   share(u) = rank(u) * (d / W(u))              what u gives to one unit of weight
//   rank(v)  = base(v) + sum over u→v of term    term = w(u,v) * share(u), rounded to an integer
//   base(v)  = ((1 - d) + d * dangling) * t(v)
//
// Ranks and terms are Fixed, probability × 2^62; shares carry the same factor.

/// d / W(u), or 0 for an account without out-weight.
constexpr double pagerank_scale(double damping, double out_weight) {
    return out_weight > 0 ? damping / out_weight : 0.0;
}

/// Whether an account of that scale gives its rank to all instead. (With damping 0 all do, and it changes nothing.)
constexpr bool pagerank_dangles(double scale) {
    return scale == 0;
}

/// The rank that is spread by the teleport vector rather than along edges.
constexpr double pagerank_jump(double damping, Fixed dangling) {
    return (1.0 - damping) + damping * from_fixed(dangling);
}

constexpr Fixed pagerank_base(double jump, double teleport) {
    return to_fixed(jump * teleport);
}

constexpr Fixed pagerank_change(Fixed rank, Fixed old_rank) {
    return rank > old_rank ? rank - old_rank : old_rank - rank;
}

/// rank(u) * (d / W(u)), not rounded to an integer. A rank is below 2^63, where a signed conversion is the cheap one.
constexpr double pagerank_flow(Fixed rank, double scale) {
    return static_cast<double>(static_cast<std::int64_t>(rank)) * scale;
}

// A rule says how shares are held. Each has
//   Share                       its type in memory: what an iteration gathers
//   weighted                    whether edges have weights; a share is then multiplied before it is rounded
//   share(rank, scale)          the share of an account
//   term(share[, weight])       what an edge adds to its target

/// Precision::full. Shares are the terms themselves.
struct FullPageRank {
    using Share = Fixed;
    static constexpr bool weighted = false;
    static constexpr Share share(Fixed rank, double scale) { return rounded(pagerank_flow(rank, scale)); }
    static constexpr Fixed term(Share share) { return share; }
};

struct FullWeightedPageRank {
    using Share = double;
    static constexpr bool weighted = true;
    static constexpr Share share(Fixed rank, double scale) { return pagerank_flow(rank, scale); }
    static constexpr Fixed term(Share share, float weight) { return rounded(share * static_cast<double>(weight)); }
};

/// Precision::single. A share is an integer before it becomes a float, and so it is one after: a term needs no rounding.
struct SinglePageRank {
    using Share = float;
    static constexpr bool weighted = false;
    static constexpr Share share(Fixed rank, double scale) {
        return static_cast<float>(static_cast<std::int64_t>(rounded(pagerank_flow(rank, scale))));
    }
    static constexpr Fixed term(Share share) { return static_cast<Fixed>(static_cast<std::int64_t>(share)); }
};

/// The product of two floats is exact in double, so a term is rounded once here too.
struct SingleWeightedPageRank {
    using Share = float;
    static constexpr bool weighted = true;
    static constexpr Share share(Fixed rank, double scale) { return static_cast<float>(pagerank_flow(rank, scale)); }
    static constexpr Fixed term(Share share, float weight) {
        return rounded(static_cast<double>(share) * static_cast<double>(weight));
    }
};

/// The term of edge `e`.
template <class Rule>
constexpr Fixed pagerank_term(const CsrView& in, const typename Rule::Share* shares, EdgeOffset e) {
    if constexpr (Rule::weighted)
        return Rule::term(shares[in.neighbors[e]], in.weights[e]);
    else
        return Rule::term(shares[in.neighbors[e]]);
}

}  // namespace coterie
