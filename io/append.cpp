#include "io/append.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "host/array.hpp"
#include "host/errors.hpp"
#include "host/merge_layers.hpp"
#include "io/account_names.hpp"
#include "io/append_accounts.hpp"
#include "io/csr_windows.hpp"
#include "io/fields.hpp"
#include "io/ingest_plan.hpp"
#include "io/ingest_read.hpp"
#include "io/ingest_steps.hpp"
#include "io/ingest_write.hpp"
#include "io/joined_accounts.hpp"
#include "io/memory_limit.hpp"
#include "io/rejects.hpp"
#include "io/removals.hpp"
#include "io/steps.hpp"
#include "io/store_lock.hpp"
#include "io/tasks.hpp"

namespace coterie {

namespace {

/// One file of rows to be taken out.
struct RemovalFile {
    std::string path;
    std::size_t layer = 0;  ///< of the store
    RemovalRows rows;
    std::size_t first = 0;  ///< number of its first row among those of all files
};

class Append {
  public:
    Append(const std::filesystem::path& path, const IngestOptions& options, const Store& store)
        : path_(path),
          given_(options),
          options_(options),
          store_(store),
          threads_(options.threads > 0 ? options.threads : omp_get_num_procs()),
          rejects_(options.rejects.empty() ? std::filesystem::path(path.string() + ".rejects.csv") : options.rejects) {}

    IngestReport run() {
        agree();
        timed(report_.seconds, "verify", [&] { store_.verify_checksums(threads_, options_.progress); });
        IngestPlan plan = plan_ingest(path_, options_);
        agree(plan);
        report_.created =
            std::getenv("SOURCE_DATE_EPOCH") != nullptr ? plan.created : std::max(plan.created, store_.created());

        timed(report_.seconds, "accounts", [&] {
            if (!options_.accounts.empty())
                report_.sources.push_back(table_.read(options_.accounts, options_.rows, options_.accounts_id_column));
            if (key_ || !options_.keep_columns.empty())
                table_.keep_columns(options_.keep_columns, false, report_.notes);
        });
        ReadInputs read =
            timed(report_.seconds, "read", [&] { return read_inputs(plan, options_, {}, threads_, rejects_); });
        if (read.spill->spilled()) refuse_memory("four times the new rows");
        report_.sources.insert(report_.sources.begin(), read.sources.begin(), read.sources.end());
        for (std::string& note : notes_on_columns(plan, read, options_)) report_.notes.push_back(std::move(note));
        report_.account_rows = table_.rows();
        report_.rejected_accounts = table_.settle(read.ids, options_.names, rejects_);
        std::uint64_t rows = table_.rows();
        for (const LayerPlan& layer : plan.layers) rows += layer.same_rows_as ? 0 : layer.tally.rows;
        timed(report_.seconds, "read removals", [&] { rows += read_removal_files(); });

        check_memory(rows);
        Identified identified = timed(report_.seconds, "identify", [&] { return identify(read); });
        UnitedAccounts united =
            timed(report_.seconds, "unite", [&] { return unite(*store_.accounts(), std::move(identified.accounts)); });
        timed(report_.seconds, "merge", [&] { merge(plan, united, identified); });
        tell_rejected_removals();
        settle_rejects(rejects_, options_, rows, report_);
        timed(report_.seconds, "write", [&] {
            std::vector<AccountColumn> columns = columns_of(united, merge_->by_id());
            write_ingested(path_, std::move(united.accounts), std::move(columns), merge_->by_id(), merged_layers(plan),
                           options_.progress, report_);
        });
        report_.memory_limit = options_.memory_limit;
        report_.peak_memory = peak_memory();
        return std::move(report_);
    }

  private:
    [[noreturn]] void contradict(const std::string& what) const {
        throw std::invalid_argument(fmt::format("ingest: {}: {}", store_.path().string(), what));
    }

    const PseudonymKey* key() const { return key_ ? &*key_ : nullptr; }
    /// How an account is named in the store: as it is, or by its pseudonym.
    std::string stored_name(const std::string& name) const {
        return key_ ? key_->pseudonym(name, report_.naming) : name;
    }

