#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "host/backend.hpp"
#include "host/progress.hpp"

namespace coterie::openmp {

/// What the inner loops are compiled for. All give the same bits.
enum class InstructionSet { plain, avx2, avx512 };

/// Those that this processor has, the fastest first.
std::vector<InstructionSet> instruction_sets();

/// How sources are put together. Changes no bit.
struct Batches {
    int lanes = 32;  ///< sources that are searched from side by side: 8, 16, 32 or 64
    /// Up to this much memory every thread has a batch of its own. Beyond it threads share a batch, and caches with it.
    std::size_t bytes_apart = std::size_t{256} << 20;
    InstructionSet instructions = instruction_sets().front();
};

/// `betweenness` of kernels.hpp.
/// Memory of a batch: n * lanes * (16 + 3/8) bytes, and 4 + lanes/8 for each account and level at which lanes reach it.
std::vector<double> betweenness_in_batches(const PlacedGraph& graph, std::span<const AccountId> sources,
                                           const Batches& batches, Progress* progress);

}  // namespace coterie::openmp
