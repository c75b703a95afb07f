#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace coterie {

/// The files of an LDBC Graphalytics graph beside its edges NAME.e: the vertices NAME.v, and what NAME.properties says, if it is there.
struct GraphalyticsParts {
    std::string vertices;
    std::optional<bool> directed;
    bool weighted = false;
    std::optional<std::uint64_t> num_vertices;
    std::optional<std::uint64_t> num_edges;
};

/// Nothing unless `path` ends in .e (perhaps compressed) and its .v (perhaps compressed) is there.
/// Throws IoError if the properties cannot be read.
std::optional<GraphalyticsParts> graphalytics_parts(const std::string& path);

}  // namespace coterie
