#pragma once

#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/row_stream.cuh"

namespace coterie::cuda {

// Sums over rows of a block of which nothing is known beforehand, neither their lengths nor their order: a few neighboring
// threads a row, and a whole block of threads for each row that would keep those busy for long.

inline constexpr unsigned row_lanes = 8;
inline constexpr unsigned rows_a_block = block_size / row_lanes;
inline constexpr EdgeOffset long_row = 1024;

/// Blocks of threads for a block of rows.
inline std::uint64_t blocks_of_threads(const RowBlock& block) {
    return blocks_for(block.rows, rows_a_block);
}

/// Sum of `term(edge)` over the row that falls to this thread's group, the same in all its threads; 0 if there is no such row.
/// All threads of a block of `block_size` must call.
template <class Term>
__device__ std::uint64_t sum_of_row(const BlockRows& rows, AccountId num_rows, Term term) {
    __shared__ std::uint64_t long_sums[rows_a_block];
    const AccountId first = blockIdx.x * rows_a_block;
    const unsigned group = threadIdx.x / row_lanes;
    const AccountId row = first + group;
    std::uint64_t sum = 0;
    if (row < num_rows && rows.degree(row) <= long_row)
        for (EdgeOffset edge = rows.begin(row) + threadIdx.x % row_lanes; edge < rows.end(row); edge += row_lanes)
            sum += term(edge);
    sum = warp_sum<row_lanes>(sum);
    for (unsigned other = 0; other < rows_a_block && first + other < num_rows; ++other) {
        if (rows.degree(first + other) <= long_row) continue;
        std::uint64_t part = 0;
        for (EdgeOffset edge = rows.begin(first + other) + threadIdx.x; edge < rows.end(first + other);
             edge += block_size)
            part += term(edge);
        part = block_sum(part);
        if (threadIdx.x == 0) long_sums[other] = part;
    }
    __syncthreads();
    return row < num_rows && rows.degree(row) > long_row ? long_sums[group] : sum;
}

}  // namespace coterie::cuda
