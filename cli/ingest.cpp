#include "io/ingest.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/estimate.hpp"
#include "cli/options.hpp"
#include "cli/run_report.hpp"
#include "cli/text_numbers.hpp"
#include "io/fields.hpp"
#include "io/time_rules.hpp"

namespace coterie::cli {

namespace {

struct Arguments {
    std::vector<std::string> follow;
    std::vector<std::string> mention;
    std::vector<std::string> layers;  ///< NAME=FILE
    std::vector<std::string> remove;  ///< [LAYER=]FILE
    std::string append;
    std::string since;
    std::string until;
    std::string as_of;
    std::string half_life;
    std::vector<std::string> windows;
    std::string output;
    std::string separator;
    std::string header = "auto";
    std::string ids = "auto";
    std::string format = "auto";
    std::vector<std::string> kinds;  ///< CODE=LAYER
    std::string rejects;
    std::uint64_t max_rejects = 0;
    CLI::Option* max_rejects_given = nullptr;
    IngestOptions ingest;
    RunOptions run;
};

std::pair<std::string, std::string> split_at_equals(const std::string& text, std::string_view option,
                                                    std::string_view form) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
        throw std::invalid_argument(fmt::format("ingest: {} must be {}, got \"{}\"", option, form, text));
    return {text.substr(0, equals), text.substr(equals + 1)};
}

char separator_of(const std::string& text) {
    const std::map<std::string, char> names{{"comma", ','},    {"semicolon", ';'}, {"tab", '\t'}, {"\\t", '\t'},
                                            {"space", blanks}, {",", ','},         {";", ';'},    {"\t", '\t'},
                                            {" ", blanks},     {"|", '|'},         {"pipe", '|'}};
    const auto found = names.find(text);
    if (found == names.end())
        throw std::invalid_argument(fmt::format(
            "ingest: --separator must be comma, semicolon, tab, space or pipe, or the sign itself, got \"{}\"", text));
    return found->second;
}

std::optional<double> time_of(const std::string& text, std::string_view option) {
    if (text.empty()) return std::nullopt;
    const auto time = parse_time(text);
    if (!time)
        throw std::invalid_argument(fmt::format(
            "ingest: {} must be a time in Unix seconds or ISO 8601, such as 2026-11-22, got \"{}\"", option, text));
    return time;
}

IngestOptions options_of(const Arguments& arguments) {
    IngestOptions options = arguments.ingest;
    // One name may stand for several files, and one file for one layer: --layer trust=a.csv b.csv
    std::string layer;
    for (const std::string& path : arguments.follow) options.files.push_back({"follow", path});
    for (const std::string& path : arguments.mention) options.files.push_back({"mention", path});
    for (const std::string& text : arguments.layers) {
        const bool named = text.find('=') != std::string::npos;
        if (!named && layer.empty()) split_at_equals(text, "--layer", "NAME=FILE");
        auto [name, path] = named ? split_at_equals(text, "--layer", "NAME=FILE") : std::pair{layer, text};
        layer = name;
        options.files.push_back({name, path});
    }
    options.since = time_of(arguments.since, "--since");
    options.until = time_of(arguments.until, "--until");
    options.as_of = time_of(arguments.as_of, "--as-of");
    if (!arguments.half_life.empty()) options.half_life = parse_duration(arguments.half_life, "--half-life");
    for (const std::string& window : arguments.windows)
        options.windows.emplace_back(
            window, window == "all" ? std::numeric_limits<double>::infinity() : parse_duration(window, "--windows"));
    options.append_to = arguments.append;
    for (const std::string& text : arguments.remove) {
        const std::size_t equals = text.find('=');
        options.removals.push_back(equals == std::string::npos
                                       ? LayerFile{"follow", text}
                                       : LayerFile{text.substr(0, equals), text.substr(equals + 1)});
    }
    for (const std::string& text : arguments.kinds)
        options.kinds.push_back(split_at_equals(text, "--kinds", "CODE=LAYER"));
    if (!arguments.separator.empty()) options.rows.separator = separator_of(arguments.separator);
    options.rows.header = arguments.header == "yes"  ? HeaderChoice::yes
                          : arguments.header == "no" ? HeaderChoice::no
                                                     : HeaderChoice::automatic;
    options.format = *input_format(arguments.format);
    options.ids = arguments.ids == "numeric"   ? IdChoice::numeric
                  : arguments.ids == "handles" ? IdChoice::handles
                                               : IdChoice::automatic;
    if (arguments.max_rejects_given->count() > 0) options.max_rejects = arguments.max_rejects;
    options.rejects = arguments.rejects;
    options.threads = arguments.run.threads;
    return options;
}

Json to_json(const std::vector<SourceFile>& sources) {
    Json list = Json::array();
    for (const SourceFile& source : sources) list.push_back({{"path", source.path}, {"sha256", source.sha256}});
    return list;
}

Json to_json(const LayerInfo& layer) {
    Json object{{"name", layer.name},         {"kind", layer.kind},
                {"directed", layer.directed}, {"weighted", layer.weighted},
                {"edges", layer.kept},        {"stored_edges", layer.num_edges},
                {"rows", layer.rows},         {"kept", layer.kept},
                {"merged", layer.merged},     {"self_loops", layer.self_loops},
                {"rejected", layer.rejected}, {"outside", layer.outside}};
    if (layer.since) object["since"] = *layer.since;
    if (layer.until) object["until"] = *layer.until;
    if (layer.as_of) object["as_of"] = *layer.as_of;
    if (layer.half_life > 0) object["half_life"] = layer.half_life;
    if (layer.first_time) object["first_time"] = *layer.first_time;
    if (layer.last_time) object["last_time"] = *layer.last_time;
    object["sources"] = to_json(layer.sources);
    return object;
}

Json to_json(const PostsReport& posts) {
    Json unknown = Json::object();
    for (std::size_t link = 0; link < num_post_links; ++link)
        unknown[std::string(post_layers[link])] = posts.unknown[link];
    return {{"posts", posts.posts},
            {"repeated_posts", posts.repeated_posts},
            {"posts_without_events", posts.posts_without_events},
            {"notices", posts.notices},
            {"rejected_profiles", posts.rejected_profiles},
            {"lists_of_nobody", posts.lists_of_nobody},
            {"mentions_in_links", posts.mentions_in_links},
            {"links_to_unknown_accounts", unknown}};
}

void add_facts(RunReport& report, const std::string& store, const IngestReport& done) {
    report["store"] = store;
    report["created"] = done.created;
    report["accounts"] = done.accounts;
    report["ids"] = done.numeric ? "numeric" : "handles";
    add_naming(report, done.naming);
    report["columns"] = done.columns;
    report["layers"] = Json::array();
    std::uint64_t rows = 0;
    std::uint64_t kept = 0;
    std::uint64_t merged = 0;
    std::uint64_t self_loops = 0;
    for (const LayerInfo& layer : done.layers) {
        report["layers"].push_back(to_json(layer));
        rows += layer.rows;
        kept += layer.kept;
        merged += layer.merged;
        self_loops += layer.self_loops;
    }
    report["rows"] = rows;
    report["kept"] = kept;
    report["merged"] = merged;
    report["self_loops"] = self_loops;
    report["rejected"] = done.rejected - done.rejected_accounts;
    report["account_rows"] = done.account_rows;
    if (done.posts) report["posts"] = to_json(*done.posts);
    report["rejected_account_rows"] = done.rejected_accounts;
    if (!done.rejects.empty()) report["rejects"] = done.rejects.string();
    report["sources"] = to_json(done.sources);
    report["memory"] = {{"limit", done.memory_limit},
                        {"peak", done.peak_memory},
                        {"out_of_core", done.external.used},
                        {"buckets", done.external.buckets},
                        {"temporary_bytes", done.external.temporary_bytes},
                        {"windows", done.external.windows}};
    report["notes"] = done.notes;
}

void tell_posts(const PostsReport& posts, ProgressDisplay& display) {
    display.say(
        fmt::format("posts: {} different ones, {} of them without events; {} stood in the files again and count once",
                    with_separators(posts.posts), with_separators(posts.posts_without_events),
                    with_separators(posts.repeated_posts)));
    std::string unknown;
    for (std::size_t link = 0; link < num_post_links; ++link)
        if (posts.unknown[link] > 0)
            unknown += fmt::format("{}{} {}", unknown.empty() ? "" : ", ", post_layers[link],
                                   with_separators(posts.unknown[link]));
    if (!unknown.empty())
        display.say(
            fmt::format("posts: links to accounts that the files do not name (deleted, protected, not asked for), "
                        "which give no row: {}",
                        unknown));
    if (posts.mentions_in_links > 0)
        display.say(
            fmt::format("posts: {} mentions of the account replied to, retweeted or quoted, which count as that alone",
                        with_separators(posts.mentions_in_links)));
    if (posts.notices > 0)
        display.say(fmt::format("posts: {} messages that are no posts", with_separators(posts.notices)));
    if (posts.rejected_profiles > 0)
        display.say(fmt::format("posts: {} profiles rejected", with_separators(posts.rejected_profiles)));
    if (posts.lists_of_nobody > 0)
        display.say(
            fmt::format("posts: {} lists of users do not say whom they follow (no __twarc.url): they name accounts "
                        "and give no edge",
                        with_separators(posts.lists_of_nobody)));
}

void tell(const std::string& store, const IngestReport& done, double seconds, ProgressDisplay& display) {
    std::uint64_t rows = 0;
    for (const LayerInfo& layer : done.layers) {
        rows += layer.rows;
        const EdgeOffset edges = layer.kept;
        display.say(fmt::format("{}: {} {} edges from {} rows: {} kept + {} merged + {} self-loops + {} rejected",
                                layer.name, with_separators(edges), layer.directed ? "directed" : "undirected",
                                with_separators(layer.rows), with_separators(layer.kept), with_separators(layer.merged),
                                with_separators(layer.self_loops), with_separators(layer.rejected)) +
                    (layer.since || layer.until || layer.as_of
                         ? fmt::format(" + {} outside the window", with_separators(layer.outside))
                         : ""));
        if (layer.first_time && layer.last_time)
            display.say(fmt::format("{}: from {} to {}", layer.name,
                                    iso_time(static_cast<std::int64_t>(*layer.first_time)),
                                    iso_time(static_cast<std::int64_t>(*layer.last_time))));
    }
    if (done.posts) tell_posts(*done.posts, display);
    if (done.account_rows > 0)
        display.say(fmt::format("accounts table: {} rows, {} rejected", with_separators(done.account_rows),
                                with_separators(done.rejected_accounts)));
    for (const std::string& note : done.notes) display.say("note: " + note);
    const auto bytes = [](std::uint64_t count) { return in_bytes(static_cast<double>(count)); };
    if (done.external.used)
        display.say(
            fmt::format("sorted on disk within {}: {} buckets, {} of temporary files, {} windows; {} of memory at most",
                        bytes(done.memory_limit), done.external.buckets, bytes(done.external.temporary_bytes),
                        done.external.windows, bytes(done.peak_memory)));
    if (done.rejected > 0)
        display.say(
            fmt::format("{} rejected lines stand in {}", with_separators(done.rejected), done.rejects.string()));
    display.say(fmt::format("{}: {} accounts ({}) in {}; {} ({} rows a second)", store, with_separators(done.accounts),
                            described(done.naming, done.numeric),
                            done.layers.size() == 1 ? "one layer" : fmt::format("{} layers", done.layers.size()),
                            in_time(seconds), in_short(static_cast<double>(rows) / std::max(seconds, 1e-9))));
}

void run_ingest(const Arguments& arguments) {
    ProgressDisplay display(arguments.run.progress);
    RunReport report("ingest", display);
    IngestOptions options = options_of(arguments);
    options.progress = &display;
    const IngestReport done = report.step("total", [&] { return ingest(arguments.output, options); });
    const double total = report.seconds()["total"];
    tell(arguments.output, done, total, display);
    if (!arguments.run.json) return;
    add_facts(report, arguments.output, done);
    Json object = report.json();
    for (const auto& [step, seconds] : done.seconds)
        object["seconds"][step] = object["seconds"].value(step, 0.0) + seconds;
    print_json(object);
}

void add_options(CLI::App* command, Arguments& given) {
    RowOptions& rows = given.ingest.rows;

    command
        ->add_option(
            "--follow", given.follow,
            "Files of follows: source,target: source follows target. Plain text, gzip or zstd; - is standard input")
        ->type_name("FILE");
    command
        ->add_option("--mention", given.mention, "Files of events: source mentions target; repeats add up to a weight")
        ->type_name("FILE");
    command->add_option("--layer", given.layers, "Files of another layer, whose repeats add up to a weight")
        ->type_name("NAME=FILE");
    command
        ->add_option(
            "--posts", given.ingest.posts,
            "Files of posts (JSON of X/Twitter API v2 or v1.1, or rows with a type), whose edges go to the layers "
            "mention, reply, retweet, quote and follow; names, counts and times of accounts become columns")
        ->type_name("FILE");
    command
        ->add_option("--format", given.format,
                     "What all files are written in. auto: recognised file by file from name and beginning. binary32, "
                     "binary64: records of two little-endian unsigned numbers, source and target, without a header; "
                     "never recognised; gzip or zstd if the name ends in .gz or .zst")
        ->check(CLI::IsMember({"auto", "text", "twitter-v2", "twitter-v1", "json", "graphml", "gexf", "mtx", "metis",
                               "graphalytics", "binary32", "binary64"}))
        ->capture_default_str();
    command->add_option("-o,--output", given.output, "The store to write")->required()->type_name("STORE");
    command
        ->add_option("--accounts", given.ingest.accounts,
                     "Table of accounts: an id and any columns; those without an edge exist too")
        ->type_name("FILE");

    const std::string text = "Text";
    command
        ->add_option("--separator", given.separator,
                     "comma, semicolon, tab, space, pipe; default: recognised file by file")
        ->group(text);
    command->add_option("--header", given.header, "Whether the first row is a header")
        ->check(CLI::IsMember({"auto", "yes", "no"}))
        ->capture_default_str()
        ->group(text);
    command->add_option("--comment", rows.comments, "Lines that begin with one of these are comments")
        ->capture_default_str()
        ->group(text);
    command
        ->add_option(
            "--ids", given.ids,
            "numeric: whole numbers below 2^64; handles: text; auto: numeric if more rows have numbers than not")
        ->check(CLI::IsMember({"auto", "numeric", "handles"}))
        ->capture_default_str()
        ->group(text);

    command
        ->add_flag("--fold-case", given.ingest.names.fold_case, "Handles that differ in case (A-Z, a-z) are the same")
        ->group(text);
    command->add_flag("--strip-at", given.ingest.names.strip_at, "@ at the beginning of a handle is left out")
        ->group(text);

    const std::string columns = "Columns, by name or by number from 1";
    command->add_option("--source-column", rows.source_column, "Default: source, src, from, …, else the first")
        ->group(columns);
    command->add_option("--target-column", rows.target_column, "Default: target, dst, to, …, else the second")
        ->group(columns);
    command
        ->add_option("--weight-column", rows.weight_column,
                     "Default: weight, count, … for events, none for follows; none: no weights")
        ->group(columns);
    command
        ->add_option("--time-column", rows.time_column,
                     "Unix seconds or ISO 8601. Default: time, timestamp, …; none: no times")
        ->group(columns);
    command
        ->add_option("--kind-column", rows.kind_column,
                     "Default: kind, type, …, else the column that holds the codes of --kinds")
        ->group(columns);
    command
        ->add_option("--kinds", given.kinds, "Sends rows of --mention files to layers: RT=retweet,MT=mention,RE=reply")
        ->delimiter(',')
        ->type_name("CODE=LAYER")
        ->group(columns);
    command
        ->add_option("--accounts-id-column", given.ingest.accounts_id_column,
                     "Default: id, account, user, …, else the first")
        ->group(columns);

    command
        ->add_option("--keep-column", given.ingest.keep_columns,
                     "Join only these columns of the table of accounts. Default: all; with --pseudonyms none")
        ->type_name("NAME")
        ->group(columns);

    const std::string privacy = "Privacy";
    command
        ->add_option(
            "--pseudonyms", given.ingest.pseudonyms,
            "Store pseudonyms (HMAC-SHA256) in the place of ids and handles: the same for the same key, a file of "
            "at least 32 random bytes")
        ->type_name("KEYFILE")
        ->group(privacy);
    const std::string times = "Times of events";
    command->add_option("--since", given.since, "Only rows of this time or later count")
        ->type_name("TIME")
        ->group(times);
    command->add_option("--until", given.until, "Only rows before this time count")->type_name("TIME")->group(times);
    command
        ->add_option("--as-of", given.as_of,
                     "The day of the answer: rows before it count, and ages and windows are counted from it")
        ->type_name("TIME")
        ->group(times);
    command
        ->add_option("--half-life", given.half_life,
                     "A row weighs half as much for each such span before --as-of: 30d, 12h, …")
        ->type_name("SPAN")
        ->group(times);
    command
        ->add_option(
            "--windows", given.windows,
            "Spans before --as-of, each a layer of its own: 7d,30d,all makes mention_7d, mention_30d and mention")
        ->delimiter(',')
        ->type_name("SPAN,…")
        ->group(times);

    const std::string edges = "Edges";
    command->add_flag("--undirected", given.ingest.undirected, "Each row is an edge both ways")->group(edges);
    command->add_flag("--keep-self-loops", given.ingest.keep_self_loops, "Keep edges from an account to itself")
        ->group(edges);

    const std::string resources = "Resources";
    command
        ->add_option(
            "--memory-limit", given.ingest.memory_limit,
            "Bytes of memory, such as 4G or 512M, that hold for any input; what does not fit is sorted on disk. "
            "Default: half of the machine's")
        ->transform(CLI::AsSizeValue(true))
        ->check(CLI::PositiveNumber)
        ->type_name("SIZE")
        ->group(resources);
    command
        ->add_option("--temporary-directory", given.ingest.temporary_directory,
                     "Where rows wait that do not fit into memory. Default: the store's folder")
        ->check(CLI::ExistingDirectory)
        ->type_name("FOLDER")
        ->group(resources);

    const std::string night = "A new night";
    command
        ->add_option(
            "--append", given.append,
            "Add the rows to those of this store: the result is what all rows would give at once. STORE may be -o too")
        ->type_name("STORE")
        ->group(night);
    command
        ->add_option(
            "--remove", given.remove,
            "Files of rows that are taken out of a layer (default: follow): unfollows, deleted posts. In a layer with "
            "weights each takes one event off, or the weight that it names")
        ->type_name("[LAYER=]FILE")
        ->group(night);
    command
        ->add_flag("--remove-edges", given.ingest.remove_whole_edges,
                   "Rows of --remove take the whole edge, whatever it weighs")
        ->group(night);

    const std::string rejects = "Rejected lines";
    command->add_option("--rejects", given.rejects, "Where they are listed. Default: STORE.rejects.csv")
        ->type_name("FILE")
        ->group(rejects);
    given.max_rejects_given =
        command
            ->add_option("--max-rejects", given.max_rejects,
                         "More end the run with exit code 3. Default: 0.1 % of the rows, at least 100")
            ->type_name("N")
            ->group(rejects);

    add_run_options(*command, given.run);
}

}  // namespace

void add_ingest(CLI::App& app) {
    CLI::App* command = app.add_subcommand("ingest", "Read files of edges into a store");
    const auto arguments = std::make_shared<Arguments>();
    add_options(command, *arguments);
    command->callback([arguments] { run_ingest(*arguments); });
}

void add_estimate_ingest(CLI::App& estimate) {
    CLI::App* command = estimate.add_subcommand("ingest", "What ingest with the same options will take");
    const auto arguments = std::make_shared<Arguments>();
    const auto sample = std::make_shared<EstimateOptions>();
    add_options(command, *arguments);
    add_sample_option(*command, *sample);
    command->callback([arguments, sample] {
        run_estimate_ingest(arguments->output, options_of(*arguments), *sample, arguments->run);
    });
}

}  // namespace coterie::cli
