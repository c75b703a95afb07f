#include "io/ingest.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "host/array.hpp"
#include "host/build.hpp"
#include "host/errors.hpp"
#include "io/append.hpp"
#include "io/fields.hpp"
#include "io/identify.hpp"
#include "io/ingest_external.hpp"
#include "io/ingest_plan.hpp"
#include "io/ingest_read.hpp"
#include "io/ingest_steps.hpp"
#include "io/ingest_write.hpp"
#include "io/joined_accounts.hpp"
#include "io/memory_limit.hpp"
#include "io/pseudonyms.hpp"
#include "io/rejects.hpp"
#include "io/steps.hpp"

namespace coterie {

namespace {

/// The vertices that stand beside the edges of Graphalytics graphs: lists of accounts.
void read_vertices(const IngestPlan& plan, const IngestOptions& options, JoinedAccounts& table, IngestReport& report) {
    for (const EdgeFilePlan& file : plan.files) {
        if (!file.graphalytics || file.graphalytics->vertices == options.accounts) continue;
        const GraphalyticsParts& parts = *file.graphalytics;
        const std::uint64_t before = table.rows();
        report.sources.push_back(
            table.read(parts.vertices, {.separator = blanks, .header = HeaderChoice::no, .comments = "#"}, "1"));
        const std::uint64_t rows = table.rows() - before;
        if (parts.num_vertices && *parts.num_vertices != rows)
            throw IoError(fmt::format("{}: must have the {} vertices that its properties declare, but has {}{}",
                                      parts.vertices, *parts.num_vertices, rows,
                                      rows < *parts.num_vertices ? ": is it truncated?" : ""));
    }
}

/// Whether files of edges or posts may tell of accounts themselves.
bool tell_of_accounts(const IngestPlan& plan) {
    return std::any_of(plan.files.begin(), plan.files.end(),
                       [](const EdgeFilePlan& file) { return file.input != InputFormat::text; });
}

Identified identify(ReadInputs& read, const JoinedAccounts& table, int threads, Progress* progress,
                    const PseudonymKey* key) {
    return read.ids == IdKind::numeric
               ? identify_numbers(std::move(read.rows), table.numbers(), threads, progress, key)
               : identify_handles(std::move(read.rows), table.handles(), threads, progress, key);
}

Naming naming_of(IdKind ids, const IngestOptions& options, const PseudonymKey* key, IngestReport& report) {
    Naming naming;
    if (ids == IdKind::handles)
        naming.rules = options.names;
    else if (!options.names.change_nothing())
        report.notes.push_back("--fold-case and --strip-at change nothing here: ids are numbers");
    if (key != nullptr) naming.pseudonyms = PseudonymInfo{key->fingerprint(), ids == IdKind::numeric};
    return naming;
}

BuiltLayers build(Identified& identified, const IngestPlan& plan, const IngestOptions& options, int threads) {
    std::vector<LayerEdges> edges(plan.layers.size());
    for (std::size_t l = 0; l < plan.layers.size(); ++l) {
        edges[l].edges = std::move(identified.layers[l]);
        edges[l].undirected = plan.layers[l].undirected;
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
    if (!options.append_to.empty()) return append(path, options);
    if (options.ids == IdChoice::automatic && record_bytes(options.format) > 0) options.ids = IdChoice::numeric;
    const int threads = options.threads > 0 ? options.threads : omp_get_num_procs();
    RejectsFile rejects(options.rejects.empty() ? std::filesystem::path(path.string() + ".rejects.csv")
                                                : options.rejects);
    IngestReport report;
    IngestPlan plan = plan_ingest(path, options);
    const std::optional<PseudonymKey> pseudonyms = pseudonym_key(options, report);
    const PseudonymKey* const key = pseudonyms ? &*pseudonyms : nullptr;
    if (key != nullptr) rejects.leave_out_text();
    report.created = plan.created;

    JoinedAccounts table;
    timed(report.seconds, "accounts", [&] {
        if (!options.accounts.empty())
            report.sources.push_back(table.read(options.accounts, options.rows, options.accounts_id_column));
        read_vertices(plan, options, table, report);
        if (key != nullptr || !options.keep_columns.empty())
            table.keep_columns(options.keep_columns, tell_of_accounts(plan), report.notes);
    });
    ReadInputs read =
        timed(report.seconds, "read", [&] { return read_inputs(plan, options, table.id_counts(), threads, rejects); });
    report.sources.insert(report.sources.begin(), read.sources.begin(), read.sources.end());
    for (std::string& note : notes_on_columns(plan, read, options)) report.notes.push_back(std::move(note));
    report.naming = naming_of(read.ids, options, key, report);
    report.posts = read.posts;
    for (std::size_t f = 0; f < plan.files.size(); ++f) table.add(plan.files[f].path, std::move(read.beside.nodes[f]));
    if (read.beside.posts) table.add(read.beside.posts->accounts);

    report.account_rows = table.rows();
    report.rejected_accounts = table.settle(read.ids, options.names, rejects);
    std::uint64_t rows = table.rows();
    for (const LayerPlan& layer : plan.layers) rows += layer.same_rows_as ? 0 : layer.tally.rows;
    settle_rejects(rejects, options, rows, report);

    if (read.spill->spilled()) {
        write_spilled(path, plan, options, table, read, threads, report, key);
    } else {
        const RecycledArrays recycled;  // what rows came in becomes what edges are sorted in
        Identified identified =
            timed(report.seconds, "identify", [&] { return identify(read, table, threads, options.progress, key); });
        const BuiltLayers built =
            timed(report.seconds, "build", [&] { return build(identified, plan, options, threads); });
        timed(report.seconds, "write", [&] {
            std::vector<AccountColumn> columns = table.take_columns(identified.accounts, built.by_id, key);
            write_ingested(path, std::move(identified.accounts), std::move(columns), built.by_id,
                           built_layers(plan, built), options.progress, report);
        });
    }
    report.memory_limit = options.memory_limit;
    report.peak_memory = peak_memory();
    return report;
}

}  // namespace coterie
