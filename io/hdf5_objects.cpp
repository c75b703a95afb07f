#include "io/hdf5_objects.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace coterie::hdf5 {

namespace {

struct Visited {
    std::string name;
    H5O_type_t type;
    std::uint64_t address;
};

herr_t add_object(hid_t, const char* name, const H5O_info_t* info, void* data) {
    static_cast<std::vector<Visited>*>(data)->push_back({name, info->type, info->addr});
    return 0;
}

FoundArray described(hid_t dataset, const Place& here, std::uint64_t address, std::uint64_t file_bytes) {
    FoundArray found;
    found.object = here.object;
    found.address = address;
    const Handle space = own(H5Dget_space(dataset), H5Sclose, here, "reading the shape");
    found.one_dimensional = H5Sget_simple_extent_ndims(space.get()) == 1;
    const hssize_t count = H5Sget_simple_extent_npoints(space.get());
    if (count < 0) here.fail(fmt::format("must have a shape, but HDF5 says: {}", last_error()));
    found.count = static_cast<std::uint64_t>(count);
    const Handle type = own(H5Dget_type(dataset), H5Tclose, here, "reading the type");
    found.width = H5Tget_size(type.get());
    found.bytes = H5Dget_storage_size(dataset);
    if (const auto text = read_attribute(dataset, here, "checksum"))
        if (const auto* checksum = std::get_if<std::string>(&*text)) found.checksum = *checksum;
    const Handle made_with = own(H5Dget_create_plist(dataset), H5Pclose, here, "reading the layout");
    const bool plain = H5Pget_layout(made_with.get()) == H5D_CONTIGUOUS && H5Pget_nfilters(made_with.get()) == 0 &&
                       H5Pget_external_count(made_with.get()) == 0 && H5Tis_variable_str(type.get()) <= 0;
    const haddr_t offset = plain ? H5Dget_offset(dataset) : HADDR_UNDEF;
    if (offset == HADDR_UNDEF) return found;
    if (found.bytes > file_bytes || offset > file_bytes - found.bytes)
        here.fail(fmt::format("must lie within the file of {} bytes, but its {} bytes from byte {} on end beyond",
                              file_bytes, found.bytes, offset));
    found.offset = offset;
    return found;
}

}  // namespace

FoundObjects all_objects(hid_t file, const Place& root, std::uint64_t file_bytes) {
    FoundObjects found;
    std::vector<Visited> visited;
    try {
        check(H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_NATIVE, add_object, &visited, H5O_INFO_BASIC), root,
              "listing all objects");
    } catch (const IoError& error) {
        found.failures.push_back(error);
    }
    for (const Visited& object : visited) {
        const Place here = object.name == "." ? root : root / object.name;
        try {
            const Handle opened = own(H5Oopen(file, object.name.c_str(), H5P_DEFAULT), H5Oclose, here, "opening");
            (void)read_attributes(opened.get(), here);
            if (object.type == H5O_TYPE_DATASET)
                found.arrays.push_back(described(opened.get(), here, object.address, file_bytes));
        } catch (const IoError& error) {
            found.failures.push_back(error);
        }
    }
    std::sort(found.arrays.begin(), found.arrays.end(), [](const FoundArray& a, const FoundArray& b) {
        return a.offset == b.offset ? a.object < b.object : a.offset < b.offset;
    });
    return found;
}

}  // namespace coterie::hdf5
