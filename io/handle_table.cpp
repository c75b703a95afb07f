#include "io/handle_table.hpp"

#include <sys/mman.h>
#include <xxhash.h>

#include <algorithm>
#include <new>
#include <thread>

#include "io/handle_sort.hpp"

namespace coterie {

namespace {

using Line = HandleTable::Line;
using Text = HandleTable::Text;
static_assert(sizeof(Line) == 64);

constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::uint32_t first_lines = 1024;

std::size_t bytes_of(std::uint32_t lines) {
    const std::size_t bytes = lines * sizeof(Line);
    return bytes < huge_page ? bytes : (bytes + huge_page - 1) / huge_page * huge_page;
}

/// Zeros, straight from the system: in huge pages if there are enough of them to fill one.
Line* take_lines(std::uint32_t lines) {
    const std::size_t bytes = bytes_of(lines);
    const std::size_t slack = bytes < huge_page ? 0 : huge_page;
    void* const memory =
        ::mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    if (slack == 0) return static_cast<Line*>(memory);
    char* const begin = static_cast<char*>(memory);
    const std::size_t before = (huge_page - reinterpret_cast<std::uintptr_t>(begin) % huge_page) % huge_page;
    if (before > 0) ::munmap(begin, before);
    ::munmap(begin + before + bytes, slack - before);
    ::madvise(begin + before, bytes, MADV_HUGEPAGE);
    return reinterpret_cast<Line*>(begin + before);
}

void free_lines(Line* lines, std::uint32_t count) {
    ::munmap(lines, bytes_of(count));
}

std::uint64_t hash_of(const Text& text) {
    return SoughtHandle::is_long(text.high) ? text.high << 8U : hash_of_short(text.low, text.high);
}

const char* text_of_long(const Text& text) {
    return reinterpret_cast<const char*>(text.low);
}

void write_long(std::string_view text, char* room) {
    const auto size = static_cast<std::uint32_t>(text.size());
    std::memcpy(room, &size, sizeof size);
    std::memcpy(room + sizeof size, text.data(), size);
}

std::string_view long_text(const char* at) {
    std::uint32_t size;
    std::memcpy(&size, at, sizeof size);
    return {at + sizeof size, size};
}

}  // namespace

std::string_view handle_in(const char* entry) {
    Text text;
    std::memcpy(&text, entry, sizeof text);
    if (SoughtHandle::is_long(text.high)) return long_text(text_of_long(text));
    return {entry, (text.high >> 56U) - 1};
}

std::uint32_t number_in(const char* entry) {
    return HandleTable::number_at(reinterpret_cast<const Text*>(entry));
}

SoughtHandle SoughtHandle::of_long(std::string_view text) {
    const std::uint64_t hash = XXH3_64bits(text.data(), text.size()) & ~std::uint64_t{0xff};
    return {0, long_mark | hash >> 8U, hash, text};
}

HandleTable::HandleTable() : lines_(take_lines(first_lines)), count_(first_lines) {}

HandleTable::~HandleTable() {
    free_lines(lines_, count_);
}

bool HandleTable::same_text(const Text* place, const SoughtHandle& sought) {
    return long_text(text_of_long(*place)) == sought.text;
}

std::uint32_t HandleTable::insert(const SoughtHandle& sought, std::uint32_t number, char* room) {
    Line* const lines = lines_.load(std::memory_order_relaxed);
    const std::uint32_t count = count_.load(std::memory_order_relaxed);
    for (std::size_t at = home(sought.hash, count);; at = at + 1 == count ? 0 : at + 1)
        for (std::size_t i = 0; i < places; ++i) {
            Text& text = lines[at].texts[i];
            const std::atomic_ref<std::uint64_t> high(text.high);
            std::uint64_t seen = high.load(std::memory_order_acquire);
            if (seen == 0 && high.compare_exchange_strong(seen, taken, std::memory_order_acquire)) {
                std::uint64_t low = sought.low;
                if (sought.is_long()) {
                    write_long(sought.text, room);
                    low = reinterpret_cast<std::uint64_t>(room);
                }
                std::atomic_ref<std::uint64_t>(text.low).store(low, std::memory_order_relaxed);
                std::atomic_ref<std::uint32_t>(lines[at].numbers[i]).store(number, std::memory_order_relaxed);
                high.store(sought.high, std::memory_order_release);
                return number;
            }
            for (; seen == taken; seen = high.load(std::memory_order_acquire)) std::this_thread::yield();
            if (seen == sought.high && (sought.is_long() ? same_text(&text, sought) : load(text.low) == sought.low))
                return lines[at].numbers[i];
        }
}

void HandleTable::rename(Text* place, std::string_view text, char* room) {
    write_long(text, room);
    *place = {reinterpret_cast<std::uint64_t>(room), SoughtHandle::long_mark};
}

/// Puts what is in no place yet into the first free one.
void HandleTable::put(Line* lines, std::uint32_t count, const Text& text, std::uint32_t number) {
    for (std::size_t at = home(hash_of(text), count);; at = at + 1 == count ? 0 : at + 1)
        for (std::size_t i = 0; i < places; ++i) {
            const std::atomic_ref<std::uint64_t> high(lines[at].texts[i].high);
            std::uint64_t seen = high.load(std::memory_order_relaxed);
            if (seen != 0 || !high.compare_exchange_strong(seen, text.high, std::memory_order_relaxed)) continue;
            lines[at].texts[i].low = text.low;
            lines[at].numbers[i] = number;
            return;
        }
}

/// Homes ascend with hashes in both tables, so that lines in a row go to lines in a row.
void HandleTable::move_lines() {
    constexpr std::uint32_t at_a_time = 4096;
    const Line* const old = lines_;
    const std::uint32_t old_count = count_;
    for (;;) {
        const std::uint32_t begin = growth_.next.load();
        if (begin >= old_count) return;
        const std::uint32_t end = begin + std::min(at_a_time, old_count - begin);
        if (std::uint32_t expected = begin; !growth_.next.compare_exchange_strong(expected, end)) continue;
        for (std::uint32_t at = begin; at < end; ++at)
            for (std::size_t i = 0; i < places && old[at].texts[i].high != 0; ++i)
                put(growth_.lines, growth_.count, old[at].texts[i], old[at].numbers[i]);
    }
}

void HandleTable::help() {
    ++helpers_;
    if (growing_) move_lines();
    --helpers_;
}

void HandleTable::grow() {
    Line* const old = lines_;
    const std::uint32_t old_count = count_;
    growth_.count = old_count + old_count / 2;
    growth_.lines = take_lines(growth_.count);
    growth_.next = 0;
    growing_ = true;
    move_lines();
    growing_ = false;
    while (helpers_ != 0) std::this_thread::yield();
    lines_ = growth_.lines;
    count_ = growth_.count;
    free_lines(old, old_count);
}

}  // namespace coterie
