#include "io/store_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "host/errors.hpp"
#include "io/checksum.hpp"
#include "io/descriptor.hpp"
#include "io/tasks.hpp"
#include "io/write_back.hpp"

namespace coterie::hdf5 {

namespace {

constexpr hsize_t page = 4096;
/// Metadata stand together in blocks of this size, so that opening a store reads few places.
constexpr hsize_t metadata_block = 16384;
/// Stands where a checksum will stand that is not known yet, and is as long.
constexpr std::string_view unknown_checksum = "----------------";
constexpr std::size_t write_block = std::size_t{4} << 20;

/// Objects without times and with the order in which members were made: the same contents give the same
/// bytes.
void set_group_properties(hid_t properties, const Place& place) {
    check(H5Pset_obj_track_times(properties, false), place, "preparing");
    check(H5Pset_link_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), place, "preparing");
    check(H5Pset_attr_phase_change(properties, 64, 32), place, "preparing");
}

/// Makes the groups that lead to `place`, where there are none.
void make_groups(hid_t file, const Place& place) {
    for (std::size_t slash = place.object.find('/', 1); slash != std::string::npos;
         slash = place.object.find('/', slash + 1)) {
        const std::string group = place.object.substr(0, slash);
        const Place here{place.file, group};
        if (!has(file, here, group)) create_group(file, here, group);
    }
}

[[noreturn]] void fail_writing(const Place& place, std::uint64_t bytes, int error) {
    throw IoError(fmt::format("{}: writing the {} bytes of {} failed: {}", place.file.string(), bytes, place.object,
                              std::strerror(error)));
}

}  // namespace

Handle file_access(const Place& place) {
    Handle access = own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, place, "preparing");
    check(H5Pset_libver_bounds(access.get(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST), place, "preparing");
    check(H5Pset_alignment(access.get(), 1, page), place, "preparing");
    check(H5Pset_meta_block_size(access.get(), metadata_block), place, "preparing");
    check(H5Pset_small_data_block_size(access.get(), 0), place, "preparing");
    check(H5Pset_file_locking(access.get(), false, true), place, "preparing");
    return access;
}

Handle create_file(const std::filesystem::path& path, const Place& place) {
    const Handle creation = own(H5Pcreate(H5P_FILE_CREATE), H5Pclose, place, "preparing");
    set_group_properties(creation.get(), place);
    const Handle access = file_access(place);
    return own(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), H5Fclose, place,
               "creating the file");
}

void close_file(Handle file, const Place& place) {
    check(H5Fflush(file.get(), H5F_SCOPE_GLOBAL), place, "writing the metadata");
    if (!file.close()) throw IoError(fmt::format("{}: closing the file failed: {}", place.file.string(), last_error()));
}

Handle create_group(hid_t parent, const Place& place, const std::string& name) {
    const Handle creation = own(H5Pcreate(H5P_GROUP_CREATE), H5Pclose, place, "preparing");
    set_group_properties(creation.get(), place);
    return own(H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, creation.get(), H5P_DEFAULT), H5Gclose, place / name,
               "making the group");
}

void check_member_name(std::string_view where, std::string_view name) {
    if (name.empty() || name == "." || name == ".." || name.find('/') != name.npos || name.find('\0') != name.npos)
        throw std::invalid_argument(fmt::format(
            "{}: a name must not be empty, '.' or '..', nor contain '/' or a zero byte, got '{}'", where, name));
}

void ArrayWriter::add(Place place, Element element, std::size_t width, std::span<const std::byte> bytes) {
    arrays_.push_back({std::move(place), element, width, bytes, {}, 0, bytes.size(), false});
}

std::size_t ArrayWriter::add_streamed(Place place, Element element, std::size_t width, std::uint64_t count) {
    arrays_.push_back({std::move(place), element, width, {}, std::string(unknown_checksum), 0, count * width, true});
    return arrays_.size() - 1;
}

void ArrayWriter::add_texts(const Place& group, const std::string& name, std::size_t width, std::vector<char> bytes) {
    const std::vector<char>& kept = texts_.emplace_back(std::move(bytes));
    add(group / name, Element::text, width, std::as_bytes(std::span(kept)));
}

void ArrayWriter::add_copy(const Place& group, const std::string& name, std::vector<std::uint64_t> values) {
    add(group, name, std::span<const std::uint64_t>(copies_.emplace_back(std::move(values))));
}

void ArrayWriter::add_copy(const Place& group, const std::string& name, std::vector<char> bytes) {
    add(group / name, Element::u8, 1, std::as_bytes(std::span(texts_.emplace_back(std::move(bytes)))));
}

