#include "tests/oracle/components_oracle.hpp"

#include <queue>

namespace coterie::testing {

std::vector<AccountId> oracle_components(const Graph& graph, std::span<const AccountId> within) {
    std::vector<AccountId> component(graph.num_accounts(), no_account);
    for (AccountId first = 0; first < graph.num_accounts(); ++first) {
        if (component[first] != no_account) continue;
        component[first] = first;
        std::queue<AccountId> reached;
        for (reached.push(first); !reached.empty(); reached.pop())
            for (const CsrView& rows : {graph.out(), graph.in()})
                for (const AccountId neighbor : rows.row(reached.front())) {
                    if (component[neighbor] != no_account) continue;
                    if (!within.empty() && within[neighbor] != within[first]) continue;
                    component[neighbor] = first;
                    reached.push(neighbor);
                }
    }
    return component;
}

}  // namespace coterie::testing
