#pragma once

#include <vector>

#include "host/build.hpp"
#include "host/edge_changes.hpp"

namespace coterie {

/// What a merge did to the rows of a layer.
struct MergeCounts {
    EdgeOffset self_loops = 0;  ///< rows added that were dropped
    EdgeOffset inserted = 0;    ///< edges that were not there; an undirected one counts once
    EdgeOffset gone = 0;        ///< edges that are no longer there
    EdgeOffset removed = 0;     ///< rows taken out
    std::vector<RejectedRemoval> rejected;
};

struct MergedLayers {
    BuiltLayers built;                ///< its counts are left 0
    std::vector<MergeCounts> counts;  ///< [layers]
};

/// The layers of a store with rows added and taken out: the same arrays, to the byte, as build_layers makes of all rows that
/// remain. All layers of a store must be given, since the order of accounts depends on all of them.
///
/// Most of a row stays in order when accounts get new numbers, and rows are short to merge with what is new: each edge is read
/// once and written once, in both directions. Memory: the new layers (8 or 16 bytes an edge), 40 bytes a row that is added, and
/// 40 bytes an account. Time O(m + n + k log k), on `options.threads` threads. Throws Cancelled.
MergedLayers merge_layers(const AccountPositions& accounts, std::vector<LayerChanges> layers,
                          const BuildOptions& options = {});

}  // namespace coterie
