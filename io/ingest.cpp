#include "io/ingest.hpp"

#include <fmt/format.h>
#include <omp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <unordered_map>

#include "host/build.hpp"
#include "host/errors.hpp"
#include "io/accounts_table.hpp"
#include "io/fields.hpp"
#include "io/identify.hpp"
#include "io/read_edges.hpp"
#include "io/rejects.hpp"

namespace coterie {

namespace {

constexpr std::string_view follow_layer = "follow";
constexpr std::string_view mention_layer = "mention";
constexpr std::uint64_t least_reject_limit = 100;
constexpr std::uint64_t rows_per_allowed_reject = 1000;

/// An input that can be read again: its descriptor if it had to be copied first.
class Input {
  public:
    Input(std::string path, bool read_twice, const std::string& folder) : path_(std::move(path)) {
        bytes_ = file_bytes(path_);
        if (read_twice && !rereadable(path_)) spool_ = spool(path_, folder);
    }
    Input(Input&& other) noexcept
        : path_(std::move(other.path_)), bytes_(other.bytes_), spool_(std::exchange(other.spool_, -1)) {}
    Input& operator=(Input&&) = delete;
    ~Input() {
        if (spool_ >= 0) ::close(spool_);
    }

    const std::string& path() const { return path_; }
    std::uint64_t bytes() const { return bytes_; }
    InputFile open() const {
        if (spool_ >= 0) ::lseek(spool_, 0, SEEK_SET);
        return InputFile(path_, spool_);
    }

  private:
    std::string path_;
    std::uint64_t bytes_ = 0;
    int spool_ = -1;
};

struct LayerPlan {
    std::string name;
    bool weighted = false;  ///< a file of it has a weight column
    LayerTally tally;
    std::vector<SourceFile> sources;
    bool events() const { return name != follow_layer; }
};

std::string created_time(const std::vector<std::string>& paths) {
    if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr)
        if (const auto seconds = parse_id(epoch)) return iso_time(static_cast<std::int64_t>(*seconds));
    std::int64_t newest = 0;
    for (const std::string& path : paths) {
        struct stat status {};
        if (path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode))
            newest = std::max<std::int64_t>(newest, status.st_mtim.tv_sec);
    }
    return iso_time(newest);
}

void check_layer_name(const std::string& name) {
    const bool sound = !name.empty() && name != "." && name != ".." && valid_utf8(name) &&
                       name.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
    if (!sound)
        throw std::invalid_argument(
            fmt::format("ingest: a layer's name must be text without '/', got \"{}\"", printable(name, 80)));
}

class Ingestion {
  public:
    Ingestion(const std::filesystem::path& store, const IngestOptions& options)
        : store_(store),
          options_(options),
          threads_(options.threads > 0 ? options.threads : omp_get_num_procs()),
          rejects_(options.rejects.empty() ? std::filesystem::path(store.string() + ".rejects.csv") : options.rejects) {
        if (options.threads < 0)
            throw std::invalid_argument(fmt::format("ingest: threads must not be negative, got {}", options.threads));
        for (const auto& [code, layer] : options.kinds) kinds_[code] = layer;
    }

    IngestReport run() {
        plan();
        timed("accounts", [&] { read_accounts(); });
        timed("read", [&] { read(); });
        note_what_may_surprise();
        settle_rejects();
        Identified identified = timed("identify", [&] { return identify(); });
        BuiltLayers built = timed("build", [&] { return build(identified); });
        timed("write", [&] { write(std::move(identified.accounts), built); });
        return std::move(report_);
    }