void ArrayWriter::hash(Progress* progress) {
    constexpr std::size_t pieces_per_task = 16;
    std::vector<std::vector<std::uint64_t>> digests(arrays_.size());
    std::vector<Task> tasks;
    for (std::size_t a = 0; a < arrays_.size(); ++a) {
        if (arrays_[a].streamed) continue;
        const std::span<const std::byte> bytes = arrays_[a].bytes;
        digests[a].resize(checksum_pieces(bytes.size()));
        for (std::size_t begin = 0; begin < digests[a].size(); begin += pieces_per_task) {
            const std::size_t end = std::min(begin + pieces_per_task, digests[a].size());
            const auto piece = [bytes](std::size_t i) {
                const std::size_t from = i * checksum_piece_bytes;
                return bytes.subspan(from, std::min(checksum_piece_bytes, bytes.size() - from));
            };
            const std::size_t last_byte = std::min(end * checksum_piece_bytes, bytes.size());
            tasks.push_back({last_byte - begin * checksum_piece_bytes, [=, &of = digests[a]] {
                                 for (std::size_t i = begin; i < end; ++i) of[i] = piece_digest(piece(i));
                             }});
        }
    }
    run_tasks(tasks, 0, "checksums", progress);
    for (std::size_t a = 0; a < arrays_.size(); ++a)
        if (!arrays_[a].streamed) arrays_[a].checksum = checksum_of_pieces(digests[a]);
}

void ArrayWriter::allocate(hid_t file) {
    for (Pending& array : arrays_) {
        const Place& here = array.place;
        const Handle creation = own(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, here, "preparing");
        make_groups(file, here);
        check(H5Pset_obj_track_times(creation.get(), false), here, "preparing");
        check(H5Pset_layout(creation.get(), H5D_CONTIGUOUS), here, "preparing");
        check(H5Pset_alloc_time(creation.get(), H5D_ALLOC_TIME_EARLY), here, "preparing");
        check(H5Pset_fill_time(creation.get(), H5D_FILL_TIME_NEVER), here, "preparing");
        const hsize_t count = array.num_bytes / array.width;
        const Handle space = own(H5Screate_simple(1, &count, nullptr), H5Sclose, here, "preparing");
        const Handle type = stored_type(array.element, array.width);
        const Handle dataset = own(
            H5Dcreate2(file, here.object.c_str(), type.get(), space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
            H5Dclose, here, "making the dataset");
        write_attribute(dataset.get(), here, "checksum", array.checksum);
        if (count == 0) continue;
        const haddr_t offset = H5Dget_offset(dataset.get());
        if (offset == HADDR_UNDEF) here.fail("must have its place in the file, but HDF5 gave none");
        array.offset = offset;
    }
}

void ArrayWriter::write(const std::filesystem::path& path, const Place& root, Progress* progress) const {
    const Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (descriptor.get() < 0)
        throw IoError(fmt::format("{}: opening to write failed: {}", root.file.string(), std::strerror(errno)));
    // A full disk shows now, not after minutes of writing. Where the file system cannot promise room, writing
    // will tell.
    for (const Pending& array : arrays_) {
        if (array.num_bytes == 0) continue;
        const int status =
            ::fallocate(descriptor.get(), 0, static_cast<off_t>(array.offset), static_cast<off_t>(array.num_bytes));
        if (status != 0 && errno != EOPNOTSUPP && errno != ENOSYS && errno != EINTR)
            fail_writing(array.place, array.num_bytes, errno);
    }
    WriteBack write_back;
    std::vector<Task> tasks;
    for (const Pending& array : arrays_)
        for (std::size_t begin = 0; begin < array.bytes.size(); begin += write_block) {
            const std::size_t end = std::min(begin + write_block, array.bytes.size());
            tasks.push_back({end - begin, [&, begin, end] {
                                 for (std::size_t at = begin; at < end;) {
                                     const ssize_t written = ::pwrite(descriptor.get(), array.bytes.data() + at,
                                                                      end - at, static_cast<off_t>(array.offset + at));
                                     if (written < 0 && errno == EINTR) continue;
                                     if (written < 0) fail_writing(array.place, array.bytes.size(), errno);
                                     at += static_cast<std::size_t>(written);
                                 }
                                 write_back.wrote(descriptor.get(), end - begin);
                             }});
        }
    run_tasks(tasks, 0, "writing", progress);
}

StreamedArray ArrayWriter::open_stream(std::size_t number, int descriptor) const {
    const Pending& array = arrays_[number];
    return {array.place.file, array.place.object, descriptor, array.offset, array.num_bytes};
}

void ArrayWriter::seal(const std::filesystem::path& path, const Place& root,
                       std::span<const std::pair<std::size_t, std::string>> checksums) const {
    const Handle access = file_access(root);
    Handle file =
        own(H5Fopen(path.c_str(), H5F_ACC_RDWR, access.get()), H5Fclose, root, "opening the file to write checksums");
    for (const auto& [number, text] : checksums) {
        const Place& here = arrays_[number].place;
        const Handle dataset =
            own(H5Dopen2(file.get(), here.object.c_str(), H5P_DEFAULT), H5Dclose, here, "opening the dataset");
        const Handle attribute =
            own(H5Aopen(dataset.get(), "checksum", H5P_DEFAULT), H5Aclose, here, "opening the checksum");
        const Handle type = own(H5Aget_type(attribute.get()), H5Tclose, here, "opening the checksum");
        check(H5Awrite(attribute.get(), type.get(), text.data()), here, "writing the checksum");
    }
    close_file(std::move(file), root);
}

}  // namespace coterie::hdf5
