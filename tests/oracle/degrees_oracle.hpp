#pragma once

#include "host/degrees.hpp"

namespace coterie::testing {

/// Degrees, strengths and reciprocity from a set of all edges, one by one.
DegreesResult oracle_degrees(const Graph& graph);

}  // namespace coterie::testing
