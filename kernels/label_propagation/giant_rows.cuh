#pragma once

#include <algorithm>
#include <vector>

#include "host/graph.hpp"
#include "kernels/cuda/device_buffer.cuh"
#include "kernels/cuda/shared_memory.cuh"
#include "kernels/label_propagation/election.cuh"
#include "kernels/label_propagation/vote_table.cuh"

// Neighborhoods whose table no block can hold: blocks count chunks of them in shared memory and add these to a table in
// device memory, whose pieces blocks then go through. A table is empty again when it was read.

namespace coterie::cuda {

constexpr unsigned giant_threads = 512;
constexpr EdgeOffset giant_chunk = 4096;
constexpr std::uint64_t giant_piece = 16384;
/// The tables together have so many slots per account of the graph; more only if a single row needs more. Rows share
/// them in batches.
constexpr std::uint64_t slots_per_account = 2;

struct GiantRow {
    AccountId account;
    std::uint32_t slots;   ///< of its table
    std::uint64_t table;   ///< first slot, within its batch
    std::uint64_t pieces;  ///< first piece
};

/// The neighbors [begin, begin + giant_chunk) of a giant row, or as many slots of its table from `begin`.
struct GiantPart {
    std::uint32_t row;
    EdgeOffset begin;
};

/// Giant rows whose tables are in device memory at the same time.
struct GiantBatch {
    std::size_t rows[2] = {0, 0};  ///< first, end
    std::size_t chunks[2] = {0, 0};
    std::size_t pieces[2] = {0, 0};
};

struct GiantPlan {
    std::vector<GiantRow> rows;
    std::vector<GiantPart> chunks;
    std::vector<GiantPart> pieces;
    std::vector<GiantBatch> batches;
    std::uint64_t slots = 0;  ///< of the largest batch

    GiantPlan(const Graph& graph, EdgeOffset most_of_a_block) {
        std::uint64_t used = 0;
        for (AccountId account = 0; account < graph.num_accounts(); ++account) {
            const EdgeOffset degree = graph.out().degree(account) + (graph.directed() ? graph.in().degree(account) : 0);
            if (degree <= most_of_a_block) continue;
            const EdgeOffset distinct = std::min<EdgeOffset>(degree, graph.num_accounts());
            const std::uint64_t own = std::min<std::uint64_t>(slots_for(distinct), no_account);
            if (batches.empty() || used + own > slots_per_account * graph.num_accounts()) {
                batches.push_back({{rows.size(), 0}, {chunks.size(), 0}, {pieces.size(), 0}});
                used = 0;
            }
            const auto row = static_cast<std::uint32_t>(rows.size());
            rows.push_back({account, static_cast<std::uint32_t>(own), used, pieces.size()});
            for (EdgeOffset begin = 0; begin < degree; begin += giant_chunk) chunks.push_back({row, begin});
            for (std::uint64_t begin = 0; begin < own; begin += giant_piece) pieces.push_back({row, begin});
            GiantBatch& batch = batches.back();
            batch.rows[1] = rows.size();
            batch.chunks[1] = chunks.size();
            batch.pieces[1] = pieces.size();
            used += own;
            slots = std::max(slots, used);
        }
    }

    template <class Votes>
    std::size_t bytes() const {
        return rows.size() * sizeof(GiantRow) + (chunks.size() + pieces.size()) * sizeof(GiantPart) +
               pieces.size() * sizeof(Standing<label_propagation::PricedVotes>) +
               slots * VoteTable<Votes>::bytes_per_slot;
    }
};

/// What the kernels read and write. Device memory.
template <class Votes>
struct GiantTables {
    const GiantRow* rows;
    const GiantPart* chunks;
    const GiantPart* pieces;
    AccountId* labels;
    Votes* votes;

