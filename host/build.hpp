#pragma once

#include <vector>

#include "host/array.hpp"
#include "host/csr.hpp"
#include "host/exact_sum.hpp"
#include "host/graph.hpp"
#include "host/progress.hpp"

namespace coterie {

/// Edges as they came in: repeats and self-loops included. Accounts are named by their position in ascending order
/// of original id, 0 … n − 1.
struct EdgeList {
    Array<AccountId> sources;  ///< [rows]
    Array<AccountId> targets;  ///< [rows]
    Array<float> weights;      ///< [rows], or empty: an unweighted layer
};

struct LayerEdges {
    EdgeList edges;
    bool undirected = false;  ///< each row is an edge both ways; u–v and v–u are repeats of each other
    bool count_rows = false;  ///< of rows without weights: the weight of an edge is the number of its rows
};

/// rows = kept + merged + self_loops, always. `kept` counts undirected edges once.
struct BuildCounts {
    EdgeOffset rows = 0;
    EdgeOffset kept = 0;        ///< distinct edges in the graph
    EdgeOffset merged = 0;      ///< rows that repeat a kept edge
    EdgeOffset self_loops = 0;  ///< rows dropped since source and target are the same
};

struct BuildOptions {
    bool keep_self_loops = false;   ///< self-loops are edges like others, and not counted apart
    bool relabel_by_degree = true;  ///< false: internal order = order of original ids (for small examples and tests)
    int threads = 0;                ///< 0: as many as there are cores
    Progress* progress = nullptr;
};

struct BuiltLayer {
    CsrArrays out;
    CsrArrays in;                 ///< empty for an undirected layer: the same as `out`
    WeightRemainders remainders;  ///< of the weights of `out`; empty where all are exact
    bool undirected = false;
    BuildCounts counts;
};

struct BuiltLayers {
    Array<AccountId> by_id;  ///< [n] accounts in ascending order of original id
    std::vector<BuiltLayer> layers;
};

/// Compressed sparse rows of all layers over the same `num_accounts` accounts, both directions, relabelled:
/// internal order is descending total degree (in + out over all layers, after merging), ties by ascending original id.
///
/// Repeated edges merge: weights add without rounding, and the sum is rounded once to float (ExactSum), so that the order of
/// rows cannot matter; an unweighted edge stays one, or weighs its number of rows (`count_rows`). Self-loops are dropped
/// and counted, unless kept.
/// Takes the edge lists apart as it goes: the peak stays below 16 bytes a row (28 weighted) of the layer in work and 48 bytes
/// an account, beside 4 bytes an edge (8 weighted) of each other layer. Time O(rows + n).
/// Same bytes for any number of threads and any order of rows.
/// Throws GraphError if an edge names an account ≥ `num_accounts`.
BuiltLayers build_layers(AccountId num_accounts, std::vector<LayerEdges> layers, const BuildOptions& options = {});

/// One layer as a graph in memory: what tests, generators and users of the library call.
Graph build_graph(AccountId num_accounts, EdgeList edges, bool undirected = false, const BuildOptions& options = {});

}  // namespace coterie
