#include "io/ingest_plan.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
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
    plan.layers.push_back({name, false, {}, {}});
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

IngestPlan plan_ingest(const std::filesystem::path& store, const IngestOptions& options) {
    if (options.threads < 0)
        throw std::invalid_argument(fmt::format("ingest: threads must not be negative, got {}", options.threads));
    if (options.files.empty() && options.accounts.empty())
        throw std::invalid_argument("ingest: at least one file of edges must be given, got none");
    const bool twice = options.ids == IdChoice::automatic;
    const std::string folder = store.has_parent_path() ? store.parent_path().string() : ".";
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        throw IoError(fmt::format("{}: must stand in a folder that can be written to, but {}: {}", store.string(),
                                  folder, std::strerror(errno)));
    std::vector<std::string> paths;
    for (const LayerFile& file : options.files) paths.push_back(file.path);
    if (!options.accounts.empty()) paths.push_back(options.accounts);
    if (std::count(paths.begin(), paths.end(), "-") > 1)
        throw std::invalid_argument("ingest: standard input can be read once, but '-' is given more often");

    IngestPlan plan;
    plan.store = store;
    for (const auto& [code, layer] : options.kinds) plan.kinds[code] = layer;
    plan.created = created_time(paths);
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
    return plan;
}

}  // namespace coterie
