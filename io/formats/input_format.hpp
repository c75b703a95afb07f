#pragma once

#include <cstddef>
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
    graphalytics,
    binary32,
    binary64
};

/// As --format names them: auto, text, twitter-v2, twitter-v1, json, graphml, gexf, mtx, metis, graphalytics, binary32,
/// binary64.
std::string_view name_of(InputFormat format);
std::optional<InputFormat> input_format(std::string_view name);

/// Whether posts, which give edges of several layers, can be read from it.
inline bool holds_posts(InputFormat format) {
    return format == InputFormat::twitter_v2 || format == InputFormat::twitter_v1 || format == InputFormat::json;
}

/// Bytes of a record of BinaryEdges; 0: the format is another. These are never recognised, since their bytes may be any.
inline std::size_t record_bytes(InputFormat format) {
    return format == InputFormat::binary32 ? 8 : format == InputFormat::binary64 ? 16 : 0;
}

/// How it is told that a file is compressed.
enum class Compression {
    by_first_bytes,
    by_name  ///< .gz, .zst, .zstd
};
inline Compression compression_of(InputFormat format) {
    return record_bytes(format) > 0 ? Compression::by_name : Compression::by_first_bytes;
}

/// The format of the file `path` that begins with `head`, from both: .graphml, .gexf, .mtx, .graph and .metis (perhaps with .gz or
/// .zst behind), .e beside a .v of the same name; XML that holds graphml or gexf; %%MatrixMarket; a first { or [ of JSON, and
/// in it the field names of a platform. Else text.
InputFormat recognise_input(const std::string& path, std::string_view head);

/// `path` without the ending of a compression.
std::string_view without_compression(std::string_view path);

}  // namespace coterie
