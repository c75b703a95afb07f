#include "io/ingest_plan.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "host/errors.hpp"
#include "io/fields.hpp"
#include "io/formats/graph_xml.hpp"
#include "io/formats/matrix_market.hpp"

namespace coterie {

namespace {

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

std::size_t layer_index(IngestPlan& plan, const std::string& name) {
    for (std::size_t l = 0; l < plan.layers.size(); ++l)
        if (plan.layers[l].name == name) return l;
    check_layer_name(name);
    plan.layers.emplace_back().name = name;
    return plan.layers.size() - 1;
}

constexpr std::size_t looked_at_bytes = std::size_t{1} << 16;

std::string head_of(const Input& input) {
    InputFile file = input.open();
    std::string head(looked_at_bytes, '\0');
    head.resize(file.read(head.data(), head.size()));
    return head;
}

/// Finds out how the file is written, from its name and beginning, as far as that must be known before it is read.
void look_at(EdgeFilePlan& file, const Input& input, const IngestOptions& options) {
    file.input = options.format;
    if (record_bytes(file.input) > 0 && !file.posts) return;
    if (file.input == InputFormat::automatic && !file.posts && !input.can_be_read_again()) {
        file.input = InputFormat::text;  // looking at it would take its beginning away
        return;
    }
    const std::string head = head_of(input);
    if (file.input == InputFormat::automatic) file.input = recognise_input(file.path, head);
    const auto refuse = [&](std::string_view must) {
        throw std::invalid_argument(fmt::format("{}: {}, but it is {}", file.path, must, name_of(file.input)));
    };
    if (file.posts && !holds_posts(file.input))
        refuse("a file of posts must be twitter-v2, twitter-v1 or json (--format)");
    if (!file.posts && (file.input == InputFormat::twitter_v2 || file.input == InputFormat::twitter_v1))
        refuse("posts give edges of several layers and must be read with --posts");
    if (holds_posts(file.input)) file.json = recognise_json_layout(head);
    if (file.input == InputFormat::graphml)
        file.undirected = xml_graph_is_undirected(XmlDialect::graphml, head);
    else if (file.input == InputFormat::gexf)
        file.undirected = xml_graph_is_undirected(XmlDialect::gexf, head);
    else if (file.input == InputFormat::matrix_market)
        file.undirected = matrix_market_is_symmetric(head, file.path);
    else if (file.input == InputFormat::metis)
        file.undirected = true;
    else if (file.input == InputFormat::graphalytics) {
        file.graphalytics = graphalytics_parts(file.path);
        if (!file.graphalytics) refuse("the edges of a Graphalytics graph must be in NAME.e beside NAME.v");
        file.undirected = file.graphalytics->directed == false;
    }
}

/// A layer has no direction if that was asked for, or if it is what all of its files say.
void settle_directions(IngestPlan& plan, const IngestOptions& options) {
    for (std::size_t l = 0; l < plan.layers.size(); ++l) {
        const auto& links = plan.post_layers;
        const bool of_posts = !options.posts.empty() && std::find(links.begin(), links.end(), l) != links.end();
        const auto feeds = [&](const EdgeFilePlan& file) { return !file.posts && file.layer == l; };
        const bool any = std::any_of(plan.files.begin(), plan.files.end(), feeds);
        const bool all = std::all_of(plan.files.begin(), plan.files.end(),
                                     [&](const EdgeFilePlan& file) { return !feeds(file) || file.undirected; });
        plan.layers[l].undirected = options.undirected || (any && all && !of_posts);
    }
}

/// What files tell of accounts beside their rows has no place in an append.
void check_append(const IngestPlan& plan, const IngestOptions& options) {
    if (options.append_to.empty()) return;
    for (const EdgeFilePlan& file : plan.files) {
        const bool rows_alone = file.input == InputFormat::text || file.input == InputFormat::matrix_market ||
                                record_bytes(file.input) > 0 || (file.input == InputFormat::json && !file.posts);
        if (!rows_alone)
            throw std::invalid_argument(fmt::format(
                "{}: what is added to a store must be text, json, mtx or binary, but it is {}; ingest all files anew",
                file.path, name_of(file.input)));
    }
}

/// Posts feed the layers of all links; those that no other file feeds are there only if a row goes there.
void plan_posts(IngestPlan& plan, const IngestOptions& options) {
    if (options.posts.empty()) return;
    for (std::size_t link = 0; link < num_post_links; ++link) {
        const std::size_t before = plan.layers.size();
        plan.post_layers[link] = layer_index(plan, std::string(post_layers[link]));
        if (plan.layers.size() > before) plan.layers.back().only_if_used = true;
    }
    for (const std::string& path : options.posts) {
        EdgeFilePlan file;
        file.path = path;
        file.posts = true;
        file.layer = plan.post_layers[0];
        for (std::size_t link = 0; link < num_post_links; ++link)
            file.layer_of_kind[std::string(post_layers[link])] = plan.post_layers[link];
        for (const auto& [code, layer] : options.kinds) file.layer_of_kind[code] = layer_index(plan, layer);
        plan.inputs.emplace_back(path, true, options.temporary_directory.string());
        look_at(file, plan.inputs.back(), options);
        plan.files.push_back(std::move(file));
    }
}

}  // namespace

Input::Input(std::string path, bool read_twice, const std::string& folder) : path_(std::move(path)) {
    bytes_ = file_bytes(path_);
    if (read_twice && !rereadable(path_)) spool_ = spool(path_, folder);
}

bool Input::can_be_read_again() const {
    return spool_ >= 0 || rereadable(path_);
}

Input::Input(Input&& other) noexcept
    : path_(std::move(other.path_)), bytes_(other.bytes_), spool_(std::exchange(other.spool_, -1)) {}

Input::~Input() {
    if (spool_ >= 0) ::close(spool_);
}

InputFile Input::open(Compression compression) const {
    if (spool_ >= 0) ::lseek(spool_, 0, SEEK_SET);
    return InputFile(path_, spool_, compression);
}

namespace {

void check_times(const IngestOptions& options) {
    const bool ages = options.half_life > 0 || !options.windows.empty();
    if (ages && !options.as_of)
        throw std::invalid_argument(
            "ingest: --half-life and --windows count from a day that must be given, so that the same files give the "
            "same "
            "store tomorrow: --as-of DATE");
    if (!options.windows.empty() && (options.since || options.until))
        throw std::invalid_argument("ingest: --windows end at --as-of; --since and --until cannot be given too");
    if (options.since && options.until && *options.since >= *options.until)
        throw std::invalid_argument(
            fmt::format("ingest: --since must be before --until, got {} and {}", *options.since, *options.until));
}

/// Says what times mean for each layer of events, and makes a layer of each further window.
void plan_times(IngestPlan& plan, const IngestOptions& options) {
    check_times(options);
    plan.times.resize(plan.layers.size());
    const std::size_t layers = plan.layers.size();
    if (!options.since && !options.until && !options.as_of) return;
    const auto set_window = [&](LayerPlan& layer, std::optional<double> since, TimeWindow& window) {
        layer.since = since;
        layer.until = options.until;
        layer.as_of = options.as_of;
        layer.half_life = options.half_life;
        layer.weighted = options.half_life > 0;
        if (since) window.since = *since;
        if (options.until) window.until = *options.until;
        if (options.as_of) window.until = std::min(window.until, *options.as_of);
    };
    for (std::size_t l = 0; l < layers; ++l) {
        if (!plan.layers[l].events()) continue;
        TimeRule& rule = plan.times[l];
        rule.half_life = options.half_life;
        rule.as_of = options.as_of.value_or(0);
        rule.windows.resize(std::max<std::size_t>(1, options.windows.size()));
        rule.windows[0].layer = l;
        if (options.windows.empty()) {
            set_window(plan.layers[l], options.since, rule.windows[0]);
            continue;
        }
        const std::string name = plan.layers[l].name;
        for (std::size_t w = 0; w < options.windows.size(); ++w) {
            const auto& [suffix, length] = options.windows[w];
            const bool all = std::isinf(length);
            const std::string own = all ? name : fmt::format("{}_{}", name, suffix);
            const auto taken = std::find_if(plan.layers.begin(), plan.layers.end(),
                                            [&](const LayerPlan& layer) { return layer.name == own; });
            if (taken != plan.layers.end() && !(w == 0 && all))
                throw std::invalid_argument(
                    fmt::format("ingest: windows must give layers of different names, got '{}' twice", own));
            if (w == 0) {
                plan.layers[l].name = own;
            } else {
                LayerPlan& layer = plan.layers.emplace_back();
                layer.name = own;
                layer.same_rows_as = l;
                layer.undirected = plan.layers[l].undirected;
                rule.windows[w].layer = plan.layers.size() - 1;
            }
            const auto since = all ? std::nullopt : std::optional(*options.as_of - length);
            set_window(plan.layers[rule.windows[w].layer], since, rule.windows[w]);
        }
    }
    plan.times.resize(plan.layers.size());
}

}  // namespace

IngestPlan plan_ingest(const std::filesystem::path& store, const IngestOptions& options) {
    if (options.threads < 0)
        throw std::invalid_argument(fmt::format("ingest: threads must not be negative, got {}", options.threads));
    if (options.files.empty() && options.posts.empty() && options.accounts.empty() && options.removals.empty())
        throw std::invalid_argument("ingest: at least one file of edges must be given, got none");
    if (!options.removals.empty() && options.append_to.empty())
        throw std::invalid_argument("ingest: rows can be taken out of a store alone: --remove wants --append");
    const bool twice = options.ids == IdChoice::automatic;
    const std::string folder = store.has_parent_path() ? store.parent_path().string() : ".";
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        throw IoError(fmt::format("{}: must stand in a folder that can be written to, but {}: {}", store.string(),
                                  folder, std::strerror(errno)));
    std::vector<std::string> paths;
    for (const LayerFile& file : options.files) paths.push_back(file.path);
    for (const LayerFile& file : options.removals) paths.push_back(file.path);
    paths.insert(paths.end(), options.posts.begin(), options.posts.end());
    if (!options.accounts.empty()) paths.push_back(options.accounts);
    if (std::count(paths.begin(), paths.end(), "-") > 1)
        throw std::invalid_argument("ingest: standard input can be read once, but '-' is given more often");

    IngestPlan plan;
    plan.store = store;
    for (const auto& [code, layer] : options.kinds) plan.kinds[code] = layer;
    plan.created = created_time(paths);
    plan.keep_self_loops = options.keep_self_loops;
    for (const LayerFile& given : options.files) {
        EdgeFilePlan file;
        file.path = given.path;
        if (given.layer == mention_layer && !options.kinds.empty()) {
            for (const auto& [code, layer] : options.kinds) file.layer_of_kind[code] = layer_index(plan, layer);
            file.layer = layer_index(plan, options.kinds.front().second);
        } else {
            file.layer = layer_index(plan, given.layer);
        }
        const bool looked_at = options.format != InputFormat::automatic && options.format != InputFormat::text &&
                               record_bytes(options.format) == 0;
        plan.inputs.emplace_back(given.path, twice || looked_at, options.temporary_directory.string());
        look_at(file, plan.inputs.back(), options);
        plan.files.push_back(std::move(file));
    }
    plan_posts(plan, options);
    check_append(plan, options);
    settle_directions(plan, options);
    if (!options.kinds.empty() &&
        std::all_of(plan.files.begin(), plan.files.end(), [](const auto& file) { return file.layer_of_kind.empty(); }))
        throw std::invalid_argument(
            "ingest: --kinds sends rows of --mention files to layers, but there is no such file");
    plan_times(plan, options);
    for (const EdgeFilePlan& file : plan.files)
        if (plan.times[file.layer].matters() && file.input != InputFormat::text && !holds_posts(file.input))
            throw std::invalid_argument(
                fmt::format("{}: --since, --until, --windows and --half-life need rows with times, "
                            "but a file of {} has none",
                            file.path, name_of(file.input)));
    return plan;
}

}  // namespace coterie
