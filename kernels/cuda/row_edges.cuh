#pragma once

#include <algorithm>

#include "host/csr.hpp"

namespace coterie::cuda {

/// Four neighbor ids that are read once and not again: they pass the L1 by, which is left to what is gathered with them.
/// `ids` must be aligned to 16 bytes.
__device__ inline uint4 stream_ids(const AccountId* ids) {
    uint4 four;
    asm("ld.global.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
        : "=r"(four.x), "=r"(four.y), "=r"(four.z), "=r"(four.w)
        : "l"(ids));
    return four;
}

/// visit(edge, neighbor) for the edges [begin, end), by `threads` (4 or more) neighboring threads of which this one is `lane`:
/// 16 bytes of ids a thread and step, and so four independent loads in flight for what `visit` gathers. `neighbors`
/// must be aligned to 16 bytes (as an allocation of device memory is).
template <unsigned threads, class Visit>
__device__ void for_each_edge(const AccountId* neighbors, EdgeOffset begin, EdgeOffset end, unsigned lane,
                              Visit visit) {
    static_assert(threads >= 4);
    // What lies before the first 16-byte boundary and behind the last: fewer than four edges each, one a thread.
    const EdgeOffset first = std::min((begin + 3) & ~EdgeOffset{3}, end);
    const EdgeOffset last = std::max(first, end & ~EdgeOffset{3});
    if (begin + lane < first) visit(begin + lane, neighbors[begin + lane]);
    for (EdgeOffset edge = first + 4 * lane; edge < last; edge += 4 * threads) {
        const uint4 ids = stream_ids(neighbors + edge);
        visit(edge, ids.x);
        visit(edge + 1, ids.y);
        visit(edge + 2, ids.z);
        visit(edge + 3, ids.w);
    }
    if (last + lane < end) visit(last + lane, neighbors[last + lane]);
}

}  // namespace coterie::cuda
