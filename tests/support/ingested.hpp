#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace coterie::testing {

/// Edges of a layer by original ids, in order: source, target, weight. An undirected edge stands twice.
using OriginalEdges = std::vector<std::tuple<std::string, std::string, float>>;
OriginalEdges edges_of(const std::string& store, std::string_view layer);

/// Original ids of a store in ascending order.
std::vector<std::string> accounts_of(const std::string& store);

/// A column of the accounts' table by original id.
std::map<std::string, std::string> column_of(const std::string& store, std::string_view column);

/// Bytes compressed by gzip, as one member.
std::string gzipped(std::string_view content);
/// Bytes compressed by zstd, as one frame with a checksum.
std::string zstd_compressed(std::string_view content);

}  // namespace coterie::testing