    /// Options that the store has settled already: those given must say the same, the others are taken from it.
    void agree() {
        if (std::optional<PseudonymKey> key = pseudonym_key(given_, report_)) key_.emplace(std::move(*key));
        report_.naming = naming_to_append(store_.path(), store_.accounts()->naming(), given_.names, key());
        options_.names = report_.naming.rules;
        if (key_) rejects_.leave_out_text();
        const auto& pseudonyms = report_.naming.pseudonyms;
        const bool numeric = pseudonyms ? pseudonyms->of_numbers : store_.accounts()->numeric();
        if (given_.ids != IdChoice::automatic && (given_.ids == IdChoice::numeric) != numeric)
            contradict(fmt::format("its accounts have {}, but --ids {} was given", numeric ? "numeric ids" : "handles",
                                   numeric ? "handles" : "numeric"));
        options_.ids = numeric ? IdChoice::numeric : IdChoice::handles;
        for (const LayerInfo& layer : store_.layers()) {
            if (given_.undirected && layer.directed)
                contradict(fmt::format("its layer '{}' is directed, but --undirected was given", layer.name));
            if (given_.keep_self_loops && !layer.keep_self_loops)
                contradict(
                    fmt::format("its layer '{}' is without self-loops, but --keep-self-loops was given", layer.name));
            options_.undirected = options_.undirected || !layer.directed;
            options_.keep_self_loops = options_.keep_self_loops || layer.keep_self_loops;
        }
    }

    void agree(const IngestPlan& plan) const {
        for (const LayerPlan& layer : plan.layers) {
            const auto old = find(layer.name);
            if (!old) continue;
            const auto told = [](const std::optional<double>& since, const std::optional<double>& until,
                                 const std::optional<double>& as_of, double half_life) {
                const auto time = [](const std::optional<double>& t) {
                    return t ? iso_time(static_cast<std::int64_t>(*t)) : "none";
                };
                return fmt::format("since {}, until {}, as of {}, half-life {} s", time(since), time(until),
                                   time(as_of), half_life);
            };
            if (old->since != layer.since || old->until != layer.until || old->as_of != layer.as_of ||
                old->half_life != layer.half_life)
                contradict(
                    fmt::format("its layer '{}' is made of rows {}, and rows {} cannot be added to it, since the store "
                                "does not keep the "
                                "times of its rows: give the same times, or build it anew from all files",
                                layer.name, told(old->since, old->until, old->as_of, old->half_life),
                                told(layer.since, layer.until, layer.as_of, layer.half_life)));
        }
    }

    std::optional<LayerInfo> find(const std::string& name) const {
        for (const LayerInfo& layer : store_.layers())
            if (layer.name == name) return layer;
        return std::nullopt;
    }

    std::size_t layer_position(const std::string& name) const {
        return static_cast<std::size_t>(&store_.layer(name) - store_.layers().data());
    }

    IdKind ids() const { return options_.ids == IdChoice::numeric ? IdKind::numeric : IdKind::handles; }

    [[noreturn]] void refuse_memory(const std::string& need) const {
        throw IoError(
            fmt::format("ingest: {}: to append, {} must fit into the memory limit of {} MB: give a larger "
                        "--memory-limit, or build the "
                        "store anew from all files, which works within any limit",
                        store_.path().string(), need, options_.memory_limit >> 20U));
    }

    void check_memory(std::uint64_t rows) const {
        std::uint64_t bytes_an_account = 56;
        for (const LayerInfo& layer : store_.layers()) bytes_an_account += layer.directed ? 32 : 16;
        constexpr std::uint64_t bytes_a_row = 100;
        const std::uint64_t bytes = bytes_an_account * store_.accounts()->size() + bytes_a_row * rows;
        if (bytes > options_.memory_limit)
            refuse_memory(fmt::format("what belongs to accounts and new rows, {} MB,", (bytes >> 20U) + 1));
    }

