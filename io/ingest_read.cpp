#include "io/ingest_read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string_view>

#include "host/errors.hpp"
#include "io/fields.hpp"
#include "io/formats/json_rows.hpp"
#include "io/read_edges.hpp"
#include "io/spill_space.hpp"

namespace coterie {

namespace {

/// Of the memory limit, for events of posts before they go to a file.
constexpr std::uint64_t share_of_post_events = 8;

const Kinds& kinds_of(const EdgeFilePlan& file, const IngestPlan& plan) {
    static const Kinds none;
    return file.layer_of_kind.empty() ? none : plan.kinds;
}

/// The ids in the first rows of the first file.
IdCounts first_ids(const IngestPlan& plan, const IngestOptions& options) {
    IdCounts counts;
    if (plan.inputs.empty()) return counts;
    InputFile input = plan.inputs[0].open();
    std::string head(std::size_t{1} << 16, '\0');
    head.resize(input.read(head.data(), head.size()));
    head.resize(head.rfind('\n') + 1);
    const EdgeFilePlan& file = plan.files[0];
    if (file.input == InputFormat::twitter_v1 || file.input == InputFormat::twitter_v2) counts.numbers = 1;
    if (file.input != InputFormat::text) return counts;
    const RowFormat format =
        recognise_rows(head, options.rows, plan.layers[file.layer].events(), kinds_of(file, plan), file.path);
    Fields fields;
    for (const std::string_view row : first_rows(head, format.comments, 1000)) {
        if (!fields.split(row, format.separator) || fields.size() <= std::max(format.source, format.target)) continue;
        const bool numbers = looks_like_number(fields[format.source]) && looks_like_number(fields[format.target]);
        ++(numbers ? counts.numbers : counts.words);
    }
    return counts;
}

/// Adds what a file had to the layers that it feeds.
void tell_layers(const EdgeFilePlan& file, const FileTally& tally, bool weighted, std::vector<LayerPlan>& layers) {
    for (std::size_t l = 0; l < layers.size(); ++l) layers[l].tally.add(tally.layers[l]);
    std::vector<std::size_t> fed{file.layer};
    for (const auto& [code, layer] : file.layer_of_kind) fed.push_back(layer);
    std::sort(fed.begin(), fed.end());
    fed.erase(std::unique(fed.begin(), fed.end()), fed.end());
    for (const std::size_t l : fed) {
        layers[l].sources.push_back({file.path, tally.sha256});
        layers[l].weighted |= weighted;
    }
}

/// Hands on what is reported, and remembers how far the reading is.
class ReadingShare final : public Progress {
  public:
    explicit ReadingShare(Progress* next) : next_(next) {}

    void report(std::string_view step, double done, double total, std::string_view unit) override {
        done_ = done;
        if (next_ != nullptr) next_->report(step, done, total, unit);
    }
    bool cancelled() const override { return next_ != nullptr && next_->cancelled(); }
    double done() const { return done_; }