  private:
    template <class Work>
    std::invoke_result_t<Work> timed(const std::string& step, Work work) {
        const auto began = std::chrono::steady_clock::now();
        struct Note {
            const decltype(began)& start;
            std::vector<std::pair<std::string, double>>& seconds;
            const std::string& name;
            ~Note() {
                seconds.emplace_back(name,
                                     std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
            }
        } note{began, report_.seconds, step};
        return work();
    }

    std::size_t layer_index(const std::string& name) {
        for (std::size_t l = 0; l < layers_.size(); ++l)
            if (layers_[l].name == name) return l;
        check_layer_name(name);
        layers_.push_back({name, false, {}, {}});
        return layers_.size() - 1;
    }

    void plan() {
        if (options_.files.empty() && options_.accounts.empty())
            throw std::invalid_argument("ingest: at least one file of edges must be given, got none");
        const bool twice = options_.ids == IdChoice::automatic;
        const std::string folder = store_.has_parent_path() ? store_.parent_path().string() : ".";
        if (::access(folder.c_str(), W_OK | X_OK) != 0)
            throw IoError(fmt::format("{}: must stand in a folder that can be written to, but {}: {}", store_.string(),
                                      folder, std::strerror(errno)));
        std::vector<std::string> paths;
        for (const LayerFile& file : options_.files) paths.push_back(file.path);
        if (!options_.accounts.empty()) paths.push_back(options_.accounts);
        if (std::count(paths.begin(), paths.end(), "-") > 1)
            throw std::invalid_argument("ingest: standard input can be read once, but '-' is given more often");
        report_.created = created_time(paths);

        for (const LayerFile& file : options_.files) {
            EdgeFilePlan plan;
            plan.path = file.path;
            if (file.layer == mention_layer && !options_.kinds.empty()) {
                for (const auto& [code, layer] : options_.kinds) plan.layer_of_kind[code] = layer_index(layer);
                plan.layer = layer_index(options_.kinds.front().second);
            } else {
                plan.layer = layer_index(file.layer);
            }
            plans_.push_back(std::move(plan));
            inputs_.emplace_back(file.path, twice, folder);
            total_bytes_ += static_cast<double>(inputs_.back().bytes());
        }
        if (!options_.kinds.empty() &&
            std::all_of(plans_.begin(), plans_.end(), [](const auto& p) { return p.layer_of_kind.empty(); }))
            throw std::invalid_argument(
                "ingest: --kinds sends rows of --mention files to layers, but there is no such file");
    }

    void read_accounts() {
        if (options_.accounts.empty()) return;
        file_bytes(options_.accounts);
        InputFile file(options_.accounts);
        table_ = read_accounts_table(file, options_.rows, options_.accounts_id_column);
        report_.sources.push_back({options_.accounts, file.sha256()});
        for (const std::string& id : table_.ids) ++(looks_like_number(id) ? table_numbers_ : table_words_);
    }

    /// Ids are numbers if more rows say so than not: the rule, for the counts of the whole input or of its beginning.
    static IdKind majority(std::uint64_t numbers, std::uint64_t words) {
        return numbers > words || words == 0 ? IdKind::numeric : IdKind::handles;
    }

    IdKind guessed_ids() const {
        std::uint64_t numbers = table_numbers_;
        std::uint64_t words = table_words_;
        if (!inputs_.empty()) {
            InputFile file = inputs_[0].open();
            std::string head(std::size_t{1} << 16, '\0');
            head.resize(file.read(head.data(), head.size()));
            head.resize(head.rfind('\n') + 1);
            const EdgeFilePlan& plan = plans_[0];
            const RowFormat format = recognise_rows(head, options_.rows, layers_[plan.layer].events(),
                                                    plan.layer_of_kind.empty() ? Kinds{} : kinds_, plan.path);
            Fields fields;
            for (const std::string_view row : first_rows(head, format.comments, 1000)) {
                if (!fields.split(row, format.separator) || fields.size() <= std::max(format.source, format.target))
                    continue;
                ++(looks_like_number(fields[format.source]) && looks_like_number(fields[format.target]) ? numbers
                                                                                                        : words);
            }
        }
        return majority(numbers, words);
    }

    void read() {
        if (options_.ids != IdChoice::automatic) {
            ids_ = options_.ids == IdChoice::numeric ? IdKind::numeric : IdKind::handles;
            read_as(ids_);
            return;
        }
        ids_ = guessed_ids();
        const auto [numbers, words] = read_as(ids_);
        const IdKind decided = majority(numbers + table_numbers_, words + table_words_);
        if (decided == ids_) return;
        ids_ = decided;
        rejects_.restart();
        read_as(ids_);
    }

    /// Reads all files. Returns how many rows have two numbers as ids, and how many have not.
    std::pair<std::uint64_t, std::uint64_t> read_as(IdKind ids) {
        rows_.clear();
        rows_.resize(static_cast<std::size_t>(threads_));
        for (ThreadRows& thread : rows_) thread.layers.resize(layers_.size());
        for (LayerPlan& layer : layers_) {
            layer.tally = {};
            layer.sources.clear();
        }
        formats_.clear();
        ReadingProgress reading{options_.progress, 0, total_bytes_};
        std::uint64_t numbers = 0;
        std::uint64_t words = 0;
        edge_sources_.clear();
        for (std::size_t f = 0; f < inputs_.size(); ++f) {
            const EdgeFilePlan& plan = plans_[f];
            InputFile file = inputs_[f].open();
            const FileTally tally =
                read_edges(file, plan, options_.rows, layers_[plan.layer].events(),
                           plan.layer_of_kind.empty() ? Kinds{} : kinds_, ids, rows_, rejects_, reading);
            reading.before += static_cast<double>(file.bytes_read());
            numbers += tally.number_rows;
            words += tally.word_rows;
            const SourceFile source{plan.path, file.sha256()};
            edge_sources_.push_back(source);
            formats_.push_back(tally.format);
            for (std::size_t l = 0; l < layers_.size(); ++l) layers_[l].tally.add(tally.layers[l]);
            std::vector<std::size_t> fed{plan.layer};
            for (const auto& [code, layer] : plan.layer_of_kind) fed.push_back(layer);
            std::sort(fed.begin(), fed.end());
            fed.erase(std::unique(fed.begin(), fed.end()), fed.end());
            for (const std::size_t l : fed) {
                layers_[l].sources.push_back(source);
                layers_[l].weighted |= tally.format.weight != RowFormat::none;
            }
        }
        return {numbers, words};
    }

    /// Options that name a column of some files must name one of at least one; and a weight that is not used is told of.
    void note_what_may_surprise() {
        const auto check = [&](const std::string& choice, std::size_t RowFormat::*column, std::string_view role) {
            if (choice.empty() || choice == "none") return;
            const auto has = [&](const RowFormat& format) { return format.*column != RowFormat::none; };
            const bool any_row = std::any_of(layers_.begin(), layers_.end(),
                                             [](const LayerPlan& layer) { return layer.tally.rows > 0; });
            if (any_row && std::none_of(formats_.begin(), formats_.end(), has))
                throw IoError(fmt::format(
                    "ingest: --{}-column must name a column of at least one file, but none has \"{}\"", role, choice));
        };
        check(options_.rows.weight_column, &RowFormat::weight, "weight");
        check(options_.rows.time_column, &RowFormat::time, "time");
        check(options_.rows.kind_column, &RowFormat::kind, "kind");
        for (std::size_t f = 0; f < formats_.size(); ++f) {
            const RowFormat& format = formats_[f];
            if (format.weight != RowFormat::none || !options_.rows.weight_column.empty()) continue;
            if (const auto column = find_column("weight", format.names))
                report_.notes.push_back(fmt::format(
                    "{}: the column \"{}\" is not used, since a follow layer has no weights; for a weighted "
                    "layer: --weight-column {}",
                    plans_[f].path, format.names[*column], format.names[*column]));
        }
    }

    /// Takes the accounts out of the table that exist, and ends the run if too many lines of all files were rejected.
    void settle_rejects() {
        std::vector<Reject> bad = std::move(table_.rejects);
        std::unordered_map<std::string_view, std::size_t> seen;
        std::vector<std::size_t> kept;
        for (std::size_t i = 0; i < table_.ids.size(); ++i) {
            const std::string& id = table_.ids[i];
            std::string key = id;
            if (ids_ == IdKind::numeric) {
                const auto number = parse_id(id);
                if (!number) {
                    bad.push_back({table_.lines[i],
                                   fmt::format("the account's id must be a whole number from 0 to 2^64 - 1, got \"{}\"",
                                               printable(id, 80)),
                                   id});
                    continue;
                }
                key = std::to_string(*number);  // 007 is 7
            }
            table_.ids[i] = std::move(key);
            if (const auto [first, added] = seen.emplace(table_.ids[i], i); !added) {
                bad.push_back({table_.lines[i],
                               fmt::format("an account must stand in the table once, but \"{}\" stands on line {} too",
                                           printable(table_.ids[i], 80), table_.lines[first->second]),
                               id});
                continue;
            }
            kept.push_back(i);
        }
        table_rows_ = std::move(kept);
        std::stable_sort(bad.begin(), bad.end(), [](const Reject& a, const Reject& b) { return a.line < b.line; });
        for (const Reject& reject : bad) rejects_.add(options_.accounts, reject);

        report_.account_rows = table_.rows;
        report_.rejected_accounts = bad.size();
        report_.rejected = rejects_.count();
        std::uint64_t rows = table_.rows;
        for (const LayerPlan& layer : layers_) rows += layer.tally.rows;
        const std::uint64_t limit =
            options_.max_rejects.value_or(std::max(least_reject_limit, rows / rows_per_allowed_reject));
        if (rejects_.count() == 0) {
            // A list left by an earlier run would speak of another store.
            if (options_.rejects.empty()) {
                std::error_code ignored;
                std::filesystem::remove(rejects_.path(), ignored);
            }
            return;
        }
        rejects_.commit();
        report_.rejects = rejects_.path();
        if (rejects_.count() > limit)
            throw TooManyRejects(fmt::format(
                "{}\ningest: at most {} of {} rows may be rejected, but {} were: they stand in {}, the first "
                "above; to go on without them: --max-rejects {}",
                rejects_.first(), limit, rows, rejects_.count(), rejects_.path().string(), rejects_.count()));
    }

    Identified identify() {
        if (ids_ == IdKind::numeric) {
            std::vector<std::uint64_t> named;
            for (const std::size_t i : table_rows_) named.push_back(*parse_id(table_.ids[i]));
            return identify_numbers(std::move(rows_), named, threads_, options_.progress);
        }
        std::vector<std::string> named;
        for (const std::size_t i : table_rows_) named.push_back(table_.ids[i]);
        return identify_handles(std::move(rows_), named, threads_, options_.progress);
    }

    BuiltLayers build(Identified& identified) {
        std::vector<LayerEdges> edges(layers_.size());
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            edges[l].edges = std::move(identified.layers[l]);
            edges[l].undirected = options_.undirected;
            edges[l].count_rows = layers_[l].events() && !layers_[l].weighted;
        }
        return build_layers(
            identified.accounts.size(), std::move(edges),
            {.keep_self_loops = options_.keep_self_loops, .threads = threads_, .progress = options_.progress});
    }

