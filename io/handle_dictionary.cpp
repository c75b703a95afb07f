#include "io/handle_dictionary.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/errors.hpp"
#include "io/handle_sort.hpp"
#include "io/pseudonyms.hpp"

namespace coterie {

namespace {

constexpr unsigned shard_bits = 8;
constexpr unsigned block_bits = 16;
constexpr std::size_t block_bytes = std::size_t{1} << block_bits;
constexpr std::uint32_t most_in_shard = std::uint32_t{1} << (32 - shard_bits);
constexpr std::size_t most_blocks = std::size_t{1} << (32 - block_bits);
constexpr std::uint32_t no_text = 0xffff'ffffU;
constexpr std::uint32_t first_slots = 16;
constexpr std::size_t batch = 32;

// An entry: its number (u32), the length of its text (one byte; 255: u32 after it), the text.
constexpr std::size_t short_head = sizeof(std::uint32_t) + 1;
constexpr std::size_t long_head = short_head + sizeof(std::uint32_t);
constexpr std::size_t first_long = 255;

std::uint32_t number_in(const char* entry) {
    std::uint32_t number;
    std::memcpy(&number, entry, sizeof number);
    return number;
}

std::size_t entry_bytes(std::string_view text) {
    return (text.size() < first_long ? short_head : long_head) + text.size();
}

/// The number goes in last, with the rest in place.
void write_entry(char* entry, std::uint32_t number, std::string_view text) {
    const bool is_short = text.size() < first_long;
    entry[sizeof number] = static_cast<char>(is_short ? text.size() : first_long);
    const auto length = static_cast<std::uint32_t>(text.size());
    if (!is_short) std::memcpy(entry + short_head, &length, sizeof length);
    std::memcpy(entry + (is_short ? short_head : long_head), text.data(), text.size());
    std::memcpy(entry, &number, sizeof number);
}

/// Held for some nanoseconds a look-up; whoever waits lets others run if it takes longer, since the holder may have to.
class SpinLock {
  public:
    void lock() {
        for (int tries = 0; taken_.test_and_set(std::memory_order_acquire); ++tries)
            if (tries >= 64) std::this_thread::yield();
    }
    void unlock() { taken_.clear(std::memory_order_release); }

  private:
    std::atomic_flag taken_;
};

struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t start = no_text;  ///< of the entry in the shard: block and place in it
};

}  // namespace

std::string_view handle_in(const char* entry) {
    const auto length = static_cast<unsigned char>(entry[sizeof(std::uint32_t)]);
    if (length < first_long) return {entry + short_head, length};
    std::uint32_t size;
    std::memcpy(&size, entry + short_head, sizeof size);
    return {entry + long_head, size};
}

/// Memory for texts, in blocks of 64 KiB that stay where they are. The first of them take memory as they are written, so that
/// few handles take little; later ones are cut from large chunks in huge pages.
class HandleDictionary::Blocks {
  public:
    char* take(std::size_t blocks) {
        const std::lock_guard lock(mutex_);
        const std::size_t bytes = blocks * block_bytes;
        if (bytes > left_) {
            if (first_ == nullptr && bytes <= first_bytes) {
                first_ = std::make_unique_for_overwrite<char[]>(first_bytes);
                next_ = first_.get();
                left_ = first_bytes;
            } else {
                Array<char>& chunk = chunks_.emplace_back();
                chunk.resize(std::max(bytes, chunk_bytes));
                next_ = chunk.data();
                left_ = chunk.size();
            }
        }
        taken_ += bytes;
        left_ -= bytes;
        return std::exchange(next_, next_ + bytes);
    }
    std::uint64_t taken() const { return taken_; }

  private:
    static constexpr std::size_t first_bytes = num_shards * block_bytes;
    static constexpr std::size_t chunk_bytes = std::size_t{32} << 20;

    std::mutex mutex_;
    std::unique_ptr<char[]> first_;
    std::vector<Array<char>> chunks_;
    char* next_ = nullptr;
    std::size_t left_ = 0;
    std::uint64_t taken_ = 0;
};

struct alignas(64) HandleDictionary::Shard {
    struct Block {
        char* data = nullptr;
        std::uint32_t used = 0;  ///< 0: what a long entry before it reaches into
    };

    SpinLock lock;
    std::uint32_t count = 0;
    // Also read without the lock, to fetch memory ahead: they need not fit together then.
    std::atomic<Slot*> slots = nullptr;
    std::atomic<std::uint32_t> capacity = 0;
    Array<Slot> table;
    std::vector<Block> blocks;

