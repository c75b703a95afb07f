#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/edge_changes.hpp"

namespace coterie {

/// The accounts as they are numbered from now on.
struct Renumbering {
    std::vector<AccountId> order;    ///< positions, by new number
    Array<AccountId> by_id;          ///< new numbers, by position
    Array<AccountId> number_of_old;  ///< new numbers, by number in the store
};

/// A change of one direction of a layer, by new numbers.
struct RowChange {
    AccountId row;
    AccountId neighbor;
    float weight;
    bool was;
    bool is;
    std::uint32_t remainder;
};

/// Ascending by row, then neighbor. `reversed`: rows are those of the targets. `both_ways`: each edge stands in the rows of both
/// its ends. Time O(k log k).
std::vector<RowChange> row_changes(const std::vector<EdgeChange>& changes, const Array<AccountId>& by_id, bool reversed,
                                   bool both_ways);

/// Rows of one direction of a layer as they will be, made chunk by chunk from those of the store, by threads that know nothing
/// of each other.
class MergedRows {
  public:
    /// What one thread needs, and what it made last.
    struct Desk {
        std::span<const AccountId> neighbors;
        std::span<const float> weights;  ///< of a weighted layer
        Array<AccountId> neighbor_room;
        Array<float> weight_room;
        Array<AccountId> gathered;         ///< new numbers of the neighbors of some rows
        Array<std::uint64_t> packed;       ///< the same above their weights
        std::vector<std::uint64_t> bits;   ///< of the neighbors of a row; all 0 between rows
        std::vector<std::uint64_t> words;  ///< bits of the words of `bits` that are not 0
    };

    /// `lengths`: of the new rows, by position.
    MergedRows(const CsrView& old, bool weighted, std::vector<RowChange> changes, const Array<EdgeOffset>& lengths,
               const AccountPositions& accounts, const Renumbering& numbers);

    const Array<EdgeOffset>& offsets() const { return offsets_; }
    const std::vector<RowChange>& changes() const { return changes_; }
    std::size_t num_chunks() const { return bounds_.size() - 1; }
    EdgeOffset edges_of(std::size_t chunk) const { return offsets_[bounds_[chunk + 1]] - offsets_[bounds_[chunk]]; }

    /// Leaves the edges of a chunk in `desk` and returns the number of the first. Memory: those edges, the longest row, and a bit an
    /// account.
    EdgeOffset make(std::size_t chunk, Desk& desk) const;

  private:
    /// Longer rows are put in order by setting bits: what is added and taken out is a bit too, and no branch depends on how much is
    /// out of order.
    static constexpr std::size_t long_row = 4096;

    struct OldRow {
        EdgeOffset begin;
        std::size_t count;
    };
    OldRow old_row(AccountId account) const {
        const AccountId old = old_number_[account];
        if (old == no_account) return {0, 0};
        return {old_.offsets[old], old_.offsets[old + 1] - old_.offsets[old]};
    }
    bool by_bits(const OldRow& row) const { return !weighted_ && row.count >= long_row; }
    /// Gathers rows from `account` on, each in its place, and returns the first that is left; those made by bits are passed over.
    template <class Number, class Value>
    AccountId gather(AccountId account, AccountId end, Array<Number>& room, Value value) const;
    void set_bits(const OldRow& row, std::span<const RowChange> changes, AccountId* neighbors, Desk& desk) const;

    CsrView old_;
    bool weighted_;
    std::vector<RowChange> changes_;
    Array<EdgeOffset> offsets_;      ///< [n + 1]
    Array<AccountId> old_number_;    ///< [n] in the store; no_account for new ones
    std::vector<AccountId> bounds_;  ///< rows of chunks
    const Renumbering& numbers_;
};

}  // namespace coterie
