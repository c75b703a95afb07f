#include "io/identify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <memory>
#include <utility>

#include "host/errors.hpp"
#include "io/pseudonyms.hpp"

namespace coterie {

namespace {

constexpr std::uint64_t most_accounts = no_account;  // the last number means no account

void check_size(std::size_t count) {
    if (count >= most_accounts)
        throw IoError(
            fmt::format("ingest: at most {} accounts fit a store, but the input has {}", most_accounts - 1, count));
}

/// Segments of one layer, of all threads, and where each begins in the layer.
template <class Id>
struct Pile {
    struct Item {
        RowSegment<Id> segment;
        std::size_t thread = 0;
        std::size_t begin = 0;
    };
    std::vector<Item> items;

    void add(std::vector<RowSegment<Id>> segments, std::size_t thread, std::size_t& rows, bool& weighted) {
        for (RowSegment<Id>& segment : segments) {
            const std::size_t begin = rows;
            rows += segment.rows;
            weighted |= !segment.weights.empty();
            items.push_back({std::move(segment), thread, begin});
        }
    }
};

struct PiledLayer {
    Pile<std::uint32_t> narrow;
    Pile<std::uint64_t> wide;
    std::size_t rows = 0;
    bool weighted = false;
};

std::vector<PiledLayer> piled(std::vector<ThreadRows>& rows) {
    std::vector<PiledLayer> layers(rows.empty() ? 0 : rows[0].layers.size());
    for (std::size_t thread = 0; thread < rows.size(); ++thread)
        for (std::size_t l = 0; l < layers.size(); ++l) {
            LayerRows& read = rows[thread].layers[l];
            layers[l].narrow.add(read.narrow.take(), thread, layers[l].rows, layers[l].weighted);
            layers[l].narrow.add(read.weighted_narrow.take(), thread, layers[l].rows, layers[l].weighted);
            layers[l].wide.add(read.wide.take(), thread, layers[l].rows, layers[l].weighted);
            layers[l].wide.add(read.weighted_wide.take(), thread, layers[l].rows, layers[l].weighted);
        }
    return layers;
}

/// Calls `visit(item)` for every segment, on `threads` threads, unless somebody asks to stop.
template <class Id, class Visit>
void for_each_segment(Pile<Id>& pile, int threads, Progress* progress, Visit visit) {
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::size_t i = 0; i < pile.items.size(); ++i)
        if (progress == nullptr || !progress->cancelled()) visit(pile.items[i]);
}

/// Writes the rows of all layers by position; `position(id, thread)` looks one up.
template <class Position>
std::vector<EdgeList> relabelled(std::vector<PiledLayer> piles, int threads, Progress* progress, Position position) {
    std::vector<EdgeList> layers(piles.size());
    for (std::size_t l = 0; l < piles.size(); ++l) {
        advance(progress, "identifying", static_cast<double>(l), static_cast<double>(piles.size()), "layers");
        EdgeList& edges = layers[l];
        edges.sources.resize(piles[l].rows);
        edges.targets.resize(piles[l].rows);
        if (piles[l].weighted) edges.weights.resize(piles[l].rows);
        const auto write = [&](auto& item) {
            for (std::size_t i = 0; i < item.segment.rows; ++i) {
                edges.sources[item.begin + i] = position(item.segment.ends[2 * i], item.thread);
                edges.targets[item.begin + i] = position(item.segment.ends[2 * i + 1], item.thread);
            }
            if (piles[l].weighted)
                for (std::size_t i = 0; i < item.segment.rows; ++i)
                    edges.weights[item.begin + i] = item.segment.weights.empty() ? 1.0F : item.segment.weights[i];
            item.segment = {};
        };
        for_each_segment(piles[l].narrow, threads, progress, write);
        for_each_segment(piles[l].wide, threads, progress, write);
    }
    advance(progress, "identifying", 1, 1, "layers");
    return layers;
}

// ---- numbers -----------------------------------------------------------------------------------------------------------

/// A set of numbers below a bound as bits, and how many are below each.
class Bitmap {
  public:
    explicit Bitmap(std::uint64_t bound) : words_(bound / 64 + 1, 0) {}

