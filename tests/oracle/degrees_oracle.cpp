#include "tests/oracle/degrees_oracle.hpp"

#include <cmath>
#include <set>
#include <utility>

namespace coterie::testing {

DegreesResult oracle_degrees(const Graph& graph) {
    const AccountId n = graph.num_accounts();
    DegreesResult result;
    result.in_degree.resize(n);
    result.out_degree.resize(n);
    result.mutual_degree.resize(n);
    result.in_strength.resize(n);
    result.out_strength.resize(n);

    std::set<std::pair<AccountId, AccountId>> edges;
    for (AccountId u = 0; u < n; ++u)
        for (EdgeOffset e = graph.out().offsets[u]; e < graph.out().offsets[u + 1]; ++e) {
            const AccountId v = graph.out().neighbors[e];
            edges.insert({u, v});
            ++result.out_degree[u];
            ++result.in_degree[v];
            // Multiples of 2^-20 of this size add in double without error.
            const double weight = std::nearbyint(graph.out().weight(e) * 0x1.0p20) * 0x1.0p-20;
            result.out_strength[u] += weight;
            result.in_strength[v] += weight;
        }

    double one_way = 0;
    double both_ways = 0;
    for (const auto& [u, v] : edges) {
        const bool mutual = edges.contains({v, u});
        result.mutual_degree[u] += mutual;
        if (u != v) (mutual ? both_ways : one_way) += 1;
    }
    if (one_way + both_ways > 0) result.reciprocity = both_ways / (one_way + both_ways);
    return result;
}

}  // namespace coterie::testing
