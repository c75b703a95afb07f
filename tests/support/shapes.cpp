#include "tests/support/shapes.hpp"

#include <algorithm>
#include <random>

namespace coterie::testing {

namespace {

Graph built(AccountId num_accounts, const std::vector<Edge>& edges, bool undirected, bool weighted, bool relabel) {
    EdgeList list;
    for (const Edge& edge : edges) {
        list.sources.push_back(edge.source);
        list.targets.push_back(edge.target);
        if (weighted) list.weights.push_back(edge.weight);
    }
    return build_graph(num_accounts, std::move(list), undirected, {.relabel_by_degree = relabel});
}

}  // namespace

Graph graph_of(AccountId num_accounts, const std::vector<Edge>& edges, bool undirected, bool weighted) {
    return built(num_accounts, edges, undirected, weighted, false);
}

Graph relabelled_graph_of(AccountId num_accounts, const std::vector<Edge>& edges, bool undirected, bool weighted) {
    return built(num_accounts, edges, undirected, weighted, true);
}

std::vector<Edge> cycle(AccountId n) {
    std::vector<Edge> edges;
    for (AccountId v = 0; v < n; ++v) edges.push_back({v, (v + 1) % n});
    return edges;
}

std::vector<Edge> path(AccountId n) {
    std::vector<Edge> edges;
    for (AccountId v = 0; v + 1 < n; ++v) edges.push_back({v, v + 1});
    return edges;
}

std::vector<Edge> star(AccountId leaves) {
    std::vector<Edge> edges;
    for (AccountId leaf = 1; leaf <= leaves; ++leaf) edges.push_back({leaf, 0});
    return edges;
}

std::vector<Edge> clique(AccountId n, AccountId first) {
    std::vector<Edge> edges;
    for (AccountId u = first; u < first + n; ++u)
        for (AccountId v = first; v < first + n; ++v)
            if (u != v) edges.push_back({u, v});
    return edges;
}

std::vector<Edge> two_cliques_and_a_bridge(AccountId n) {
    std::vector<Edge> edges = clique(n);
    const std::vector<Edge> second = clique(n, n);
    edges.insert(edges.end(), second.begin(), second.end());
    edges.push_back({n - 1, n});
    edges.push_back({n, n - 1});
    return edges;
}

std::vector<Edge> messy_edges(AccountId num_accounts, std::size_t num_rows, std::uint64_t seed, bool weighted) {
    // Squaring a uniform number makes hubs of the first accounts; the last tenth of the accounts gets no edge at all.
    std::mt19937_64 random(seed);
    const auto draw = [&](double limit) {
        const double x = static_cast<double>(random() >> 11U) * 0x1.0p-53;
        return static_cast<AccountId>(x * x * x * limit);
    };
    const double connected = std::max(1.0, 0.9 * static_cast<double>(num_accounts));
    std::vector<Edge> edges;
    while (edges.size() < num_rows) {
        Edge edge{draw(connected), draw(connected)};
        if (random() % 4 == 0) std::swap(edge.source, edge.target);
        if (edge.source % 7 == 3) edge.source = edge.target;  // accounts 3, 10, 17, … dangle, and make self-loops
        if (weighted) edge.weight = static_cast<float>(1 + random() % 1000) / 64.0F;
        edges.push_back(edge);
        if (random() % 16 == 0) edges.push_back(edge);
    }
    return edges;
}

std::vector<NamedGraph> assorted_graphs() {
    std::vector<NamedGraph> graphs;
    graphs.push_back({"empty", graph_of(0, {})});
    graphs.push_back({"one account", graph_of(1, {})});
    graphs.push_back({"three accounts without edges", graph_of(3, {})});
    graphs.push_back({"cycle of 31", graph_of(31, cycle(31))});
    graphs.push_back({"cycle of 32", graph_of(32, cycle(32))});
    graphs.push_back({"cycle of 33", graph_of(33, cycle(33))});
    graphs.push_back({"path of 100", graph_of(100, path(100))});
    graphs.push_back({"undirected path of 70", relabelled_graph_of(70, path(70), true)});
    graphs.push_back({"star of 5000", graph_of(5001, star(5000))});
    graphs.push_back({"undirected star of 9000", relabelled_graph_of(9001, star(9000), true)});
    graphs.push_back({"clique of 40", graph_of(40, clique(40))});
    graphs.push_back({"two cliques and a bridge", graph_of(24, two_cliques_and_a_bridge(12))});
    graphs.push_back({"messy 50", relabelled_graph_of(50, messy_edges(50, 300, 1))});
    graphs.push_back({"messy 1000", relabelled_graph_of(1000, messy_edges(1000, 8000, 2))});
    graphs.push_back(
        {"messy 1000, weighted", relabelled_graph_of(1000, messy_edges(1000, 8000, 3, true), false, true)});
    graphs.push_back({"messy 1000, undirected", relabelled_graph_of(1000, messy_edges(1000, 6000, 4), true)});
    graphs.push_back(
        {"messy 1000, undirected, weighted", relabelled_graph_of(1000, messy_edges(1000, 6000, 5, true), true, true)});
    graphs.push_back({"messy 20000", relabelled_graph_of(20000, messy_edges(20000, 120000, 6))});
    return graphs;
}

}  // namespace coterie::testing
