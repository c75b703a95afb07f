#include "io/formats/graphalytics.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string_view>

#include "host/errors.hpp"
#include "io/fields.hpp"
#include "io/formats/input_format.hpp"

namespace coterie {

namespace {

void read_properties(const std::string& path, GraphalyticsParts& parts) {
    std::ifstream file(path);
    if (!file) return;
    std::uint64_t line = 0;
    for (std::string buffer; std::getline(file, buffer);) {
        ++line;
        std::string_view text = buffer;
        if (text.ends_with('\r')) text.remove_suffix(1);
        const std::size_t equals = text.find('=');
        if (text.starts_with('#') || equals == std::string_view::npos) continue;
        const std::string_view key = trimmed(text.substr(0, equals));
        const std::string_view value = trimmed(text.substr(equals + 1));
        if (!key.starts_with("graph.")) continue;
        const auto number = [&] {
            const auto count = parse_id(value);
            if (!count)
                throw IoError(
                    fmt::format("{}:{}: {} must be a whole number, got \"{}\"", path, line, key, printable(value, 80)));
            return count;
        };
        if (key.ends_with(".meta.vertices")) {
            parts.num_vertices = number();
        } else if (key.ends_with(".meta.edges")) {
            parts.num_edges = number();
        } else if (key.ends_with(".edge-properties.names")) {
            parts.weighted = lowercase(value).find("weight") != std::string::npos;
        } else if (key.ends_with(".directed")) {
            if (value != "true" && value != "false")
                throw IoError(
                    fmt::format("{}:{}: {} must be true or false, got \"{}\"", path, line, key, printable(value, 80)));
            parts.directed = value == "true";
        }
    }
    if (file.bad()) throw IoError(fmt::format("{}: reading failed", path));
}

}  // namespace

std::optional<GraphalyticsParts> graphalytics_parts(const std::string& path) {
    const std::string_view edges = without_compression(path);
    if (!edges.ends_with(".e")) return std::nullopt;
    const std::string base(edges.substr(0, edges.size() - 2));
    GraphalyticsParts parts;
    for (const std::string_view ending : {".v", ".v.gz", ".v.zst"}) {
        std::error_code ignored;
        if (std::filesystem::is_regular_file(base + std::string(ending), ignored)) {
            parts.vertices = base + std::string(ending);
            read_properties(base + ".properties", parts);
            return parts;
        }
    }
    return std::nullopt;
}

}  // namespace coterie
