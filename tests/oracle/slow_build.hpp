#pragma once

#include <vector>

#include "host/build.hpp"

namespace coterie::testing {

/// What build_layers must give, by another route: sorting lists of rows on one thread.
BuiltLayers slowly_built_layers(AccountId num_accounts, std::vector<LayerEdges> layers,
                                const BuildOptions& options = {});

}  // namespace coterie::testing
