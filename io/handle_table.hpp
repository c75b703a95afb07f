#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <thread>

#include "io/fields.hpp"

namespace coterie {

/// A handle of at most so many bytes stands in the table itself.
inline constexpr std::size_t longest_short_handle = 15;

/// Bytes that must be readable behind a handle, so that it can be loaded as two words.
inline constexpr std::size_t readable_behind_handle = 16;

/// What a handle is found by. Of a short one `low` and `high` are its bytes, zeros behind them, and in the last byte its length plus
/// one. Of a long one `high` has a mark in that byte, and below it as much of the hash.
struct SoughtHandle {
    std::uint64_t low;
    std::uint64_t high;
    std::uint64_t hash;     ///< the upper half leads to the line
    std::string_view text;  ///< of a long one

    static constexpr std::uint64_t long_mark = std::uint64_t{0x20} << 56U;
    static bool is_long(std::uint64_t high) { return high >= long_mark; }
    bool is_long() const { return is_long(high); }

    /// `readable_behind_handle` bytes must be readable behind `text`; a long text must stay.
    static SoughtHandle of(std::string_view text, bool fold_case);

  private:
    static SoughtHandle of_long(std::string_view text);
};

/// Upper half: good enough for an index. Each of the two words is permuted by what the other is.
constexpr std::uint64_t hash_of_short(std::uint64_t low, std::uint64_t high) {
    std::uint64_t hash = (low ^ std::rotl(high * 0x9e3779b97f4a7c15U, 29)) * 0xbf58476d1ce4e5b9U;
    hash ^= hash >> 32U;
    return hash * 0x94d049bb133111ebU;
}

/// A–Z among eight bytes become a–z.
constexpr std::uint64_t lowercase(std::uint64_t word) {
    constexpr std::uint64_t each = 0x0101010101010101U;
    const std::uint64_t below_128 = word & (0x7f * each);
    const std::uint64_t from_a = below_128 + (0x80 - 'A') * each;
    const std::uint64_t beyond_z = below_128 + (0x7f - 'Z') * each;
    return word | (((from_a ^ beyond_z) & ~word & (0x80 * each)) >> 2U);
}

inline SoughtHandle SoughtHandle::of(std::string_view text, bool fold_case) {
    struct Mask {
        std::uint64_t low;
        std::uint64_t high;
    };
    static constexpr auto masks = [] {
        std::array<Mask, longest_short_handle + 1> all{};
        for (unsigned size = 0; size < all.size(); ++size) {
            all[size].low = size >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * size)) - 1;
            all[size].high = size <= 8 ? 0 : (std::uint64_t{1} << (8 * (size - 8))) - 1;
        }
        return all;
    }();
    if (text.size() > longest_short_handle) return of_long(text);
    SoughtHandle sought;
    sought.low = word_at(text.data()) & masks[text.size()].low;
    sought.high = word_at(text.data() + 8) & masks[text.size()].high;
    if (fold_case) {
        sought.low = lowercase(sought.low);
        sought.high = lowercase(sought.high);
    }
    sought.high |= (text.size() + 1) << 56U;
    sought.hash = hash_of_short(sought.low, sought.high);
    return sought;
}

/// Handles by open addressing in lines of a cache line, so that finding a short handle touches one place of memory; a long one's text
/// lies elsewhere, behind its length (u32). A place is written once and never changed.
///
/// Threads may find and insert side by side without a lock: a place is taken by one step, and read when its last word is there.
/// `grow` wants the table to itself; whoever inserts makes sure that there is room.
class HandleTable {
  public:
    static constexpr std::size_t places = 3;

    struct Text {
        std::uint64_t low;   ///< of a long handle: where its text stands
        std::uint64_t high;  ///< 0: nothing stands here
    };
    struct alignas(64) Line {
        std::array<Text, places> texts;
        std::array<std::uint32_t, places> numbers;
        std::uint32_t unused;
    };

    HandleTable();
    ~HandleTable();
    HandleTable(const HandleTable&) = delete;
    HandleTable& operator=(const HandleTable&) = delete;

    std::uint64_t capacity() const { return std::uint64_t{places} * count_.load(std::memory_order_relaxed); }
    std::uint64_t bytes() const { return sizeof(Line) * std::uint64_t{count_.load(std::memory_order_relaxed)}; }

