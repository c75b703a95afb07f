#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "host/communities.hpp"
#include "host/csr.hpp"
#include "host/pagerank.hpp"

namespace coterie {

// How the rows of a graph are cut into blocks that pass through a device, and what stands there beside them. Bytes of
// device memory are told here and nowhere else, whether somebody allocates them or only wants to know.

/// One array in device memory.
struct BufferBytes {
    std::string_view name;
    std::uint64_t bytes = 0;
};

std::uint64_t sum_of(std::span<const BufferBytes> buffers);

/// Rows of an account: one direction of a graph, or both of a directed one. Host memory.
using RowSet = std::vector<CsrView>;

/// Arrays of a block begin at multiples of this.
inline constexpr std::uint64_t block_alignment = 256;
/// A block takes no more than this, unless a single row does.
inline constexpr std::uint64_t largest_block = std::uint64_t{256} << 20U;

/// Bytes of a block of the rows [begin, end).
std::uint64_t block_bytes(const RowSet& rows, AccountId begin, AccountId end);

struct BlockPlan {
    std::vector<AccountId> bounds;     ///< block b holds the rows [bounds[b], bounds[b + 1])
    std::size_t resident = 0;          ///< the first so many blocks stay on the device
    std::uint64_t buffer_bytes = 0;    ///< of each of the two buffers that the others pass through
    std::uint64_t resident_bytes = 0;  ///< of the blocks that stay
    std::uint64_t all_bytes = 0;       ///< of all blocks
    std::uint64_t bytes() const { return resident_bytes + 2 * buffer_bytes; }
    std::size_t blocks() const { return bounds.size() - 1; }
};

/// Arrays beside the rows of PageRank streamed: on a device that works on `own` of `active` accounts.
std::vector<BufferBytes> pagerank_state(AccountId active, AccountId own, Precision precision, bool teleport);

/// Label propagation, streamed, counts neighborhoods (in + out) up to this size in shared memory.
inline constexpr EdgeOffset longest_shared_neighborhood = 1024;
/// Tables for rows up to this length are many, those for longer ones as many as have room.
inline constexpr EdgeOffset longest_common_table = 16384;
inline constexpr std::uint64_t most_vote_tables = 256;

/// Bits of the number of slots of which `degree` ≥ 1 labels fill at most half, as far as a 32-bit hash reaches.
constexpr std::uint32_t vote_table_bits(EdgeOffset degree) {
    std::uint32_t bits = 1;
    while (bits < 32 && (EdgeOffset{1} << bits) < 2 * degree) ++bits;
    return bits;
}

/// Where label propagation, streamed, counts the rows that are too long for shared memory.
struct VoteTables {
    std::uint64_t long_rows = 0;    ///< rows of that kind
    std::uint64_t long_slots = 0;   ///< of a table for most of them
    std::uint64_t giant_slots = 0;  ///< of a table for any
    std::uint64_t slots = 0;        ///< of all tables
};

/// The tables that the rows [begin, end) need.
VoteTables vote_tables(const RowSet& rows, AccountId begin, AccountId end);

/// Arrays beside the rows of label propagation streamed, on each device.
std::vector<BufferBytes> communities_state(AccountId num_accounts, CommunityMethod method, const VoteTables& tables);

/// The accounts of each of `devices` devices, by bytes of rows: device d works on [bounds[d], bounds[d + 1]).
std::vector<AccountId> shares_of_devices(const RowSet& rows, AccountId num_accounts, int devices);

/// Cuts the rows [begin, end) so that they can be read through `room` bytes: as many blocks as possible stay, the others pass
/// through two buffers. If not even the longest row does twice, the plan needs more: see `bytes()`.
BlockPlan plan_blocks(const RowSet& rows, AccountId begin, AccountId end, std::uint64_t room);

/// About how many of `all_bytes` of rows pass through `room` bytes in each pass, since they do not stay: what `plan_blocks` will
/// find, told from the bytes of the longest row.
std::uint64_t passing_bytes(std::uint64_t all_bytes, std::uint64_t longest_row, std::uint64_t room);

}  // namespace coterie
