#pragma once

#include <vector>

#include "host/graph.hpp"

namespace coterie::testing {

/// Core numbers by their definition: for k = 1, 2, …, who remains when all with fewer than k neighbors are taken out, again
/// and again.
std::vector<AccountId> oracle_cores(const Graph& graph);

}  // namespace coterie::testing
