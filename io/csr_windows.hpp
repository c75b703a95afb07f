#pragma once

#include <cstdint>

#include "host/array.hpp"
#include "host/csr.hpp"
#include "host/edge_remainder.hpp"
#include "host/progress.hpp"
#include "io/distinct_rows.hpp"
#include "io/scratch_file.hpp"
#include "io/steps.hpp"
#include "io/streamed_array.hpp"

namespace coterie {

struct WindowOptions {
    std::uint64_t memory = 0;  ///< for the neighbors and weights of one window
    std::uint64_t buffer = 0;  ///< for what is read at a time, of all threads together
    int threads = 1;
    Progress* progress = nullptr;
};

/// Writes the compressed sparse rows of a layer by final numbers: `by_id` [n] leads to them from positions in ascending order
/// of id. A window of rows is made in memory and written, then the next one: of the out-rows by placing the rows of `edges`
/// that fall into it, of the in-rows by going through the finished out-rows, which leaves them ascending without being sorted.
/// `in` null: an undirected layer. Each window reads the edges once. Returns the number of windows, and adds
/// the seconds of both directions.
/// Memory: `memory`, `buffer`, 12 bytes an account, and the longest row of each thread.
std::size_t write_windows(const DistinctRows& edges, const ScratchFile& file, const Array<AccountId>& by_id,
                          StreamedCsr& out, StreamedCsr* in, const WindowOptions& options, StepSeconds& seconds);

/// Writes what weights of a layer lack, by the edges of its out-rows, which are finished: `found` by final numbers, ascending by
/// source and target. Memory: 16 bytes a remainder, and a row.
void write_remainders(const std::vector<EdgeRemainder>& found, const StreamedCsr& out, StreamedRemainders& remainders,
                      int threads);

}  // namespace coterie
