#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/build.hpp"
#include "host/csr.hpp"
#include "host/exact_sum.hpp"

namespace coterie {

/// A row that is to be taken out of a layer.
struct Removal {
    AccountId source = 0;  ///< positions, as in EdgeList; no_account: there is no such account
    AccountId target = 0;
    float weight = 1;        ///< what the edge will weigh less; of no meaning in an unweighted layer
    std::size_t number = 0;  ///< its place in the input: repeats are taken in this order, and rejects named by it
};

/// Why a row could not be taken out.
struct RejectedRemoval {
    std::size_t number = 0;
    bool absent = false;  ///< there is no such edge; else it weighs less than was to be taken away
    float weight = 0;     ///< what it weighs
};

/// One layer of a store, and what is to change in it.
struct LayerChanges {
    CsrView out;  ///< by the internal numbers of the store
    CsrView in;   ///< the same as `out` if undirected
    const WeightRemainders* remainders = nullptr;
    bool undirected = false;
    bool weighted = false;
    bool keep_self_loops = false;
    bool whole_edges = false;      ///< removals take the edge, whatever it weighs
    EdgeList added;                ///< rows by position; without weights each weighs 1
    std::vector<Removal> removed;  ///< after what is added
};

/// How positions (in ascending order of id, of all accounts) and the internal numbers of the store belong together.
struct AccountPositions {
    AccountId count = 0;           ///< accounts after the change
    Array<AccountId> old_account;  ///< [count] the number in the store; no_account for new ones
    Array<AccountId> position;     ///< [accounts of the store]
};

/// What becomes of one edge.
struct EdgeChange {
    static constexpr std::uint32_t none = 0xffff'ffffU;

    AccountId source;  ///< positions; source <= target in an undirected layer
    AccountId target;
    float weight;                    ///< from now on
    bool was;                        ///< it is in the store
    bool is;                         ///< it will be
    std::uint32_t remainder = none;  ///< index of what `weight` lacks of the exact sum
};

struct ChangedEdges {
    std::vector<EdgeChange> changes;              ///< ascending by source, then target
    std::vector<std::vector<double>> remainders;  ///< parts, as of ExactSum::remainder
    EdgeOffset self_loops = 0;                    ///< rows added that were dropped
    EdgeOffset removed = 0;                       ///< rows taken out
    std::vector<RejectedRemoval> rejected;        ///< ascending by number
};

/// What adding and removing rows means for the edges of a layer: the same as if it was built from all rows that remain.
/// Unweighted: an edge is there or not. Else weights add without rounding; an edge goes when its weight reaches 0 by a removal, and
/// a removal that would turn its sign is rejected. `layer.added` and `layer.removed` are taken apart.
/// Time O(k log k + k log d) for k rows and degree d; memory 56 bytes a row. The same for any number of threads.
ChangedEdges changed_edges(LayerChanges& layer, const AccountPositions& accounts, int threads);

}  // namespace coterie
