#pragma once

#include <filesystem>

#include "io/ingest.hpp"

namespace coterie {

/// What `ingest` does if `options.append_to` names a store: its accounts and layers with the rows of `options.files` added and
/// those of `options.removals` taken out, as a new store at `path` (which may be the same).
IngestReport append(const std::filesystem::path& path, const IngestOptions& options);

}  // namespace coterie