    std::uint64_t read_removal_files() {
        std::uint64_t rows = 0;
        std::size_t first = 0;
        for (const LayerFile& given : options_.removals) {
            RemovalFile file{given.path, layer_position(given.layer), {}, first};
            InputFile input(given.path);
            const LayerInfo& layer = store_.layers()[file.layer];
            if (layer.half_life > 0 && !options_.remove_whole_edges)
                contradict(fmt::format(
                    "rows of its layer '{}' lose weight by age, which a row that is taken out does not tell: only "
                    "whole edges can be (--remove-edges)",
                    layer.name));
            file.rows = read_removals(input, options_.rows, layer.weighted, ids(), options_.names);
            for (const Reject& reject : file.rows.rejects) rejects_.add(given.path, reject);
            if (key_)
                for (RemovalRows::Row& row : file.rows.rows) {
                    row.source = stored_name(row.source);
                    row.target = stored_name(row.target);
                }
            rows += file.rows.num_rows;
            first += file.rows.rows.size();
            removed_sources_.emplace_back(file.layer, SourceFile{given.path, file.rows.sha256, true});
            report_.sources.push_back(removed_sources_.back().second);
            removal_files_.push_back(std::move(file));
        }
        return rows;
    }

    Identified identify(ReadInputs& read) {
        return read.ids == IdKind::numeric
                   ? identify_numbers(std::move(read.rows), table_.numbers(), threads_, options_.progress, key())
                   : identify_handles(std::move(read.rows), table_.handles(), threads_, options_.progress, key());
    }

    /// The layers of the store, then those that only the plan has; `in_plan` is the place there, or none.
    struct LayerName {
        std::string name;
        std::optional<std::size_t> in_plan;
    };
    std::vector<LayerName> layer_names(const IngestPlan& plan) const {
        std::vector<LayerName> names;
        for (const LayerInfo& layer : store_.layers()) names.push_back({layer.name, {}});
        for (std::size_t l = 0; l < plan.layers.size(); ++l) {
            const auto known = std::find_if(names.begin(), names.end(),
                                            [&](const LayerName& layer) { return layer.name == plan.layers[l].name; });
            if (known == names.end())
                names.push_back({plan.layers[l].name, l});
            else
                known->in_plan = l;
        }
        return names;
    }

    void merge(const IngestPlan& plan, const UnitedAccounts& united, Identified& identified) {
        const std::vector<LayerName> names = layer_names(plan);
        std::vector<LayerChanges> layers(names.size());
        remainders_.resize(names.size());
        no_edges_.assign(store_.accounts()->size() + std::size_t{1}, 0);
        for (std::size_t l = 0; l < names.size(); ++l) {
            LayerChanges& layer = layers[l];
            const bool known = l < store_.layers().size();
            if (known) {
                const LayerInfo& info = store_.layers()[l];
                graphs_.push_back(store_.graph(info.name));
                remainders_[l] = store_.remainders(info.name);
                layer.out = graphs_.back().out();
                layer.in = graphs_.back().in();
                layer.undirected = !info.directed;
                layer.weighted = info.weighted;
                layer.keep_self_loops = info.keep_self_loops;
                if (names[l].in_plan && plan.layers[*names[l].in_plan].weighted && !info.weighted)
                    contradict(
                        fmt::format("its layer '{}' has no weights and does not know how often its edges were named, "
                                    "so rows with weights "
                                    "cannot be added: it must be built anew from all files",
                                    info.name));
            } else {
                const LayerPlan& planned = plan.layers[*names[l].in_plan];
                layer.out = layer.in = {no_edges_, {}, {}};
                layer.undirected = options_.undirected;
                layer.weighted = planned.weighted || planned.events();
                layer.keep_self_loops = options_.keep_self_loops;
            }
            layer.remainders = &remainders_[l];
            layer.whole_edges = options_.remove_whole_edges;
            added_rows_.push_back(names[l].in_plan ? identified.layers[*names[l].in_plan].sources.size() : 0);
            if (names[l].in_plan) layer.added = placed(std::move(identified.layers[*names[l].in_plan]), united);
        }
        for (const RemovalFile& file : removal_files_) {
            std::vector<Removal>& removed = layers[file.layer].removed;
            for (std::size_t i = 0; i < file.rows.rows.size(); ++i) {
                const RemovalRows::Row& row = file.rows.rows[i];
                removed.push_back({position_of(united.accounts, row.source), position_of(united.accounts, row.target),
                                   row.weight, file.first + i});
            }
        }
        merge_.emplace(united.positions, std::move(layers),
                       BuildOptions{.threads = threads_, .progress = options_.progress});
    }

