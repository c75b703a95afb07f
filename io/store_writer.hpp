#pragma once

#include <deque>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "host/progress.hpp"
#include "io/hdf5_handle.hpp"
#include "io/streamed_array.hpp"

namespace coterie::hdf5 {

/// How files of schema 1 are made: checksummed metadata, arrays aligned to pages, no locks (a store is never
/// changed in place, and renamed when it is complete).
Handle file_access(const Place& place);
/// Creates `path`; errors name `place`.
Handle create_file(const std::filesystem::path& path, const Place& place);
/// Writes what HDF5 has buffered and closes; throws IoError if that fails.
void close_file(Handle file, const Place& place);
Handle create_group(hid_t parent, const Place& place, const std::string& name);
/// Throws std::invalid_argument unless `name` can name a member of a group.
void check_member_name(std::string_view where, std::string_view name);

/// Arrays that are to stand in a file. Their places are made through HDF5, with their checksums; their values
/// are written past it afterwards, in large blocks, when HDF5 has closed the file. So HDF5 never fails over a
/// large write, and the checksums are made by all threads.
class ArrayWriter {
  public:
    /// The values must stay where they are until `write` has returned.
    template <class T>
    void add(const Place& group, const std::string& name, std::span<const T> values) {
        add(group / name, element_of<T>(), sizeof(T), std::as_bytes(values));
    }
    /// `bytes`: texts of `width` bytes each, one after the other; kept here.
    void add_texts(const Place& group, const std::string& name, std::size_t width, std::vector<char> bytes);
    /// Values that live nowhere else.
    void add_copy(const Place& group, const std::string& name, std::vector<std::uint64_t> values);
    void add_copy(const Place& group, const std::string& name, std::vector<char> bytes);

    /// An array of `count` values that come later (`open_stream`). Returns its number.
    template <class T>
    std::size_t add_streamed(const Place& group, const std::string& name, std::uint64_t count) {
        return add_streamed(group / name, element_of<T>(), sizeof(T), count);
    }

    /// Computes the checksums, but for those of streamed arrays. Before `allocate`.
    void hash(Progress* progress);
    /// Makes a dataset for each array, and the groups that lead to it.
    void allocate(hid_t file);
    /// Writes the values into the closed file at `path`, and makes room for those of streamed arrays. Throws IoError that
    /// names the array.
    void write(const std::filesystem::path& path, const Place& root, Progress* progress) const;
    /// The array `number` in the closed file behind `descriptor`, to be filled before `seal`.
    StreamedArray open_stream(std::size_t number, int descriptor) const;
    /// Writes the checksums of streamed arrays, by their numbers, into the closed file at `path`.
    void seal(const std::filesystem::path& path, const Place& root,
              std::span<const std::pair<std::size_t, std::string>> checksums) const;

  private:
    struct Pending {
        Place place;
        Element element;
        std::size_t width;
        std::span<const std::byte> bytes;
        std::string checksum;
        std::uint64_t offset = 0;
        std::uint64_t num_bytes = 0;
        bool streamed = false;
    };
    void add(Place place, Element element, std::size_t width, std::span<const std::byte> bytes);
    std::size_t add_streamed(Place place, Element element, std::size_t width, std::uint64_t count);

    std::vector<Pending> arrays_;
    std::deque<std::vector<char>> texts_;
    std::deque<std::vector<std::uint64_t>> copies_;
};

}  // namespace coterie::hdf5
