#include "host/merge_rows.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "host/nearly_ascending.hpp"
#include "host/sorting.hpp"

namespace coterie {

namespace {

/// Four megabytes of neighbors: what a thread makes stays in its caches until it is written.
constexpr EdgeOffset edges_of_a_chunk = EdgeOffset{1} << 20U;

/// Longer rows are put in order by setting bits: what is added and taken out is a bit too, and no branch depends on how much is out
/// of order.
constexpr std::size_t long_row = 4096;

/// Room for `count` numbers to be sorted.
template <class T>
T* room_to_sort(Array<T>& room, std::size_t count) {
    if (room.size() < count + nearly_ascending_margin) room.resize(count + nearly_ascending_margin);
    return room.data();
}

/// Calls `keep(from, end)` for the old edges between those that change, and `put(change)` for those there will be.
template <class Neighbor, class Keep, class Put>
void merge(std::size_t count, Neighbor neighbor, std::span<const RowChange> changes, Keep keep, Put put) {
    std::size_t from = 0;
    for (const RowChange& change : changes) {
        std::size_t first = from;
        for (std::size_t left = count - from; left > 0;) {
            const std::size_t half = left / 2;
            const bool below = neighbor(first + half) < change.neighbor;
            first = below ? first + half + 1 : first;
            left = below ? left - half - 1 : half;
        }
        keep(from, first);
        from = first + static_cast<std::size_t>(change.was);
        if (change.is) put(change);
    }
    keep(from, count);
}

}  // namespace

std::vector<RowChange> row_changes(const std::vector<EdgeChange>& changes, const Array<AccountId>& by_id, bool reversed,
                                   bool both_ways) {
    // Edges are distinct: their ends decide, and the number of the change comes along.
    std::vector<WideNumber> keys;
    keys.reserve(changes.size() * (both_ways ? 2 : 1));
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const std::uint64_t source = by_id[changes[i].source];
        const std::uint64_t target = by_id[changes[i].target];
        keys.push_back({i, reversed ? target << 32U | source : source << 32U | target});
        if (both_ways && source != target) keys.push_back({i, target << 32U | source});
    }
    sort_ascending(std::span(keys));
    std::vector<RowChange> rows;
    rows.reserve(keys.size());
    for (const WideNumber& key : keys) {
        const EdgeChange& change = changes[key.low];
        rows.push_back({static_cast<AccountId>(key.high >> 32U), static_cast<AccountId>(key.high), change.weight,
                        change.was, change.is, change.remainder});
    }
    return rows;
}

MergedRows::MergedRows(const CsrView& old, bool weighted, std::vector<RowChange> changes,
                       const Array<EdgeOffset>& lengths, const AccountPositions& accounts, const Renumbering& numbers)
    : old_(old), weighted_(weighted), changes_(std::move(changes)), numbers_(numbers) {
    const AccountId n = accounts.count;
    offsets_.resize(std::size_t{n} + 1);
    old_number_.resize(n);
    EdgeOffset total = 0;
    for (AccountId account = 0; account < n; ++account) {
        const AccountId position = numbers.order[account];
        offsets_[account] = total;
        total += lengths[position];
        old_number_[account] = accounts.old_account[position];
    }
    offsets_[n] = total;
    const std::size_t chunks = total / edges_of_a_chunk + 1;
    bounds_.assign(chunks + 1, n);
    bounds_[0] = 0;
    for (std::size_t chunk = 1; chunk < chunks; ++chunk)
        bounds_[chunk] = static_cast<AccountId>(
            std::lower_bound(offsets_.begin(), offsets_.end() - 1, total / chunks * chunk) - offsets_.begin());
}

