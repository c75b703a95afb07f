#pragma once

#include <span>

#include "host/csr.hpp"
#include "kernels/fixed_point.hpp"

namespace coterie::degrees_rule {

inline constexpr double units_per_weight = 0x1.0p20;

/// A weight as an integer, so that the order of a sum cannot matter. Negative weights have their sign.
constexpr std::int64_t weight_units(float weight) {
    const double units = static_cast<double>(weight) * units_per_weight;
    return units < 0.0 ? -static_cast<std::int64_t>(rounded(-units)) : static_cast<std::int64_t>(rounded(units));
}

constexpr double strength(std::int64_t units) {
    return static_cast<double>(units) / units_per_weight;
}

/// Whether an ascending row holds `account`.
constexpr bool contains(std::span<const AccountId> row, AccountId account) {
    std::size_t low = 0;
    std::size_t high = row.size();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (row[middle] < account)
            low = middle + 1;
        else
            high = middle;
    }
    return low < row.size() && row[low] == account;
}

/// Share of the edges whose reverse exists. A self-loop is its own reverse and says nothing: it is taken out of both counts.
constexpr double reciprocity(EdgeOffset mutual, EdgeOffset self_loops, EdgeOffset edges) {
    return edges == self_loops ? 0.0
                               : static_cast<double>(mutual - self_loops) / static_cast<double>(edges - self_loops);
}

}  // namespace coterie::degrees_rule
