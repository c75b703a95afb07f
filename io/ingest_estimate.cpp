#include "io/ingest_estimate.hpp"

#include <fmt/format.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "host/errors.hpp"
#include "io/descriptor.hpp"
#include "io/formats/input_format.hpp"
#include "io/formats/json_scan.hpp"
#include "io/formats/post_events.hpp"
#include "io/growth.hpp"
#include "io/input_file.hpp"
#include "io/input_sample.hpp"
#include "io/memory_limit.hpp"
#include "io/store.hpp"

namespace coterie {

namespace {

using Json = nlohmann::json;

// Bytes of memory beside rows and edges.
constexpr double least_of_account = 30;
constexpr double most_of_account = 300;

/// Removed with what is in it.
class ScratchFolder {
  public:
    ScratchFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "coterie-estimate-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw IoError(fmt::format("{}: making a folder for samples failed: {}", name, std::strerror(errno)));
        path_ = name;
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// What the ingest of a part took.
struct Part {
    double share = 0;
    double rows = 0;
    double accounts = 0;
    std::vector<std::pair<std::string, double>> edges;
    double edge_bytes = 0;  ///< of the store's arrays that grow with the edges
    double row_bytes = 0;   ///< what rows take in memory before they are edges
    double store_bytes = 0;
    double temporary_bytes = 0;
    bool external = false;
    double memory_bytes = 0;
    double seconds = 0;
};

double edge_bytes(const LayerInfo& layer) {
    const double directions = layer.directed ? 2 : 1;
    return directions * (layer.weighted ? 8.0 : 4.0) * static_cast<double>(layer.num_edges);
}

/// What the rows took: two ids each, and an event each for what posts gave and for every post.
double row_bytes(const IngestReport& report, const Store& store) {
    const Accounts& accounts = *store.accounts();
    const bool wide = accounts.numeric() && accounts.size() > 0 && accounts.id(accounts.by_id().back()) >> 32U != 0;
    double rows = 0;
    for (const LayerInfo& layer : report.layers)
        rows += static_cast<double>(layer.kept + layer.merged + layer.self_loops);
    const double events = report.posts ? rows + static_cast<double>(report.posts->posts) : 0;
    return rows * (wide ? 16 : 8) + events * sizeof(PostEvent);
}

Json told(const IngestReport& report, const std::filesystem::path& store) {
    Json object{{"accounts", report.accounts}, {"layers", Json::array()}, {"rows", 0.0}, {"edge_bytes", 0.0}};
    object["row_bytes"] = row_bytes(report, Store::open(store));
    for (const LayerInfo& layer : report.layers) {
        object["layers"].push_back({layer.name, static_cast<double>(layer.kept)});
        object["rows"] = object["rows"].get<double>() + static_cast<double>(layer.rows);
        object["edge_bytes"] = object["edge_bytes"].get<double>() + edge_bytes(layer);
    }
    double seconds = 0;
    for (const auto& step : report.seconds) seconds += step.second;
    object["seconds"] = seconds;
    object["store"] = std::filesystem::file_size(store);
    object["external"] = report.external.used;
    object["temporary"] = report.external.temporary_bytes;
    return object;
}

std::string read_all(int descriptor) {
    std::string text;
    char buffer[4096];
    for (;;) {
        const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(buffer, static_cast<std::size_t>(got));
    }
}

/// What this process has in memory now of the program, its libraries and other files.
double resident_file_bytes() {
    std::ifstream sizes("/proc/self/statm");
    double pages = 0;
    sizes >> pages >> pages >> pages;
    return pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

/// Ingests in a process of its own, so that the peak of its memory is its own. It begins without the pages of the program and its
/// libraries that this one has read, as an ingest by itself would have: those that it did not read again are added.
Part measured(const std::filesystem::path& store, const IngestOptions& options) {
    int ends[2];
    if (::pipe(ends) != 0) throw IoError(fmt::format("a pipe cannot be made: {}", std::strerror(errno)));
    const Descriptor from(ends[0]);
    Descriptor into(ends[1]);
    const double before = resident_file_bytes();
    const pid_t child = ::fork();
    if (child < 0) throw IoError(fmt::format("a process cannot be started: {}", std::strerror(errno)));
    if (child == 0) {
        std::string text;
        try {
            const IngestReport report = ingest(store, options);
            const double missing = std::max(0.0, before - resident_file_bytes());
            Json object = told(report, store);
            object["missing"] = missing;
            text = object.dump();
        } catch (const std::invalid_argument& error) {
            text = Json{{"wrong", error.what()}}.dump(-1, ' ', false, Json::error_handler_t::replace);
        } catch (const std::exception& error) {
            text = Json{{"failed", error.what()}}.dump(-1, ' ', false, Json::error_handler_t::replace);
        }
        const bool written = ::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
        ::_exit(written ? 0 : 1);
    }
    into.close();
    const std::string text = read_all(from.get());
    int status = 0;
    struct rusage usage {};
    while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) continue;
    const Json object = Json::parse(text, nullptr, false);
    if (!object.is_object()) throw IoError("estimate: the ingest of a sample ended without a word");
    if (object.contains("wrong")) throw std::invalid_argument(object["wrong"].get<std::string>());
    if (object.contains("failed")) throw IoError(object["failed"].get<std::string>());
    Part part;
    part.rows = object["rows"];
    part.accounts = object["accounts"];
    for (const Json& layer : object["layers"]) part.edges.emplace_back(layer[0], layer[1]);
    part.edge_bytes = object["edge_bytes"];
    part.row_bytes = object["row_bytes"];
    part.store_bytes = object["store"];
    part.external = object["external"];
    part.temporary_bytes = object["temporary"];
    part.seconds = object["seconds"];
    part.memory_bytes = static_cast<double>(usage.ru_maxrss) * 1024 + object["missing"].get<double>();
    return part;
}

/// Seconds for `rows`: each further row takes what rows took from the first part to the last, but between half of what a row of the last
/// took and all of it. Beyond that it is noise of the machine, which would be multiplied.
double seconds_for(double rows, const Part& first, const Part& last) {
    if (last.rows <= first.rows) return last.seconds;
    const double of_row = last.seconds / last.rows;
    const double slope = (last.seconds - first.seconds) / (last.rows - first.rows);
    return last.seconds + std::clamp(slope, of_row / 2, of_row) * (rows - last.rows);
}

/// The name of the file's format if lines drawn from it are no such file; else empty.
std::string read_whole(const std::string& path, InputFormat given) {
    if (record_bytes(given) > 0) return {};
    InputFile file(path);
    std::string head(std::size_t{1} << 16, '\0');
    head.resize(file.read(head.data(), head.size()));
    const InputFormat format = given == InputFormat::automatic ? recognise_input(path, head) : given;
    if (format == InputFormat::text) return {};
    if (!holds_posts(format)) return std::string(name_of(format));
    return recognise_json_layout(head) == JsonLayout::lines
               ? ""
               : fmt::format("{} (not a document a line)", name_of(format));
}

}  // namespace

IngestEstimate estimate_ingest(const std::filesystem::path& path, const IngestOptions& given,
                               std::uint64_t sample_bytes) {
    IngestOptions options = given;
    options.progress = nullptr;
    options.max_rejects = std::numeric_limits<std::uint64_t>::max();
    if (options.memory_limit == 0) options.memory_limit = default_memory_limit();
    if (options.temporary_directory.empty()) options.temporary_directory = path.parent_path();

    if (!options.append_to.empty())
        throw std::invalid_argument(
            "estimate: --append takes what an ingest of its new rows takes, and a new copy of the old store: estimate "
            "the "
            "rows without --append");

    IngestEstimate estimate;
    estimate.memory_limit = options.memory_limit;
    estimate.temporary_directory = options.temporary_directory.empty() ? "." : options.temporary_directory;
    // Files of edges, then of posts.
    std::vector<std::string> paths;
    for (const LayerFile& file : options.files) paths.push_back(file.path);
    paths.insert(paths.end(), options.posts.begin(), options.posts.end());
    for (const std::string& path_read : paths) {
        if (path_read == "-")
            throw IoError("estimate: a sample can be drawn from a regular file alone, and '-' is none");
        estimate.input_bytes += file_bytes(path_read);
    }
    std::vector<std::optional<InputSample>> samples(paths.size());
    double inflating = 0;
    for (std::size_t f = 0; f < paths.size(); ++f) {
        if (const std::string format = read_whole(paths[f], options.format); !format.empty()) {
            if (file_bytes(paths[f]) > sample_bytes)
                throw IoError(fmt::format(
                    "{}: a sample can be drawn from lines of text or JSON alone, and a file of {} is read as a whole: "
                    "--sample must be at least its size, {}",
                    paths[f], format, file_bytes(paths[f])));
            estimate.sample_bytes += file_bytes(paths[f]);
            continue;
        }
        // Every file gives its share of the sample, but at least a block.
        const double share = estimate.input_bytes == 0 ? 1.0
                                                       : static_cast<double>(file_bytes(paths[f])) /
                                                             static_cast<double>(estimate.input_bytes);
        const auto bytes = static_cast<std::uint64_t>(share * static_cast<double>(sample_bytes));
        samples[f].emplace(paths[f], std::max<std::uint64_t>(bytes, std::uint64_t{1} << 16),
                           record_bytes(options.format));
        estimate.sample_bytes += samples[f]->text_bytes();
        inflating += samples[f]->inflating();
    }
    const bool all_whole =
        std::none_of(samples.begin(), samples.end(), [](const auto& sample) { return sample.has_value(); });

    const ScratchFolder folder;
    std::array<Part, sample_parts> parts;
    double rows = 0;
    for (std::size_t p = all_whole ? sample_parts - 1 : 0; p < sample_parts; ++p) {
        // Text that a part stands for, file by file: the whole has 1 / share times as much.
        double text = 0;
        double all_text = 0;
        IngestOptions of_part = options;
        for (std::size_t f = 0; f < samples.size(); ++f) {
            const bool drawn = samples[f].has_value();
            const std::string part = drawn ? samples[f]->part(p).string() : paths[f];
            (f < options.files.size() ? of_part.files[f].path : of_part.posts[f - options.files.size()]) = part;
            const auto bytes = static_cast<double>(file_bytes(part));
            const double of_text = drawn ? samples[f]->share(p) : 1.0;
            text += bytes;
            all_text += of_text > 0 ? bytes / of_text : 0;
        }
        parts[p].share = all_text > 0 ? text / all_text : 1.0;
        of_part.temporary_directory = folder.path();
        of_part.rejects = folder.path() / "rejects.csv";
        of_part.memory_limit = std::max<std::uint64_t>(
            1, static_cast<std::uint64_t>(parts[p].share * static_cast<double>(options.memory_limit)));
        const double share = parts[p].share;
        const std::filesystem::path store = folder.path() / fmt::format("{}.h5", p);
        parts[p] = measured(store, of_part);
        // The shorter of two times: what others did on the machine meanwhile would be multiplied.
        parts[p].seconds = std::min(parts[p].seconds, measured(store, of_part).seconds);
        parts[p].share = share;
    }
    const Part& first = parts[0];
    const Part& last = parts[sample_parts - 1];
    rows = last.rows / std::max(last.share, 1e-12);
    estimate.sampled = last.share;
    estimate.rows = rows;
    const auto grown = [&](auto count) {
        std::array<Grown, sample_parts> seen;
        for (std::size_t p = 0; p < sample_parts; ++p) seen[p] = {parts[p].rows, count(parts[p])};
        return extrapolated(seen, rows);
    };
    estimate.accounts = grown([](const Part& part) { return part.accounts; });
    // A layer that the smallest part lacks (few posts are quotes) is too rare to repeat itself: it grows with the rows.
    const auto of_layer = [&](const std::pair<std::string, double>& layer) {
        const auto count = [&](const Part& part) {
            const auto found = std::find_if(part.edges.begin(), part.edges.end(),
                                            [&](const auto& other) { return other.first == layer.first; });
            return found == part.edges.end() ? 0.0 : found->second;
        };
        return count(first) > 0 ? grown(count) : layer.second * (last.rows > 0 ? rows / last.rows : 1.0);
    };
    double all_edges = 0;
    double sample_edges = 0;
    for (std::size_t l = 0; l < last.edges.size(); ++l) {
        estimate.layers.push_back({last.edges[l].first, of_layer(last.edges[l])});
        all_edges += estimate.layers.back().edges;
        sample_edges += last.edges[l].second;
    }

    const double more_edges = sample_edges > 0 ? all_edges / sample_edges : 1.0;

    // What of the store does not grow with the edges grows with the accounts.
    const auto others = [](const Part& part) { return part.store_bytes - part.edge_bytes; };
    const double an_account =
        last.accounts > first.accounts ? (others(last) - others(first)) / (last.accounts - first.accounts) : 0.0;
    estimate.store_bytes =
        others(last) + std::max(0.0, an_account) * (estimate.accounts - last.accounts) + last.edge_bytes * more_edges;
    estimate.external = last.external;
    if (last.external) {
        estimate.temporary_bytes = last.temporary_bytes / std::max(last.share, 1e-12);
        estimate.memory_bytes = static_cast<double>(options.memory_limit);
    } else {
        // Rows and edges take what they take; what else was added from part to part came with the accounts, and is told least
        // surely by small parts.
        const double rows_and_edges =
            last.row_bytes * (last.rows > 0 ? rows / last.rows - 1 : 0) + last.edge_bytes * (more_edges - 1);
        const double others_added = last.memory_bytes - first.memory_bytes - (last.row_bytes - first.row_bytes) -
                                    (last.edge_bytes - first.edge_bytes);
        const double of_account =
            last.accounts > first.accounts
                ? std::clamp(others_added / (last.accounts - first.accounts), least_of_account, most_of_account)
                : 0.0;
        estimate.memory_bytes =
            last.memory_bytes + rows_and_edges + of_account * std::max(0.0, estimate.accounts - last.accounts);
    }
    estimate.seconds = seconds_for(rows, first, last) + inflating;
    return estimate;
}

}  // namespace coterie