    LayerInfo layer_info(const LayerPlan& plan, const BuiltLayer& built) const {
        LayerInfo info;
        info.name = plan.name;
        info.kind = plan.name;
        info.directed = !built.undirected;
        info.weighted = plan.weighted || plan.events();
        info.num_edges = built.out.neighbors.size();
        info.rows = plan.tally.rows;
        info.kept = built.counts.kept;
        info.merged = built.counts.merged;
        info.self_loops = built.counts.self_loops;
        info.rejected = plan.tally.rejected;
        if (plan.tally.first_time <= plan.tally.last_time) {
            info.first_time = plan.tally.first_time;
            info.last_time = plan.tally.last_time;
        }
        info.sources = plan.sources;
        std::sort(info.sources.begin(), info.sources.end(),
                  [](const auto& a, const auto& b) { return a.path < b.path; });
        return info;
    }

    /// The columns of the table by internal id.
    std::vector<AccountColumn> joined_columns(const IdentifiedAccounts& accounts, const Array<AccountId>& by_id) {
        std::vector<AccountColumn> columns;
        for (const std::string& name : table_.column_names)
            columns.push_back({name, std::vector<std::string>(accounts.size())});
        for (const std::size_t row : table_rows_) {
            AccountId position = 0;
            if (accounts.numeric) {
                const auto found =
                    std::lower_bound(accounts.ids.begin(), accounts.ids.end(), *parse_id(table_.ids[row]));
                position = static_cast<AccountId>(found - accounts.ids.begin());
            } else {
                AccountId count = accounts.size();
                while (count > 0) {
                    const AccountId half = count / 2;
                    const bool below = accounts.handle(position + half) < table_.ids[row];
                    position = below ? position + half + 1 : position;
                    count = below ? count - half - 1 : half;
                }
            }
            for (std::size_t c = 0; c < columns.size(); ++c)
                columns[c].values[by_id[position]] = std::move(table_.columns[c][row]);
        }
        return columns;
    }

