#pragma once

#include <filesystem>

#include "io/ingest_plan.hpp"
#include "io/ingest_read.hpp"
#include "io/joined_accounts.hpp"

namespace coterie {

/// Makes a store of rows that were spilled (`read.spill`): sorts and merges them bucket by bucket, orders the accounts, and writes the layers
/// window by window, within `memory_limit` bytes. The same bytes as from rows in memory. Fills `report` as write_ingested does, and its
/// seconds.
void write_spilled(const std::filesystem::path& store, const IngestPlan& plan, const IngestOptions& options,
                   JoinedAccounts& table, ReadInputs& read, int threads, IngestReport& report, const PseudonymKey* key);

}  // namespace coterie
