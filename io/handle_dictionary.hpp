#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "host/array.hpp"
#include "host/csr.hpp"
#include "host/progress.hpp"
#include "io/handle_table.hpp"
#include "io/name_rules.hpp"

namespace coterie {

class PseudonymKey;
struct HandleKey;

/// Distinct handles in bytewise order, and where each that was numbered has come to stand.
struct SortedHandles {
    Array<std::uint64_t> offsets;  ///< [n + 1] into
    Array<char> bytes;             ///< the handles one after the other
    Array<AccountId> positions;    ///< by the number that the dictionary gave; other entries mean nothing

    AccountId size() const { return static_cast<AccountId>(offsets.size() - 1); }
};

/// The distinct handles of an input, numbered as they are met, by many threads at once.
///
/// The numbers depend on which thread was faster; `take_sorted` leads from them to positions in bytewise order, which depend on
/// the input alone. Numbers are below `bound()`, and nearly dense.
///
/// Handles of up to 15 bytes stand in one table (HandleTable), three to a cache line, and take 32 to 48 bytes each; longer ones take their text and 4 bytes more. Threads find and add without waiting for each other, but while
/// the table grows. Looking up a handle that is known is one gather from memory, two if it is long; HandleBatch overlaps
/// those of many handles with each other and with what its user does meanwhile.
class HandleDictionary {
  public:
    explicit HandleDictionary(NameRules rules = {});
    ~HandleDictionary();
    HandleDictionary(const HandleDictionary&) = delete;
    HandleDictionary& operator=(const HandleDictionary&) = delete;

    const NameRules& rules() const { return rules_; }

    /// The number of `handle`, normalised by the rules. Throws IoError if there are more than a store can have.
    std::uint32_t number_of(std::string_view handle);

    /// These three are exact while nobody adds.
    std::uint64_t size() const;          ///< distinct handles
    std::uint64_t bound() const;         ///< every number is below it; at most 2^32
    std::uint64_t memory_bytes() const;  ///< table and texts

    /// Puts the handles in order and empties the dictionary; with a `key`, each handle's pseudonym takes its place first.
    /// Multikey quicksort with eight bytes a step (Bentley & Sedgewick 1997) on `threads` threads. Time O(n log n + bytes);
    /// memory 16 bytes a handle beside the result, the table and the texts, and 36 a pseudonym.
    /// Throws Cancelled if `progress` asks to stop, Error if two handles have the same pseudonym.
    SortedHandles take_sorted(int threads, Progress* progress = nullptr, const PseudonymKey* key = nullptr);

  private:
    friend class HandleBatch;
    struct Member;
    class InUse;
    class WholeTable;
    class Blocks;

    Member& mine();
    void numbers_of(std::span<const SoughtHandle> sought, std::span<std::uint32_t> numbers);
    std::uint32_t insert(Member& member, const SoughtHandle& sought);
    void take_numbers(Member& member);
    Array<HandleKey> take_keys(int threads);
    void empty();

    NameRules rules_;
    std::unique_ptr<Member[]> members_;
    std::unique_ptr<HandleTable> table_;
    std::unique_ptr<Blocks> blocks_;
    std::mutex growth_;       ///< held by whoever takes numbers or grows the table
    std::uint64_t next_ = 0;  ///< numbers below it have been given out, to members
};

/// Handles that wait for their numbers: what each will need of memory is on its way from when it was added.
class HandleBatch {
  public:
    static constexpr std::size_t most = 64;

    explicit HandleBatch(HandleDictionary& dictionary) : dictionary_(&dictionary) {}

    /// `readable_behind_handle` bytes must be readable behind `handle`, and it must stay until `numbers`. There must be room: at
    /// most `most` handles wait.
    void add(std::string_view handle) {
        const NameRules& rules = dictionary_->rules();
        handle = rules.without_at(handle);
        if (rules.fold_case && handle.size() > longest_short_handle)
            handle = normalised_.emplace_back(rules.normalised(handle));
        sought_[count_] = SoughtHandle::of(handle, rules.fold_case);
        dictionary_->table_->fetch(sought_[count_++]);
    }
    std::size_t size() const { return count_; }
    /// The numbers of the handles, in the order in which they were added, until the next call. The batch is empty then.
    std::span<const std::uint32_t> numbers() {
        const std::size_t count = std::exchange(count_, 0);
        dictionary_->numbers_of(std::span(sought_).first(count), std::span(numbers_).first(count));
        normalised_.clear();
        return std::span(numbers_).first(count);
    }

  private:
    HandleDictionary* dictionary_;
    std::size_t count_ = 0;
    std::array<SoughtHandle, most> sought_;
    std::array<std::uint32_t, most> numbers_;
    std::deque<std::string> normalised_;  ///< texts of long handles, which stay where they are
};

/// What a reader asks for the numbers of handles: its way to the dictionary of the whole input.
class HandleNumbers {
  public:
    /// With a dictionary of its own.
    HandleNumbers() : dictionary_(std::make_shared<HandleDictionary>()) {}
    explicit HandleNumbers(std::shared_ptr<HandleDictionary> dictionary) : dictionary_(std::move(dictionary)) {}

    std::uint32_t number_of(std::string_view handle) { return dictionary_->number_of(handle); }
    const std::shared_ptr<HandleDictionary>& dictionary() const { return dictionary_; }

  private:
    std::shared_ptr<HandleDictionary> dictionary_;
};

}  // namespace coterie
