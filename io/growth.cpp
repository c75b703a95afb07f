#include "io/growth.hpp"

#include <algorithm>
#include <cmath>

namespace coterie {

namespace {

/// ((1 + x)^a - 1) / a, the logarithm for a = 0.
double family(double a, double x) {
    const double way = std::log1p(x);
    return std::abs(a) < 1e-9 ? way : std::expm1(a * way) / a;
}

/// The slope of the family in the double logarithm between two numbers of rows.
double slope_of(double a, double scale, double less, double more) {
    return std::log(family(a, more / scale) / family(a, less / scale)) / std::log(more / less);
}

/// The scale for which the slope between the rows is `slope`: it falls from 1 as the scale does.
double scale_for(double a, double slope, double less, double more) {
    double low = std::log(less) - 40;
    double high = std::log(more) + 40;
    for (int k = 0; k < 80; ++k) {
        const double middle = (low + high) / 2;
        (slope_of(a, std::exp(middle), less, more) < slope ? low : high) = middle;
    }
    return std::exp((low + high) / 2);
}

}  // namespace

double extrapolated(const std::array<Grown, 3>& parts, double rows) {
    const auto& [first, second, last] = parts;
    if (first.count <= 0 || first.rows <= 0 || second.rows <= first.rows || last.rows <= second.rows ||
        rows <= last.rows)
        return last.count;
    const auto slope = [](const Grown& less, const Grown& more) {
        return std::clamp(std::log(more.count / less.count) / std::log(more.rows / less.rows), 0.0, 1.0);
    };
    constexpr double least = 1e-6;
    const double before = slope(first, second);
    const double now = slope(second, last);
    if (now < least) return last.count;
    if (now > 1 - least || before <= now + least) return last.count * std::pow(rows / last.rows, now);
    // The lower the exponent, the faster the slope falls: from not at all at `now` to that of draws from equal things.
    double low = -50;
    double high = now;
    for (int k = 0; k < 50; ++k) {
        const double a = (low + high) / 2;
        const double seen = slope_of(a, scale_for(a, now, second.rows, last.rows), first.rows, second.rows);
        (seen > before ? low : high) = a;
    }
    const double a = (low + high) / 2;
    const double scale = scale_for(a, now, second.rows, last.rows);
    return last.count * family(a, rows / scale) / family(a, last.rows / scale);
}

}  // namespace coterie
