#include "io/time_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "io/fields.hpp"

namespace coterie {

bool TimeRule::takes(double time) const {
    return std::any_of(windows.begin(), windows.end(), [&](const TimeWindow& window) { return window.holds(time); });
}

void TimeRule::add(ThreadRows& into, BlockTally& tally, std::uint64_t source, std::uint64_t target,
                   std::optional<float> weight, double time) const {
    if (half_life > 0)
        weight = static_cast<float>(static_cast<double>(weight.value_or(1.0F)) * decay(as_of - time, half_life));
    for (const TimeWindow& window : windows) {
        if (!window.holds(time)) continue;
        LayerTally& counted = tally.layers[window.layer];
        counted.first_time = std::min(counted.first_time, time);
        counted.last_time = std::max(counted.last_time, time);
        if (weight)
            into.layers[window.layer].add(source, target, *weight);
        else
            into.layers[window.layer].add(source, target);
    }
}

double decay(double age, double half_life) {
    constexpr double ln2 = 0.693147180559945309417232121458;
    constexpr double most_halvings = 1100;  // less than the least double
    constexpr int terms = 14;
    const double halvings = std::clamp(age / half_life, -most_halvings, most_halvings);
    const double whole = std::nearbyint(halvings);
    const double x = (whole - halvings) * ln2;  // within ±0.35: the series of e^x is exact to a double after 14 terms
    double sum = 1;
    for (int i = terms; i > 0; --i) sum = 1 + sum * x / i;
    return std::ldexp(sum, -static_cast<int>(whole));
}

double parse_duration(std::string_view text, std::string_view option) {
    const std::string_view units = "smhdw";
    constexpr double seconds[] = {1, 60, 3600, 86400, 7 * 86400};
    const auto number = parse_number(text.substr(0, text.empty() ? 0 : text.size() - 1));
    const std::size_t unit = text.empty() ? units.npos : units.find(text.back());
    if (!number || unit == units.npos || *number <= 0)
        throw std::invalid_argument(
            fmt::format("ingest: {} must be a time like 90s, 30m, 12h, 7d or 2w, got \"{}\"", option, text));
    return *number * seconds[unit];
}

}  // namespace coterie
