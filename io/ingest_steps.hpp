#pragma once

#include <cstdint>
#include <optional>

#include "io/ingest.hpp"
#include "io/pseudonyms.hpp"
#include "io/rejects.hpp"

// What an ingest into a new store and one that appends to a store share.
namespace coterie {

/// The key of the pseudonyms that `options` ask for, if they do; a note says if others can read it. Throws IoError if the file holds none.
std::optional<PseudonymKey> pseudonym_key(const IngestOptions& options, IngestReport& report);

/// Ends the run (TooManyRejects) if too many of `rows` lines of all files were rejected; else the list of them stands beside the
/// store from now on.
void settle_rejects(RejectsFile& rejects, const IngestOptions& options, std::uint64_t rows, IngestReport& report);

}  // namespace coterie
