#include "io/ingest.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <utility>

#include "host/array.hpp"
#include "host/build.hpp"
#include "host/errors.hpp"
#include "io/identify.hpp"
#include "io/ingest_external.hpp"
#include "io/ingest_plan.hpp"
#include "io/ingest_read.hpp"
#include "io/ingest_write.hpp"
#include "io/joined_accounts.hpp"
#include "io/memory_limit.hpp"
#include "io/rejects.hpp"
#include "io/steps.hpp"

namespace coterie {

namespace {

constexpr std::uint64_t least_reject_limit = 100;
constexpr std::uint64_t rows_per_allowed_reject = 1000;

/// Ends the run if too many lines of all files were rejected; else the list of them stands beside the store.
void settle_rejects(RejectsFile& rejects, const IngestOptions& options, std::uint64_t rows, IngestReport& report) {
    report.rejected = rejects.count();
    if (rejects.count() == 0) {
        // A list left by an earlier run would speak of another store.
        if (options.rejects.empty()) {
            std::error_code ignored;
            std::filesystem::remove(rejects.path(), ignored);
        }
        return;
    }
    rejects.commit();
    report.rejects = rejects.path();
    const std::uint64_t limit =
        options.max_rejects.value_or(std::max(least_reject_limit, rows / rows_per_allowed_reject));
    if (rejects.count() > limit)
        throw TooManyRejects(
            fmt::format("{}\ningest: at most {} of {} rows may be rejected, but {} were: they stand in {}, the first "
                        "above; to go on without them: --max-rejects {}",
                        rejects.first(), limit, rows, rejects.count(), rejects.path().string(), rejects.count()));
}

Identified identify(ReadInputs& read, const JoinedAccounts& table, int threads, Progress* progress) {
    return read.ids == IdKind::numeric ? identify_numbers(std::move(read.rows), table.numbers(), threads, progress)
                                       : identify_handles(std::move(read.rows), table.handles(), threads, progress);
}

BuiltLayers build(Identified& identified, const IngestPlan& plan, const IngestOptions& options, int threads) {
    std::vector<LayerEdges> edges(plan.layers.size());
    for (std::size_t l = 0; l < plan.layers.size(); ++l) {
        edges[l].edges = std::move(identified.layers[l]);
        edges[l].undirected = options.undirected;
        edges[l].count_rows = plan.layers[l].events() && !plan.layers[l].weighted;
    }
    return build_layers(identified.accounts.size(), std::move(edges),
                        {.keep_self_loops = options.keep_self_loops, .threads = threads, .progress = options.progress});
}

}  // namespace

IngestReport ingest(const std::filesystem::path& path, const IngestOptions& given) {
    IngestOptions options = given;
    if (options.memory_limit == 0) options.memory_limit = default_memory_limit();
    if (options.temporary_directory.empty()) options.temporary_directory = path.parent_path();
    const int threads = options.threads > 0 ? options.threads : omp_get_num_procs();
    RejectsFile rejects(options.rejects.empty() ? std::filesystem::path(path.string() + ".rejects.csv")
                                                : options.rejects);
    IngestReport report;
    IngestPlan plan = plan_ingest(path, options);
    report.created = plan.created;

    JoinedAccounts table;
    timed(report.seconds, "accounts", [&] {
        if (!options.accounts.empty())
            report.sources.push_back(table.read(options.accounts, options.rows, options.accounts_id_column));
    });
    ReadInputs read =
        timed(report.seconds, "read", [&] { return read_inputs(plan, options, table.id_counts(), threads, rejects); });
    report.sources.insert(report.sources.begin(), read.sources.begin(), read.sources.end());
    report.notes = notes_on_columns(plan, read, options);

    report.account_rows = table.rows();
    report.rejected_accounts = table.settle(read.ids, options.names, rejects);
    std::uint64_t rows = table.rows();
    for (const LayerPlan& layer : plan.layers) rows += layer.tally.rows;
    settle_rejects(rejects, options, rows, report);

    if (read.spill->spilled()) {
        write_spilled(path, plan, options, table, read, threads, report);
    } else {
        const RecycledArrays recycled;  // what rows came in becomes what edges are sorted in
        Identified identified =
            timed(report.seconds, "identify", [&] { return identify(read, table, threads, options.progress); });
        const BuiltLayers built =
            timed(report.seconds, "build", [&] { return build(identified, plan, options, threads); });
        timed(report.seconds, "write", [&] {
            write_ingested(path, plan, table, std::move(identified.accounts), built, options.progress, report);
        });
    }
    report.memory_limit = options.memory_limit;
    report.peak_memory = peak_memory();
    return report;
}

}  // namespace coterie
