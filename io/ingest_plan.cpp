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

}  // namespace

Input::Input(std::string path, bool read_twice, const std::string& folder) : path_(std::move(path)) {
    bytes_ = file_bytes(path_);
    if (read_twice && !rereadable(path_)) spool_ = spool(path_, folder);
}

Input::Input(Input&& other) noexcept
    : path_(std::move(other.path_)), bytes_(other.bytes_), spool_(std::exchange(other.spool_, -1)) {}

Input::~Input() {
    if (spool_ >= 0) ::close(spool_);
}

InputFile Input::open() const {
    if (spool_ >= 0) ::lseek(spool_, 0, SEEK_SET);
    return InputFile(path_, spool_);
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
    if (options.files.empty() && options.accounts.empty() && options.removals.empty())
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
        plan.files.push_back(std::move(file));
        plan.inputs.emplace_back(given.path, twice, options.temporary_directory.string());
    }
    if (!options.kinds.empty() &&
        std::all_of(plan.files.begin(), plan.files.end(), [](const auto& file) { return file.layer_of_kind.empty(); }))
        throw std::invalid_argument(
            "ingest: --kinds sends rows of --mention files to layers, but there is no such file");
    plan_times(plan, options);
    return plan;
}

}  // namespace coterie