    __device__ VoteTable<Votes> table(const GiantRow& row) const {
        return {labels + row.table, votes + row.table, row.slots};
    }
};

template <class Rule, class Votes>
__global__ void __launch_bounds__(giant_threads)
    count_chunks(Election<Rule, Votes> election, GiantTables<Votes> giants, std::uint64_t first_chunk) {
    extern __shared__ unsigned char shared[];
    constexpr std::uint64_t most_slots = slots_for(giant_chunk);
    const GiantPart chunk = giants.chunks[first_chunk + blockIdx.x];
    const GiantRow row = giants.rows[chunk.row];
    if (!election.votes(row.account)) return;
    const Neighborhood<Rule> neighborhood(election.out, election.in, row.account);
    const EdgeOffset end = min(chunk.begin + giant_chunk, neighborhood.degree());
    auto* sums = reinterpret_cast<Votes*>(shared);
    const VoteTable<Votes> table{reinterpret_cast<AccountId*>(sums + most_slots), sums,
                                 static_cast<std::uint32_t>(slots_for(end - chunk.begin))};
    table.clear(threadIdx.x, giant_threads);
    __syncthreads();
    neighborhood.for_each_vote(chunk.begin, end, threadIdx.x, giant_threads,
                               [&](const Vote& vote) { table.count(election.labels[vote.neighbor], vote.votes); });
    __syncthreads();
    const VoteTable<Votes> whole = giants.table(row);
    for (std::uint32_t slot = threadIdx.x; slot < table.slots; slot += giant_threads)
        if (table.labels[slot] != no_account) whole.count(table.labels[slot], table.votes[slot]);
}

/// The best of each piece of the tables, which it empties.
template <class Rule, class Votes>
__global__ void __launch_bounds__(giant_threads)
    elect_from_pieces(Election<Rule, Votes> election, GiantTables<Votes> giants, std::uint64_t first_piece,
                      Standing<Rule>* standings) {
    const GiantPart piece = giants.pieces[first_piece + blockIdx.x];
    const GiantRow row = giants.rows[piece.row];
    if (!election.votes(row.account)) return;
    VoteTable<Votes> table = giants.table(row);
    table.labels += piece.begin;
    table.votes += piece.begin;
    table.slots = static_cast<std::uint32_t>(min(giant_piece, table.slots - piece.begin));
    const AccountId present = election.labels[row.account];
    auto standing = table.standing(election.rule, row.account, present, threadIdx.x, giant_threads);
    standing.merge_block(election.rule, present);
    if (threadIdx.x == 0) standings[first_piece + blockIdx.x] = standing;
    table.clear(threadIdx.x, giant_threads);
}

/// The best of all pieces, a warp a row.
template <class Rule, class Votes>
__global__ void __launch_bounds__(block_size)
    elect_giants(Election<Rule, Votes> election, GiantTables<Votes> giants, std::uint64_t first_row, std::uint64_t rows,
                 const Standing<Rule>* standings) {
    const std::uint64_t item = grid_thread() / warp_size;
    if (item >= rows) return;
    const GiantRow row = giants.rows[first_row + item];
    if (!election.votes(row.account)) return;
    const AccountId present = election.labels[row.account];
    const std::uint64_t pieces = (row.slots + giant_piece - 1) / giant_piece;
    Standing<Rule> standing(election.rule, row.account, present);
    for (std::uint64_t piece = threadIdx.x % warp_size; piece < pieces; piece += warp_size) {
        const Standing<Rule>& part = standings[row.pieces + piece];
        standing.merge(election.rule, present, part.best, part.second);
    }
    standing.merge_lanes(election.rule, present);
    if (threadIdx.x % warp_size == 0) election.settle(row.account, standing);
}

/// Tables for the giant rows of a graph, and their elections.
template <class Votes>
class GiantRows {
  public:
    explicit GiantRows(const GiantPlan& plan)
        : batches_(plan.batches),
          rows_(std::span<const GiantRow>(plan.rows), what),
          chunks_(std::span<const GiantPart>(plan.chunks), what),
          pieces_(std::span<const GiantPart>(plan.pieces), what),
          labels_(plan.slots, what),
          votes_(plan.slots, what),
          standings_(plan.pieces.size() * largest_standing, what) {
        labels_.fill_bytes(0xff);  // no_account
        votes_.fill_bytes(0);
    }

    std::span<const GiantRow> rows() const { return rows_.span(); }
    std::span<const GiantPart> chunks() const { return chunks_.span(); }

    template <class Rule>
    void elect(const Election<Rule, Votes>& election) {
        static_assert(sizeof(Standing<Rule>) <= largest_standing);
        const GiantTables<Votes> giants{rows_.data(), chunks_.data(), pieces_.data(), labels_.data(), votes_.data()};
        auto* standings = reinterpret_cast<Standing<Rule>*>(standings_.data());
        for (const GiantBatch& batch : batches_) {
            launch_with_shared("counting giant rows", batch.chunks[1] - batch.chunks[0], giant_threads,
                               slots_for(giant_chunk) * VoteTable<Votes>::bytes_per_slot, count_chunks<Rule, Votes>,
                               election, giants, batch.chunks[0]);
            launch("elections from tables", batch.pieces[1] - batch.pieces[0], giant_threads,
                   elect_from_pieces<Rule, Votes>, election, giants, batch.pieces[0], standings);
            const std::uint64_t rows = batch.rows[1] - batch.rows[0];
            launch("elections of giants", blocks_for(rows * warp_size), block_size, elect_giants<Rule, Votes>, election,
                   giants, batch.rows[0], rows, standings);
        }
    }

  private:
    static constexpr const char* what = "communities: giant rows";
    static constexpr std::size_t largest_standing = sizeof(Standing<label_propagation::PricedVotes>);

    std::vector<GiantBatch> batches_;
    DeviceBuffer<GiantRow> rows_;
    DeviceBuffer<GiantPart> chunks_;
    DeviceBuffer<GiantPart> pieces_;
    DeviceBuffer<AccountId> labels_;
    DeviceBuffer<Votes> votes_;
    DeviceBuffer<unsigned char> standings_;
};

}  // namespace coterie::cuda
