#pragma once

#include <vector>

#include "host/scramble.hpp"
#include "kernels/kernels.hpp"
#include "kernels/label_propagation/label_propagation_rule.hpp"

namespace coterie::label_propagation {

/// The label that the account at a position in the order of original ids starts with. cdlp: that position, so that the
/// smallest label is that of the smallest id. lpa: the same in a pseudo-random order, so that ties favor no end of the ids.
class StartLabel {
  public:
    StartLabel(const Graph& graph, const CommunitiesOptions& options)
        : scramble_(graph.num_accounts(), options.seed), scrambled_(options.method == CommunityMethod::lpa) {}
    AccountId operator()(AccountId position) const { return scrambled_ ? scramble_(position) : position; }

  private:
    Scramble scramble_;
    bool scrambled_;
};

/// Start labels [n] by account.
inline std::vector<AccountId> start_labels(const Graph& graph, const CommunitiesOptions& options) {
    const StartLabel label(graph, options);
    std::vector<AccountId> labels(graph.num_accounts());
    for (AccountId position = 0; position < graph.num_accounts(); ++position)
        labels[graph.account_at(position)] = label(position);
    return labels;
}

/// Labels as the accounts that started with them.
inline std::vector<AccountId> givers(const std::vector<AccountId>& start, std::vector<AccountId> labels) {
    std::vector<AccountId> giver(start.size());
    for (AccountId account = 0; account < start.size(); ++account) giver[start[account]] = account;
    for (AccountId& label : labels) label = giver[label];
    return labels;
}

/// Steps: `relabel(rule)` lets the accounts that have their turn vote, all at once; `changed()` tells how many changed
/// since it was last asked; `labels()` [n].
template <class Steps>
PropagatedLabels run_cdlp(Steps& steps, const CommunitiesOptions& options) {
    PropagatedLabels result;
    result.converged = false;
    // A round that changes nothing is repeated by all that follow it.
    while (result.rounds < options.max_rounds && !result.converged) {
        steps.relabel(MostFrequent{});
        result.converged = steps.changed() == 0;
        advance(options.progress, "communities", ++result.rounds, options.max_rounds, "rounds");
    }
    result.labels = steps.labels();
    return result;
}

/// Steps: as for cdlp, and `draw(i)` deals the turns of the next rounds; `priced_votes()` is the rule over the steps'
/// arrays, whose cost and turn are set here; `total_strength()`.
template <class Steps>
PropagatedLabels run_lpa(Steps& steps, AccountId num_accounts, const CommunitiesOptions& options) {
    PropagatedLabels result;
    result.converged = false;
    const double few = options.stop_share * num_accounts;
    const double total = static_cast<double>(steps.total_strength());
    while (result.rounds < options.max_rounds && !result.converged) {
        const int round = result.rounds;
        if (round % rounds_per_draw == 0) steps.draw(round / rounds_per_draw);
        PricedVotes rule = steps.priced_votes();
        rule.cost_per_strength = total == 0 ? 0 : cost_in(round) / total;
        rule.shift = static_cast<unsigned>(round % rounds_per_draw) * bits_per_turn;
        for (rule.turn = 0; rule.turn < num_turns; ++rule.turn) steps.relabel(rule);
        const bool cooled = round + 1 >= static_cast<int>(costs.size());
        result.converged = static_cast<double>(steps.changed()) <= few && cooled;
        advance(options.progress, "communities", ++result.rounds, options.max_rounds, "rounds");
    }
    result.labels = steps.labels();
    return result;
}

}  // namespace coterie::label_propagation
