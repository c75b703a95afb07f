#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/edge_changes.hpp"

namespace coterie {

/// Changes of one direction of a layer, by row.
class RowChanges {
  public:
    struct Item {
        AccountId row;  ///< positions
        AccountId neighbor;
        float weight;
        bool was;
        bool is;
        std::uint32_t remainder;
    };

    /// `reversed`: rows are those of the targets. `both_ways`: each edge stands in the rows of both its ends.
    RowChanges(const std::vector<EdgeChange>& changes, AccountId count, bool reversed, bool both_ways);

    std::span<const Item> row(AccountId position) const {
        return {items_.data() + begins_[position], begins_[position + 1] - begins_[position]};
    }
    /// How many more edges the row has.
    std::int64_t growth(AccountId position) const {
        std::int64_t more = 0;
        for (const Item& item : row(position)) more += static_cast<int>(item.is) - static_cast<int>(item.was);
        return more;
    }

  private:
    std::vector<Item> items_;
    Array<EdgeOffset> begins_;  ///< [count + 1]
};

/// The accounts as they are numbered from now on.
struct Renumbering {
    std::vector<AccountId> order;    ///< positions, by new number
    Array<AccountId> by_id;          ///< new numbers, by position
    Array<AccountId> number_of_old;  ///< new numbers, by number in the store
};

/// A part of what the weight of an edge of the new rows lacks of the exact sum.
struct PlacedRemainder {
    EdgeOffset edge;
    double value;
};

/// Makes rows of one direction of a layer from those of the store. One for each thread.
class RowMerger {
  public:
    /// `parts`: what changes.remainder points into. `remainders`: null, or those of `old`, which must be out-edges.
    RowMerger(const CsrView& old, bool weighted, const RowChanges& changes, const AccountPositions& accounts,
              const Renumbering& numbers, const WeightRemainders* remainders,
              const std::vector<std::vector<double>>& parts)
        : old_(old),
          weighted_(weighted),
          changes_(changes),
          accounts_(accounts),
          numbers_(numbers),
          remainders_(remainders),
          parts_(parts) {}

    /// Writes the row of `account` (a new number); `weights` is not used in an unweighted layer. The remainders of its edges, of
    /// which the first is number `first`, are added to `placed`, if there are `remainders`.
    void write(AccountId account, AccountId* neighbors, float* weights, EdgeOffset first,
               std::vector<PlacedRemainder>& placed);

  private:
    void renumber(std::span<const AccountId> row, AccountId* neighbors);
    void sort(std::span<AccountId> neighbors, float* weights);
    void merge(std::span<const RowChanges::Item> items, std::span<const AccountId> neighbors, const float* weights,
               AccountId* new_neighbors, float* new_weights);
    void place_remainders(AccountId old, std::span<const RowChanges::Item> items, std::span<const AccountId> row,
                          EdgeOffset first, std::vector<PlacedRemainder>& placed);

    struct NewItem {
        AccountId neighbor;
        const RowChanges::Item* item;
    };

    const CsrView& old_;
    bool weighted_;
    const RowChanges& changes_;
    const AccountPositions& accounts_;
    const Renumbering& numbers_;
    const WeightRemainders* remainders_;
    const std::vector<std::vector<double>>& parts_;
    std::vector<AccountId> neighbors_;
    std::vector<float> weights_;
    std::vector<AccountId> dropped_;
    std::vector<std::uint64_t> packed_;
    std::vector<std::uint64_t> packed_dropped_;
    std::vector<NewItem> items_;
};

}  // namespace coterie
