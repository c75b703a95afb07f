#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/errors.hpp"
#include "host/progress.hpp"

namespace coterie {

/// A store was checked whole, and is damaged.
class DamagedStore : public IoError {
  public:
    using IoError::IoError;
};

/// Something in a store that is not as it must be.
struct Damage {
    std::string object;  ///< "/layers/follow/out/offsets"; "/" for the file as a whole
    std::string what;    ///< "must not decrease, but entry 17 is 9 after 12"
};

/// What was checked of a store, and what was found.
struct StoreCheck {
    struct Part {
        std::string name;             ///< "accounts", "layer follow", "results", "columns", "others"
        std::size_t arrays = 0;       ///< those that were read
        std::uint64_t bytes = 0;      ///< of them
        std::size_t without_sum = 0;  ///< arrays that have no checksum (of another writer)
        std::string rules;            ///< what must hold beside the checksums, in words
    };
    std::vector<Part> parts;
    std::uint64_t accounts = 0;
    std::uint64_t bytes = 0;      ///< read in all
    std::vector<Damage> damages;  ///< none: the store is sound

    bool sound() const { return damages.empty(); }
};

/// Reads the store at `path` whole and says what is wrong with it: metadata, the checksums of all arrays (those that coterie does
/// not know included), and every rule of the schema for accounts, columns, layers and results. Goes on after damage, as far
/// as one part can be checked without the other; the same report for any number of threads (0: all cores).
///
/// Each byte is read once, in the order of the file, by read() rather than through a mapping: a bad block is damage with a
/// place, not the end of the program. Time: that of the disk, or O(n log n + m) on all threads. Memory: 2 MiB a thread.
/// Throws IoError if `path` cannot be opened or is no regular file, Cancelled if `progress` asks to stop.
StoreCheck check_store(const std::filesystem::path& path, int threads, Progress* progress = nullptr);

}  // namespace coterie
