#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "host/csr.hpp"
#include "host/random.hpp"
#include "kernels/fixed_point.hpp"

// What the neighbors of an account vote for, and which label wins. A label is a number below n that stands for the
// account which started with it; among labels worth the same the smaller wins, so start labels fix all ties.

namespace coterie::label_propagation {

/// The votes of an edge: an integer, so that the order in which they are added cannot matter.
constexpr std::uint64_t votes_of(float weight) {
    return rounded(static_cast<double>(weight) * 0x1.0p20);
}
constexpr std::uint64_t votes_of(const CsrView& rows, EdgeOffset edge) {
    return rows.weighted() ? votes_of(rows.weights[edge]) : 1;
}

template <class Score>
struct Candidate {
    Score score;
    AccountId label;
};

/// cdlp: the most frequent label, the smallest among equals. All accounts at once.
struct MostFrequent {
    using Score = std::uint64_t;
    static constexpr bool self_loops_vote = true;
    static constexpr bool takes_turns = false;

    constexpr bool has_turn(AccountId) const { return true; }
    constexpr Score score(AccountId, AccountId, AccountId, std::uint64_t votes) const { return votes; }
    /// No label with these votes has a higher score.
    constexpr Score at_most(std::uint64_t votes) const { return votes; }
    constexpr bool wins(const Candidate<Score>& a, const Candidate<Score>& b, AccountId) const {
        return a.score > b.score || (a.score == b.score && a.label < b.label);
    }
    /// The present label, with this score, stays even if all other votes are for one label.
    constexpr bool unbeatable(Score score, std::uint64_t against) const { return score > against; }
};

/// Accounts are dealt into this many classes, anew each round, and the classes have their turns one after the other:
/// two neighbors that would swap labels for ever when they move at once soon have separate turns.
inline constexpr unsigned num_turns = 4;
inline constexpr unsigned bits_per_turn = 2;
/// One 32-bit draw of an account says its turn in so many rounds.
inline constexpr int rounds_per_draw = 16;

constexpr std::uint32_t turns_drawn(std::uint64_t seed, AccountId start_label, int draw) {
    return static_cast<std::uint32_t>(random_bits(seed, start_label, static_cast<std::uint64_t>(draw)));
}

/// What a label costs by round; the last value stays. First plain votes, so that neighborhoods find a common label
/// (a cost would break the ties among labels that all differ, and leave crumbs). Then a high cost breaks up what
/// has flooded, and lower ones let what belongs together join: annealing. Chosen by normalised mutual information
/// with the known groups of eleven graphs.
inline constexpr std::array<double, 5> costs = {0.0, 2.0, 1.0, 0.75, 0.5};

constexpr double cost_in(int round) {
    const auto i = static_cast<std::size_t>(round);
    return costs[i < costs.size() ? i : costs.size() - 1];
}

/// lpa: votes less the price of a label. With strengths s, volumes V(l) = sum of s over the accounts with label l and
/// total strength S,
///
///   score(v, l) = votes(v, l) - cost * s(v) * V(l without v) / S
///
/// that is, what v's edges exceed a random graph of the same strengths, so that a label which floods the graph becomes
/// dear (cost 1: the gain of modularity, Barber & Clark 2009). The present label stays if nothing scores higher.
/// Self-loops cast no vote.
struct PricedVotes {
    using Score = double;
    static constexpr bool self_loops_vote = false;
    static constexpr bool takes_turns = true;

    double cost_per_strength;  ///< cost / S
    unsigned shift;            ///< of the round within a draw
    unsigned turn;
    std::span<const std::uint32_t> draws;      ///< [n] by account
    std::span<const std::uint64_t> strengths;  ///< [n] by account: its votes in all
    std::span<const std::uint64_t> volumes;    ///< [n] by label

    constexpr bool has_turn(AccountId account) const { return ((draws[account] >> shift) & (num_turns - 1)) == turn; }
    constexpr Score score(AccountId account, AccountId present, AccountId label, std::uint64_t votes) const {
        if (cost_per_strength == 0) return static_cast<double>(votes);  // volumes need not be looked up
        const std::uint64_t strength = strengths[account];
        const std::uint64_t others = volumes[label] - (label == present ? strength : 0);
        const double price = cost_per_strength * static_cast<double>(strength);
        return static_cast<double>(votes) - price * static_cast<double>(others);
    }
    constexpr Score at_most(std::uint64_t votes) const { return static_cast<double>(votes); }
    constexpr bool wins(const Candidate<Score>& a, const Candidate<Score>& b, AccountId present) const {
        if (a.score != b.score) return a.score > b.score;
        return a.label != b.label && b.label != present && (a.label == present || a.label < b.label);
    }
    constexpr bool unbeatable(Score score, std::uint64_t against) const {
        return score >= static_cast<double>(against);
    }
};

/// What an account holds before the votes are counted: its present label, without votes.
template <class Rule>
constexpr Candidate<typename Rule::Score> incumbent(const Rule& rule, AccountId account, AccountId present) {
    return {rule.score(account, present, present, 0), present};
}

/// Puts `label` with its votes up against `best`. A label without votes is no candidate.
template <class Rule>
constexpr void consider(const Rule& rule, AccountId account, AccountId present, AccountId label, std::uint64_t votes,
                        Candidate<typename Rule::Score>& best) {
    // No label scores more than its votes, so that most volumes need not be looked up.
    if (votes == 0 || rule.at_most(votes) < best.score) return;
    const Candidate<typename Rule::Score> candidate{rule.score(account, present, label, votes), label};
    if (rule.wins(candidate, best, present)) best = candidate;
}

}  // namespace coterie::label_propagation