    EdgeList placed(EdgeList edges, const UnitedAccounts& united) const {
        const std::size_t rows = edges.sources.size();
#pragma omp parallel for num_threads(threads_) schedule(static)
        for (std::size_t i = 0; i < rows; ++i) {
            edges.sources[i] = united.position_of_new[edges.sources[i]];
            edges.targets[i] = united.position_of_new[edges.targets[i]];
        }
        return edges;
    }

    /// Rows that could not be taken out become rejects, each with its line.
    void tell_rejected_removals() {
        std::vector<std::pair<std::size_t, const RejectedRemoval*>> all;
        for (std::size_t l = 0; l < remainders_.size(); ++l)
            for (const RejectedRemoval& rejected : merge_->counts(l).rejected)
                all.emplace_back(rejected.number, &rejected);
        std::sort(all.begin(), all.end());
        auto file = removal_files_.begin();
        for (const auto& [number, rejected] : all) {
            while (number >= file->first + file->rows.rows.size()) ++file;
            const RemovalRows::Row& row = file->rows.rows[number - file->first];
            const std::string edge = printable(row.source + " -> " + row.target, 160);
            const std::string& layer = store_.layers()[file->layer].name;
            rejects_.add(
                file->path,
                {row.line,
                 rejected->absent
                     ? fmt::format("what is removed must be there, but layer {} has no edge {}", layer, edge)
                     : fmt::format("no more can be removed than is there, but edge {} of layer {} weighs {}, got {}",
                                   edge, layer, rejected->weight, row.weight),
                 row.source + "," + row.target});
        }
    }

    std::vector<StoreContents::Layer> merged_layers(const IngestPlan& plan) const {
        std::vector<StoreContents::Layer> layers;
        const std::vector<LayerName> names = layer_names(plan);
        for (std::size_t l = 0; l < names.size(); ++l) {
            const MergeCounts& counts = merge_->counts(l);
            LayerInfo info;
            if (l < store_.layers().size()) {
                info = store_.layers()[l];
            } else {
                info.name = info.kind = names[l].name;
                info.directed = !options_.undirected;
                info.weighted = plan.layers[*names[l].in_plan].weighted || plan.layers[*names[l].in_plan].events();
                info.keep_self_loops = options_.keep_self_loops;
            }
            if (names[l].in_plan) {
                const LayerPlan& layer = plan.layers[*names[l].in_plan];
                info.since = layer.since;
                info.until = layer.until;
                info.as_of = layer.as_of;
                info.half_life = layer.half_life;
                if (layer.times_matter()) info.outside += layer.tally.rows - layer.tally.rejected - added_rows_[l];
                info.rows += layer.tally.rows;
                info.rejected += layer.tally.rejected;
                if (layer.tally.first_time <= layer.tally.last_time) {
                    info.first_time =
                        std::min(info.first_time.value_or(layer.tally.first_time), layer.tally.first_time);
                    info.last_time = std::max(info.last_time.value_or(layer.tally.last_time), layer.tally.last_time);
                }
                info.sources.insert(info.sources.end(), layer.sources.begin(), layer.sources.end());
            }
            for (const auto& [position, source] : removed_sources_)
                if (position == l) info.sources.push_back(source);
            sort_sources(info.sources);
            info.rows -= counts.removed;
            info.self_loops += counts.self_loops;
            info.kept += counts.inserted;
            info.kept -= counts.gone;
            info.merged = info.rows - info.rejected - info.outside - info.self_loops - info.kept;
            info.num_edges = merge_->num_edges(l);
            StoreContents::Layer& layer = layers.emplace_back();
            layer.info = std::move(info);
            std::vector<EdgeRemainder> lacking = merge_->remainders(l);
            layer.num_remainders = lacking.size();
            layer.stream = [this, l, lacking = std::move(lacking)](StreamedCsr& out, StreamedCsr* in,
                                                                   StreamedRemainders* remainders) {
                write_rows(merge_->out(l), out);
                if (in != nullptr) write_rows(merge_->in(l), *in);
                if (remainders != nullptr) write_remainders(lacking, out, *remainders, threads_);
            };
        }
        return layers;
    }

