#pragma once

#include <vector>

#include "host/build.hpp"
#include "host/edge_changes.hpp"
#include "host/edge_remainder.hpp"
#include "host/merge_rows.hpp"

namespace coterie {

/// What a merge did to the rows of a layer.
struct MergeCounts {
    EdgeOffset self_loops = 0;  ///< rows added that were dropped
    EdgeOffset inserted = 0;    ///< edges that were not there; an undirected one counts once
    EdgeOffset gone = 0;        ///< edges that are no longer there
    EdgeOffset removed = 0;     ///< rows taken out
    std::vector<RejectedRemoval> rejected;
};

/// The layers of a store with rows added and taken out: the same arrays, to the byte, as build_layers makes of all rows that
/// remain. All layers of a store must be given, since the order of accounts depends on all of them.
///
/// Made at once: what changes, and how accounts are numbered. The rows are made as they are asked for, chunk by chunk, and never
/// stand in memory as a whole: accounts whose degree stays keep their order among each other, so that most of a row ascends when
/// its neighbors get new numbers, and what is new is merged in. Each edge is read once and written once, in both directions.
/// Memory: 56 bytes a row that is added, and 16 bytes an account, 32 more in a directed layer. Time O(m + n + k log k), on
/// `options.threads` threads. Throws Cancelled.
class LayerMerge {
  public:
    /// What `accounts` and the layers view must outlive it.
    LayerMerge(const AccountPositions& accounts, std::vector<LayerChanges> layers, const BuildOptions& options = {});
    LayerMerge(const LayerMerge&) = delete;
    LayerMerge& operator=(const LayerMerge&) = delete;

    /// New numbers of accounts in ascending order of id.
    const Array<AccountId>& by_id() const { return numbers_.by_id; }
    const MergeCounts& counts(std::size_t layer) const { return merged_[layer].counts; }
    EdgeOffset num_edges(std::size_t layer) const { return out(layer).offsets().back(); }
    const MergedRows& out(std::size_t layer) const { return merged_[layer].rows.front(); }
    /// The same as `out` if undirected.
    const MergedRows& in(std::size_t layer) const { return merged_[layer].rows.back(); }
    /// Of the weights of its out-edges, by new numbers: ascending by source and target, the parts of one edge in their order.
    std::vector<EdgeRemainder> remainders(std::size_t layer) const;

  private:
    struct Merged {
        LayerChanges old;
        ChangedEdges changed;
        std::vector<Array<EdgeOffset>> lengths;  ///< of out-rows, and in-rows if directed, by position
        std::vector<MergedRows> rows;
        MergeCounts counts;
    };
    void find_changes(Merged& layer);
    void renumber(bool by_degree);

    const AccountPositions& accounts_;
    int threads_;
    Renumbering numbers_;
    std::vector<Merged> merged_;
};

struct MergedLayers {
    BuiltLayers built;                ///< its counts are left 0
    std::vector<MergeCounts> counts;  ///< [layers]
};

/// The same in memory.
MergedLayers merge_layers(const AccountPositions& accounts, std::vector<LayerChanges> layers,
                          const BuildOptions& options = {});

}  // namespace coterie
