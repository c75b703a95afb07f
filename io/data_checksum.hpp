#pragma once

#include <string>
#include <string_view>

#include "io/store.hpp"

namespace coterie {

/// One checksum (XXH3-64, 16 hexadecimal digits) of what a layer's answers depend on: original ids in internal order, and
/// the offsets, neighbors and weights of its out-edges. The file's times, names and results do not enter.
/// Reads the layer once.
std::string data_checksum(const Store& store, std::string_view layer);

}  // namespace coterie
