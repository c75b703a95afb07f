#pragma once

#include <string>
#include <vector>

#include "io/store_writer.hpp"

namespace coterie {

/// Adds the arrays of the columns under `accounts`. A column is an array of texts of one width, which every reader shows
/// naturally, or, where that cannot be (texts with zero bytes) or would take more than four times the texts (a few long
/// ones), a group of `offsets` and `bytes`, as handles are.
void add_columns(hdf5::ArrayWriter& arrays, const hdf5::Place& accounts, const std::vector<AccountColumn>& columns);

/// Writes the columns' names and positions, once their arrays are allocated.
void name_columns(hid_t accounts, const hdf5::Place& place, const std::vector<AccountColumn>& columns);

}  // namespace coterie