  private:
    Progress* next_;
    std::atomic<double> done_{0};
};

/// The columns of a file of text; of others, which of them it has.
RowFormat columns_of(const FileFormat& format) {
    if (const auto* text = dynamic_cast<const TextFormat*>(&format)) return text->rows();
    RowFormat columns;
    if (format.weighted()) columns.weight = 2;
    if (const auto* rows = dynamic_cast<const JsonRowsFormat*>(&format)) {
        if (!rows->fields().paths[JsonFields::time].empty()) columns.time = 3;
        if (!rows->fields().paths[JsonFields::kind].empty()) columns.kind = 4;
    }
    return columns;
}

/// Adds what posts gave to the layers.
PostsReport settle_posts(const PostTally& tally, const PostCollection& posts, IngestPlan& plan) {
    for (std::size_t l = 0; l < plan.layers.size(); ++l) plan.layers[l].tally.add(tally.layers[l]);
    const PostCounts& counts = posts.counts;
    return {.posts = tally.posts,
            .repeated_posts = counts.posts - tally.posts,
            .posts_without_events = tally.posts_without_events,
            .notices = counts.notices,
            .rejected_profiles = posts.rejected_profiles,
            .lists_of_nobody = counts.lists_of_nobody,
            .mentions_in_links = counts.mentions_in_links,
            .unknown = counts.unknown};
}

/// Layers that posts would have fed, had there been a row.
void drop_unused_layers(IngestPlan& plan, ReadInputs& read) {
    for (LayerPlan& layer : plan.layers)
        if (layer.same_rows_as) layer.only_if_used = plan.layers[*layer.same_rows_as].only_if_used;
    for (std::size_t l = plan.layers.size(); l-- > 0;) {
        if (!plan.layers[l].only_if_used || plan.layers[l].tally.rows > 0) continue;
        for (LayerPlan& layer : plan.layers)
            if (layer.same_rows_as && *layer.same_rows_as > l) --*layer.same_rows_as;
        plan.layers.erase(plan.layers.begin() + static_cast<std::ptrdiff_t>(l));
        for (ThreadRows& thread : read.rows)
            thread.layers.erase(thread.layers.begin() + static_cast<std::ptrdiff_t>(l));
        if (read.spill->spilled()) read.spill->drop_layer(l);
    }
}

/// Reads all files into `read`. Returns how many rows have two numbers as ids, and how many have not.
IdCounts read_as(IdKind ids, IngestPlan& plan, const IngestOptions& options, int threads, RejectsFile& rejects,
                 ReadInputs& read) {
    read = {};
    read.ids = ids;
    read.rows.resize(static_cast<std::size_t>(threads));
    const HandleNumbers handles(std::make_shared<HandleDictionary>(options.names));
    for (ThreadRows& thread : read.rows) {
        thread.layers.resize(plan.layers.size());
        thread.times = &plan.times;
        thread.handles = handles;
    }
    SpillOptions spilling;
    spilling.layers = plan.layers.size();
    spilling.threads = read.rows.size();
    for (const LayerPlan& layer : plan.layers) spilling.undirected.push_back(layer.undirected);
    spilling.keep_self_loops = options.keep_self_loops;
    spilling.numbers = ids == IdKind::numeric;
    spilling.folder = options.temporary_directory;
    spilling.memory_limit = options.memory_limit;
    read.spill = std::make_unique<RowSpill>(spilling);
    for (std::size_t thread = 0; thread < read.rows.size(); ++thread)
        for (std::size_t l = 0; l < plan.layers.size(); ++l) read.rows[thread].layers[l].attach(*read.spill, thread, l);
    const bool any_undirected =
        std::any_of(plan.layers.begin(), plan.layers.end(), [](const LayerPlan& layer) { return layer.undirected; });
    ReadingShare reading(options.progress);
    read.spill->on_begin([&](std::uint64_t row_bytes) {
        double total = 0;
        for (const Input& input : plan.inputs) total += static_cast<double>(input.bytes());
        const double share = total > 0 ? reading.done() / total : 0;
        if (!(share > 0 && share <= 1)) return;  // of a pipe nobody knows how much is to come
        const auto all = static_cast<std::uint64_t>(static_cast<double>(row_bytes) / share);
        check_spill_space(spill_space(all, any_undirected), options.temporary_directory, plan.store.parent_path());
    });
    for (LayerPlan& layer : plan.layers) {
        layer.tally = {};
        layer.sources.clear();
    }
    read.beside.nodes.resize(plan.files.size());
    if (!options.posts.empty())
        read.beside.posts = std::make_shared<PostCollection>(ids, handles, read.rows.size(),
                                                             options.memory_limit / share_of_post_events,
                                                             options.temporary_directory.string());
    std::vector<std::unique_ptr<FileFormat>> formats;
    for (std::size_t f = 0; f < plan.files.size(); ++f)
        formats.push_back(open_format(plan, f, options, ids, read.beside));
    std::vector<EdgeInput> inputs;
    for (std::size_t f = 0; f < plan.inputs.size(); ++f)
        inputs.push_back({plan.files[f].path,
                          [&, f] { return plan.inputs[f].open(compression_of(plan.files[f].input)); }, formats[f].get(),
                          plan.inputs[f].bytes()});
    const std::vector<FileTally> tallies = read_edges(inputs, read.rows, rejects, &reading);
    PostTally posts;
    if (read.beside.posts) posts = read.beside.posts->events.drain(plan.post_layers, read.rows);
    if (read.spill->spilled()) read.spill->finish(read.rows);
    read.handles = handles.dictionary();

    IdCounts counts;
    for (std::size_t f = 0; f < tallies.size(); ++f) {
        counts = counts + IdCounts{tallies[f].number_rows, tallies[f].word_rows};
        read.sources.push_back({plan.files[f].path, tallies[f].sha256});
        read.formats.push_back(columns_of(*formats[f]));
        tell_layers(plan.files[f], tallies[f], formats[f]->weighted(), plan.layers);
        std::uint64_t rows = 0;
        for (const LayerTally& layer : tallies[f].layers) rows += layer.rows;
        formats[f]->check(rows);
    }
    if (read.beside.posts) read.posts = settle_posts(posts, *read.beside.posts, plan);
    for (LayerPlan& layer : plan.layers) {
        if (!layer.same_rows_as) continue;
        const LayerPlan& first = plan.layers[*layer.same_rows_as];
        layer.tally.rows = first.tally.rows;
        layer.tally.rejected = first.tally.rejected;
        layer.weighted = first.weighted;
        layer.sources = first.sources;
    }
    return counts;
}

}  // namespace

ReadInputs read_inputs(IngestPlan& plan, const IngestOptions& options, const IdCounts& table, int threads,
                       RejectsFile& rejects) {
    ReadInputs read;
    if (options.ids != IdChoice::automatic) {
        const IdKind ids = options.ids == IdChoice::numeric ? IdKind::numeric : IdKind::handles;
        read_as(ids, plan, options, threads, rejects, read);
    } else {
        const IdKind guessed = (table + first_ids(plan, options)).majority();
        const IdCounts counts = read_as(guessed, plan, options, threads, rejects, read);
        const IdKind decided = (table + counts).majority();
        if (decided != guessed) {
            rejects.restart();
            read_as(decided, plan, options, threads, rejects, read);
        }
    }
    drop_unused_layers(plan, read);
    return read;
}

std::vector<std::string> notes_on_columns(const IngestPlan& plan, const ReadInputs& read,
                                          const IngestOptions& options) {
    const auto check = [&](const std::string& choice, std::size_t RowFormat::*column, std::string_view role) {
        if (choice.empty() || choice == "none") return;
        const auto has = [&](const RowFormat& format) { return format.*column != RowFormat::none; };
        const bool any_row = std::any_of(plan.layers.begin(), plan.layers.end(),
                                         [](const LayerPlan& layer) { return layer.tally.rows > 0; });
        if (any_row && std::none_of(read.formats.begin(), read.formats.end(), has))
            throw IoError(fmt::format(
                "ingest: --{}-column must name a column of at least one file, but none has \"{}\"", role, choice));
    };
    check(options.rows.weight_column, &RowFormat::weight, "weight");
    check(options.rows.time_column, &RowFormat::time, "time");
    check(options.rows.kind_column, &RowFormat::kind, "kind");
    std::vector<std::string> notes;
    for (std::size_t f = 0; f < read.formats.size(); ++f) {
        const RowFormat& format = read.formats[f];
        if (format.weight != RowFormat::none || !options.rows.weight_column.empty()) continue;
        if (const auto column = find_column("weight", format.names))
            notes.push_back(
                fmt::format("{}: the column \"{}\" is not used, since a follow layer has no weights; for a weighted "
                            "layer: --weight-column {}",
                            plan.files[f].path, format.names[*column], format.names[*column]));
    }
    return notes;
}

}  // namespace coterie
