#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "host/array.hpp"
#include "host/csr.hpp"

namespace coterie {

/// From ids as they stand in rows to positions in ascending order of id. Any thread may ask.
class PositionLookup {
  public:
    virtual ~PositionLookup() = default;
    virtual AccountId size() const = 0;
    virtual std::uint64_t bytes() const = 0;  ///< of memory
    /// Positions stand in the order of the ids that are asked for.
    virtual bool ascending() const { return false; }
    /// `into[i]` becomes the position of `ids[i]`, each of which must be known.
    virtual void find(std::span<const std::uint32_t> ids, AccountId* into) const = 0;
    virtual void find(std::span<const std::uint64_t> ids, AccountId* into) const = 0;
};

/// From numbers to their positions in an ascending list: 12.5 bytes a number. Numbers are spread over short lists by a
/// multiplication; a look-up reads one of them.
class NumberIndex {
  public:
    NumberIndex() = default;
    /// `positions[i]` is that of `numbers[i]`, which are distinct.
    NumberIndex(std::span<const std::uint64_t> numbers, std::span<const AccountId> positions);

    AccountId find(std::uint64_t number) const;
    std::uint64_t bytes() const {
        return (begins_.size() + positions_.size()) * sizeof(AccountId) + numbers_.size() * sizeof(std::uint64_t);
    }

  private:
    std::size_t list_of(std::uint64_t number) const { return spread(number) >> shift_; }
    static std::uint64_t spread(std::uint64_t number) { return number * 0x9e3779b97f4a7c15U; }

    unsigned shift_ = 63;
    Array<AccountId> begins_;  ///< [lists + 1]
    Array<std::uint64_t> numbers_;
    Array<AccountId> positions_;
};

/// Ids are kept as bits page by page, each in a huge page of the system's.
struct IdPage {
    static constexpr unsigned log_ids = 24;
    static constexpr std::size_t words = (std::size_t{1} << log_ids) / 64;
    static constexpr std::size_t bytes = words * sizeof(std::uint64_t);

    /// 64 ids that may be there, and how many ids are below them: one place, so that a look-up waits for memory once.
    struct Word {
        std::uint64_t bits;
        AccountId rank;
    };
};

/// Where every id of a finished set stands.
class NumberPositions final : public PositionLookup {
  public:
    AccountId size() const override { return size_; }
    bool ascending() const override { return true; }
    void find(std::span<const std::uint32_t> ids, AccountId* into) const override;
    void find(std::span<const std::uint64_t> ids, AccountId* into) const override;
    /// All ids, ascending.
    Array<std::uint64_t> ids() const;
    std::uint64_t bytes() const override;

  private:
    friend class IdSet;
    AccountId position(std::uint64_t id) const;
    template <class Id>
    void find_all(std::span<const Id> ids, AccountId* into) const;

    AccountId size_ = 0;
    std::vector<Array<IdPage::Word>> pages_;  ///< empty where ids stand in `others_`
    Array<std::uint64_t> others_;             ///< ascending
    Array<AccountId> other_positions_;
    NumberIndex index_;
};

/// From numbers of handles to positions, by a table.
class TabledPositions final : public PositionLookup {
  public:
    TabledPositions(Array<AccountId> positions, AccountId size) : positions_(std::move(positions)), size_(size) {}

    AccountId size() const override { return size_; }
    std::uint64_t bytes() const override { return positions_.size() * sizeof(AccountId); }
    void find(std::span<const std::uint32_t> ids, AccountId* into) const override;
    void find(std::span<const std::uint64_t> ids, AccountId* into) const override;

  private:
    Array<AccountId> positions_;
    AccountId size_;
};

/// Positions of accounts that stand in another order than their ids.
class RenamedPositions final : public PositionLookup {
  public:
    /// `renamed` [size] leads from positions in ascending order of id to the positions wanted.
    RenamedPositions(std::unique_ptr<const PositionLookup> by_id, Array<AccountId> renamed)
        : by_id_(std::move(by_id)), renamed_(std::move(renamed)) {}

    AccountId size() const override { return by_id_->size(); }
    std::uint64_t bytes() const override { return by_id_->bytes() + renamed_.size() * sizeof(AccountId); }
    void find(std::span<const std::uint32_t> ids, AccountId* into) const override;
    void find(std::span<const std::uint64_t> ids, AccountId* into) const override;

  private:
    std::unique_ptr<const PositionLookup> by_id_;
    Array<AccountId> renamed_;
};

/// The distinct ids of rows that many threads read. Ids below 2^32 are kept as bits, in pages of 2^24, as long as these fit
/// `bit_bytes` (at least 4 MiB); all others in ascending runs, which are merged as they grow in number: at most three times 8 bytes an id.
class IdSet {
  public:
    explicit IdSet(std::uint64_t bit_bytes);
    IdSet(const IdSet&) = delete;
    IdSet& operator=(const IdSet&) = delete;
    ~IdSet() = default;

    /// One thread's way in.
    class Inserter {
      public:
        explicit Inserter(IdSet& set) : set_(&set) {}
        Inserter(Inserter&& other) noexcept = default;
        Inserter& operator=(Inserter&&) = delete;
        ~Inserter() = default;

        /// Asks for the memory of an id that will be inserted soon.
        void prefetch(std::uint64_t id) const {
            if (id >> 32U != 0) return;
            const std::atomic<std::uint64_t>* page =
                set_->pages_[id >> IdPage::log_ids].load(std::memory_order_relaxed);
            __builtin_prefetch(page + id / 64 % IdPage::words, 1);
        }
        void insert(std::uint64_t id) {
            if (id >> 32U == 0) {
                std::atomic<std::uint64_t>* page = set_->pages_[id >> IdPage::log_ids].load(std::memory_order_acquire);
                if (page == nullptr) page = set_->make_page(id >> IdPage::log_ids);
                if (page != nullptr) {
                    std::atomic<std::uint64_t>& word = page[id / 64 % IdPage::words];
                    const std::uint64_t bit = std::uint64_t{1} << (id % 64);
                    if ((word.load(std::memory_order_relaxed) & bit) == 0)
                        word.fetch_or(bit, std::memory_order_relaxed);
                    return;
                }
            }
            waiting_.push_back(id);
            if (waiting_.size() == run_ids) flush();
        }
        /// To be called when nothing more comes.
        void flush();

      private:
        static constexpr std::size_t run_ids = std::size_t{1} << 16;
        IdSet* set_;
        std::vector<std::uint64_t> waiting_;
    };

    /// Puts all ids in order; the set is empty afterwards. Throws IoError if there are more than a store can hold.
    NumberPositions finish();

  private:
    static constexpr std::size_t most_pages = std::size_t{1} << (32 - IdPage::log_ids);

    std::atomic<std::uint64_t>* make_page(std::size_t page);
    void add_run(std::vector<std::uint64_t> run);

    std::uint64_t bit_bytes_;
    std::uint64_t taken_bytes_ = 0;
    std::mutex mutex_;
    std::vector<Array<std::atomic<std::uint64_t>>> page_memory_;
    std::vector<std::atomic<std::atomic<std::uint64_t>*>> pages_{most_pages};  ///< null: not there
    std::vector<std::vector<std::uint64_t>> runs_;
};

}  // namespace coterie
