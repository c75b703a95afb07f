#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/array.hpp"
#include "host/build.hpp"
#include "host/csr.hpp"
#include "host/edge_remainder.hpp"
#include "host/progress.hpp"
#include "io/row_spill.hpp"
#include "io/scratch_file.hpp"

namespace coterie {

/// The distinct edges of a layer by position in ascending order of id, on disk, each row whole and ascending, rows in any
/// order. Of an undirected layer both directions stand there.
///
/// A block is a sequence of rows of 32-bit words: source, length, neighbors [length] and, if the layer is weighted, weights
/// [length] as floats.
struct DistinctRows {
    std::vector<ScratchExtent> blocks;
    bool weighted = false;
    EdgeOffset count = 0;       ///< stored edges
    ScratchExtent out_degrees;  ///< u32 [n]
    ScratchExtent in_degrees;   ///< u32 [n]; of a directed layer
    /// What sums of weights exceed their floats by, in ascending order of source, target and part.
    std::vector<EdgeRemainder> remainders;
    BuildCounts counts;
};

struct MergeOptions {
    bool undirected = false;
    bool count_rows = false;   ///< as of LayerEdges
    std::uint64_t memory = 0;  ///< for buckets, of all threads together
    int threads = 1;
    Progress* progress = nullptr;
};

/// Sorts the rows of every bucket by position, and merges repeats as build_layers does. Adds the degrees of both ends to
/// `degrees` [n]. Gives the room of buckets back as it goes. A bucket that does not fit its share of the memory is sorted in runs, which
/// are merged from disk. Memory: `memory`, 8 bytes an account, and the longest row of each thread.
DistinctRows merge_buckets(SpilledLayer layer, const PositionLookup& positions, ScratchFile& file,
                           Array<EdgeOffset>& degrees, const MergeOptions& options);

/// Calls `visit(source, neighbors, weights)` for each row of a block.
template <class Visit>
void for_each_row(std::span<const std::uint32_t> block, bool weighted, Visit visit) {
    for (const std::uint32_t* next = block.data(); next != block.data() + block.size();) {
        const AccountId source = next[0];
        const std::size_t length = next[1];
        const std::span<const AccountId> neighbors(next + 2, length);
        next += 2 + length;
        const std::span<const std::uint32_t> weights(next, weighted ? length : 0);
        next += weights.size();
        visit(source, neighbors, weights);
    }
}

}  // namespace coterie