    /// Slots ascend with tags, so that a table grows from one end to the other.
    static std::size_t first_place(std::uint32_t tag, std::uint32_t capacity) {
        return static_cast<std::size_t>((std::uint64_t{tag} * capacity) >> 32U);
    }
    const char* entry(std::uint32_t start) const {
        return blocks[start >> block_bits].data + (start & (block_bytes - 1));
    }

    /// The first entry of this tag, or null. Nearly always it is the handle sought: tags have 32 bits.
    const char* candidate(std::uint32_t tag) const {
        if (table.empty()) return nullptr;
        std::size_t place = first_place(tag, static_cast<std::uint32_t>(table.size()));
        for (; table[place].start != no_text; place = place + 1 == table.size() ? 0 : place + 1)
            if (table[place].tag == tag) return entry(table[place].start);
        return nullptr;
    }

    void grow() {
        Array<Slot> larger(table.empty() ? first_slots : table.size() + table.size() / 2, Slot{});
        const auto size = static_cast<std::uint32_t>(larger.size());
        for (const Slot& slot : table) {
            if (slot.start == no_text) continue;
            std::size_t place = first_place(slot.tag, size);
            while (larger[place].start != no_text) place = place + 1 == size ? 0 : place + 1;
            larger[place] = slot;
        }
        table.swap(larger);
        slots.store(table.data(), std::memory_order_relaxed);
        capacity.store(size, std::memory_order_relaxed);
    }
};

struct HandleDictionary::Hashed {
    std::size_t shard;
    std::uint32_t tag;
};

HandleDictionary::Hashed HandleDictionary::hashed(std::string_view text) {
    const std::uint64_t hash = XXH3_64bits(text.data(), text.size());
    return {hash >> (64 - shard_bits), static_cast<std::uint32_t>(hash)};
}

HandleDictionary::HandleDictionary(NameRules rules)
    : rules_(rules), blocks_(std::make_unique<Blocks>()), shards_(std::make_unique<Shard[]>(num_shards)) {}

HandleDictionary::~HandleDictionary() = default;

std::uint32_t HandleDictionary::number_of(std::string_view handle) {
    if (rules_.change_nothing()) return number_of_exact(handle);
    std::array<char, 256> near;
    std::string far;
    char* normalised = near.data();
    if (handle.size() > near.size()) {
        far.resize(handle.size());
        normalised = far.data();
    }
    return number_of_exact({normalised, rules_.write_normalised(handle, normalised)});
}

std::uint32_t HandleDictionary::number_of_exact(std::string_view text) {
    const Hashed hash = hashed(text);
    Shard& shard = shards_[hash.shard];
    const char* candidate = nullptr;
    {
        const std::lock_guard lock(shard.lock);
        candidate = shard.candidate(hash.tag);
    }
    if (candidate != nullptr && handle_in(candidate) == text) return number_in(candidate);
    const std::lock_guard lock(shard.lock);
    return insert(shard, hash.tag, text);
}

/// The number of `text`, given to it if it has none yet. The caller holds the lock.
std::uint32_t HandleDictionary::insert(Shard& shard, std::uint32_t tag, std::string_view text) {
    if (4 * (std::uint64_t{shard.count} + 1) > 3 * shard.table.size()) shard.grow();
    std::size_t place = Shard::first_place(tag, static_cast<std::uint32_t>(shard.table.size()));
    for (; shard.table[place].start != no_text; place = place + 1 == shard.table.size() ? 0 : place + 1) {
        if (shard.table[place].tag != tag) continue;
        const char* const entry = shard.entry(shard.table[place].start);
        if (handle_in(entry) == text) return number_in(entry);
    }

    const std::size_t bytes = entry_bytes(text);
    if (shard.blocks.empty() || shard.blocks.back().used == 0 || shard.blocks.back().used + bytes > block_bytes) {
        const std::size_t blocks = (bytes + block_bytes - 1) / block_bytes;
        if (shard.count == most_in_shard || shard.blocks.size() + blocks > most_blocks)
            throw IoError(fmt::format(
                "ingest: at most {} accounts and 2^40 bytes of handles fit, but the input has more", no_account - 1));
        shard.blocks.push_back({blocks_->take(blocks), 0});
        shard.blocks.resize(shard.blocks.size() + blocks - 1);
    }
    const std::size_t reached = (bytes - 1) / block_bytes;  // blocks behind the first that a long entry takes
    const std::size_t block = shard.blocks.size() - 1 - reached;
    const std::uint32_t used = shard.blocks[block].used;
    if (shard.count == most_in_shard)
        throw IoError(fmt::format("ingest: at most {} accounts fit a store, but the input has more", no_account - 1));
    const auto shard_number = static_cast<std::uint32_t>(&shard - shards_.get());
    const std::uint32_t number = shard.count++ << shard_bits | shard_number;
    write_entry(shard.blocks[block].data + used, number, text);
    shard.blocks[block].used = static_cast<std::uint32_t>(used + bytes);
    shard.table[place] = {tag, static_cast<std::uint32_t>(block << block_bits) | used};
    return number;
}

