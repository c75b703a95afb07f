#pragma once

#include <cstdint>

#include "io/ingest.hpp"
#include "io/rejects.hpp"

// What an ingest into a new store and one that appends to a store share.
namespace coterie {

/// Ends the run (TooManyRejects) if too many of `rows` lines of all files were rejected; else the list of them stands beside the
/// store from now on.
void settle_rejects(RejectsFile& rejects, const IngestOptions& options, std::uint64_t rows, IngestReport& report);

}  // namespace coterie
