#include "io/handle_dictionary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <thread>
#include <vector>

#include "host/errors.hpp"
#include "io/handle_sort.hpp"
#include "io/pseudonyms.hpp"

namespace coterie {

namespace {

constexpr std::size_t num_members = 64;
constexpr std::size_t block_bytes = std::size_t{1} << 16;
constexpr std::size_t huge_chunk = std::size_t{32} << 20;
constexpr std::uint32_t numbers_at_a_time = 256;
constexpr std::uint64_t most_numbers = no_account;

/// Held for some microseconds at a time. Whoever waits longer calls `meanwhile` and lets others run, since the holder may have to.
class SpinLock {
  public:
    void lock() {
        lock([] {});
    }
    void lock(auto&& meanwhile) {
        for (int tries = 0; taken_.test_and_set(std::memory_order_acquire); ++tries) {
            if (tries < 64) continue;
            meanwhile();
            std::this_thread::yield();
        }
    }
    void unlock() { taken_.clear(std::memory_order_release); }

  private:
    std::atomic_flag taken_;
};

/// Its threads' number, counted as they come.
std::size_t number_of_thread() {
    static std::atomic<std::size_t> threads = 0;
    thread_local const std::size_t number = threads++;
    return number;
}

}  // namespace

/// Memory for texts, in blocks of 64 KiB or more that stay where they are. The first of them take memory as they are written, so that
/// few handles take little; later ones are cut from large chunks in huge pages.
class HandleDictionary::Blocks {
  public:
    char* take(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        if (bytes > left_) {
            if (first_ == nullptr && bytes <= first_chunk) {
                first_ = std::make_unique_for_overwrite<char[]>(first_chunk);
                next_ = first_.get();
                left_ = first_chunk;
            } else {
                Array<char>& chunk = chunks_.emplace_back();
                chunk.resize(std::max(bytes, huge_chunk));
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
    static constexpr std::size_t first_chunk = num_members * block_bytes;

    std::mutex mutex_;
    std::unique_ptr<char[]> first_;
    std::vector<Array<char>> chunks_;
    char* next_ = nullptr;
    std::size_t left_ = 0;
    std::uint64_t taken_ = 0;
};

/// What a thread has to itself, or shares with every 64th. Whoever uses the table holds a member's lock, whoever grows it all of them.
struct alignas(64) HandleDictionary::Member {
    SpinLock lock;
    std::uint32_t next_number = 0;
    std::uint32_t numbers_left = 0;
    char* next_text = nullptr;
    std::size_t text_left = 0;
};

/// While it has begun nobody else grows the table.
class HandleDictionary::InUse {
  public:
    InUse(Member& member, HandleTable& table) : member_(member), table_(table) { begin(); }
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;
    ~InUse() {
        if (begun_) end();
    }
    void begin() {
        member_.lock.lock([this] { table_.help(); });
        begun_ = true;
    }
    void end() {
        begun_ = false;
        member_.lock.unlock();
    }

  private:
    Member& member_;
    HandleTable& table_;
    bool begun_ = false;
};

/// The locks of all members.
class HandleDictionary::WholeTable {
  public:
    explicit WholeTable(Member* members) : members_(members, num_members) {
        for (Member& member : members_) member.lock.lock();
    }
    WholeTable(const WholeTable&) = delete;
    WholeTable& operator=(const WholeTable&) = delete;
    ~WholeTable() {
        for (Member& member : members_) member.lock.unlock();
    }

  private:
    std::span<Member> members_;
};

HandleDictionary::HandleDictionary(NameRules rules) : rules_(rules) {
    empty();
}

HandleDictionary::~HandleDictionary() = default;

void HandleDictionary::empty() {
    members_ = std::make_unique<Member[]>(num_members);
    table_ = std::make_unique<HandleTable>();
    blocks_ = std::make_unique<Blocks>();
    next_ = 0;
}

HandleDictionary::Member& HandleDictionary::mine() {
    return members_[number_of_thread() % num_members];
}

std::uint32_t HandleDictionary::number_of(std::string_view handle) {
    std::array<char, longest_short_handle + readable_behind_handle> padded{};
    handle = rules_.without_at(handle);
    if (handle.size() <= longest_short_handle) {
        std::copy(handle.begin(), handle.end(), padded.begin());
        handle = {padded.data(), handle.size()};
    }
    HandleBatch batch(*this);
    batch.add(handle);
    return batch.numbers()[0];
}

/// Makes sure that the member has a number to give. Every number that is given out has its place in the table.
void HandleDictionary::take_numbers(Member& member) {
    while (!growth_.try_lock()) {
        table_->help();
        std::this_thread::yield();
    }
    const std::lock_guard growing(growth_, std::adopt_lock);
    if (next_ + numbers_at_a_time > most_numbers)
        throw IoError(fmt::format("ingest: at most {} accounts fit a store, but the input has more", no_account - 1));
    if (3 * (next_ + numbers_at_a_time) > 2 * table_->capacity()) {
        const WholeTable mine_alone(members_.get());
        table_->grow();
    }
    const std::lock_guard lock(member.lock);
    if (member.numbers_left > 0) return;  // another thread of the member was here
    member.next_number = static_cast<std::uint32_t>(next_);
    member.numbers_left = numbers_at_a_time;
    next_ += numbers_at_a_time;
}

/// The caller holds the member's lock, and there is a number left.
std::uint32_t HandleDictionary::insert(Member& member, const SoughtHandle& sought) {
    const std::size_t room = sought.is_long() ? HandleTable::room_of_long(sought.text.size()) : 0;
    if (room > member.text_left) {
        const std::size_t bytes = (room + block_bytes - 1) / block_bytes * block_bytes;
        member.next_text = blocks_->take(bytes);
        member.text_left = bytes;
    }
    const std::uint32_t number = table_->insert(sought, member.next_number, member.next_text);
    if (number != member.next_number) return number;
    ++member.next_number;
    --member.numbers_left;
    member.next_text += room;
    member.text_left -= room;
    return number;
}

void HandleDictionary::numbers_of(std::span<const SoughtHandle> sought, std::span<std::uint32_t> numbers) {
    std::array<std::uint8_t, HandleBatch::most> open;  // those not found at the first glance
    std::size_t num_open = 0;
    Member& member = mine();
    InUse in_use(member, *table_);
    for (std::size_t i = 0; i < sought.size(); ++i) {
        const HandleTable::Glance glance = table_->glance(sought[i]);
        numbers[i] = HandleTable::number_at(glance.place);
        open[num_open] = static_cast<std::uint8_t>(i);
        num_open += glance.settled ? 0 : 1;
        __builtin_prefetch(glance.behind);
    }
    std::size_t num_new = 0;
    for (std::size_t o = 0; o < num_open; ++o) {
        const SoughtHandle& one = sought[open[o]];
        const HandleTable::Text* const place = table_->find(one);
        if (place != nullptr && (!one.is_long() || HandleTable::same_text(place, one))) {
            numbers[open[o]] = HandleTable::number_at(place);
        } else {
            open[num_new++] = open[o];
        }
    }
    for (std::size_t o = 0; o < num_new; ++o) {
        while (member.numbers_left == 0) {
            in_use.end();
            take_numbers(member);
            in_use.begin();
        }
        numbers[open[o]] = insert(member, sought[open[o]]);
    }
}

std::uint64_t HandleDictionary::size() const {
    std::uint64_t count = next_;
    for (std::size_t m = 0; m < num_members; ++m) count -= members_[m].numbers_left;
    return count;
}

std::uint64_t HandleDictionary::bound() const {
    return next_;
}

std::uint64_t HandleDictionary::memory_bytes() const {
    return table_->bytes() + blocks_->taken();
}

/// A key for each handle, in any order.
Array<HandleKey> HandleDictionary::take_keys(int threads) {
    constexpr std::uint32_t at_a_time = 4096;
    Array<HandleKey> keys(size());
    std::atomic<std::size_t> next = 0;
    const std::uint32_t lines = table_->lines();
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::uint32_t begin = 0; begin < lines; begin += at_a_time) {
        const std::uint32_t end = std::min(lines - begin, at_a_time) + begin;
        const auto for_each_entry = [&](auto&& call) {
            for (std::uint32_t at = begin; at < end; ++at)
                for (HandleTable::Text& text : table_->line(at).texts)
                    if (text.high != 0) call(reinterpret_cast<char*>(&text));
        };
        std::size_t count = 0;
        for_each_entry([&](char*) { ++count; });
        HandleKey* key = keys.data() + next.fetch_add(count);
        for_each_entry([&](char* entry) { *key++ = {first_bytes(handle_in(entry)), entry}; });
    }
    return keys;
}

namespace {

/// The pseudonyms of `keys`, to which the entries lead afterwards.
Array<char> write_pseudonyms(std::span<HandleKey> keys, const PseudonymKey& key, int threads) {
    constexpr std::size_t room = HandleTable::room_of_long(PseudonymKey::pseudonym_size);
    Array<char> texts(keys.size() * room);
    std::exception_ptr failure;
#pragma omp parallel num_threads(threads)
    try {
        PseudonymKey::Maker maker(key);
        std::array<char, PseudonymKey::pseudonym_size> digits{};
#pragma omp for schedule(dynamic, 4096) nowait
        for (std::size_t i = 0; i < keys.size(); ++i) {
            maker.write(handle_in(keys[i].entry), digits.data());
            HandleTable::rename(reinterpret_cast<HandleTable::Text*>(keys[i].entry), {digits.data(), digits.size()},
                                texts.data() + i * room);
            keys[i].bytes = first_bytes({digits.data(), digits.size()});
        }
    } catch (...) {
#pragma omp critical
        failure = std::current_exception();
    }
    if (failure != nullptr) std::rethrow_exception(failure);
    return texts;
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
    advance(progress, "sorting handles", 0, 3, "steps");
    Array<char> pseudonyms;
    if (key != nullptr) pseudonyms = write_pseudonyms(keys, *key, threads);
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
