#pragma once

#include <cstdint>
#include <vector>

#include "host/build.hpp"

namespace coterie {

/// `2^scale` accounts, `degree * 2^scale` rows of a Kronecker (R-MAT) graph with Graph500's initiator
/// (A, B, C) = (0.57, 0.19, 0.19), ids scrambled by a seeded permutation. Row i depends on (seed, i) alone.
/// Throws std::invalid_argument if scale is outside [1, 31] or degree is 0.
/// Chakrabarti, Zhan & Faloutsos 2004; Graph500 specification.
EdgeList kronecker_edges(int scale, int degree, std::uint64_t seed, int threads = 0);

/// `num_edges` rows between uniformly drawn accounts (Erdős–Rényi with repeats and self-loops).
EdgeList uniform_edges(AccountId num_accounts, EdgeOffset num_edges, std::uint64_t seed, int threads = 0);

}  // namespace coterie