    /// Brings the memory nearer that finding `sought` will read. At any time, even while the table grows.
    void fetch(const SoughtHandle& sought) const {
        const Line* const lines = lines_.load(std::memory_order_relaxed);
        __builtin_prefetch(lines + home(sought.hash, count_.load(std::memory_order_relaxed)));
    }
    /// What a look into the first line tells, without a branch that is hard to foretell.
    struct Glance {
        const Text* place;   ///< of the handle (a long one: of its hash), if it is there
        bool settled;        ///< it is a short handle's: there is nothing more to look at
        const void* behind;  ///< what is to be looked at next, if there is something
    };
    Glance glance(const SoughtHandle& sought) const {
        const Line* const lines = lines_.load(std::memory_order_relaxed);
        const std::uint32_t count = count_.load(std::memory_order_relaxed);
        const Line& line = lines[home(sought.hash, count)];
        const Found found = look(line, sought);
        const Text* const place = &line.texts[found.place];
        const void* const text = reinterpret_cast<const void*>(load(place->low));
        const void* const behind = sought.is_long() ? text : &line;
        return {place, found.any && !sought.is_long(), found.any ? behind : &line + 1};
    }
    /// The place of the handle, null if it has none. Of a long handle the place of one with the same 56 bits of hash, which nearly always
    /// is it: see `same_text`.
    const Text* find(const SoughtHandle& sought) const {
        const Line* const lines = lines_.load(std::memory_order_relaxed);
        const std::uint32_t count = count_.load(std::memory_order_relaxed);
        for (std::size_t at = home(sought.hash, count);;) {
            const Line& line = lines[at];
            if (const Found found = look(line, sought); found.any) return &line.texts[found.place];
            if (!settled(line)) {
                std::this_thread::yield();
                continue;
            }
            if (line_is_open(line)) return nullptr;
            at = at + 1 == count ? 0 : at + 1;
        }
    }
    /// Whether the long handle `sought` stands at `place`.
    static bool same_text(const Text* place, const SoughtHandle& sought);
    static std::uint32_t number_at(const Text* place) {
        const auto address = reinterpret_cast<std::uintptr_t>(place);
        const std::uintptr_t line = address / sizeof(Line) * sizeof(Line);
        return load(reinterpret_cast<const Line*>(line)->numbers[(address - line) / sizeof(Text)]);
    }

    /// The number of the handle: `number`, if it was not there. Of a long one the text is written to `room`, if it was not.
    std::uint32_t insert(const SoughtHandle& sought, std::uint32_t number, char* room);
    static constexpr std::size_t room_of_long(std::size_t size) { return sizeof(std::uint32_t) + size; }
    /// Puts another text, written to `room`, in the place of a handle, which cannot be found any more. No other thread looks.
    static void rename(Text* place, std::string_view text, char* room);

    /// Makes room for half as much again. Nobody else uses the table, but whoever calls `help` meanwhile. Throws std::bad_alloc.
    void grow();
    /// Takes part in growing the table if it grows just now. From any thread.
    void help();

    std::uint32_t lines() const { return count_.load(std::memory_order_relaxed); }
    Line& line(std::size_t at) { return lines_.load(std::memory_order_relaxed)[at]; }

  private:
    static constexpr std::uint64_t taken = ~std::uint64_t{0};  ///< the place is being written

    template <class Word>
    static Word load(const Word& word, std::memory_order order = std::memory_order_relaxed) {
        return std::atomic_ref<Word>(const_cast<Word&>(word)).load(order);
    }
    void move_lines();
    static void put(Line* lines, std::uint32_t count, const Text& text, std::uint32_t number);
    static std::size_t home(std::uint64_t hash, std::uint32_t lines) { return ((hash >> 32U) * lines) >> 32U; }
    static bool holds(const Text& text, const SoughtHandle& sought) {
        const bool high = load(text.high, std::memory_order_acquire) == sought.high;
        const bool low = load(text.low) == sought.low;
        const bool any_low = sought.is_long();
        return high & (low | any_low);  // no branch, which would be mispredicted
    }
    struct Found {
        bool any;
        std::size_t place;
    };
    /// Looks at all places of a line.
    static Found look(const Line& line, const SoughtHandle& sought) {
        const bool in_first = holds(line.texts[0], sought);
        const bool in_second = holds(line.texts[1], sought);
        const bool in_third = holds(line.texts[2], sought);
        return {(in_first | in_second | in_third) != 0, (in_second ? 1U : 0U) + (in_third ? 2U : 0U)};
    }
    /// Nothing in it is being written.
    static bool settled(const Line& line) {
        const bool first = load(line.texts[0].high) != taken;
        const bool second = load(line.texts[1].high) != taken;
        const bool third = load(line.texts[2].high) != taken;
        return first & second & third;
    }
    /// Places of a line are taken in order.
    static bool line_is_open(const Line& line) { return load(line.texts[places - 1].high) == 0; }

    std::atomic<Line*> lines_ = nullptr;
    std::atomic<std::uint32_t> count_ = 0;

    /// On the way from `lines_` to a larger table.
    struct Growth {
        Line* lines = nullptr;
        std::uint32_t count = 0;
        std::atomic<std::uint32_t> next = 0;  ///< the first line of the old table that nobody moves
    };
    Growth growth_;
    std::atomic<bool> growing_ = false;
    std::atomic<int> helpers_ = 0;  ///< threads that may be looking at `growth_`
};

}  // namespace coterie
