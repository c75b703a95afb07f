#include "tests/oracle/slow_build.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace coterie::testing {

namespace {

struct Row {
    AccountId source;
    AccountId target;
    float weight;
    bool operator<(const Row& other) const {
        return std::tie(source, target, weight) < std::tie(other.source, other.target, other.weight);
    }
};

CsrArrays arrays(AccountId n, std::vector<Row> rows, bool weighted, EdgeOffset& merged) {
    std::sort(rows.begin(), rows.end());
    CsrArrays csr;
    csr.offsets.resize(std::size_t{n} + 1, 0);
    for (std::size_t i = 0; i < rows.size();) {
        std::size_t end = i;
        double weight = 0;
        while (end < rows.size() && rows[end].source == rows[i].source && rows[end].target == rows[i].target)
            weight += static_cast<double>(rows[end++].weight);
        merged += end - i - 1;
        csr.neighbors.push_back(rows[i].target);
        if (weighted) csr.weights.push_back(static_cast<float>(weight));
        ++csr.offsets[rows[i].source + 1];
        i = end;
    }
    std::partial_sum(csr.offsets.begin(), csr.offsets.end(), csr.offsets.begin());
    return csr;
}

}  // namespace

BuiltLayers slowly_built_layers(AccountId num_accounts, std::vector<LayerEdges> layers, const BuildOptions& options) {
    std::vector<std::vector<Row>> kept(layers.size());
    std::vector<BuiltLayer> built(layers.size());
    std::vector<EdgeOffset> degree(num_accounts, 0);
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const EdgeList& edges = layers[l].edges;
        built[l].undirected = layers[l].undirected;
        built[l].counts.rows = edges.sources.size();
        for (std::size_t i = 0; i < edges.sources.size(); ++i) {
            AccountId u = edges.sources[i];
            AccountId v = edges.targets[i];
            if (std::max(u, v) >= num_accounts)
                throw GraphError(
                    fmt::format("build: accounts must be below {}, but row {} is {} -> {}", num_accounts, i, u, v));
            if (u == v && !options.keep_self_loops) {
                ++built[l].counts.self_loops;
                continue;
            }
            if (layers[l].undirected && u > v) std::swap(u, v);
            kept[l].push_back({u, v, edges.weights.empty() ? 1.0F : edges.weights[i]});
        }
        EdgeOffset merged = 0;
        const CsrArrays once = arrays(num_accounts, kept[l], !edges.weights.empty() || layers[l].count_rows, merged);
        built[l].counts.merged = merged;
        built[l].counts.kept = once.neighbors.size();
        kept[l].clear();
        for (AccountId u = 0; u < num_accounts; ++u)
            for (EdgeOffset e = once.offsets[u]; e < once.offsets[u + 1]; ++e) {
                const AccountId v = once.neighbors[e];
                const float w = once.weights.empty() ? 1.0F : once.weights[e];
                kept[l].push_back({u, v, w});
                if (layers[l].undirected && u != v) kept[l].push_back({v, u, w});
                const EdgeOffset ends = layers[l].undirected && u != v ? 2 : 1;
                degree[u] += ends;
                degree[v] += ends;
            }
    }

    BuiltLayers result;
    std::vector<AccountId> order(num_accounts);
    std::iota(order.begin(), order.end(), AccountId{0});
    if (options.relabel_by_degree)
        std::stable_sort(order.begin(), order.end(), [&](AccountId a, AccountId b) { return degree[a] > degree[b]; });
    result.by_id.resize(num_accounts);
    for (AccountId internal = 0; internal < num_accounts; ++internal) result.by_id[order[internal]] = internal;

    for (std::size_t l = 0; l < layers.size(); ++l) {
        const bool weighted = !layers[l].edges.weights.empty() || layers[l].count_rows;
        EdgeOffset none = 0;
        for (Row& row : kept[l]) row = {result.by_id[row.source], result.by_id[row.target], row.weight};
        built[l].out = arrays(num_accounts, kept[l], weighted, none);
        if (!built[l].undirected) {
            for (Row& row : kept[l]) std::swap(row.source, row.target);
            built[l].in = arrays(num_accounts, kept[l], weighted, none);
        }
    }
    result.layers = std::move(built);
    return result;
}

}  // namespace coterie::testing
