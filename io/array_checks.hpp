#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/progress.hpp"
#include "io/checksum.hpp"
#include "io/store_check.hpp"
#include "io/tasks.hpp"

namespace coterie {

/// An array of a store that is to be read whole.
struct CheckedArray {
    std::string object;                   ///< "/layers/follow/out/offsets"
    std::span<const std::byte> memory;    ///< its values, where they cannot be read straight from the file, else
    std::optional<std::uint64_t> offset;  ///< where they stand in it
    std::uint64_t bytes = 0;
    std::optional<std::string> checksum;  ///< as stored
    std::string unreadable;               ///< why its values cannot be had; empty: they can
};

/// Reads arrays of a store at the speed of the disk, computes their checksums, and shows each piece to whom it concerns while
/// it is in the cache: every byte is read once. Several threads share each array. Damage is noted, not thrown, and comes
/// in the order in which the arrays were added, the same for any number of threads.
class ArrayChecks {
  public:
    using Id = std::size_t;
    /// What is wrong with a piece of an array, beginning at its byte `first`: one sentence, empty if nothing. The eight bytes
    /// before it can be read too, unless it is the first. Called by several threads.
    using Look = std::function<std::string(std::span<const std::byte> piece, std::uint64_t first)>;
    /// The same for two arrays of equal size: each has its sentence.
    using PairLook = std::function<std::pair<std::string, std::string>(
        std::span<const std::byte> piece, std::span<const std::byte> other, std::uint64_t first)>;

    /// `descriptor`: the store's file, open to read.
    explicit ArrayChecks(int descriptor) : descriptor_(descriptor) {}

    Id add(CheckedArray array);
    /// Checks the array in the next run; several looks read it several times.
    void check(Id array, Look look = {});
    void check(Id array, Id other, PairLook look);
    /// Does all that was asked for since the last run. Throws Cancelled if `progress` asks to stop.
    void run(std::string_view step, int threads, Progress* progress);

    /// True if nothing was found in the array, so that others may be checked by it.
    bool sound(Id array) const { return arrays_[array].pieces_damaged == 0 && arrays_[array].sum_damage.empty(); }
    const CheckedArray& operator[](Id array) const { return arrays_[array].of; }
    std::size_t size() const { return arrays_.size(); }
    std::uint64_t bytes_read() const { return bytes_read_; }
    std::vector<Damage> damages() const;

  private:
    struct State {
        CheckedArray of;
        std::vector<std::uint64_t> digests;  ///< of pieces, if it has a checksum
        bool digested = false;
        std::string sum_damage;
        std::string piece_damage;  ///< of the first damaged piece
        std::size_t first_damaged = 0;
        std::size_t pieces_damaged = 0;
    };
    struct Item {
        Id array;
        std::optional<Id> other;
        Look look;
        PairLook pair_look;
        bool digest;  ///< the first that reads an array computes its digests
    };

    /// Nothing if it cannot be read: then that is noted.
    std::optional<std::span<const std::byte>> read(Id array, std::size_t piece, std::vector<std::byte>& buffer);
    void check_piece(const Item& item, std::size_t piece);
    void note(Id array, std::size_t piece, std::string what);

    int descriptor_;
    std::deque<State> arrays_;
    std::vector<Item> items_;
    std::mutex mutex_;
    std::uint64_t bytes_read_ = 0;
};

}  // namespace coterie
