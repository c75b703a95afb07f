#include "io/ingest_write.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace coterie {

LayerInfo layer_info(const LayerPlan& plan, const IngestPlan& ingest, bool directed, EdgeOffset stored_edges,
                     const BuildCounts& counts) {
    LayerInfo info;
    info.name = plan.name;
    info.kind = plan.name;
    info.directed = directed;
    info.weighted = plan.weighted || plan.events();
    info.num_edges = stored_edges;
    info.rows = plan.tally.rows;
    info.kept = counts.kept;
    info.merged = counts.merged;
    info.self_loops = counts.self_loops;
    info.rejected = plan.tally.rejected;
    info.keep_self_loops = ingest.keep_self_loops;
    info.since = plan.since;
    info.until = plan.until;
    info.as_of = plan.as_of;
    info.half_life = plan.half_life;
    if (plan.times_matter()) info.outside = info.rows - info.rejected - counts.rows;
    if (plan.tally.first_time <= plan.tally.last_time) {
        info.first_time = plan.tally.first_time;
        info.last_time = plan.tally.last_time;
    }
    info.sources = plan.sources;
    sort_sources(info.sources);
    return info;
}

namespace {

/// The handles by internal id.
void order_handles(const IdentifiedAccounts& accounts, const Array<AccountId>& by_id, Array<std::uint64_t>& offsets,
                   Array<char>& bytes) {
    const AccountId n = accounts.size();
    offsets.resize(std::size_t{n} + 1);
    offsets[0] = 0;
#pragma omp parallel for
    for (AccountId position = 0; position < n; ++position)
        offsets[std::size_t{by_id[position]} + 1] = accounts.handle(position).size();
    for (std::size_t account = 0; account < n; ++account) offsets[account + 1] += offsets[account];
    bytes.resize(offsets[n]);
#pragma omp parallel for
    for (AccountId position = 0; position < n; ++position) {
        const std::string_view handle = accounts.handle(position);
        std::copy(handle.begin(), handle.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offsets[by_id[position]]));
    }
}

}  // namespace

std::vector<StoreContents::Layer> built_layers(const IngestPlan& plan, const BuiltLayers& built) {
    std::vector<StoreContents::Layer> layers;
    for (std::size_t l = 0; l < plan.layers.size(); ++l) {
        const BuiltLayer& layer = built.layers[l];
        layers.push_back({layer_info(plan.layers[l], plan, !layer.undirected, layer.out.neighbors.size(), layer.counts),
                          layer.out.view(), layer.undirected ? layer.out.view() : layer.in.view(), &layer.remainders});
    }
    return layers;
}

void sort_sources(std::vector<SourceFile>& sources) {
    std::sort(sources.begin(), sources.end(),
              [](const auto& a, const auto& b) { return std::tie(a.path, a.sha256) < std::tie(b.path, b.sha256); });
}

void write_ingested(const std::filesystem::path& store, IdentifiedAccounts accounts, std::vector<AccountColumn> columns,
                    const Array<AccountId>& by_id, std::vector<StoreContents::Layer> layers, Progress* progress,
                    IngestReport& report) {
    const AccountId n = accounts.size();
    StoreContents contents;
    contents.columns = std::move(columns);
    contents.naming = report.naming;
    contents.by_id = by_id;
    contents.created = report.created;

    Array<std::uint64_t> ids;
    Array<std::uint64_t> handle_offsets;
    Array<char> handle_bytes;
    if (accounts.numeric) {
        ids.resize(n);
        for (AccountId position = 0; position < n; ++position) ids[by_id[position]] = accounts.ids[position];
        contents.ids = ids;
    } else {
        order_handles(accounts, by_id, handle_offsets, handle_bytes);
        contents.handle_offsets = handle_offsets;
        contents.handle_bytes = {handle_bytes.data(), handle_bytes.size()};
    }
    report.accounts = n;
    report.numeric = accounts.numeric;
    for (const AccountColumn& column : contents.columns) report.columns.push_back(column.name);
    accounts = {};

    for (const StoreContents::Layer& layer : layers) report.layers.push_back(layer.info);
    contents.layers = std::move(layers);
    write_store(store, contents, progress);
}

}  // namespace coterie