void HandleDictionary::numbers_of(std::span<const std::string_view> handles, std::span<std::uint32_t> numbers) {
    std::array<std::string_view, batch> texts;
    std::array<Hashed, batch> hashes;
    std::array<const char*, batch> candidates;
    thread_local std::vector<char> normalised;
    for (std::size_t begin = 0; begin < handles.size(); begin += batch) {
        const std::size_t count = std::min(batch, handles.size() - begin);
        const auto given = handles.subspan(begin, count);
        if (rules_.change_nothing()) {
            std::copy(given.begin(), given.end(), texts.begin());
        } else {
            std::size_t bytes = 0;
            for (const std::string_view handle : given) bytes += handle.size();
            if (normalised.size() < bytes) normalised.resize(bytes);
            char* next = normalised.data();
            for (std::size_t i = 0; i < count; ++i) {
                texts[i] = {next, rules_.write_normalised(given[i], next)};
                next += texts[i].size();
            }
        }
        for (std::size_t i = 0; i < count; ++i) {
            hashes[i] = hashed(texts[i]);
            const Shard& shard = shards_[hashes[i].shard];
            const Slot* const slots = shard.slots.load(std::memory_order_relaxed);
            const std::uint32_t capacity = shard.capacity.load(std::memory_order_relaxed);
            __builtin_prefetch(slots + Shard::first_place(hashes[i].tag, capacity));
        }
        for (std::size_t i = 0; i < count; ++i) {
            Shard& shard = shards_[hashes[i].shard];
            const std::lock_guard lock(shard.lock);
            candidates[i] = shard.candidate(hashes[i].tag);
            __builtin_prefetch(candidates[i]);
        }
        for (std::size_t i = 0; i < count; ++i) {
            if (candidates[i] != nullptr && handle_in(candidates[i]) == texts[i]) {
                numbers[begin + i] = number_in(candidates[i]);
                continue;
            }
            Shard& shard = shards_[hashes[i].shard];
            const std::lock_guard lock(shard.lock);
            numbers[begin + i] = insert(shard, hashes[i].tag, texts[i]);
        }
    }
}

std::uint64_t HandleDictionary::size() const {
    std::uint64_t count = 0;
    for (std::size_t s = 0; s < num_shards; ++s) count += shards_[s].count;
    return count;
}

std::uint64_t HandleDictionary::bound() const {
    std::uint64_t most = 0;
    for (std::size_t s = 0; s < num_shards; ++s) most = std::max<std::uint64_t>(most, shards_[s].count);
    return most << shard_bits;
}

std::uint64_t HandleDictionary::memory_bytes() const {
    std::uint64_t bytes = blocks_->taken();
    for (std::size_t s = 0; s < num_shards; ++s) bytes += shards_[s].table.capacity() * sizeof(Slot);
    return bytes;
}

/// A key for each handle, and the tables freed.
Array<HandleKey> HandleDictionary::take_keys(int threads) {
    std::array<std::size_t, num_shards + 1> begins{};
    for (std::size_t s = 0; s < num_shards; ++s) {
        shards_[s].table = {};
        begins[s + 1] = begins[s] + shards_[s].count;
    }
    Array<HandleKey> keys(begins[num_shards]);
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::size_t s = 0; s < num_shards; ++s) {
        std::size_t next = begins[s];
        for (const Shard::Block& block : shards_[s].blocks)
            for (std::size_t place = 0; place < block.used;) {
                const char* const entry = block.data + place;
                const std::string_view text = handle_in(entry);
                keys[next++] = {first_bytes(text), entry};
                place += entry_bytes(text);
            }
    }
    return keys;
}

