#include "tests/oracle/communities_oracle.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "host/random.hpp"
#include "host/scramble.hpp"

namespace coterie::testing {

namespace {

/// visit(neighbor, weight) for each edge of `account`, by out- and by in-edges.
template <class Visit>
void for_each_edge(const Graph& graph, AccountId account, Visit visit) {
    std::vector<CsrView> views{graph.out()};
    if (graph.directed()) views.push_back(graph.in());
    for (const CsrView& rows : views)
        for (EdgeOffset edge = rows.offsets[account]; edge < rows.offsets[account + 1]; ++edge)
            visit(rows.neighbors[edge], rows.weight(edge));
}

}  // namespace

std::vector<AccountId> oracle_cdlp(const Graph& graph, int rounds) {
    const AccountId n = graph.num_accounts();
    std::vector<AccountId> labels = id_positions(graph);
    for (int round = 0; round < rounds; ++round) {
        std::vector<AccountId> next = labels;
        for (AccountId v = 0; v < n; ++v) {
            std::map<AccountId, std::size_t> count;
            for_each_edge(graph, v, [&](AccountId neighbor, float) { ++count[labels[neighbor]]; });
            std::size_t most = 0;
            for (const auto& [label, votes] : count)
                if (votes > most) {
                    most = votes;
                    next[v] = label;
                }
        }
        labels = std::move(next);
    }
    for (AccountId& label : labels) label = graph.account_at(label);
    return labels;
}

std::vector<AccountId> oracle_lpa(const Graph& graph, const CommunitiesOptions& options,
                                  const std::vector<double>& costs) {
    const AccountId n = graph.num_accounts();
    const Scramble scramble(n, options.seed);
    std::vector<AccountId> start = id_positions(graph);
    for (AccountId& label : start) label = scramble(label);

    const auto votes_of = [&](float weight) {
        return graph.weighted() ? static_cast<std::uint64_t>(std::llrint(static_cast<double>(weight) * 1048576.0)) : 1;
    };
    std::vector<std::uint64_t> strength(n, 0);
    std::map<AccountId, std::uint64_t> volume;
    for (AccountId v = 0; v < n; ++v) {
        for_each_edge(graph, v, [&](AccountId neighbor, float weight) {
            if (neighbor != v) strength[v] += votes_of(weight);
        });
        volume[start[v]] = strength[v];
    }
    const auto total = static_cast<double>(std::accumulate(strength.begin(), strength.end(), std::uint64_t{0}));

    std::vector<AccountId> labels = start;
    for (int round = 0; round < options.max_rounds; ++round) {
        const double cost = costs[std::min(costs.size() - 1, static_cast<std::size_t>(round))];
        std::size_t changed = 0;
        for (unsigned turn = 0; turn < 4; ++turn) {
            std::vector<AccountId> next = labels;
            for (AccountId v = 0; v < n; ++v) {
                const std::uint64_t draw = random_bits(options.seed, start[v], static_cast<std::uint64_t>(round / 16));
                if ((draw >> (2 * (round % 16)) & 3U) != turn) continue;
                std::map<AccountId, std::uint64_t> votes;
                for_each_edge(graph, v, [&](AccountId neighbor, float weight) {
                    if (neighbor != v && votes_of(weight) > 0) votes[labels[neighbor]] += votes_of(weight);
                });
                const double price = (total == 0 ? 0 : cost / total) * static_cast<double>(strength[v]);
                const auto score = [&](AccountId label) {
                    const std::uint64_t others = volume[label] - (label == labels[v] ? strength[v] : 0);
                    return static_cast<double>(votes.contains(label) ? votes[label] : 0) -
                           price * static_cast<double>(others);
                };
                double best = score(labels[v]);
                for (const auto& [label, number] : votes)
                    if (score(label) > best) {
                        best = score(label);
                        next[v] = label;
                    }
            }
            for (AccountId v = 0; v < n; ++v) {
                if (next[v] == labels[v]) continue;
                volume[labels[v]] -= strength[v];
                volume[next[v]] += strength[v];
                ++changed;
            }
            labels = std::move(next);
        }
        if (static_cast<double>(changed) <= options.stop_share * n && round + 1 >= static_cast<int>(costs.size()))
            break;
    }
    std::vector<AccountId> giver(n);
    for (AccountId v = 0; v < n; ++v) giver[start[v]] = v;
    for (AccountId& label : labels) label = giver[label];
    return labels;
}

double oracle_modularity(const Graph& graph, std::span<const AccountId> labels) {
    const AccountId n = graph.num_accounts();
    std::vector<std::vector<double>> adjacency(n, std::vector<double>(n, 0));
    for (AccountId u = 0; u < n; ++u)
        for (EdgeOffset edge = graph.out().offsets[u]; edge < graph.out().offsets[u + 1]; ++edge) {
            const AccountId v = graph.out().neighbors[edge];
            adjacency[u][v] += static_cast<double>(graph.out().weight(edge)) * (u == v && !graph.directed() ? 2 : 1);
        }
    std::vector<double> out(n, 0);
    std::vector<double> in(n, 0);
    double total = 0;
    for (AccountId u = 0; u < n; ++u)
        for (AccountId v = 0; v < n; ++v) {
            out[u] += adjacency[u][v];
            in[v] += adjacency[u][v];
            total += adjacency[u][v];
        }
    double sum = 0;
    for (AccountId u = 0; u < n; ++u)
        for (AccountId v = 0; v < n; ++v)
            if (labels[u] == labels[v]) sum += adjacency[u][v] - out[u] * in[v] / total;
    return total == 0 ? 0 : sum / total;
}

double mutual_information(std::span<const AccountId> a, std::span<const AccountId> b) {
    const auto n = static_cast<double>(a.size());
    std::map<AccountId, double> in_a;
    std::map<AccountId, double> in_b;
    std::map<std::pair<AccountId, AccountId>, double> in_both;
    for (std::size_t i = 0; i < a.size(); ++i) {
        in_a[a[i]] += 1 / n;
        in_b[b[i]] += 1 / n;
        in_both[{a[i], b[i]}] += 1 / n;
    }
    double entropies = 0;
    for (const auto& parts : {in_a, in_b})
        for (const auto& [label, share] : parts) entropies -= share * std::log(share);
    double common = 0;
    for (const auto& [labels, share] : in_both)
        common += share * std::log(share / (in_a[labels.first] * in_b[labels.second]));
    return entropies == 0 ? 1 : 2 * common / entropies;
}

}  // namespace coterie::testing
