#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "host/errors.hpp"
#include "io/file_copy.hpp"
#include "io/store_lock.hpp"
#include "io/store_opened.hpp"
#include "io/store_writer.hpp"
#include "io/temporary_file.hpp"

namespace coterie {

namespace {

using hdf5::Dataset;
using hdf5::Element;
using hdf5::Handle;
using hdf5::Place;

void check_results(const std::vector<StoredResult>& results) {
    std::set<std::string_view> names;
    for (const StoredResult& result : results) {
        hdf5::check_member_name("add_results: result", result.name);
        if (!names.insert(result.name).second)
            throw std::invalid_argument(
                fmt::format("add_results: results must have different names, got '{}' twice", result.name));
        for (const auto& entry : result.arrays) hdf5::check_member_name("add_results: array", entry.first);
    }
}

/// The group of the results, made if there is none.
Handle results_group(hid_t file, const Place& root) {
    return hdf5::has(file, root, "results") ? hdf5::open_group(file, root, "results")
                                            : hdf5::create_group(file, root, "results");
}

}  // namespace

std::vector<std::string> Store::result_names() const {
    const hdf5::Session session;
    const Place root = opened_->root();
    if (!hdf5::has(opened_->file.get(), root, "results")) return {};
    const Handle group = hdf5::open_group(opened_->file.get(), root, "results");
    std::vector<std::string> names = hdf5::member_names(group.get(), root / "results");
    std::sort(names.begin(), names.end());
    return names;
}

Attributes Store::result_attributes(std::string_view name) const {
    const hdf5::Session session;
    const std::vector<std::string> names = result_names();
    if (std::find(names.begin(), names.end(), name) == names.end())
        throw std::invalid_argument(
            fmt::format("{}: result must be one of [{}], got '{}'", path().string(), fmt::join(names, ", "), name));
    const Place place = opened_->root() / "results";
    const Handle results = hdf5::open_group(opened_->file.get(), opened_->root(), "results");
    const Handle group = hdf5::open_group(results.get(), place, std::string(name));
    return hdf5::read_attributes(group.get(), place / name);
}

StoredResult Store::result(std::string_view name) const {
    const hdf5::Session session;
    StoredResult result{std::string(name), {}, result_attributes(name)};
    const Place place = opened_->root() / "results" / name;
    const Handle group = hdf5::own(H5Gopen2(opened_->file.get(), place.object.c_str(), H5P_DEFAULT), H5Gclose, place,
                                   "opening the group");
    for (const std::string& member : hdf5::member_names(group.get(), place)) {
        const Place here = place / member;
        const Handle dataset =
            hdf5::own(H5Dopen2(group.get(), member.c_str(), H5P_DEFAULT), H5Dclose, here, "opening the dataset");
        const Handle type = hdf5::own(H5Dget_type(dataset.get()), H5Tclose, here, "reading the type");
        const auto read = [&]<class T>(std::vector<T> values) {
            const Dataset found =
                hdf5::find_dataset(group.get(), place, member, hdf5::element_of<T>(), opened_->mapping->bytes());
            const Values<T> stored = opened_->values<T>(found);
            check_sum(found, std::as_bytes(stored.span));
            values.assign(stored.span.begin(), stored.span.end());
            result.arrays.emplace(member, std::move(values));
        };
        if (H5Tget_class(type.get()) == H5T_FLOAT)
            read(std::vector<double>{});
        else
            read(std::vector<std::uint32_t>{});
    }
    return result;
}

void add_results(const std::filesystem::path& path, const std::vector<StoredResult>& results, Progress* progress) {
    check_results(results);
    std::error_code error;
    // A link to a store stays a link.
    const std::filesystem::path target = std::filesystem::canonical(path, error);
    if (error) throw IoError(fmt::format("{}: opening the store failed: {}", path.string(), error.message()));
    const Descriptor locked = lock_store(target, progress);
    Store::open(target);  // throws if it is none

    const Place root{path, "/"};
    const Place place = root / "results";
    hdf5::ArrayWriter arrays;
    for (const StoredResult& result : results)
        for (const auto& [name, values] : result.arrays)
            std::visit([&, &array_name = name](
                           const auto& vector) { arrays.add(place / result.name, array_name, std::span(vector)); },
                       values);
    arrays.hash(progress);

    TemporaryFile temporary(target);
    copy_file(locked, temporary.path(), path, progress);
    {
        const hdf5::Session session;
        const Handle access = hdf5::file_access(root);
        Handle file = hdf5::own(H5Fopen(temporary.path().c_str(), H5F_ACC_RDWR, access.get()), H5Fclose, root,
                                "opening the copy");
        {
            const Handle group = results_group(file.get(), root);
            for (const StoredResult& result : results) {
                // The room of a replaced result is taken by the new one: nothing else was allocated since.
                if (hdf5::has(group.get(), place, result.name))
                    hdf5::check(H5Ldelete(group.get(), result.name.c_str(), H5P_DEFAULT), place / result.name,
                                "removing the old result");
            }
            for (const StoredResult& result : results) {
                const Handle made = hdf5::create_group(group.get(), place, result.name);
                for (const auto& [name, value] : result.attributes)
                    hdf5::write_attribute(made.get(), place / result.name, name, value);
            }
        }
        arrays.allocate(file.get());
        hdf5::close_file(std::move(file), root);
    }
    arrays.write(temporary.path(), root, progress);
    temporary.commit();
}

}  // namespace coterie
