#pragma once

#include <cstdint>
#include <filesystem>

namespace coterie {

/// What an ingest that does not fit into memory will need on disk.
struct SpillSpace {
    std::uint64_t temporary = 0;       ///< for rows as they are read
    std::uint64_t temporary_late = 0;  ///< for distinct edges, while the store is written
    std::uint64_t store = 0;
};

/// Of `row_bytes` bytes of rows as they are kept (8 a row, 12 weighted; twice as much with ids of 64 bits): at most.
SpillSpace spill_space(std::uint64_t row_bytes, bool undirected);

/// Throws IoError that says how much is needed and free if the file systems of `folder` and `store_folder`, which may be one,
/// have less.
void check_spill_space(const SpillSpace& space, const std::filesystem::path& folder,
                       const std::filesystem::path& store_folder);

}  // namespace coterie
