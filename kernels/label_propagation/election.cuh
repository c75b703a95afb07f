#pragma once

#include "kernels/cuda/launch.cuh"
#include "kernels/label_propagation/neighborhood.cuh"
#include "kernels/label_propagation/standing.cuh"

namespace coterie::cuda {

/// Who need not vote, since the outcome is known: after an election the account's label led by a margin, and since then
/// `pending` votes of its neighbors have gone from some labels to others. The label has lost at most these, and another
/// has won at most these.
template <class Votes>
struct Margins {
    using MostFrequent = label_propagation::MostFrequent;
    using PricedVotes = label_propagation::PricedVotes;

    double* margins = nullptr;  ///< [n], not a number: unknown. Null: everybody votes
    Votes* pending = nullptr;   ///< [n]
    double drift = 0;           ///< no label's volume has changed by more since the first election

    /// Scores are rounded, by far less than this share of an account's strength: a lead within it is not relied on.
    static constexpr double rounding = 0x1.0p-40;

    __device__ bool certain(const MostFrequent&, AccountId account) const {
        if (margins == nullptr) return false;
        const double margin = margins[account];
        const Votes changed = pending[account];
        return changed == 0 ? margin >= 0 : 2.0 * static_cast<double>(changed) < margin;
    }
    __device__ bool certain(const PricedVotes& rule, AccountId account) const {
        if (margins == nullptr) return false;
        const auto strength = static_cast<double>(rule.strengths[account]);
        return 2 * static_cast<double>(pending[account]) + strength * (drift_cost(rule) + rounding) < margins[account];
    }

    __device__ void keep(AccountId account, double margin) const {
        if (margins == nullptr) return;
        pending[account] = 0;
        margins[account] = margin;
    }
    __device__ double margin(const MostFrequent&, AccountId, const Standing<MostFrequent>& standing) const {
        return static_cast<double>(standing.best.score) - static_cast<double>(standing.second);
    }
    /// As it would have been at the first election, so that the drift since the account's own is what counts.
    __device__ double margin(const PricedVotes& rule, AccountId account, const Standing<PricedVotes>& standing) const {
        const auto strength = static_cast<double>(rule.strengths[account]);
        return standing.best.score - standing.second + strength * drift_cost(rule);
    }

  private:
    /// What a change of the volumes can do to the lead, by strength: it costs one label and spares the other.
    __device__ double drift_cost(const PricedVotes& rule) const { return 2 * rule.cost_per_strength * drift; }
};

/// What an election reads, and where it writes.
template <class Rule, class Votes>
struct Election {
    Rule rule;
    CsrView out;
    CsrView in;  ///< without rows if the graph is undirected
    const AccountId* labels;
    AccountId* next;
    Margins<Votes> margins;

    /// Those who do not vote keep their label: `next` holds it.
    __device__ bool votes(AccountId account) const { return rule.has_turn(account) && !margins.certain(rule, account); }
    __device__ void settle(AccountId account, const Standing<Rule>& standing) const {
        settle(account, standing.best.label, margins.margin(rule, account, standing));
    }
    __device__ void settle(AccountId account, AccountId label, double margin) const {
        next[account] = label;
        margins.keep(account, margin);
    }
};

}  // namespace coterie::cuda
