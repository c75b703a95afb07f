#pragma once

#include <hdf5.h>

#include <cstdint>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/array.hpp"
#include "io/store.hpp"

// A small RAII layer over the C API of HDF5: enough for groups, attributes and one-dimensional arrays.
namespace coterie::hdf5 {

/// While it lives, only this thread calls HDF5 (the library is not thread-safe), and HDF5 prints nothing by
/// itself.
class Session {
  public:
    Session();
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

  private:
    std::unique_lock<std::recursive_mutex> lock_;
    H5E_auto2_t printer_ = nullptr;
    void* printer_data_ = nullptr;
    int exceptions_ = std::uncaught_exceptions();
};

/// An open object of HDF5 that is closed when it goes out of scope.
class Handle {
  public:
    using Close = herr_t (*)(hid_t);

    Handle() = default;
    Handle(hid_t id, Close close) : id_(id), close_(close) {}
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(id_, other.id_);
        std::swap(close_, other.close_);
        return *this;
    }
    ~Handle() { close(); }

    hid_t get() const { return id_; }
    explicit operator bool() const { return id_ >= 0; }
    /// False if HDF5 could not close it (a file: what was buffered could not be written).
    bool close() noexcept { return id_ < 0 || close_(std::exchange(id_, H5I_INVALID_HID)) >= 0; }

  private:
    hid_t id_ = H5I_INVALID_HID;
    Close close_ = nullptr;
};

/// What HDF5 says about the last call that failed: its deepest message.
std::string last_error();

/// Where something is: what every error names.
struct Place {
    std::filesystem::path file;
    std::string object;  ///< "/layers/follow/out/offsets"

    Place operator/(std::string_view name) const;
    /// Throws IoError "file: object must …, got …".
    [[noreturn]] void fail(std::string_view what) const;
};

/// Owns `id`; throws IoError with what HDF5 says if the call that gave it failed.
Handle own(hid_t id, Handle::Close close, const Place& place, std::string_view doing);
/// Throws the same if a call that returns a status failed.
void check(herr_t status, const Place& place, std::string_view doing);

/// True if the group `parent` has a member of that name.
bool has(hid_t parent, const Place& place, const std::string& name);
Handle open_group(hid_t parent, const Place& place, const std::string& name);
/// Names of the members of a group that are groups (or datasets), in the order in which they were made if the
/// group keeps that order, else by name.
std::vector<std::string> member_names(hid_t group, const Place& place);

// ---- attributes: scalars; texts have a fixed length, so that they stand in the checksummed header of their
// object ----

void write_attribute(hid_t object, const Place& place, const std::string& name, const AttributeValue& value);
void write_count(hid_t object, const Place& place, const std::string& name, std::uint64_t value);

std::optional<AttributeValue> read_attribute(hid_t object, const Place& place, const std::string& name);
Attributes read_attributes(hid_t object, const Place& place);
/// These throw IoError if there is no such attribute or it is of another type.
std::uint64_t read_count(hid_t object, const Place& place, const std::string& name);
std::string read_text(hid_t object, const Place& place, const std::string& name);

// ---- one-dimensional arrays ----

enum class Element { u8, u32, u64, f32, f64, text };

template <class T>
constexpr Element element_of();
template <>
constexpr Element element_of<std::uint8_t>() {
    return Element::u8;
}
template <>
constexpr Element element_of<std::uint32_t>() {
    return Element::u32;
}
template <>
constexpr Element element_of<std::uint64_t>() {
    return Element::u64;
}
template <>
constexpr Element element_of<float>() {
    return Element::f32;
}
template <>
constexpr Element element_of<double>() {
    return Element::f64;
}

std::string_view name_of(Element element);
std::size_t size_of(Element element);  ///< 1 for text
/// How it stands in a file (little-endian). `text_width`: bytes of a fixed-width UTF-8 text.
Handle stored_type(Element element, std::size_t text_width = 1);

/// A dataset that was found and whose place in the file was checked; none of its values was read.
struct Dataset {
    Place place;
    Element element = Element::u8;
    std::size_t width = 0;        ///< bytes of one element
    bool variable_width = false;  ///< texts of another writer, each as long as it is
    std::uint64_t count = 0;
    /// Where the values stand in the file, as they stand in memory; absent: they are chunked, filtered,
    /// unaligned or of another width, and must be read through HDF5.
    std::optional<std::uint64_t> offset;
    std::optional<std::string> checksum;  ///< absent: whoever wrote it left none
    std::uint64_t address = 0;            ///< of the object: the same for hard links

    std::uint64_t bytes() const { return count * width; }
};

/// Finds a dataset of one dimension whose values fit `element`. `file_bytes`: values must lie below.
/// Throws IoError if it is missing, has another shape or a type of another kind, or lies past the end of the
/// file.
Dataset find_dataset(hid_t parent, const Place& place, const std::string& name, Element element,
                     std::uint64_t file_bytes);
/// Reads all values into `into` [bytes()], converted; throws IoError if one does not fit the type.
void read_dataset(hid_t file, const Dataset& dataset, void* into);
std::vector<std::string> read_variable_texts(hid_t file, const Dataset& dataset);

}  // namespace coterie::hdf5
