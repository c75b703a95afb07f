#include "host/merge_rows.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "host/nearly_ascending.hpp"
#include "host/sorting.hpp"

namespace coterie {

namespace {

/// One megabyte of neighbors: what a thread makes stays in its caches until it is written.
constexpr EdgeOffset edges_of_a_chunk = EdgeOffset{1} << 18U;

/// Rows are gathered until they hold so many edges: that they wait for memory together, and stay in the caches.
constexpr std::size_t gathered_at_once = 4096;

/// Where the next row is gathered: a whole register of numbers behind each may be overwritten.
constexpr std::size_t place_after(std::size_t place, std::size_t count) {
    return place + (count / nearly_ascending_margin + 2) * nearly_ascending_margin;
}

/// Copies whole registers, and so overwrites as many numbers behind as a sort does.
void copy(const AccountId* from, std::size_t count, AccountId* to) {
    for (std::size_t i = 0; i < count; i += nearly_ascending_margin)
        std::memcpy(to + i, from + i, nearly_ascending_margin * sizeof(AccountId));
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

/// Sorts a row with room behind it, and merges it with what changes.
void put_in_order(std::span<AccountId> row, std::span<const RowChange> changes, AccountId* neighbors) {
    if (row.size() > 1) sort_nearly_ascending(row.data(), row.size());
    merge(
        row.size(), [&](std::size_t i) { return row[i]; }, changes,
        [&](std::size_t from, std::size_t end) {
            copy(row.data() + from, end - from, neighbors);
            neighbors += end - from;
        },
        [&](const RowChange& change) { *neighbors++ = change.neighbor; });
}

/// The same with weights, below the neighbors.
void put_in_order(std::span<std::uint64_t> row, std::span<const RowChange> changes, AccountId* neighbors,
                  float* weights) {
    sort_nearly_ascending(row.data(), row.size());
    merge(
        row.size(), [&](std::size_t i) { return static_cast<AccountId>(row[i] >> 32U); }, changes,
        [&](std::size_t from, std::size_t end) {
            for (std::size_t i = from; i < end; ++i) {
                *neighbors++ = static_cast<AccountId>(row[i] >> 32U);
                *weights++ = std::bit_cast<float>(static_cast<std::uint32_t>(row[i]));
            }
        },
        [&](const RowChange& change) {
            *neighbors++ = change.neighbor;
            *weights++ = change.weight;
        });
}

}  // namespace

std::vector<RowChange> row_changes(const std::vector<EdgeChange>& changes, const Array<AccountId>& by_id, bool reversed,
                                   bool both_ways) {
    // Edges are distinct: their ends decide, and the number of the change comes along.
    const auto visit = [&](auto entry) {
        for (std::size_t i = 0; i < changes.size(); ++i) {
            const std::uint64_t source = by_id[changes[i].source];
            const std::uint64_t target = by_id[changes[i].target];
            entry(reversed ? target : source, reversed ? source : target, i);
            if (both_ways && source != target) entry(target, source, i);
        }
    };
    std::vector<RowChange> rows;
    const std::size_t most = changes.size() * (both_ways ? 2 : 1);
    rows.reserve(most);
    const auto add = [&](std::uint64_t row, std::uint64_t neighbor, std::uint64_t i) {
        const EdgeChange& change = changes[i];
        rows.push_back({static_cast<AccountId>(row), static_cast<AccountId>(neighbor), change.weight, change.was,
                        change.is, change.remainder});
    };
    const auto account_bits = static_cast<unsigned>(std::bit_width(by_id.size()));
    const auto change_bits = static_cast<unsigned>(std::bit_width(changes.size()));
    if (2 * account_bits + change_bits <= 64) {
        std::vector<std::uint64_t> keys;
        keys.reserve(most);
        visit([&](std::uint64_t row, std::uint64_t neighbor, std::uint64_t i) {
            keys.push_back((row << account_bits | neighbor) << change_bits | i);
        });
        sort_ascending(std::span(keys));
        const auto lower = [](std::uint64_t bits, unsigned count) { return bits & ((std::uint64_t{1} << count) - 1); };
        for (const std::uint64_t key : keys)
            add(key >> change_bits >> account_bits, lower(key >> change_bits, account_bits), lower(key, change_bits));
        return rows;
    }
    std::vector<WideNumber> keys;
    keys.reserve(most);
    visit([&](std::uint64_t row, std::uint64_t neighbor, std::uint64_t i) {
        keys.push_back({i, row << 32U | neighbor});
    });
    sort_ascending(std::span(keys));
    for (const WideNumber& key : keys) add(key.high >> 32U, key.high & 0xffff'ffffU, key.low);
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

void MergedRows::set_bits(const OldRow& row, std::span<const RowChange> changes, AccountId* neighbors,
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
    for (const AccountId neighbor : old_.neighbors.subspan(row.begin, row.count)) set(numbers[neighbor]);
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

template <class Number, class Value>
AccountId MergedRows::gather(AccountId account, AccountId end, Array<Number>& room, Value value) const {
    for (std::size_t place = 0; account < end && place < gathered_at_once; ++account) {
        const OldRow row = old_row(account);
        if (by_bits(row)) continue;
        const std::size_t next = place_after(place, row.count);
        if (room.size() < next) room.resize(next);
        Number* const numbers = room.data() + place;
        for (std::size_t i = 0; i < row.count; ++i) numbers[i] = value(row.begin + i);
        place = next;
    }
    return account;
}

EdgeOffset MergedRows::make(std::size_t chunk, Desk& desk) const {
    const EdgeOffset begin = offsets_[bounds_[chunk]];
    const EdgeOffset edges = edges_of(chunk);
    desk.neighbor_room.resize(edges + nearly_ascending_margin);
    desk.weight_room.resize(weighted_ ? edges : 0);
    desk.neighbors = {desk.neighbor_room.data(), edges};
    desk.weights = desk.weight_room;
    const AccountId* const numbers = numbers_.number_of_old.data();
    const AccountId* const old = old_.neighbors.data();
    const float* const weights = old_.weights.data();
    auto change = std::lower_bound(changes_.begin(), changes_.end(), bounds_[chunk],
                                   [](const RowChange& a, AccountId row) { return a.row < row; });
    const AccountId end = bounds_[chunk + 1];
    for (AccountId account = bounds_[chunk]; account < end;) {
        const AccountId next =
            weighted_ ? gather(account, end, desk.packed,
                               [=](EdgeOffset edge) {
                                   // Weights come along in the lower half.
                                   return std::uint64_t{numbers[old[edge]]} << 32U |
                                          std::bit_cast<std::uint32_t>(weights[edge]);
                               })
                      : gather(account, end, desk.gathered, [=](EdgeOffset edge) { return numbers[old[edge]]; });
        for (std::size_t place = 0; account < next; ++account) {
            const auto first = change;
            while (change != changes_.end() && change->row == account) ++change;
            const std::span<const RowChange> changes(first, change);
            const EdgeOffset to = offsets_[account] - begin;
            const OldRow row = old_row(account);
            if (by_bits(row)) {
                set_bits(row, changes, desk.neighbor_room.data() + to, desk);
                continue;
            }
            if (weighted_)
                put_in_order({desk.packed.data() + place, row.count}, changes, desk.neighbor_room.data() + to,
                             desk.weight_room.data() + to);
            else
                put_in_order({desk.gathered.data() + place, row.count}, changes, desk.neighbor_room.data() + to);
            place = place_after(place, row.count);
        }
    }
    return begin;
}

}  // namespace coterie
