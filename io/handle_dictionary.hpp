#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "host/array.hpp"
#include "host/csr.hpp"
#include "host/progress.hpp"
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
/// A hash (XXH3) chooses one of 256 shards, each with a lock of its own, a table of 8-byte slots (half to three quarters
/// full) and its texts in blocks that never move. So a handle of 12 characters takes 28 to 33 bytes, and looking up one that is
/// known is two gathers from memory. `numbers_of` overlaps those of many handles.
class HandleDictionary {
  public:
    explicit HandleDictionary(NameRules rules = {});
    ~HandleDictionary();
    HandleDictionary(const HandleDictionary&) = delete;
    HandleDictionary& operator=(const HandleDictionary&) = delete;

    const NameRules& rules() const { return rules_; }

    /// The number of `handle`, normalised by the rules. Throws IoError if there are more than a store can have.
    std::uint32_t number_of(std::string_view handle);
    /// The same for many, which takes a third of the time where the table does not fit the caches. `numbers` is as long as `handles`.
    void numbers_of(std::span<const std::string_view> handles, std::span<std::uint32_t> numbers);

    /// These three are exact while nobody adds.
    std::uint64_t size() const;          ///< distinct handles
    std::uint64_t bound() const;         ///< every number is below it; at most 2^32
    std::uint64_t memory_bytes() const;  ///< tables and texts

    /// Puts the handles in order and empties the dictionary; with a `key`, each handle's pseudonym takes its place first.
    /// Multikey quicksort with eight bytes a step (Bentley & Sedgewick 1997) on `threads` threads. Time O(n log n + bytes);
    /// memory 16 bytes a handle beside the result and the texts, and 37 a pseudonym.
    /// Throws Cancelled if `progress` asks to stop, Error if two handles have the same pseudonym.
    SortedHandles take_sorted(int threads, Progress* progress = nullptr, const PseudonymKey* key = nullptr);

    static constexpr std::size_t num_shards = 256;

  private:
    struct Shard;
    struct Hashed;
    class Blocks;

    static Hashed hashed(std::string_view text);
    std::uint32_t number_of_exact(std::string_view text);
    Array<HandleKey> take_keys(int threads);
    std::uint32_t insert(Shard& shard, std::uint32_t tag, std::string_view text);

    NameRules rules_;
    std::unique_ptr<Blocks> blocks_;
    std::unique_ptr<Shard[]> shards_;
};

/// What a reader asks for the numbers of handles: its thread's way to the dictionary of the whole input.
class HandleNumbers {
  public:
    /// With a dictionary of its own.
    HandleNumbers() : dictionary_(std::make_shared<HandleDictionary>()) {}
    explicit HandleNumbers(std::shared_ptr<HandleDictionary> dictionary) : dictionary_(std::move(dictionary)) {}

    std::uint32_t number_of(std::string_view handle) { return dictionary_->number_of(handle); }
    void numbers_of(std::span<const std::string_view> handles, std::span<std::uint32_t> numbers) {
        dictionary_->numbers_of(handles, numbers);
    }
    const std::shared_ptr<HandleDictionary>& dictionary() const { return dictionary_; }

  private:
    std::shared_ptr<HandleDictionary> dictionary_;
};

}  // namespace coterie
