#pragma once

#include <cstdint>
#include <span>

#include "host/build.hpp"

namespace coterie {

/// Edges whose row i depends on the options and i alone: any part of them can be made without the rest, by anybody.
class KroneckerEdges {
  public:
    /// `2^scale` accounts, `degree * 2^scale` rows of a Kronecker (R-MAT) graph with Graph500's initiator
    /// (A, B, C) = (0.57, 0.19, 0.19), accounts renamed by a seeded permutation.
    /// Throws std::invalid_argument if scale is outside [1, 31] or degree is below 1.
    /// Chakrabarti, Zhan & Faloutsos 2004; Graph500 specification.
    KroneckerEdges(int scale, int degree, std::uint64_t seed);

    AccountId num_accounts() const { return AccountId{1} << static_cast<unsigned>(scale_); }
    EdgeOffset num_rows() const { return EdgeOffset{num_accounts()} * static_cast<EdgeOffset>(degree_); }
    /// Writes rows first_row, first_row + 1, …, as many as the spans have room for (equally many).
    void rows(EdgeOffset first_row, std::span<AccountId> sources, std::span<AccountId> targets) const;

  private:
    int scale_;
    int degree_;
    std::uint64_t seed_;
};

class UniformEdges {
  public:
    /// `num_edges` rows between uniformly drawn accounts (Erdős–Rényi with repeats and self-loops).
    /// Throws std::invalid_argument if there are edges but no accounts.
    UniformEdges(AccountId num_accounts, EdgeOffset num_edges, std::uint64_t seed);

    AccountId num_accounts() const { return num_accounts_; }
    EdgeOffset num_rows() const { return num_edges_; }
    /// As of KroneckerEdges.
    void rows(EdgeOffset first_row, std::span<AccountId> sources, std::span<AccountId> targets) const;

  private:
    AccountId num_accounts_;
    EdgeOffset num_edges_;
    std::uint64_t seed_;
};

/// All rows of KroneckerEdges. `threads` 0: as many as there are cores. Same bytes for any number of threads.
EdgeList kronecker_edges(int scale, int degree, std::uint64_t seed, int threads = 0);

/// All rows of UniformEdges, likewise.
EdgeList uniform_edges(AccountId num_accounts, EdgeOffset num_edges, std::uint64_t seed, int threads = 0);

}  // namespace coterie
