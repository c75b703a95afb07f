#pragma once

#include <array>

namespace coterie {

/// Something counted in a part of an input: `count` in the first or a drawn `rows` rows.
struct Grown {
    double rows = 0;
    double count = 0;
};

/// How many of it there will be in `rows` rows, told from three parts of growing size, each within the next: distinct accounts
/// or edges, of which more rows bring fewer and fewer new ones.
///
///   count(rows) = c ((1 + rows / s)^a - 1) / a,   a < 1
///
/// through the three parts: things whose frequencies follow a gamma distribution, extended to negative shapes (Engen 1974). It
/// holds draws from equally likely things (a towards minus infinity: the count ends), the logarithmic series (a = 0; Fisher 1943)
/// and power laws (0 < a < 1; Heaps 1978). Between parts of which each brings only new things, it goes on so.
/// The farther, the less certain.
double extrapolated(const std::array<Grown, 3>& parts, double rows);

}  // namespace coterie
