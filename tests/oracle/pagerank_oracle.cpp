#include "tests/oracle/pagerank_oracle.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace coterie::testing {

namespace {

using Real = long double;

Real out_weight(const CsrView& out, AccountId account) {
    Real sum = 0;
    for (EdgeOffset edge = out.offsets[account]; edge < out.offsets[account + 1]; ++edge) sum += out.weight(edge);
    return sum;
}

}  // namespace

std::vector<double> pagerank_oracle(const Graph& graph, double damping, std::span<const double> teleport) {
    const CsrView& out = graph.out();
    const std::size_t n = graph.num_accounts();
    const Real d = damping;
    // The last column is the right-hand side.
    std::vector<std::vector<Real>> system(n, std::vector<Real>(n + 1, 0));
    for (std::size_t v = 0; v < n; ++v) {
        system[v][v] = 1;
        system[v][n] = (1 - d) * teleport[v];
    }
    for (AccountId u = 0; u < n; ++u) {
        const Real total = out_weight(out, u);
        for (EdgeOffset edge = out.offsets[u]; edge < out.offsets[u + 1] && total > 0; ++edge)
            system[out.neighbors[edge]][u] -= d * out.weight(edge) / total;
        for (std::size_t v = 0; v < n && total == 0; ++v) system[v][u] -= d * teleport[v];
    }

    for (std::size_t column = 0; column < n; ++column) {
        std::size_t pivot = column;
        for (std::size_t row = column; row < n; ++row)
            if (std::abs(system[row][column]) > std::abs(system[pivot][column])) pivot = row;
        std::swap(system[pivot], system[column]);
        for (std::size_t row = 0; row < n; ++row) {
            const Real factor = system[row][column] / system[column][column];
            if (row == column || factor == 0) continue;
            for (std::size_t k = column; k <= n; ++k) system[row][k] -= factor * system[column][k];
        }
    }
    std::vector<double> ranks(n);
    for (std::size_t v = 0; v < n; ++v) ranks[v] = static_cast<double>(system[v][n] / system[v][v]);
    return ranks;
}

std::vector<double> pagerank_by_pushing(const Graph& graph, double damping, int iterations) {
    const CsrView& out = graph.out();
    const AccountId n = graph.num_accounts();
    const Real d = damping;
    std::vector<Real> ranks(n, Real{1} / n);
    for (int iteration = 0; iteration < iterations; ++iteration) {
        std::vector<Real> next(n, 0);
        Real dangling = 0;
        for (AccountId u = 0; u < n; ++u) {
            const Real total = out_weight(out, u);
            if (total == 0) dangling += ranks[u];
            for (EdgeOffset edge = out.offsets[u]; edge < out.offsets[u + 1] && total > 0; ++edge)
                next[out.neighbors[edge]] += ranks[u] * out.weight(edge) / total;
        }
        for (Real& rank : next) rank = (1 - d) / n + d * (rank + dangling / n);
        ranks = std::move(next);
    }
    return {ranks.begin(), ranks.end()};
}

}  // namespace coterie::testing
