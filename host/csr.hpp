#pragma once

#include <cstdint>
#include <span>

namespace coterie {

/// Position of an account in the store: dense, 0 … n − 1, accounts of high degree first.
using AccountId = std::uint32_t;
/// Position of an edge. Never 32 bits: real follower graphs have more than 2^32 edges.
using EdgeOffset = std::uint64_t;

/// No account.
inline constexpr AccountId no_account = 0xffff'ffffU;

/// One direction of a graph as compressed sparse rows, owned by somebody else. The same type on host and device.
///
/// `offsets` [n + 1] starts at 0 and never decreases; `neighbors` [m] is ascending within a row;
/// `weights` [m], or empty if every edge counts 1.
struct CsrView {
    std::span<const EdgeOffset> offsets;
    std::span<const AccountId> neighbors;
    std::span<const float> weights;

    constexpr AccountId num_accounts() const {
        return offsets.empty() ? 0 : static_cast<AccountId>(offsets.size() - 1);
    }
    constexpr EdgeOffset num_edges() const { return neighbors.size(); }
    constexpr bool weighted() const { return !weights.empty(); }
    constexpr EdgeOffset degree(AccountId account) const { return offsets[account + 1] - offsets[account]; }
    constexpr std::span<const AccountId> row(AccountId account) const {
        return neighbors.subspan(offsets[account], degree(account));
    }
    constexpr float weight(EdgeOffset edge) const { return weights.empty() ? 1.0F : weights[edge]; }
};

}  // namespace coterie
