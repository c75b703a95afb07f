#include "host/row_blocks.hpp"

#include <algorithm>
#include <numeric>

namespace coterie {

namespace {

/// Blocks that pass through a small device are at most this part of the room, so that what stays is the larger part.
constexpr std::uint64_t blocks_in_room = 16;

constexpr std::uint64_t aligned(std::uint64_t bytes) {
    return (bytes + block_alignment - 1) / block_alignment * block_alignment;
}

std::uint64_t longest_row(const RowSet& rows, AccountId begin, AccountId end) {
    std::uint64_t longest = 0;
    for (AccountId row = begin; row < end; ++row) longest = std::max(longest, block_bytes(rows, row, row + 1));
    return longest;
}

/// Bytes of the blocks that pass through `room` bytes, at most.
std::uint64_t passing_block(std::uint64_t longest_row, std::uint64_t room) {
    return std::clamp(room / blocks_in_room, longest_row, std::max(longest_row, largest_block));
}

/// The end of the longest block from `begin` on that takes at most `most` bytes, or of one row.
AccountId block_end(const RowSet& rows, AccountId begin, AccountId end, std::uint64_t most) {
    AccountId low = begin + 1;
    AccountId high = end;
    while (low < high) {
        const AccountId middle = low + (high - low + 1) / 2;
        if (block_bytes(rows, begin, middle) <= most)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

}  // namespace

std::uint64_t sum_of(std::span<const BufferBytes> buffers) {
    return std::accumulate(buffers.begin(), buffers.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const BufferBytes& buffer) { return sum + buffer.bytes; });
}

std::vector<BufferBytes> pagerank_state(AccountId active, AccountId own, Precision precision, bool teleport) {
    // Shares are 64 bits wide, or a float.
    const std::uint64_t share = precision == Precision::full ? sizeof(std::uint64_t) : sizeof(float);
    return {{"ranks", own * sizeof(std::uint64_t)},
            {"scales", own * sizeof(double)},
            {"teleport", teleport ? own * sizeof(double) : 0},
            {"shares", 2 * share * active}};
}

VoteTables vote_tables(const RowSet& rows, AccountId begin, AccountId end) {
    VoteTables tables;
    EdgeOffset longest = 0;
    for (AccountId account = begin; account < end; ++account) {
        EdgeOffset degree = 0;
        for (const CsrView& direction : rows) degree += direction.degree(account);
        if (degree > longest_shared_neighborhood) ++tables.long_rows;
        longest = std::max(longest, degree);
    }
    if (tables.long_rows == 0) return tables;
    const auto num_accounts = std::max<EdgeOffset>(rows.front().num_accounts(), 1);
    const auto slots_for = [&](EdgeOffset degree) {
        return std::uint64_t{1} << vote_table_bits(std::min(degree, num_accounts));
    };
    tables.giant_slots = slots_for(longest);
    tables.long_slots = slots_for(std::min(longest, longest_common_table));
    tables.slots = std::max(tables.giant_slots, std::min(2 * num_accounts, most_vote_tables * tables.giant_slots));
    return tables;
}

std::vector<BufferBytes> communities_state(AccountId num_accounts, CommunityMethod method, const VoteTables& tables) {
    const std::uint64_t n = num_accounts;
    const bool lpa = method == CommunityMethod::lpa;
    return {{"labels", 2 * n * sizeof(AccountId)},
            {"turns", lpa ? n * sizeof(std::uint32_t) : 0},
            {"strengths", lpa ? n * sizeof(std::uint64_t) : 0},
            {"volumes", lpa ? n * sizeof(std::uint64_t) : 0},
            {"tables of votes", tables.slots * (sizeof(AccountId) + sizeof(std::uint64_t))},
            {"long rows", tables.long_rows * sizeof(AccountId)}};
}

std::vector<AccountId> shares_of_devices(const RowSet& rows, AccountId num_accounts, int devices) {
    const auto work_before = [&](AccountId account) {
        std::uint64_t work = std::uint64_t{account} * sizeof(EdgeOffset);
        for (const CsrView& direction : rows) work += direction.offsets[account] * sizeof(AccountId);
        return work;
    };
    std::vector<AccountId> bounds{0};
    for (int device = 1; device < devices; ++device) {
        const double share = static_cast<double>(work_before(num_accounts)) * device / devices;
        AccountId low = bounds.back();
        AccountId high = num_accounts;
        while (low < high) {
            const AccountId middle = low + (high - low) / 2;
            if (static_cast<double>(work_before(middle)) < share)
                low = middle + 1;
            else
                high = middle;
        }
        bounds.push_back(low);
    }
    bounds.push_back(num_accounts);
    return bounds;
}

std::uint64_t block_bytes(const RowSet& rows, AccountId begin, AccountId end) {
    std::uint64_t bytes = 0;
    for (const CsrView& direction : rows) {
        const EdgeOffset edges = direction.offsets[end] - direction.offsets[begin];
        bytes += aligned((std::uint64_t{end} - begin + 1) * sizeof(EdgeOffset)) + aligned(edges * sizeof(AccountId));
        if (direction.weighted()) bytes += aligned(edges * sizeof(float));
    }
    return bytes;
}

std::uint64_t passing_bytes(std::uint64_t all_bytes, std::uint64_t longest_row, std::uint64_t room) {
    if (all_bytes <= room) return 0;
    const std::uint64_t buffers = 2 * passing_block(longest_row, room);
    return all_bytes - (room - std::min(room, buffers));
}

BlockPlan plan_blocks(const RowSet& rows, AccountId begin, AccountId end, std::uint64_t room) {
    const std::uint64_t longest = longest_row(rows, begin, end);
    const auto cut = [&](std::uint64_t most) {
        BlockPlan plan;
        plan.bounds.push_back(begin);
        while (plan.bounds.back() < end) {
            plan.bounds.push_back(block_end(rows, plan.bounds.back(), end, most));
            plan.all_bytes += block_bytes(rows, plan.bounds.end()[-2], plan.bounds.back());
        }
        return plan;
    };

    BlockPlan whole = cut(std::max(longest, largest_block));
    if (whole.all_bytes <= room) {
        whole.resident = whole.blocks();
        whole.resident_bytes = whole.all_bytes;
        return whole;
    }

    BlockPlan plan = cut(passing_block(longest, room));
    for (std::size_t block = 0; block < plan.blocks(); ++block)
        plan.buffer_bytes = std::max(plan.buffer_bytes, block_bytes(rows, plan.bounds[block], plan.bounds[block + 1]));
    while (plan.resident < plan.blocks()) {
        const std::uint64_t bytes = block_bytes(rows, plan.bounds[plan.resident], plan.bounds[plan.resident + 1]);
        if (plan.bytes() + bytes > room) break;
        plan.resident_bytes += bytes;
        ++plan.resident;
    }
    return plan;
}

}  // namespace coterie
