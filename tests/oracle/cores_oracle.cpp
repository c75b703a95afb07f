#include "tests/oracle/cores_oracle.hpp"

#include <algorithm>
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
    std::vector<bool> here(n, true);
    AccountId remaining = n;
    for (AccountId k = 1; remaining > 0; ++k) {
        for (bool changed = true; changed;) {
            changed = false;
            for (AccountId v = 0; v < n; ++v) {
                if (!here[v]) continue;
                const auto left =
                    std::count_if(neighbors[v].begin(), neighbors[v].end(), [&](AccountId u) { return here[u]; });
                if (left >= static_cast<std::ptrdiff_t>(k)) continue;
                here[v] = false;
                cores[v] = k - 1;
                --remaining;
                changed = true;
            }
        }
    }
    return cores;
}

}  // namespace coterie::testing
