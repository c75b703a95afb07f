#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "io/row_format.hpp"

namespace coterie::testing {

/// What stands in a text of delimited rows, read a character at a time and with nothing shared with the reader in io/.
struct SlowRows {
    struct Layer {
        std::uint64_t rows = 0;
        std::uint64_t rejected = 0;
        double first_time = std::numeric_limits<double>::infinity();
        double last_time = -std::numeric_limits<double>::infinity();
        bool operator==(const Layer&) const = default;
    };
    /// layer, source, target, weight; ids as text, numbers without leading zeros. In order of the file.
    std::vector<std::tuple<std::size_t, std::string, std::string, float>> rows;
    /// Number of a line that is rejected, and a word that the reason must hold.
    std::vector<std::pair<std::uint64_t, std::string>> rejects;
    std::vector<Layer> layers;
    std::uint64_t lines = 0;
    std::uint64_t number_rows = 0;
    std::uint64_t word_rows = 0;
};

/// Rows without a kind are of layer 0; `layer_of_kind` as in EdgeFilePlan.
SlowRows read_slowly(std::string_view text, const RowFormat& format, bool handles, std::size_t layers,
                     const std::map<std::string, std::size_t, std::less<>>& layer_of_kind = {});

}  // namespace coterie::testing
