#pragma once

#include <cstdint>
#include <string>

namespace coterie::cli {

// Numbers for people. Files and JSON carry them whole.

std::string with_separators(std::uint64_t number);  ///< 1,234,567
std::string in_short(double number);                ///< 12, 1.2 k, 3.4 M, 5.6 G
std::string in_bytes(double bytes);                 ///< 12 bytes, 1.2 KB, 3.4 MB, 5.6 GB
std::string in_time(double seconds);                ///< 0.012 s, 3.4 s, 2 min 5 s, 1 h 20 min
std::string in_percent(double share);               ///< 12.3 %, and "< 0.1 %" for little that is not nothing

}  // namespace coterie::cli