    /// Makes rows and writes them, chunk by chunk.
    void write_rows(const MergedRows& rows, StreamedCsr& csr) const {
        csr.offsets.append(std::as_bytes(std::span(rows.offsets())), threads_);
        std::vector<MergedRows::Desk> desks(static_cast<std::size_t>(threads_));
        std::vector<Task> tasks;
        for (std::size_t chunk = 0; chunk < rows.num_chunks(); ++chunk)
            tasks.push_back({rows.edges_of(chunk) * sizeof(AccountId), [&, chunk] {
                                 MergedRows::Desk& desk = desks[static_cast<std::size_t>(omp_get_thread_num())];
                                 const EdgeOffset begin = rows.make(chunk, desk);
                                 csr.neighbors.put(begin * sizeof(AccountId), std::as_bytes(desk.neighbors));
                                 csr.weights.put(begin * sizeof(float), std::as_bytes(desk.weights));
                             }});
        run_tasks(tasks, threads_, "merging", options_.progress);
    }

    /// The columns of the store; what the table says of an account replaces what the store said of it.
    std::vector<AccountColumn> columns_of(const UnitedAccounts& united, const Array<AccountId>& by_id) {
        const AccountId n = united.positions.count;
        std::vector<AccountColumn> columns;
        for (AccountColumn& old : store_.columns()) {
            AccountColumn column{std::move(old.name), std::vector<std::string>(n)};
            for (AccountId account = 0; account < store_.accounts()->size(); ++account)
                column.values[by_id[united.positions.position[account]]] = std::move(old.values[account]);
            columns.push_back(std::move(column));
        }
        std::vector<AccountId> named;
        if (united.accounts.numeric)
            for (const std::uint64_t id : table_.numbers())
                named.push_back(by_id[position_of(united.accounts, std::to_string(id))]);
        else
            for (const std::string& handle : table_.handles())
                named.push_back(by_id[position_of(united.accounts, stored_name(handle))]);
        for (AccountColumn& added : table_.take_columns(united.accounts, by_id, key())) {
            const auto known = std::find_if(columns.begin(), columns.end(),
                                            [&](const AccountColumn& column) { return column.name == added.name; });
            if (known == columns.end()) {
                columns.push_back(std::move(added));
                continue;
            }
            for (const AccountId account : named) known->values[account] = std::move(added.values[account]);
        }
        return columns;
    }

    const std::filesystem::path& path_;
    const IngestOptions& given_;
    IngestOptions options_;
    const Store& store_;
    int threads_;
    std::optional<PseudonymKey> key_;
    RejectsFile rejects_;
    JoinedAccounts table_;
    std::vector<RemovalFile> removal_files_;
    std::vector<Graph> graphs_;  ///< what the merge reads
    std::vector<WeightRemainders> remainders_;
    Array<EdgeOffset> no_edges_;
    std::optional<LayerMerge> merge_;
    std::vector<EdgeOffset> added_rows_;                               ///< [layers]
    std::vector<std::pair<std::size_t, SourceFile>> removed_sources_;  ///< and the layer of each
    IngestReport report_;
};

}  // namespace

IngestReport append(const std::filesystem::path& path, const IngestOptions& options) {
    const RecycledArrays recycled;
    // Two that append to one store and replace it come one after the other: else the rows of the first would be lost.
    Descriptor lock;
    std::error_code absent;
    if (std::filesystem::equivalent(path, options.append_to, absent))
        lock = lock_store(options.append_to, options.progress);
    const Store store = Store::open(options.append_to);
    return Append(path, options, store).run();
}

}  // namespace coterie
