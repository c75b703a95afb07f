#pragma once

#include <cstdint>

#include "host/csr.hpp"
#include "kernels/betweenness/betweenness_rule.hpp"
#include "kernels/cuda/degree_classes.cuh"
#include "kernels/cuda/launch.cuh"

// The kernels of betweenness. A warp walks a row, or the rows of 32 accounts if they are short; each of its threads owns
// one source (32 lanes) or two (64), so that a neighbor's values are read as one or two coalesced pieces of 256 bytes, and
// every lane adds in the row's order.

namespace coterie::cuda::betweenness_kernels {

namespace rule = betweenness_rule;

template <class Mask>
inline constexpr unsigned num_lanes = 8 * sizeof(Mask);
/// Lanes of one thread: t, t + 32.
template <class Mask>
inline constexpr unsigned per_thread = num_lanes<Mask> / warp_size;
template <class Mask>
using Sums = double[per_thread<Mask>];

/// Rows up to this length are packed: a warp walks those of 32 accounts as if they were one.
inline constexpr EdgeOffset packed_row = 32;

/// What a level leaves for the host to read.
struct Counters {
    std::uint64_t list_size;  ///< accounts in the lists of all levels so far
    std::uint64_t edges;
    std::uint64_t finished_edges;
    unsigned uncountable;
};

/// Rows of more than one chunk, cut into chunks: a warp sums a chunk, and another adds the sums of a row's chunks in order.
template <class Mask>
struct LongRows {
    const AccountId* accounts;          ///< [rows]
    const std::uint64_t* first_chunks;  ///< [rows + 1]
    const RowChunk* chunks;             ///< [chunks]
    double* sums;                       ///< [chunks][lanes]
    std::uint64_t num_rows;
    std::uint64_t num_chunks;
};

/// All in device memory.
template <class Mask>
struct State {
    CsrView out;
    CsrView in;
    LongRows<Mask> long_out;
    LongRows<Mask> long_in;
    double* values;        ///< [n][lanes] path counts; shares where collected
    double* dependencies;  ///< [n][lanes]
    Mask* visited;         ///< [n] lanes that have reached the account
    Mask* frontier;        ///< [n] lanes that reached it last; on the way back, of the level behind
    Mask* next;            ///< [n] 0 between levels
    AccountId* accounts;   ///< lists of all levels, one after the other
    Mask* masks;
    Counters* counters;
    Mask all;
};

/// On the way out a row is the in-neighbors and adds path counts; on the way back it is the out-neighbors and adds shares.
enum class Way { out, back };

/// How accounts are chosen: those not finished, or those that `next` marks.
enum class Choice { unfinished, marked };

__device__ inline unsigned lane_of_thread() {
    return threadIdx.x % warp_size;
}

/// The lanes [32 part, 32 part + 32) of a mask.
template <class Mask>
__device__ unsigned word_of(Mask mask, unsigned part) {
    return static_cast<unsigned>(mask >> part * warp_size);
}

template <class Mask>
__device__ bool has_lane(Mask mask, unsigned lane) {
    return (mask >> lane & Mask{1}) != 0;
}

template <Way way, class Mask>
__device__ const CsrView& rows_of(const State<Mask>& state) {
    return way == Way::out ? state.in : state.out;
}

template <Way way, class Mask>
__device__ const LongRows<Mask>& long_rows_of(const State<Mask>& state) {
    return way == Way::out ? state.long_in : state.long_out;
}

template <Choice choice, class Mask>
__device__ Mask wanted_lanes(const State<Mask>& state, AccountId account) {
    return choice == Choice::marked ? state.next[account] : state.all & ~state.visited[account];
}

/// What an account does with its sums. On the way out they say which lanes reached it: no term is 0. All of a warp.
template <Way way, class Mask>
__device__ void settle(const State<Mask>& state, AccountId account, Mask wanted, const Sums<Mask>& sums) {
    const unsigned thread = lane_of_thread();
    const unsigned bit = 1U << thread;
    double* const values = state.values + std::uint64_t{account} * num_lanes<Mask> + thread;
    double* const dependencies = state.dependencies + std::uint64_t{account} * num_lanes<Mask> + thread;
    Mask reached = 0;
#pragma unroll
    for (unsigned part = 0; part < per_thread<Mask>; ++part) {
        if constexpr (way == Way::out) {
            reached |= static_cast<Mask>(__ballot_sync(whole_warp, sums[part] > 0)) << part * warp_size;
            if (sums[part] == 0) continue;
            values[part * warp_size] = sums[part];
            if (!rule::countable(sums[part])) atomicExch(&state.counters->uncountable, 1U);
        } else {
            if ((word_of(wanted, part) & bit) == 0) continue;
            const double paths = values[part * warp_size];
            const double dependency = rule::dependency(paths, sums[part]);
            dependencies[part * warp_size] = dependency;
            values[part * warp_size] = rule::share(paths, dependency);
        }
    }
    if (way == Way::out && thread == 0 && reached != 0) state.next[account] = reached;
}

/// Of `count` active threads, which each hold a neighbor and the lanes in which it counts: add(thread, terms), in order.
/// The loads of all are under way at the same time. All of a warp.
template <unsigned count, class Mask, class Add>
__device__ void add_terms(const double* values, AccountId neighbor, Mask mask, unsigned& active, Add& add) {
    const unsigned bit = 1U << lane_of_thread();
    double terms[count][per_thread<Mask>];
    int holders[count];
#pragma unroll
    for (unsigned i = 0; i < count; ++i) {
        holders[i] = __clz(static_cast<int>(__brev(active)));  // the lowest bit
        active &= active - 1;
        const AccountId account = __shfl_sync(whole_warp, neighbor, holders[i]);
        const double* const row = values + std::uint64_t{account} * num_lanes<Mask>;
#pragma unroll
        for (unsigned part = 0; part < per_thread<Mask>; ++part) {
            const unsigned counts = __shfl_sync(whole_warp, word_of(mask, part), holders[i]);
            terms[i][part] = (counts & bit) != 0 ? row[part * warp_size] : 0.0;
        }
    }
#pragma unroll
    for (unsigned i = 0; i < count; ++i) add(holders[i], terms[i]);
}

template <class Mask, class Add>
__device__ void add_all_terms(const State<Mask>& state, AccountId neighbor, Mask mask, Add add) {
    constexpr int at_a_time = 4;
    const double* const values = state.values + lane_of_thread();
    unsigned active = __ballot_sync(whole_warp, mask != 0);
    int left = __popc(active);
    for (; left >= at_a_time; left -= at_a_time) add_terms<at_a_time>(values, neighbor, mask, active, add);
    for (; left > 0; --left) add_terms<1>(values, neighbor, mask, active, add);
}

/// Sums the edges [begin, end) of a row in order, a lane a thread. All of a warp.
template <class Mask>
__device__ void sum_edges(const CsrView& rows, const State<Mask>& state, EdgeOffset begin, EdgeOffset end, Mask wanted,
                          Sums<Mask>& sums) {
    for (EdgeOffset first = begin; first < end; first += warp_size) {
        const EdgeOffset edge = first + lane_of_thread();
        AccountId neighbor = 0;
        Mask mask = 0;
        if (edge < end) {
            neighbor = rows.neighbors[edge];
            mask = state.frontier[neighbor] & wanted;
        }
        add_all_terms(state, neighbor, mask, [&](int, const Sums<Mask>& terms) {
#pragma unroll
            for (unsigned part = 0; part < per_thread<Mask>; ++part) sums[part] += terms[part];
        });
    }
}

/// Lays the rows of the accounts that the threads of a warp hold end to end: visit(thread that holds the account, edge)
/// by all of the warp, 32 edges at a time; behind the last the edge is `no_edge`. A row of `degree` 0 is left out.
inline constexpr EdgeOffset no_edge = ~EdgeOffset{0};
template <class Visit>
__device__ void for_each_packed_edge(EdgeOffset begin, unsigned degree, Visit visit) {
    unsigned end = degree;  // where this thread's row ends among all
    for (unsigned step = 1; step < warp_size; step *= 2) {
        const unsigned before = __shfl_up_sync(whole_warp, end, step);
        if (lane_of_thread() >= step) end += before;
    }
    const EdgeOffset shift = begin - (end - degree);
    const unsigned total = __shfl_sync(whole_warp, end, warp_size - 1);
    for (unsigned first = 0; first < total; first += warp_size) {
        const unsigned place = first + lane_of_thread();
        unsigned holder = 0;  // the first whose row ends behind `place`
        for (unsigned step = warp_size / 2; step > 0; step /= 2)
            if (__shfl_sync(whole_warp, end, static_cast<int>(holder + step - 1)) <= place) holder += step;
        const EdgeOffset edge = place + __shfl_sync(whole_warp, shift, static_cast<int>(holder));
        visit(holder, place < total ? edge : no_edge);
    }
}

/// Sums the rows of the accounts that the threads of a warp hold, each in order; `wanted` is 0 where there is none.
template <Way way, class Mask>
__device__ void sum_packed_rows(const State<Mask>& state, AccountId account, Mask wanted) {
    const CsrView& rows = rows_of<way>(state);
    EdgeOffset begin = 0;
    EdgeOffset degree = 0;
    if (wanted != 0) {
        begin = rows.offsets[account];
        degree = rows.offsets[account + 1] - begin;
        if (degree > packed_row) wanted = 0;
    }
    unsigned holder = warp_size;  // whose row is being summed
    Sums<Mask> sums = {};
    const auto settle_holder = [&](unsigned whose, const Sums<Mask>& its_sums) {
        settle<way>(state, __shfl_sync(whole_warp, account, static_cast<int>(whose)),
                    __shfl_sync(whole_warp, wanted, static_cast<int>(whose)), its_sums);
    };
    unsigned settled = 0;
    for_each_packed_edge(begin, wanted == 0 ? 0 : static_cast<unsigned>(degree), [&](unsigned whose, EdgeOffset edge) {
        const Mask wanted_there = __shfl_sync(whole_warp, wanted, static_cast<int>(whose));
        AccountId neighbor = 0;
        Mask mask = 0;
        if (edge != no_edge) {
            neighbor = rows.neighbors[edge];
            mask = state.frontier[neighbor] & wanted_there;
        }
        add_all_terms(state, neighbor, mask, [&](int thread, const Sums<Mask>& terms) {
            const unsigned next = __shfl_sync(whole_warp, whose, thread);
            const bool goes_on = next == holder;
            if (!goes_on && holder != warp_size) settle_holder(holder, sums);
            holder = next;
            settled |= 1U << next;
#pragma unroll
            for (unsigned part = 0; part < per_thread<Mask>; ++part)
                sums[part] = goes_on ? sums[part] + terms[part] : terms[part];
        });
    });
    if (holder != warp_size) settle_holder(holder, sums);
    if constexpr (way == Way::back) {
        // Nothing lies behind the others.
        const Sums<Mask> nothing = {};
        for (unsigned left = __ballot_sync(whole_warp, wanted != 0) & ~settled; left != 0; left &= left - 1)
            settle_holder(static_cast<unsigned>(__ffs(static_cast<int>(left)) - 1), nothing);
    }
}

/// The account at a place: of the list, where accounts are chosen by marks.
template <Choice choice, class Mask>
__device__ AccountId account_at(const State<Mask>& state, std::uint64_t place) {
    return choice == Choice::marked ? state.accounts[place] : static_cast<AccountId>(place);
}

/// On the way out the list is walked to where it ends by now.
template <Way way, Choice choice, class Mask>
__device__ std::uint64_t end_of_walk(const State<Mask>& state, std::uint64_t end) {
    return way == Way::out && choice == Choice::marked ? state.counters->list_size : end;
}

/// Accounts at [begin, end) with rows that are packed: a thread each, a warp for the rows of 32.
template <Way way, Choice choice, class Mask>
__global__ void __launch_bounds__(block_size)
    packed_rows_kernel(State<Mask> state, std::uint64_t begin, std::uint64_t end) {
    end = end_of_walk<way, choice>(state, end);
    const std::uint64_t threads = std::uint64_t{gridDim.x} * blockDim.x;
    for (std::uint64_t first = begin + grid_thread() - lane_of_thread(); first < end; first += threads) {
        const std::uint64_t place = first + lane_of_thread();
        const AccountId account = place < end ? account_at<choice>(state, place) : 0;
        sum_packed_rows<way>(state, account, place < end ? wanted_lanes<choice>(state, account) : Mask{0});
    }
}

/// Accounts at [begin, end) with rows of more than that and no more than a chunk: a warp each.
template <Way way, Choice choice, class Mask>
__global__ void __launch_bounds__(block_size)
    warp_rows_kernel(State<Mask> state, std::uint64_t begin, std::uint64_t end) {
    end = end_of_walk<way, choice>(state, end);
    const CsrView& rows = rows_of<way>(state);
    const std::uint64_t warps = std::uint64_t{gridDim.x} * blockDim.x / warp_size;
    for (std::uint64_t place = begin + grid_thread() / warp_size; place < end; place += warps) {
        const AccountId account = account_at<choice>(state, place);
        const EdgeOffset first = rows.offsets[account];
        const EdgeOffset last = rows.offsets[account + 1];
        if (last - first <= packed_row || last - first > rule::chunk_length) continue;
        const auto wanted = wanted_lanes<choice>(state, account);
        if (wanted == 0) continue;
        Sums<Mask> sums = {};
        sum_edges(rows, state, first, last, wanted, sums);
        settle<way>(state, account, wanted, sums);
    }
}

/// Chunks of long rows, a warp each.
template <Way way, Choice choice, class Mask>
__global__ void __launch_bounds__(block_size) chunk_kernel(State<Mask> state) {
    const LongRows<Mask>& rows = long_rows_of<way>(state);
    const std::uint64_t index = grid_thread() / warp_size;
    if (index >= rows.num_chunks) return;
    const RowChunk chunk = rows.chunks[index];
    const auto wanted = wanted_lanes<choice>(state, rows.accounts[chunk.row]);
    if (wanted == 0) return;
    Sums<Mask> sums = {};
    sum_edges(rows_of<way>(state), state, chunk.begin, chunk.begin + chunk.size, wanted, sums);
#pragma unroll
    for (unsigned part = 0; part < per_thread<Mask>; ++part)
        rows.sums[index * num_lanes<Mask> + lane_of_thread() + part * warp_size] = sums[part];
}

/// The chunks of a long row, added in order: a warp a row.
template <Way way, Choice choice, class Mask>
__global__ void __launch_bounds__(block_size) long_row_kernel(State<Mask> state) {
    const LongRows<Mask>& rows = long_rows_of<way>(state);
    const std::uint64_t row = grid_thread() / warp_size;
    if (row >= rows.num_rows) return;
    const AccountId account = rows.accounts[row];
    const auto wanted = wanted_lanes<choice>(state, account);
    if (wanted == 0) return;
    Sums<Mask> sums = {};
    for (std::uint64_t chunk = rows.first_chunks[row]; chunk < rows.first_chunks[row + 1]; ++chunk)
#pragma unroll
        for (unsigned part = 0; part < per_thread<Mask>; ++part)
            sums[part] += rows.sums[chunk * num_lanes<Mask> + lane_of_thread() + part * warp_size];
    settle<way>(state, account, wanted, sums);
}

/// Marks an out-neighbor of the frontier, and puts it on the list if it is the first to.
template <class Mask>
__device__ void mark_neighbor(const State<Mask>& state, AccountId neighbor, Mask mask) {
    const Mask reached = mask & ~state.visited[neighbor];
    if ((reached & ~*const_cast<const volatile Mask*>(&state.next[neighbor])) == 0) return;
    if (atomicOr(&state.next[neighbor], reached) != 0) return;
    state.accounts[atomicAdd(reinterpret_cast<unsigned long long*>(&state.counters->list_size), 1ULL)] = neighbor;
}

/// Marks the out-neighbors of the frontier, which is the list from `begin` to `end`, where rows are packed.
template <class Mask>
__global__ void __launch_bounds__(block_size)
    push_packed_kernel(State<Mask> state, std::uint64_t begin, std::uint64_t end) {
    const std::uint64_t place = begin + grid_thread();
    Mask mask = 0;
    EdgeOffset first = 0;
    EdgeOffset degree = 0;
    if (place < end) {
        const AccountId account = state.accounts[place];
        mask = state.masks[place];
        first = state.out.offsets[account];
        degree = state.out.offsets[account + 1] - first;
    }
    for_each_packed_edge(first, degree > packed_row ? 0 : static_cast<unsigned>(degree),
                         [&](unsigned holder, EdgeOffset edge) {
                             const Mask of_holder = __shfl_sync(whole_warp, mask, static_cast<int>(holder));
                             if (edge != no_edge) mark_neighbor(state, state.out.neighbors[edge], of_holder);
                         });
}

/// And where they are longer: a warp or a block each.
template <class Mask>
__global__ void __launch_bounds__(block_size)
    push_kernel(State<Mask> state, std::uint64_t begin, std::uint64_t end, unsigned threads_an_account) {
    const std::uint64_t place = begin + grid_thread() / threads_an_account;
    if (place >= end) return;
    const AccountId account = state.accounts[place];
    const EdgeOffset first = state.out.offsets[account];
    const EdgeOffset last = state.out.offsets[account + 1];
    if (last - first <= packed_row) return;
    const Mask mask = state.masks[place];
    for (EdgeOffset edge = first + grid_thread() % threads_an_account; edge < last; edge += threads_an_account)
        mark_neighbor(state, state.out.neighbors[edge], mask);
}

/// Puts all that are marked on the list.
template <class Mask>
__global__ void __launch_bounds__(block_size) gather_marked_kernel(State<Mask> state) {
    __shared__ std::uint64_t place_of_block;
    __shared__ unsigned size_of_block;
    const std::uint64_t account = grid_thread();
    if (threadIdx.x == 0) size_of_block = 0;
    __syncthreads();
    const bool marked = account < state.in.num_accounts() && state.next[account] != 0;
    const unsigned of_warp = __ballot_sync(whole_warp, marked);
    unsigned place = 0;
    if (lane_of_thread() == 0 && of_warp != 0)
        place = atomicAdd(&size_of_block, static_cast<unsigned>(__popc(of_warp)));
    place = __shfl_sync(whole_warp, place, 0) + __popc(of_warp & ((1U << lane_of_thread()) - 1));
    __syncthreads();
    if (threadIdx.x == 0 && size_of_block != 0)
        place_of_block = atomicAdd(reinterpret_cast<unsigned long long*>(&state.counters->list_size),
                                   static_cast<unsigned long long>(size_of_block));
    __syncthreads();
    if (marked) state.accounts[place_of_block + place] = static_cast<AccountId>(account);
}

/// The list from `begin` on is the frontier now, and what it held before from `before` on is not any more.
template <class Mask>
__global__ void __launch_bounds__(block_size)
    advance_kernel(State<Mask> state, std::uint64_t before, std::uint64_t begin) {
    const std::uint64_t end = state.counters->list_size;
    const std::uint64_t threads = std::uint64_t{gridDim.x} * blockDim.x;
    std::uint64_t edges = 0;
    std::uint64_t finished_edges = 0;
    for (std::uint64_t i = before + grid_thread(); i < end; i += threads) {
        const AccountId account = state.accounts[i];
        if (i < begin) {
            state.frontier[account] = 0;
            continue;
        }
        const Mask reached = state.next[account];
        const Mask visited = state.visited[account] | reached;
        state.masks[i] = reached;
        state.visited[account] = visited;
        edges += state.out.degree(account);
        if (visited == state.all) finished_edges += state.in.degree(account);
    }
    edges = block_sum(edges);
    finished_edges = block_sum(finished_edges);
    if (threadIdx.x != 0) return;
    if (edges != 0) add_atomically(&state.counters->edges, edges);
    if (finished_edges != 0) add_atomically(&state.counters->finished_edges, finished_edges);
}

/// Level 0: a thread a source.
template <class Mask>
__global__ void __launch_bounds__(block_size)
    start_kernel(State<Mask> state, const AccountId* sources, unsigned count) {
    const auto lane = static_cast<unsigned>(grid_thread());
    if (lane >= count) return;
    const AccountId source = sources[lane];
    const Mask mask = Mask{1} << lane;
    state.accounts[lane] = source;
    state.masks[lane] = mask;
    state.visited[source] = mask;
    state.frontier[source] = mask;
    state.values[std::uint64_t{source} * num_lanes<Mask> + lane] = 1.0;
    state.dependencies[std::uint64_t{source} * num_lanes<Mask> + lane] = 0.0;  // it does not lie on its own paths
    add_atomically(&state.counters->edges, state.out.degree(source));
    if (mask == state.all) add_atomically(&state.counters->finished_edges, state.in.degree(source));
}

/// Marks the list from `begin` to `end` in `next`.
template <class Mask>
__global__ void __launch_bounds__(block_size) mark_kernel(State<Mask> state, std::uint64_t begin, std::uint64_t end) {
    if (const std::uint64_t i = begin + grid_thread(); i < end) state.next[state.accounts[i]] = state.masks[i];
}

/// Takes the marks of the list from `begin` to `end` out of `frontier`.
template <class Mask>
__global__ void __launch_bounds__(block_size) unmark_kernel(State<Mask> state, std::uint64_t begin, std::uint64_t end) {
    if (const std::uint64_t i = begin + grid_thread(); i < end) state.frontier[state.accounts[i]] = 0;
}

/// Adds the dependencies of an account, lane by lane, and forgets that it was visited. An account stands in the list
/// once for each level that reached it; the thread that takes its mask does it.
template <class Mask>
__global__ void __launch_bounds__(block_size) add_kernel(State<Mask> state, std::uint64_t end, double* total) {
    const std::uint64_t i = grid_thread();
    if (i >= end) return;
    const AccountId account = state.accounts[i];
    const Mask visited = atomicExch(&state.visited[account], Mask{0});
    if (visited == 0) return;
    const double* const row = state.dependencies + std::uint64_t{account} * num_lanes<Mask>;
    double sum = total[account];
    for (unsigned lane = 0; lane < num_lanes<Mask>; ++lane)
        if (has_lane(visited, lane)) sum += row[lane];
    total[account] = sum;
}

}  // namespace coterie::cuda::betweenness_kernels
