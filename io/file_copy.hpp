#pragma once

#include <cstdint>
#include <filesystem>

#include "host/progress.hpp"
#include "io/descriptor.hpp"

namespace coterie {

/// Copies the open file `from` to `to`, which is made: by sharing its blocks where the file system can (no byte is
/// moved), else within the kernel, else by reading and writing. `name` stands in errors. Throws IoError, Cancelled.
void copy_file(const Descriptor& from, const std::filesystem::path& to, const std::filesystem::path& name,
               Progress* progress = nullptr);

}  // namespace coterie
