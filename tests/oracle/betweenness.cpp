#include "tests/oracle/betweenness.hpp"

#include <queue>
#include <stack>

namespace coterie::testing {

namespace {

constexpr int unreached = -1;

/// Distances and numbers of shortest paths from `source`.
struct Paths {
    std::vector<int> distance;
    std::vector<double> count;
};

Paths paths_from(const Graph& graph, AccountId source) {
    Paths paths{std::vector<int>(graph.num_accounts(), unreached), std::vector<double>(graph.num_accounts(), 0.0)};
    paths.distance[source] = 0;
    paths.count[source] = 1;
    std::queue<AccountId> queue;
    for (queue.push(source); !queue.empty(); queue.pop()) {
        const AccountId u = queue.front();
        for (const AccountId v : graph.out().row(u)) {
            if (paths.distance[v] == unreached) {
                paths.distance[v] = paths.distance[u] + 1;
                queue.push(v);
            }
            if (paths.distance[v] == paths.distance[u] + 1) paths.count[v] += paths.count[u];
        }
    }
    return paths;
}

}  // namespace

std::vector<double> oracle_dependencies(const Graph& graph, std::span<const AccountId> sources) {
    const AccountId n = graph.num_accounts();
    std::vector<double> total(n, 0.0);
    for (const AccountId source : sources) {
        std::vector<std::vector<AccountId>> predecessors(n);
        std::vector<int> distance(n, unreached);
        std::vector<double> count(n, 0.0);
        std::vector<double> dependency(n, 0.0);
        std::stack<AccountId> order;
        std::queue<AccountId> queue;
        distance[source] = 0;
        count[source] = 1;
        for (queue.push(source); !queue.empty(); queue.pop()) {
            const AccountId u = queue.front();
            order.push(u);
            for (const AccountId v : graph.out().row(u)) {
                if (distance[v] == unreached) {
                    distance[v] = distance[u] + 1;
                    queue.push(v);
                }
                if (distance[v] == distance[u] + 1) {
                    count[v] += count[u];
                    predecessors[v].push_back(u);
                }
            }
        }
        for (; !order.empty(); order.pop()) {
            const AccountId w = order.top();
            for (const AccountId u : predecessors[w]) dependency[u] += count[u] / count[w] * (1 + dependency[w]);
            if (w != source) total[w] += dependency[w];
        }
    }
    return total;
}

std::vector<double> oracle_betweenness_by_pairs(const Graph& graph) {
    const AccountId n = graph.num_accounts();
    std::vector<Paths> from;
    for (AccountId s = 0; s < n; ++s) from.push_back(paths_from(graph, s));
    std::vector<double> betweenness(n, 0.0);
    for (AccountId s = 0; s < n; ++s)
        for (AccountId t = 0; t < n; ++t)
            for (AccountId v = 0; v < n; ++v) {
                if (v == s || v == t || s == t) continue;
                if (from[s].distance[t] == unreached || from[s].distance[v] == unreached) continue;
                if (from[v].distance[t] == unreached) continue;
                if (from[s].distance[v] + from[v].distance[t] != from[s].distance[t]) continue;
                betweenness[v] += from[s].count[v] * from[v].count[t] / from[s].count[t];
            }
    return betweenness;
}

}  // namespace coterie::testing
