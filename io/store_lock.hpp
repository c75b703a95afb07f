#pragma once

#include <filesystem>

#include "host/progress.hpp"
#include "io/descriptor.hpp"

namespace coterie {

/// The store's file, locked against other writers of the same store until it is closed; waits for them. The lock is one of
/// the open file description (fcntl), so that it ends with its process and does not meet the locks by which HDF5 guards readers.
/// Throws IoError, Cancelled.
Descriptor lock_store(const std::filesystem::path& path, Progress* progress);

}  // namespace coterie
