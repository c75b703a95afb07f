#include "host/merge_rows.hpp"

#include <algorithm>
#include <bit>

#include "host/nearly_sorted.hpp"

namespace coterie {

RowChanges::RowChanges(const std::vector<EdgeChange>& changes, AccountId count, bool reversed, bool both_ways) {
    begins_.resize(std::size_t{count} + 1);
    std::fill(begins_.begin(), begins_.end(), 0);
    const auto each = [&](auto visit) {
        for (const EdgeChange& change : changes) {
            const AccountId row = reversed ? change.target : change.source;
            const AccountId neighbor = reversed ? change.source : change.target;
            visit(Item{row, neighbor, change.weight, change.was, change.is, change.remainder});
            if (both_ways && row != neighbor)
                visit(Item{neighbor, row, change.weight, change.was, change.is, change.remainder});
        }
    };
    EdgeOffset total = 0;
    each([&](const Item& item) {
        ++begins_[item.row];
        ++total;
    });
    EdgeOffset begin = 0;
    for (EdgeOffset& entry : begins_) begin += std::exchange(entry, begin);
    items_.resize(total);
    std::vector<Item>& items = items_;
    Array<EdgeOffset> next(begins_);
    each([&](const Item& item) { items[next[item.row]++] = item; });
}

void RowMerger::renumber(std::span<const AccountId> row, AccountId* neighbors) {
    const AccountId* const numbers = numbers_.number_of_old.data();
    for (std::size_t i = 0; i < row.size(); ++i) neighbors[i] = numbers[row[i]];
}

void RowMerger::sort(std::span<AccountId> neighbors, float* weights) {
    if (std::is_sorted(neighbors.begin(), neighbors.end())) return;
    if (!weighted_) {
        sort_nearly_sorted(neighbors, dropped_);
        return;
    }
    packed_.resize(neighbors.size());
    for (std::size_t i = 0; i < neighbors.size(); ++i)
        packed_[i] = std::uint64_t{neighbors[i]} << 32U | std::bit_cast<std::uint32_t>(weights[i]);
    sort_nearly_sorted(std::span(packed_), packed_dropped_);
    for (std::size_t i = 0; i < neighbors.size(); ++i) {
        neighbors[i] = static_cast<AccountId>(packed_[i] >> 32U);
        weights[i] = std::bit_cast<float>(static_cast<std::uint32_t>(packed_[i]));
    }
}

/// Both ascend; what is in both is taken from `items_`.
void RowMerger::merge(std::span<const RowChanges::Item> items, std::span<const AccountId> neighbors,
                      const float* weights, AccountId* new_neighbors, float* new_weights) {
    items_.clear();
    for (const RowChanges::Item& item : items) items_.push_back({numbers_.by_id[item.neighbor], &item});
    std::sort(items_.begin(), items_.end(), [](const NewItem& a, const NewItem& b) { return a.neighbor < b.neighbor; });
    std::size_t from = 0;
    std::size_t to = 0;
    const auto copy_until = [&](std::size_t end) {
        std::copy(neighbors.data() + from, neighbors.data() + end, new_neighbors + to);
        if (weighted_) std::copy(weights + from, weights + end, new_weights + to);
        to += end - from;
        from = end;
    };
    for (const NewItem& item : items_) {
        copy_until(static_cast<std::size_t>(
            std::lower_bound(neighbors.begin() + static_cast<std::ptrdiff_t>(from), neighbors.end(), item.neighbor) -
            neighbors.begin()));
        if (item.item->was) ++from;
        if (!item.item->is) continue;
        new_neighbors[to] = item.neighbor;
        if (weighted_) new_weights[to] = item.item->weight;
        ++to;
    }
    copy_until(neighbors.size());
}

void RowMerger::place_remainders(AccountId old, std::span<const RowChanges::Item> items, std::span<const AccountId> row,
                                 EdgeOffset first, std::vector<PlacedRemainder>& placed) {
    const std::size_t before = placed.size();
    const auto edge_to = [&](AccountId neighbor) {
        return first + static_cast<EdgeOffset>(std::lower_bound(row.begin(), row.end(), neighbor) - row.begin());
    };
    for (const RowChanges::Item& item : items)
        if (item.is && item.remainder != EdgeChange::none)
            for (const double part : parts_[item.remainder])
                placed.push_back({edge_to(numbers_.by_id[item.neighbor]), part});
    if (old != no_account) {
        const Array<EdgeOffset>& edges = remainders_->edges;
        const auto begin = std::lower_bound(edges.begin(), edges.end(), old_.offsets[old]);
        const auto end = std::lower_bound(begin, edges.end(), old_.offsets[old + 1]);
        for (auto edge = begin; edge != end; ++edge) {
            const AccountId neighbor = numbers_.number_of_old[old_.neighbors[*edge]];
            const auto changed =
                std::lower_bound(items_.begin(), items_.end(), neighbor,
                                 [](const NewItem& item, AccountId account) { return item.neighbor < account; });
            if (!items.empty() && changed != items_.end() && changed->neighbor == neighbor) continue;
            placed.push_back({edge_to(neighbor), remainders_->values[static_cast<std::size_t>(edge - edges.begin())]});
        }
    }
    // The parts of one edge come from one of the two, in their order.
    std::stable_sort(placed.begin() + static_cast<std::ptrdiff_t>(before), placed.end(),
                     [](const PlacedRemainder& a, const PlacedRemainder& b) { return a.edge < b.edge; });
}

void RowMerger::write(AccountId account, AccountId* neighbors, float* weights, EdgeOffset first,
                      std::vector<PlacedRemainder>& placed) {
    const AccountId position = numbers_.order[account];
    const AccountId old = accounts_.old_account[position];
    const std::span<const RowChanges::Item> items = changes_.row(position);
    const std::span<const AccountId> old_row = old == no_account ? std::span<const AccountId>() : old_.row(old);
    std::size_t length = old_row.size();
    AccountId* kept_neighbors = neighbors;
    float* kept_weights = weighted_ ? weights : nullptr;
    if (!items.empty()) {
        length += static_cast<std::size_t>(changes_.growth(position));
        neighbors_.resize(old_row.size());
        kept_neighbors = neighbors_.data();
        if (weighted_) {
            weights_.resize(old_row.size());
            kept_weights = weights_.data();
        }
    }
    renumber(old_row, kept_neighbors);
    if (weighted_ && old != no_account)
        std::copy_n(old_.weights.data() + old_.offsets[old], old_row.size(), kept_weights);
    const std::span<AccountId> kept(kept_neighbors, old_row.size());
    sort(kept, kept_weights);
    if (!items.empty()) merge(items, kept, kept_weights, neighbors, weights);
    if (remainders_ != nullptr) place_remainders(old, items, {neighbors, length}, first, placed);
}

}  // namespace coterie
