#include "io/id_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#include "host/errors.hpp"
#include "host/sorting.hpp"

namespace coterie {

namespace {

constexpr std::size_t numbers_a_list = 8;
constexpr std::size_t prefetch_distance = 16;

/// How many bits are set. Without the instruction, which a build for any machine cannot count on, std::popcount is a call.
inline AccountId bits_in(std::uint64_t word) {
    word -= word >> 1U & 0x5555'5555'5555'5555U;
    word = (word & 0x3333'3333'3333'3333U) + (word >> 2U & 0x3333'3333'3333'3333U);
    word = (word + (word >> 4U)) & 0x0f0f'0f0f'0f0f'0f0fU;
    return static_cast<AccountId>(word * 0x0101'0101'0101'0101U >> 56U);
}

std::vector<std::uint64_t> merged(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
    std::vector<std::uint64_t> both;
    both.reserve(a.size() + b.size());
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    return both;
}

}  // namespace

NumberIndex::NumberIndex(std::span<const std::uint64_t> numbers, std::span<const AccountId> positions) {
    const std::size_t lists = std::bit_ceil(numbers.size() / numbers_a_list + 2);
    shift_ = 64 - static_cast<unsigned>(std::countr_zero(lists));
    begins_.resize(lists + 1);
    std::fill(begins_.begin(), begins_.end(), 0);
    for (const std::uint64_t number : numbers) ++begins_[list_of(number)];
    AccountId begin = 0;
    for (AccountId& list : begins_) begin += std::exchange(list, begin);
    numbers_.resize(numbers.size());
    positions_.resize(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const AccountId place = begins_[list_of(numbers[i])]++;
        numbers_[place] = numbers[i];
        positions_[place] = positions[i];
    }
    // Each list ended where the next begins.
    for (std::size_t list = lists; list > 0; --list) begins_[list] = begins_[list - 1];
    begins_[0] = 0;
}

AccountId NumberIndex::find(std::uint64_t number) const {
    const std::size_t list = list_of(number);
    for (AccountId place = begins_[list]; place < begins_[list + 1]; ++place)
        if (numbers_[place] == number) return positions_[place];
    return no_account;
}

inline AccountId NumberPositions::position(std::uint64_t id) const {
    if (id >> 32U == 0) {
        const Array<IdPage::Word>& page = pages_[id >> IdPage::log_ids];
        if (!page.empty()) {
            const IdPage::Word& word = page[id / 64 % IdPage::words];
            const std::uint64_t below = (std::uint64_t{1} << (id % 64)) - 1;
            return word.rank + bits_in(word.bits & below);
        }
    }
    return index_.find(id);
}

template <class Id>
void NumberPositions::find_all(std::span<const Id> ids, AccountId* into) const {
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::uint64_t ahead = ids[std::min(i + prefetch_distance, ids.size() - 1)];
        if (ahead >> 32U == 0) __builtin_prefetch(pages_[ahead >> IdPage::log_ids].data() + ahead / 64 % IdPage::words);
        into[i] = position(ids[i]);
    }
}

void NumberPositions::find(std::span<const std::uint32_t> ids, AccountId* into) const {
    find_all(ids, into);
}

void NumberPositions::find(std::span<const std::uint64_t> ids, AccountId* into) const {
    find_all(ids, into);
}

Array<std::uint64_t> NumberPositions::ids() const {
    Array<std::uint64_t> ids(size_);
    for (std::size_t i = 0; i < others_.size(); ++i) ids[other_positions_[i]] = others_[i];
    for (std::size_t p = 0; p < pages_.size(); ++p) {
        const Array<IdPage::Word>& page = pages_[p];
        for (std::size_t w = 0; w < page.size(); ++w) {
            AccountId next = page[w].rank;
            for (std::uint64_t word = page[w].bits; word != 0; word &= word - 1)
                ids[next++] = (p << IdPage::log_ids) + w * 64 + static_cast<std::uint64_t>(std::countr_zero(word));
        }
    }
    return ids;
}

void TabledPositions::find(std::span<const std::uint32_t> ids, AccountId* into) const {
    for (std::size_t i = 0; i < ids.size(); ++i) into[i] = positions_[ids[i]];
}

void TabledPositions::find(std::span<const std::uint64_t> ids, AccountId* into) const {
    for (std::size_t i = 0; i < ids.size(); ++i) into[i] = positions_[ids[i]];
}

std::uint64_t NumberPositions::bytes() const {
    std::uint64_t bytes = index_.bytes() + others_.size() * (sizeof(std::uint64_t) + sizeof(AccountId));
    for (const Array<IdPage::Word>& page : pages_) bytes += page.size() * sizeof(IdPage::Word);
    return bytes;
}

void RenamedPositions::find(std::span<const std::uint32_t> ids, AccountId* into) const {
    by_id_->find(ids, into);
    for (std::size_t i = 0; i < ids.size(); ++i) into[i] = renamed_[into[i]];
}

void RenamedPositions::find(std::span<const std::uint64_t> ids, AccountId* into) const {
    by_id_->find(ids, into);
    for (std::size_t i = 0; i < ids.size(); ++i) into[i] = renamed_[into[i]];
}

IdSet::IdSet(std::uint64_t bit_bytes) : bit_bytes_(std::max<std::uint64_t>(bit_bytes, 2 * IdPage::bytes)) {}

std::atomic<std::uint64_t>* IdSet::make_page(std::size_t number) {
    const std::lock_guard lock(mutex_);
    std::atomic<std::uint64_t>* page = pages_[number].load();
    // Once there is no room, there never is: an id stands in bits or in runs, not in both.
    if (page != nullptr || taken_bytes_ + IdPage::bytes > bit_bytes_) return page;
    taken_bytes_ += IdPage::bytes;
    page = page_memory_.emplace_back(IdPage::words).data();
    pages_[number].store(page, std::memory_order_release);
    return page;
}

void IdSet::Inserter::flush() {
    sort_ascending(std::span(waiting_));
    waiting_.erase(std::unique(waiting_.begin(), waiting_.end()), waiting_.end());
    if (!waiting_.empty()) set_->add_run(std::move(waiting_));
    waiting_ = {};
}

void IdSet::add_run(std::vector<std::uint64_t> run) {
    // A run is merged with those that are not much larger: each id is copied O(log) times.
    std::unique_lock lock(mutex_);
    for (;;) {
        const auto close =
            std::find_if(runs_.begin(), runs_.end(), [&](const auto& other) { return other.size() <= 2 * run.size(); });
        if (close == runs_.end()) break;
        const std::vector<std::uint64_t> other = std::move(*close);
        runs_.erase(close);
        lock.unlock();
        run = merged(run, other);
        lock.lock();
    }
    runs_.push_back(std::move(run));
}

NumberPositions IdSet::finish() {
    std::sort(runs_.begin(), runs_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
    while (runs_.size() > 1) {
        std::vector<std::uint64_t> last = std::move(runs_.back());
        runs_.pop_back();
        runs_.back() = merged(runs_.back(), last);
    }
    NumberPositions positions;
    if (!runs_.empty()) positions.others_.assign(runs_[0].begin(), runs_[0].end());
    runs_.clear();
    const Array<std::uint64_t>& others = positions.others_;
    positions.other_positions_.resize(others.size());

    std::uint64_t count = 0;
    std::size_t next_other = 0;
    const auto pass_others = [&](std::uint64_t below) {
        for (; next_other < others.size() && others[next_other] < below; ++next_other)
            positions.other_positions_[next_other] = static_cast<AccountId>(count++);
    };
    positions.pages_.resize(most_pages);
    for (std::size_t p = 0; p < most_pages; ++p) {
        std::atomic<std::uint64_t>* const met = pages_[p].exchange(nullptr);
        if (met == nullptr) continue;
        pass_others(p << IdPage::log_ids);
        Array<IdPage::Word>& page = positions.pages_[p];
        page.resize(IdPage::words);
        for (std::size_t w = 0; w < IdPage::words; ++w) {
            page[w] = {met[w].load(std::memory_order_relaxed), static_cast<AccountId>(count)};
            count += bits_in(page[w].bits);
        }
    }
    count += others.size() - next_other;
    if (count >= no_account)
        throw IoError(
            fmt::format("ingest: at most {} accounts fit a store, but the input has {}", no_account - 1, count));
    count -= others.size() - next_other;
    for (; next_other < others.size(); ++next_other)
        positions.other_positions_[next_other] = static_cast<AccountId>(count++);
    positions.size_ = static_cast<AccountId>(count);
    positions.index_ = NumberIndex(others, positions.other_positions_);
    taken_bytes_ = 0;
    page_memory_.clear();
    return positions;
}

}  // namespace coterie
