#pragma once

#include <cstdint>

namespace coterie {

// Probabilities as 64-bit integers, value × 2^62, so that the order of a sum cannot matter: integers associate,
// floating-point numbers do not. Terms lie in [0, 1], and so do their sums; an L1 change reaches 2 and still fits.

using Fixed = std::uint64_t;

inline constexpr double fixed_one = 0x1.0p62;

/// `value` in [0, 2^63) rounded to the nearest integer, ties to even. The one rounding of a term.
constexpr std::uint64_t rounded(double value) {
    // Below 2^52 adding 2^52 pushes the fraction out of the mantissa, which rounds it; from there on there is none.
    // By way of a signed integer: for that processors have an instruction.
    constexpr double two52 = 0x1.0p52;
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value < two52 ? (value + two52) - two52 : value));
}

constexpr Fixed to_fixed(double probability) {
    return rounded(probability * fixed_one);
}

constexpr double from_fixed(Fixed value) {
    return static_cast<double>(value) * (1.0 / fixed_one);
}

}  // namespace coterie