namespace {

/// Entries of the pseudonyms of `keys`, which lead to them afterwards.
Array<char> write_pseudonyms(std::span<HandleKey> keys, const PseudonymKey& key, int threads) {
    constexpr std::size_t entry = short_head + PseudonymKey::pseudonym_size;
    Array<char> entries(keys.size() * entry);
    std::exception_ptr failure;
#pragma omp parallel num_threads(threads)
    try {
        PseudonymKey::Maker maker(key);
        std::array<char, PseudonymKey::pseudonym_size> digits{};
#pragma omp for schedule(dynamic, 4096) nowait
        for (std::size_t i = 0; i < keys.size(); ++i) {
            maker.write(handle_in(keys[i].entry), digits.data());
            char* const place = entries.data() + i * entry;
            write_entry(place, number_in(keys[i].entry), {digits.data(), digits.size()});
            keys[i] = {first_bytes({digits.data(), digits.size()}), place};
        }
    } catch (...) {
#pragma omp critical
        failure = std::current_exception();
    }
    if (failure != nullptr) std::rethrow_exception(failure);
    return entries;
}

/// Texts that stand in order in `keys`, one after the other, and where each number leads; `positions` has its size.
/// False if two neighbors are equal.
bool write_sorted(std::span<const HandleKey> keys, int threads, SortedHandles& sorted) {
    constexpr std::size_t chunk = std::size_t{1} << 14;
    constexpr std::size_t ahead = 16;
    const std::size_t n = keys.size();
    const std::size_t chunks = (n + chunk - 1) / chunk;
    std::vector<std::uint64_t> chunk_ends(chunks + 1, 0);
    std::atomic<bool> distinct = true;
    sorted.offsets.resize(n + 1);
    sorted.offsets[0] = 0;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 4)
    for (std::size_t c = 0; c < chunks; ++c) {
        std::uint64_t bytes = 0;
        std::string_view before = c == 0 ? std::string_view() : handle_in(keys[c * chunk - 1].entry);
        const std::size_t end = std::min<std::size_t>(n, (c + 1) * chunk);
        for (std::size_t i = c * chunk; i < end; ++i) {
            __builtin_prefetch(keys[std::min<std::size_t>(i + ahead, n - 1)].entry);
            const std::string_view text = handle_in(keys[i].entry);
            if (i > 0 && text == before) distinct = false;
            before = text;
            bytes += text.size();
            sorted.offsets[i + 1] = bytes;
            sorted.positions[number_in(keys[i].entry)] = static_cast<AccountId>(i);
        }
        chunk_ends[c + 1] = bytes;
    }
    for (std::size_t c = 0; c < chunks; ++c) chunk_ends[c + 1] += chunk_ends[c];
    sorted.bytes.resize(chunk_ends[chunks]);
#pragma omp parallel for num_threads(threads) schedule(dynamic, 4)
    for (std::size_t c = 0; c < chunks; ++c) {
        char* next = sorted.bytes.data() + chunk_ends[c];
        const std::size_t end = std::min<std::size_t>(n, (c + 1) * chunk);
        for (std::size_t i = c * chunk; i < end; ++i) {
            __builtin_prefetch(keys[std::min<std::size_t>(i + ahead, n - 1)].entry);
            const std::string_view text = handle_in(keys[i].entry);
            next = std::copy(text.begin(), text.end(), next);
            sorted.offsets[i + 1] += chunk_ends[c];
        }
    }
    return distinct;
}

}  // namespace

SortedHandles HandleDictionary::take_sorted(int threads, Progress* progress, const PseudonymKey* key) {
    const std::uint64_t n = size();
    if (n >= no_account)
        throw IoError(fmt::format("ingest: at most {} accounts fit a store, but the input has {}", no_account - 1, n));
    SortedHandles sorted;
    sorted.positions.resize(bound());
    Array<HandleKey> keys = take_keys(threads);
    const auto empty = [&] {
        shards_ = std::make_unique<Shard[]>(num_shards);
        blocks_ = std::make_unique<Blocks>();
    };
    advance(progress, "sorting handles", 0, 3, "steps");
    Array<char> pseudonyms;
    if (key != nullptr) {
        pseudonyms = write_pseudonyms(keys, *key, threads);
        empty();
    }
    advance(progress, "sorting handles", 1, 3, "steps");
    sort_handles(keys, threads, progress);
    advance(progress, "sorting handles", 2, 3, "steps");
    if (!write_sorted(keys, threads, sorted))
        throw Error(
            "ingest: two accounts must not have the same pseudonym, but two have under this key; with another key they "
            "will not");
    empty();
    advance(progress, "sorting handles", 3, 3, "steps");
    return sorted;
}

}  // namespace coterie
