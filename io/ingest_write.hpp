#pragma once

#include <filesystem>

#include "host/build.hpp"
#include "io/identify.hpp"
#include "io/ingest_plan.hpp"
#include "io/joined_accounts.hpp"

namespace coterie {

/// What is known of a layer when it has been built.
LayerInfo layer_info(const LayerPlan& plan, bool directed, EdgeOffset stored_edges, const BuildCounts& counts);

/// Writes what was identified and built as a store, and says in `report` what stands in it.
void write_ingested(const std::filesystem::path& store, const IngestPlan& plan, JoinedAccounts& table,
                    IdentifiedAccounts accounts, const BuiltLayers& built, Progress* progress, IngestReport& report);

}  // namespace coterie
