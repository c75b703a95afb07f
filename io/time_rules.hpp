#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/block_parser.hpp"
#include "io/raw_rows.hpp"

namespace coterie {

/// Rows of times since <= t < until go to a layer.
struct TimeWindow {
    std::size_t layer = 0;
    double since = -std::numeric_limits<double>::infinity();
    double until = std::numeric_limits<double>::infinity();

    bool holds(double time) const { return since <= time && time < until; }
};

/// What the time of a row of events means for it: to which layers it goes, and what it weighs there.
struct TimeRule {
    std::vector<TimeWindow> windows;  ///< none: times do not matter
    double half_life = 0;             ///< in seconds; 0: rows do not age
    double as_of = 0;                 ///< the time from which ages are counted

    bool matters() const { return !windows.empty(); }
    /// Whether the row goes anywhere: else it names no account either.
    bool takes(double time) const;
    /// Adds a row to each window that holds `time`, and the time to what is counted there. A row with no weight counts 1.
    void add(ThreadRows& into, BlockTally& tally, std::uint64_t source, std::uint64_t target,
             std::optional<float> weight, double time) const;
};

/// 2^(-age / half_life), the same bits on every machine: arithmetic of one order, no function of the system's library. Error below
/// 2^-52 of the value. An age below 0 is that of a row which is yet to come.
double decay(double age, double half_life);

/// A span of time in seconds from "90s", "30m", "12h", "7d" or "2w". Throws std::invalid_argument that names `option`.
double parse_duration(std::string_view text, std::string_view option);

}  // namespace coterie
