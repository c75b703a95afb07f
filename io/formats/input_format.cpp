#include "io/formats/input_format.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "io/fields.hpp"
#include "io/formats/graphalytics.hpp"
#include "io/formats/post_format.hpp"

namespace coterie {

namespace {

constexpr std::array<std::pair<std::string_view, InputFormat>, 12> names{{{"auto", InputFormat::automatic},
                                                                          {"text", InputFormat::text},
                                                                          {"twitter-v2", InputFormat::twitter_v2},
                                                                          {"twitter-v1", InputFormat::twitter_v1},
                                                                          {"json", InputFormat::json},
                                                                          {"graphml", InputFormat::graphml},
                                                                          {"gexf", InputFormat::gexf},
                                                                          {"mtx", InputFormat::matrix_market},
                                                                          {"metis", InputFormat::metis},
                                                                          {"graphalytics", InputFormat::graphalytics},
                                                                          {"binary32", InputFormat::binary32},
                                                                          {"binary64", InputFormat::binary64}}};

}  // namespace

std::string_view name_of(InputFormat format) {
    return std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.second == format; })->first;
}

std::optional<InputFormat> input_format(std::string_view name) {
    const auto found = std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.first == name; });
    return found == names.end() ? std::nullopt : std::optional(found->second);
}

std::string_view without_compression(std::string_view path) {
    for (const std::string_view ending : {".gz", ".zst", ".zstd"})
        if (path.ends_with(ending)) return path.substr(0, path.size() - ending.size());
    return path;
}

InputFormat recognise_input(const std::string& path, std::string_view head) {
    const std::string name = lowercase(without_compression(path));
    if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
    head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
    if (head.starts_with('<')) {
        if (head.find("<gexf") != std::string_view::npos) return InputFormat::gexf;
        if (head.find("<graphml") != std::string_view::npos || name.ends_with(".graphml")) return InputFormat::graphml;
    }
    if (lowercase(head.substr(0, 14)) == "%%matrixmarket" || name.ends_with(".mtx")) return InputFormat::matrix_market;
    if (head.starts_with('{') || head.starts_with('[')) {
        const auto platform = recognise_platform(head);
        if (!platform) return InputFormat::json;
        return *platform == PostPlatform::twitter_v1 ? InputFormat::twitter_v1 : InputFormat::twitter_v2;
    }
    if (name.ends_with(".graphml")) return InputFormat::graphml;
    if (name.ends_with(".gexf")) return InputFormat::gexf;
    if (name.ends_with(".graph") || name.ends_with(".metis")) return InputFormat::metis;
    if (graphalytics_parts(path)) return InputFormat::graphalytics;
    return InputFormat::text;
}

}  // namespace coterie
