#pragma once

#include <vector>

#include "kernels/betweenness/betweenness_openmp.hpp"
#include "kernels/betweenness/betweenness_rows.hpp"

namespace coterie::openmp {

/// The inner loops, compiled for one instruction set.
template <class Mask>
struct RowLoops {
    void (*pull_range)(const betweenness_rows::Lanes<Mask>&, AccountId begin, AccountId end, Mask all,
                       const Mask* visited, betweenness_rows::Reached<Mask>&);
    void (*count_list)(const betweenness_rows::Lanes<Mask>&, betweenness_rows::Reached<Mask>&);
    void (*collect_list)(const betweenness_rows::Lanes<Mask>&, const betweenness_rows::Reached<Mask>&, bool last,
                         double* dependencies);
};

/// For masks of 8, 16, 32 and 64 bits.
template <class Mask>
RowLoops<Mask> row_loops(InstructionSet instructions);

}  // namespace coterie::openmp