    void insert(std::uint64_t id) {
        const std::uint64_t bit = std::uint64_t{1} << (id % 64);
        const std::atomic_ref<std::uint64_t> word(words_[id / 64]);
        if ((word.load(std::memory_order_relaxed) & bit) == 0) word.fetch_or(bit, std::memory_order_relaxed);
    }
    std::size_t count_ranks() {
        ranks_.resize(words_.size());
        std::size_t count = 0;
        for (std::size_t i = 0; i < words_.size(); ++i) {
            ranks_[i] = static_cast<AccountId>(count);
            count += static_cast<std::size_t>(std::popcount(words_[i]));
            check_size(count);
        }
        return count;
    }
    AccountId rank(std::uint64_t id) const {
        const std::uint64_t below = (std::uint64_t{1} << (id % 64)) - 1;
        return ranks_[id / 64] + static_cast<AccountId>(std::popcount(words_[id / 64] & below));
    }
    Array<std::uint64_t> members(std::size_t count) const {
        Array<std::uint64_t> ids(count);
        std::size_t next = 0;
        for (std::size_t i = 0; i < words_.size(); ++i)
            for (std::uint64_t word = words_[i]; word != 0; word &= word - 1)
                ids[next++] = i * 64 + static_cast<std::uint64_t>(std::countr_zero(word));
        return ids;
    }

  private:
    std::vector<std::uint64_t> words_;
    std::vector<AccountId> ranks_;
};

/// From numbers to positions, by open addressing. A number that has no position yet gets `no_account`.
class NumberTable {
  public:
    explicit NumberTable(std::size_t expected) : slots_(std::bit_ceil(std::max<std::size_t>(16, 2 * expected))) {}

    void insert(std::uint64_t id) {
        if (2 * (count_ + 1) > slots_.size()) grow();
        Slot& slot = slots_[place_of(id)];
        if (slot.taken) return;
        slot = {id, no_account, true};
        ++count_;
    }
    void set(std::uint64_t id, AccountId position) {
        insert(id);
        slots_[place_of(id)].position = position;
    }
    AccountId position(std::uint64_t id) const { return slots_[place_of(id)].position; }

    void append_to(Array<std::uint64_t>& ids) const {
        for (const Slot& slot : slots_)
            if (slot.taken) ids.push_back(slot.id);
    }

  private:
    struct Slot {
        std::uint64_t id = 0;
        AccountId position = no_account;
        bool taken = false;
    };

    std::size_t place_of(std::uint64_t id) const {
        // Fibonacci hashing: consecutive numbers, and numbers of equal low bits, spread over the table.
        std::size_t place = (id * 0x9e3779b97f4a7c15U) >> (64 - std::countr_zero(slots_.size()));
        while (slots_[place].taken && slots_[place].id != id) place = (place + 1) & (slots_.size() - 1);
        return place;
    }
    void grow() {
        std::vector<Slot> old(2 * slots_.size());
        old.swap(slots_);
        for (const Slot& slot : old)
            if (slot.taken) slots_[place_of(slot.id)] = slot;
    }

    std::vector<Slot> slots_;
    std::size_t count_ = 0;
};

template <class Id>
std::uint64_t largest(Pile<Id>& pile, int threads) {
    std::uint64_t most = 0;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1) reduction(max : most)
    for (std::size_t i = 0; i < pile.items.size(); ++i) {
        const RowSegment<Id>& segment = pile.items[i].segment;
        for (std::size_t e = 0; e < 2 * segment.rows; ++e) most = std::max<std::uint64_t>(most, segment.ends[e]);
    }
    return most;
}

/// Puts the pseudonyms of numbers in their place. Returns where each account has come to stand; without a key nothing.
Array<AccountId> rename(IdentifiedAccounts& accounts, const PseudonymKey* key, int threads, Progress* progress) {
    if (key == nullptr) return {};
    SortedHandles sorted = pseudonyms_of(accounts.ids, *key, threads, progress);
    accounts = {.numeric = false,
                .ids = {},
                .handle_offsets = std::move(sorted.offsets),
                .handle_bytes = std::move(sorted.bytes)};
    return std::move(sorted.positions);
}

