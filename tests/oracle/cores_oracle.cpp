#include "tests/oracle/cores_oracle.hpp"

#include <set>

namespace coterie::testing {

std::vector<AccountId> oracle_cores(const Graph& graph) {
    const AccountId n = graph.num_accounts();
    std::vector<std::set<AccountId>> neighbors(n);
    for (AccountId u = 0; u < n; ++u)
        for (const AccountId v : graph.out().row(u)) {
            if (u == v) continue;
            neighbors[u].insert(v);
            neighbors[v].insert(u);
        }

    std::vector<AccountId> cores(n, 0);
    std::set<AccountId> remaining;
    for (AccountId v = 0; v < n; ++v) remaining.insert(v);
    for (AccountId k = 1; !remaining.empty(); ++k) {
        std::vector<AccountId> out;
        for (const AccountId v : remaining)
            if (neighbors[v].size() < k) out.push_back(v);
        while (!out.empty()) {
            const AccountId v = out.back();
            out.pop_back();
            if (remaining.erase(v) == 0) continue;
            cores[v] = k - 1;
            for (const AccountId u : neighbors[v]) {
                neighbors[u].erase(v);
                if (neighbors[u].size() < k) out.push_back(u);
            }
        }
    }
    return cores;
}

}  // namespace coterie::testing
