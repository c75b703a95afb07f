#include "cli/text_numbers.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string_view>

namespace coterie::cli {

namespace {

std::string scaled(double number, std::string_view plain_unit, std::string_view scaled_unit) {
    constexpr std::array<std::string_view, 6> prefixes{"", "k", "M", "G", "T", "P"};
    std::size_t prefix = 0;
    // From 999.95 on, one decimal would print as 1000.0.
    while (std::abs(number) >= 999.95 && prefix + 1 < prefixes.size()) {
        number /= 1000.0;
        ++prefix;
    }
    if (prefix == 0) return fmt::format("{:.{}f}{}", number, number == std::floor(number) ? 0 : 1, plain_unit);
    return fmt::format("{:.1f} {}{}", number, prefixes[prefix], scaled_unit);
}

}  // namespace

std::string with_separators(std::uint64_t number) {
    const std::string digits = std::to_string(number);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
        text += digits[i];
    }
    return text;
}

std::string in_short(double number) {
    return scaled(number, "", "");
}

std::string in_bytes(double bytes) {
    return scaled(bytes, " bytes", "B");
}

std::string in_time(double seconds) {
    if (seconds < 0.1) return fmt::format("{:.3f} s", seconds);
    if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
    const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string in_percent(double share) {
    const double percent = 100.0 * share;
    if (percent > 0.0 && percent < 0.1) return "< 0.1 %";
    return fmt::format("{:.1f} %", percent);
}

}  // namespace coterie::cli
