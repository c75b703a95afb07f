#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace coterie {

/// What a file of edges or posts is written in.
enum class InputFormat {
    automatic,
    text,
    twitter_v2,
    twitter_v1,
    json,
    graphml,
    gexf,
    matrix_market,
    metis,
    graphalytics
};

/// As --format names them: auto, text, twitter-v2, twitter-v1, json, graphml, gexf, mtx, metis, graphalytics.
std::string_view name_of(InputFormat format);
std::optional<InputFormat> input_format(std::string_view name);

/// Whether posts, which give edges of several layers, can be read from it.
inline bool holds_posts(InputFormat format) {
    return format == InputFormat::twitter_v2 || format == InputFormat::twitter_v1 || format == InputFormat::json;
}

/// The format of the file `path` that begins with `head`, from both: .graphml, .gexf, .mtx, .graph and .metis (perhaps with .gz or
/// .zst behind), .e beside a .v of the same name; XML that holds graphml or gexf; %%MatrixMarket; a first { or [ of JSON, and
/// in it the field names of a platform. Else text.
InputFormat recognise_input(const std::string& path, std::string_view head);

/// `path` without the ending of a compression.
std::string_view without_compression(std::string_view path);

}  // namespace coterie