    void write(IdentifiedAccounts accounts, const BuiltLayers& built) {
        const AccountId n = accounts.size();
        StoreContents contents;
        contents.columns = joined_columns(accounts, built.by_id);
        contents.by_id = built.by_id;
        contents.created = report_.created;

        Array<std::uint64_t> ids;
        Array<std::uint64_t> handle_offsets;
        Array<char> handle_bytes;
        if (accounts.numeric) {
            ids.resize(n);
            for (AccountId position = 0; position < n; ++position) ids[built.by_id[position]] = accounts.ids[position];
            contents.ids = ids;
        } else {
            Array<AccountId> position_of(n);
            for (AccountId position = 0; position < n; ++position) position_of[built.by_id[position]] = position;
            handle_offsets.push_back(0);
            for (AccountId account = 0; account < n; ++account) {
                const std::string_view handle = accounts.handle(position_of[account]);
                handle_bytes.insert(handle_bytes.end(), handle.begin(), handle.end());
                handle_offsets.push_back(handle_bytes.size());
            }
            contents.handle_offsets = handle_offsets;
            contents.handle_bytes = {handle_bytes.data(), handle_bytes.size()};
        }
        report_.accounts = n;
        report_.numeric = accounts.numeric;
        for (const AccountColumn& column : contents.columns) report_.columns.push_back(column.name);
        accounts = {};

        for (std::size_t l = 0; l < layers_.size(); ++l) {
            const BuiltLayer& layer = built.layers[l];
            contents.layers.push_back({layer_info(layers_[l], layer), layer.out.view(),
                                       layer.undirected ? layer.out.view() : layer.in.view()});
            report_.layers.push_back(contents.layers.back().info);
        }
        report_.sources.insert(report_.sources.begin(), edge_sources_.begin(), edge_sources_.end());
        write_store(store_, contents, options_.progress);
    }

    const std::filesystem::path& store_;
    const IngestOptions& options_;
    int threads_;
    Kinds kinds_;
    RejectsFile rejects_;
    std::vector<LayerPlan> layers_;
    std::vector<EdgeFilePlan> plans_;
    std::vector<Input> inputs_;
    double total_bytes_ = 0;
    AccountsTable table_;
    std::vector<std::size_t> table_rows_;  ///< rows of the table that are joined
    std::uint64_t table_numbers_ = 0;
    std::uint64_t table_words_ = 0;
    IdKind ids_ = IdKind::numeric;
    std::vector<ThreadRows> rows_;
    std::vector<RowFormat> formats_;
    std::vector<SourceFile> edge_sources_;
    IngestReport report_;
};

}  // namespace

IngestReport ingest(const std::filesystem::path& path, const IngestOptions& options) {
    const RecycledArrays recycled;  // what rows came in becomes what edges are sorted in
    return Ingestion(path, options).run();
}

}  // namespace coterie
