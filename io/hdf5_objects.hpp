#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/hdf5_handle.hpp"

// All that is in an HDF5 file, whether or not coterie knows it.
namespace coterie::hdf5 {

struct FoundArray {
    std::string object;                   ///< "/layers/follow/out/offsets": one of its names
    std::uint64_t address = 0;            ///< of the object: the same under all names
    std::uint64_t bytes = 0;              ///< as they stand in the file
    std::optional<std::uint64_t> offset;  ///< absent: in chunks, filtered, or never written
    std::optional<std::string> checksum;
    bool one_dimensional = false;
    std::uint64_t count = 0;  ///< of its values
    std::uint64_t width = 0;  ///< bytes of each
};

struct FoundObjects {
    std::vector<FoundArray> arrays;  ///< each once, by their place in the file
    std::vector<IoError> failures;   ///< objects that could not be read
};

/// Visits every object of the file, reads its attributes, and describes its arrays; reads no values. Metadata carry
/// checksums, so that reading them finds damage. Needs a Session. `file_bytes`: values must lie below.
FoundObjects all_objects(hid_t file, const Place& root, std::uint64_t file_bytes);

}  // namespace coterie::hdf5
