#pragma once

#include <cstdint>

#include "host/csr.hpp"
#include "kernels/betweenness/betweenness_rule.hpp"
#include "kernels/cuda/degree_classes.cuh"
#include "kernels/cuda/launch.cuh"

// The kernels of betweenness. A warp walks a row; each of its threads owns one source (32 lanes) or two (64), so that
// a neighbor's values are read as one or two coalesced pieces of 256 bytes, and every lane adds in the row's order.

namespace coterie::cuda::betweenness_kernels {

namespace rule = betweenness_rule;

template <class Mask>
inline constexpr unsigned num_lanes = 8 * sizeof(Mask);
/// Lanes of one thread: t, t + 32.
template <class Mask>
inline constexpr unsigned per_thread = num_lanes<Mask> / warp_size;

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

template <class Mask>
__device__ bool has_lane(Mask mask, unsigned lane) {
    return (mask >> lane & Mask{1}) != 0;
}

/// Sums the edges [begin, end) of a row in order, a lane a thread; `found` gets the lanes with any term. All of a warp.
template <class Mask>
__device__ void sum_edges(const CsrView& rows, const State<Mask>& state, EdgeOffset begin, EdgeOffset end, Mask wanted,
                          double (&sums)[per_thread<Mask>], Mask& found) {
    constexpr unsigned in_flight = 4;
    const unsigned thread = lane_of_thread();
    for (EdgeOffset first = begin; first < end; first += warp_size) {
        const EdgeOffset edge = first + thread;
        AccountId neighbor = 0;
        Mask mask = 0;
        if (edge < end) {
            neighbor = rows.neighbors[edge];
            mask = state.frontier[neighbor] & wanted;
        }
        found |= mask;
        unsigned active = __ballot_sync(whole_warp, mask != 0);
        while (active != 0) {
            double terms[in_flight][per_thread<Mask>];
#pragma unroll
            for (unsigned i = 0; i < in_flight; ++i) {
                const int from = active == 0 ? 0 : __ffs(static_cast<int>(active)) - 1;
                const Mask counts = active == 0 ? Mask{0} : __shfl_sync(whole_warp, mask, from);
                const AccountId account = __shfl_sync(whole_warp, neighbor, from);
                active &= active - 1;
#pragma unroll
                for (unsigned part = 0; part < per_thread<Mask>; ++part) {
                    const unsigned lane = thread + part * warp_size;
                    terms[i][part] =
                        has_lane(counts, lane) ? state.values[std::uint64_t{account} * num_lanes<Mask> + lane] : 0.0;
                }
            }
#pragma unroll
            for (unsigned i = 0; i < in_flight; ++i)
#pragma unroll
                for (unsigned part = 0; part < per_thread<Mask>; ++part) sums[part] += terms[i][part];
        }
    }
}

template <class Mask>
__device__ Mask warp_or(Mask mask) {
    for (unsigned step = warp_size / 2; step > 0; step /= 2) mask |= __shfl_xor_sync(whole_warp, mask, step);
    return mask;
}

/// What an account does with its sums, in the lanes `reached`.
template <Way way, class Mask>
__device__ void settle(const State<Mask>& state, AccountId account, Mask reached,
                       const double (&sums)[per_thread<Mask>]) {
    const unsigned thread = lane_of_thread();
#pragma unroll
    for (unsigned part = 0; part < per_thread<Mask>; ++part) {
        const unsigned lane = thread + part * warp_size;
        if (!has_lane(reached, lane)) continue;
        const std::uint64_t place = std::uint64_t{account} * num_lanes<Mask> + lane;
        if constexpr (way == Way::out) {
            state.values[place] = sums[part];
            if (!rule::countable(sums[part])) atomicExch(&state.counters->uncountable, 1U);
        } else {
            const double paths = state.values[place];
            const double dependency = rule::dependency(paths, sums[part]);
            state.dependencies[place] = dependency;
            state.values[place] = rule::share(paths, dependency);
        }
    }
    if (way == Way::out && thread == 0) state.next[account] = reached;
}

template <Choice choice, class Mask>
__device__ Mask wanted_lanes(const State<Mask>& state, AccountId account) {
    return choice == Choice::marked ? state.next[account] : state.all & ~state.visited[account];
}

template <Way way, class Mask>
__device__ const CsrView& rows_of(const State<Mask>& state) {
    return way == Way::out ? state.in : state.out;
}

template <Way way, class Mask>
__device__ const LongRows<Mask>& long_rows_of(const State<Mask>& state) {
    return way == Way::out ? state.long_in : state.long_out;
}

/// One account by one warp, unless its row is long.
template <Way way, class Mask>
__device__ void sum_short_row(const State<Mask>& state, AccountId account, Mask wanted) {
    const CsrView& rows = rows_of<way>(state);
    const EdgeOffset begin = rows.offsets[account];
    const EdgeOffset end = rows.offsets[account + 1];
    if (end - begin > rule::chunk_length) return;
    double sums[per_thread<Mask>] = {};
    Mask found = 0;
    sum_edges(rows, state, begin, end, wanted, sums, found);
    // What is marked has a term in every lane on the way out, and may have none on the way back.
    const Mask reached = way == Way::out ? warp_or(found) : wanted;
    if (reached != 0) settle<way>(state, account, reached, sums);
}

/// Accounts with short rows that are not finished, a warp each.
template <class Mask>
__global__ void __launch_bounds__(block_size) pull_kernel(State<Mask> state) {
    const std::uint64_t account = grid_thread() / warp_size;
    if (account >= state.in.num_accounts()) return;
    const auto wanted = wanted_lanes<Choice::unfinished>(state, static_cast<AccountId>(account));
    if (wanted != 0) sum_short_row<Way::out>(state, static_cast<AccountId>(account), wanted);
}

/// Accounts with short rows in the list from `begin` up to `end` or, on the way out, up to where it ends by now.
template <Way way, class Mask>
__global__ void __launch_bounds__(block_size) list_kernel(State<Mask> state, std::uint64_t begin, std::uint64_t end) {
    if (way == Way::out) end = state.counters->list_size;
    const std::uint64_t warps = std::uint64_t{gridDim.x} * blockDim.x / warp_size;
    for (std::uint64_t i = begin + grid_thread() / warp_size; i < end; i += warps) {
        const AccountId account = state.accounts[i];
        sum_short_row<way>(state, account, wanted_lanes<Choice::marked>(state, account));
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
    double sums[per_thread<Mask>] = {};
    Mask found = 0;
    sum_edges(rows_of<way>(state), state, chunk.begin, chunk.begin + chunk.size, wanted, sums, found);
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
    double sums[per_thread<Mask>] = {};
    Mask found = 0;
    for (std::uint64_t chunk = rows.first_chunks[row]; chunk < rows.first_chunks[row + 1]; ++chunk)
#pragma unroll
        for (unsigned part = 0; part < per_thread<Mask>; ++part) {
            const unsigned lane = lane_of_thread() + part * warp_size;
            sums[part] += rows.sums[chunk * num_lanes<Mask> + lane];
            if (sums[part] > 0) found |= Mask{1} << lane;  // no term is 0
        }
    const Mask reached = way == Way::out ? warp_or(found) : wanted;
    if (reached != 0) settle<way>(state, account, reached, sums);
}

/// Out-neighbors of the frontier, which is the list from `begin` to `end`: marks them and puts them on the list.
template <class Mask>
__global__ void __launch_bounds__(block_size)
    push_kernel(State<Mask> state, std::uint64_t begin, std::uint64_t end, unsigned threads_an_account) {
    const std::uint64_t i = begin + grid_thread() / threads_an_account;
    if (i >= end) return;
    const AccountId account = state.accounts[i];
    const Mask mask = state.masks[i];
    const EdgeOffset last = state.out.offsets[account + 1];
    for (EdgeOffset edge = state.out.offsets[account] + grid_thread() % threads_an_account; edge < last;
         edge += threads_an_account) {
        const AccountId neighbor = state.out.neighbors[edge];
        const Mask reached = mask & ~state.visited[neighbor];
        if ((reached & ~*const_cast<const volatile Mask*>(&state.next[neighbor])) == 0) continue;
        if (atomicOr(&state.next[neighbor], reached) != 0) continue;
        state.accounts[atomicAdd(reinterpret_cast<unsigned long long*>(&state.counters->list_size), 1ULL)] = neighbor;
    }
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
