#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/build.hpp"

namespace coterie {

/// A layer of a store, by the store's internal numbers.
struct StoredLayer {
    CsrView out;
    CsrView in;  ///< the same as `out` if undirected
    const WeightRemainders* remainders = nullptr;
    bool undirected = false;
    bool weighted = false;
};

struct RemainingLayers {
    BuiltLayers built;               ///< counts: `kept` alone, undirected edges once
    Array<AccountId> number_of_old;  ///< new internal numbers by old ones; no_account for those that are gone
};

/// Layers without some accounts and their edges: the same arrays, to the byte, as build_layers makes of the rows that name none
/// of them (and all other accounts). `by_id` lists the accounts of the store in ascending order of id, `gone` [n] is 1 for those to
/// be left out. Each edge is read twice and written once. Throws Cancelled.
RemainingLayers without_accounts(std::span<const AccountId> by_id, const std::vector<StoredLayer>& layers,
                                 std::span<const std::uint8_t> gone, const BuildOptions& options = {});

}  // namespace coterie
