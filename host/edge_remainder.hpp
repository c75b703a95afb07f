#pragma once

#include "host/csr.hpp"

namespace coterie {

/// A part of what the weight of an edge lacks of the exact sum (see WeightRemainders), by the ends of the edge.
struct EdgeRemainder {
    AccountId source;
    AccountId target;
    double value;
};

}  // namespace coterie
