#pragma once

#include <filesystem>
#include <vector>

#include "host/build.hpp"
#include "io/identify.hpp"
#include "io/ingest_plan.hpp"
#include "io/store.hpp"

namespace coterie {

/// What is known of a layer of `ingest` when it has been built.
LayerInfo layer_info(const LayerPlan& plan, const IngestPlan& ingest, bool directed, EdgeOffset stored_edges,
                     const BuildCounts& counts);
/// The layers of `plan`, as they stand in `built`.
std::vector<StoreContents::Layer> built_layers(const IngestPlan& plan, const BuiltLayers& built);

/// The order in which a layer names its sources: that in which they were given does not matter.
void sort_sources(std::vector<SourceFile>& sources);

/// Writes accounts and layers as a store of time `report.created`, and says in `report` what stands in it. `columns` by internal id;
/// `by_id` leads there from positions in ascending order of id.
void write_ingested(const std::filesystem::path& store, IdentifiedAccounts accounts, std::vector<AccountColumn> columns,
                    const Array<AccountId>& by_id, std::vector<StoreContents::Layer> layers, Progress* progress,
                    IngestReport& report);

}  // namespace coterie