Identified identify_by_bits(std::vector<PiledLayer> piles, std::span<const std::uint64_t> named, std::uint64_t most,
                            int threads, Progress* progress, const PseudonymKey* key) {
    Bitmap present(most);
    const auto insert_all = [&](const auto& item) {
        for (std::size_t e = 0; e < 2 * item.segment.rows; ++e) present.insert(item.segment.ends[e]);
    };
    for (PiledLayer& pile : piles) {
        for_each_segment(pile.narrow, threads, progress, insert_all);
        for_each_segment(pile.wide, threads, progress, insert_all);
    }
    for (const std::uint64_t id : named) present.insert(id);
    Identified result;
    result.accounts.ids = present.members(present.count_ranks());
    const Array<AccountId> renamed = rename(result.accounts, key, threads, progress);
    result.layers = relabelled(std::move(piles), threads, progress, [&](std::uint64_t id, std::size_t) {
        return renamed.empty() ? present.rank(id) : renamed[present.rank(id)];
    });
    return result;
}

Identified identify_by_table(std::vector<PiledLayer> piles, std::span<const std::uint64_t> named, int threads,
                             Progress* progress, const PseudonymKey* key) {
    // Every thread collects the distinct numbers of its share; then the shares are put in order together.
    std::vector<NumberTable> met(static_cast<std::size_t>(threads), NumberTable(0));
    std::atomic<std::size_t> next_table{0};
    for (PiledLayer& pile : piles) {
#pragma omp parallel num_threads(threads)
        {
            NumberTable& mine = met[next_table++ % met.size()];
#pragma omp for schedule(dynamic, 1) nowait
            for (std::size_t i = 0; i < pile.narrow.items.size(); ++i) {
                const auto& segment = pile.narrow.items[i].segment;
                for (std::size_t e = 0; e < 2 * segment.rows; ++e) mine.insert(segment.ends[e]);
            }
#pragma omp for schedule(dynamic, 1)
            for (std::size_t i = 0; i < pile.wide.items.size(); ++i) {
                const auto& segment = pile.wide.items[i].segment;
                for (std::size_t e = 0; e < 2 * segment.rows; ++e) mine.insert(segment.ends[e]);
            }
        }
        advance(progress, "identifying", 0, 0, "layers");
    }
    Identified result;
    Array<std::uint64_t>& ids = result.accounts.ids;
    for (NumberTable& table : met) {
        table.append_to(ids);
        table = NumberTable(0);
    }
    ids.insert(ids.end(), named.begin(), named.end());
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    check_size(ids.size());
    NumberTable positions(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) positions.set(ids[i], static_cast<AccountId>(i));
    const Array<AccountId> renamed = rename(result.accounts, key, threads, progress);
    result.layers = relabelled(std::move(piles), threads, progress, [&](std::uint64_t id, std::size_t) {
        return renamed.empty() ? positions.position(id) : renamed[positions.position(id)];
    });
    return result;
}

}  // namespace

Identified identify_numbers(std::vector<ThreadRows> rows, std::span<const std::uint64_t> named, int threads,
                            Progress* progress, const PseudonymKey* key) {
    std::vector<PiledLayer> piles = piled(rows);
    rows.clear();
    std::uint64_t num_rows = named.size();
    std::uint64_t most = 0;
    for (const std::uint64_t id : named) most = std::max(most, id);
    for (PiledLayer& pile : piles) {
        num_rows += pile.rows;
        most = std::max({most, largest(pile.narrow, threads), largest(pile.wide, threads)});
    }
    constexpr std::uint64_t always_small = std::uint64_t{1} << 23U;
    const bool close_together = most / 32 <= std::max(num_rows, always_small / 32);
    return close_together ? identify_by_bits(std::move(piles), named, most, threads, progress, key)
                          : identify_by_table(std::move(piles), named, threads, progress, key);
}

Identified identify_handles(std::vector<ThreadRows> rows, std::span<const std::string> named, int threads,
                            Progress* progress, const PseudonymKey* key) {
    std::vector<PiledLayer> piles = piled(rows);
    const std::shared_ptr<HandleDictionary> dictionary = rows.at(0).handles.dictionary();
    rows.clear();
    for (const std::string& handle : named) dictionary->number_of(handle);
    SortedHandles sorted = dictionary->take_sorted(threads, progress, key);

    Identified result;
    result.accounts.numeric = false;
    result.accounts.handle_offsets = std::move(sorted.offsets);
    result.accounts.handle_bytes = std::move(sorted.bytes);
    result.layers = relabelled(std::move(piles), threads, progress,
                               [&](std::uint64_t number, std::size_t) { return sorted.positions[number]; });
    return result;
}

}  // namespace coterie