void MergedRows::make_long_row(std::span<const AccountId> row, std::span<const RowChange> changes, AccountId* neighbors,
                               Desk& desk) const {
    desk.bits.resize(offsets_.size() / 64 + 1);
    desk.words.resize(desk.bits.size() / 64 + 1);
    std::uint64_t* const bits = desk.bits.data();
    std::uint64_t* const words = desk.words.data();
    const AccountId* const numbers = numbers_.number_of_old.data();
    const auto set = [&](AccountId neighbor) {
        bits[neighbor / 64] |= std::uint64_t{1} << (neighbor % 64);
        words[neighbor / 4096] |= std::uint64_t{1} << (neighbor / 64 % 64);
    };
    for (const AccountId neighbor : row) set(numbers[neighbor]);
    for (const RowChange& change : changes) {
        if (change.is)
            set(change.neighbor);
        else
            bits[change.neighbor / 64] &= ~(std::uint64_t{1} << (change.neighbor % 64));
    }
    for (std::size_t group = 0; group < desk.words.size(); ++group)
        for (std::uint64_t left = std::exchange(words[group], 0); left != 0; left &= left - 1) {
            const std::size_t word = group * 64 + static_cast<std::size_t>(std::countr_zero(left));
            for (std::uint64_t some = std::exchange(bits[word], 0); some != 0; some &= some - 1)
                *neighbors++ = static_cast<AccountId>(word * 64 + static_cast<std::size_t>(std::countr_zero(some)));
        }
}

void MergedRows::make_row(AccountId account, std::span<const RowChange> changes, AccountId* neighbors, float* weights,
                          Desk& desk) const {
    const AccountId old = old_number_[account];
    const EdgeOffset begin = old == no_account ? 0 : old_.offsets[old];
    const std::size_t count = old == no_account ? 0 : old_.offsets[old + 1] - begin;
    const AccountId* const row = old_.neighbors.data() + begin;
    const AccountId* const numbers = numbers_.number_of_old.data();
    if (!weighted_) {
        if (count >= long_row) return make_long_row({row, count}, changes, neighbors, desk);
        AccountId* const kept = changes.empty() ? neighbors : room_to_sort(desk.kept, count);
        for (std::size_t i = 0; i < count; ++i) kept[i] = numbers[row[i]];
        sort_nearly_ascending(kept, count);
        if (changes.empty()) return;
        merge(
            count, [&](std::size_t i) { return kept[i]; }, changes,
            [&](std::size_t from, std::size_t end) { neighbors = std::copy(kept + from, kept + end, neighbors); },
            [&](const RowChange& change) { *neighbors++ = change.neighbor; });
        return;
    }
    // Weights come along in the lower half.
    std::uint64_t* const packed = room_to_sort(desk.packed, count);
    const float* const old_weights = old_.weights.data() + begin;
    for (std::size_t i = 0; i < count; ++i)
        packed[i] = std::uint64_t{numbers[row[i]]} << 32U | std::bit_cast<std::uint32_t>(old_weights[i]);
    sort_nearly_ascending(packed, count);
    merge(
        count, [&](std::size_t i) { return static_cast<AccountId>(packed[i] >> 32U); }, changes,
        [&](std::size_t from, std::size_t end) {
            for (std::size_t i = from; i < end; ++i) {
                *neighbors++ = static_cast<AccountId>(packed[i] >> 32U);
                *weights++ = std::bit_cast<float>(static_cast<std::uint32_t>(packed[i]));
            }
        },
        [&](const RowChange& change) {
            *neighbors++ = change.neighbor;
            *weights++ = change.weight;
        });
}

EdgeOffset MergedRows::make(std::size_t chunk, Desk& desk) const {
    const EdgeOffset begin = offsets_[bounds_[chunk]];
    const EdgeOffset edges = edges_of(chunk);
    AccountId* const neighbors = room_to_sort(desk.neighbor_room, edges);
    desk.weight_room.resize(weighted_ ? edges : 0);
    desk.neighbors = {neighbors, edges};
    desk.weights = desk.weight_room;
    auto change = std::lower_bound(changes_.begin(), changes_.end(), bounds_[chunk],
                                   [](const RowChange& a, AccountId row) { return a.row < row; });
    for (AccountId account = bounds_[chunk]; account < bounds_[chunk + 1]; ++account) {
        const auto first = change;
        while (change != changes_.end() && change->row == account) ++change;
        const EdgeOffset place = offsets_[account] - begin;
        make_row(account, {first, change}, neighbors + place, weighted_ ? desk.weight_room.data() + place : nullptr,
                 desk);
    }
    return begin;
}

}  // namespace coterie
