#include "io/hdf5_handle.hpp"

#include <fmt/format.h>

#include <limits>

#include "host/errors.hpp"

namespace coterie::hdf5 {

namespace {

std::recursive_mutex& library_mutex() {
    static std::recursive_mutex mutex;
    return mutex;
}

herr_t keep_first(unsigned position, const H5E_error2_t* error, void* data) {
    if (position == 0 && error->desc != nullptr) *static_cast<std::string*>(data) = error->desc;
    return 0;
}

herr_t add_name(hid_t, const char* name, const H5L_info_t*, void* data) {
    static_cast<std::vector<std::string>*>(data)->emplace_back(name);
    return 0;
}

herr_t add_attribute_name(hid_t, const char* name, const H5A_info_t*, void* data) {
    static_cast<std::vector<std::string>*>(data)->emplace_back(name);
    return 0;
}

/// A truth value as h5py writes it.
Handle bool_type() {
    Handle type(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
    for (const auto& [name, value] : {std::pair<const char*, std::int8_t>{"FALSE", 0}, {"TRUE", 1}})
        H5Tenum_insert(type.get(), name, &value);
    return type;
}

hid_t native_type(Element element) {
    switch (element) {
        case Element::u8:
            return H5T_NATIVE_UINT8;
        case Element::u32:
            return H5T_NATIVE_UINT32;
        case Element::u64:
            return H5T_NATIVE_UINT64;
        case Element::f32:
            return H5T_NATIVE_FLOAT;
        case Element::f64:
            return H5T_NATIVE_DOUBLE;
        case Element::text:
            break;
    }
    return H5T_C_S1;
}

/// Refuses a conversion that would change a value: HDF5 would clip it silently.
H5T_conv_ret_t refuse_change(H5T_conv_except_t what, hid_t, hid_t, void*, void*, void*) {
    return what == H5T_CONV_EXCEPT_PRECISION ? H5T_CONV_UNHANDLED : H5T_CONV_ABORT;
}

std::string describe(hid_t type) {
    const std::size_t bits = H5Tget_size(type) * 8;
    switch (H5Tget_class(type)) {
        case H5T_INTEGER:
            return fmt::format("{}{}", H5Tget_sign(type) == H5T_SGN_NONE ? 'u' : 'i', bits);
        case H5T_FLOAT:
            return fmt::format("f{}", bits);
        case H5T_STRING:
            return "text";
        case H5T_ENUM:
            return "an enumeration";
        case H5T_COMPOUND:
            return "a compound";
        default:
            return "another type";
    }
}

std::string trimmed(std::string text) {
    text.resize(text.find_last_not_of('\0') + 1);  // npos + 1 is 0
    return text;
}

std::string read_text_value(hid_t attribute, hid_t type, const Place& place) {
    if (H5Tis_variable_str(type) > 0) {
        Handle memory = own(H5Tcopy(H5T_C_S1), H5Tclose, place, "making a type");
        check(H5Tset_size(memory.get(), H5T_VARIABLE), place, "making a type");
        check(H5Tset_cset(memory.get(), H5Tget_cset(type)), place, "making a type");
        char* value = nullptr;
        check(H5Aread(attribute, memory.get(), &value), place, "reading");
        std::string text = value == nullptr ? "" : value;
        H5free_memory(value);
        return text;
    }
    std::string text(H5Tget_size(type), '\0');
    check(H5Aread(attribute, type, text.data()), place, "reading");
    return trimmed(std::move(text));
}

}  // namespace

Session::Session() : lock_(library_mutex()) {
    // At the end of the process the library would write what a full disk kept it from writing, and crash over that. Files are
    // closed when they are done.
    [[maybe_unused]] static const herr_t no_end = H5dont_atexit();
    H5Eget_auto2(H5E_DEFAULT, &printer_, &printer_data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Session::~Session() {
    if (std::uncaught_exceptions() == exceptions_) H5Eset_auto2(H5E_DEFAULT, printer_, printer_data_);
}

std::string last_error() {
    std::string text;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &text);
    return text.empty() ? "HDF5 gives no reason" : text;
}

Place Place::operator/(std::string_view name) const {
    return {file, object == "/" ? fmt::format("/{}", name) : fmt::format("{}/{}", object, name)};
}

void Place::fail(std::string_view what) const {
    throw IoError(fmt::format("{}: {} {}", file.string(), object, what));
}

Handle own(hid_t id, Handle::Close close, const Place& place, std::string_view doing) {
    if (id < 0)
        throw IoError(fmt::format("{}: {}: {} failed: {}", place.file.string(), place.object, doing, last_error()));
    return {id, close};
}

void check(herr_t status, const Place& place, std::string_view doing) {
    if (status < 0)
        throw IoError(fmt::format("{}: {}: {} failed: {}", place.file.string(), place.object, doing, last_error()));
}

bool has(hid_t parent, const Place& place, const std::string& name) {
    const htri_t exists = H5Lexists(parent, name.c_str(), H5P_DEFAULT);
    check(exists, place / name, "looking it up");
    return exists > 0;
}

Handle open_group(hid_t parent, const Place& place, const std::string& name) {
    if (!has(parent, place, name)) (place / name).fail("must be a group, but there is none");
    return own(H5Gopen2(parent, name.c_str(), H5P_DEFAULT), H5Gclose, place / name, "opening the group");
}

std::vector<std::string> member_names(hid_t group, const Place& place) {
    const Handle made_with = own(H5Gget_create_plist(group), H5Pclose, place, "reading how the group was made");
    unsigned order = 0;
    check(H5Pget_link_creation_order(made_with.get(), &order), place, "reading how the group was made");
    std::vector<std::string> names;
    hsize_t next = 0;
    check(H5Literate(group, (order & H5P_CRT_ORDER_INDEXED) != 0 ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME, H5_ITER_INC,
                     &next, add_name, &names),
          place, "listing the members");
    return names;
}

namespace {

void write_scalar(hid_t object, const Place& place, const std::string& name, hid_t stored, hid_t memory,
                  const void* value) {
    const Handle space = own(H5Screate(H5S_SCALAR), H5Sclose, place, "making a scalar");
    const Handle attribute = own(H5Acreate2(object, name.c_str(), stored, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                                 H5Aclose, place, fmt::format("making the attribute '{}'", name));
    check(H5Awrite(attribute.get(), memory, value), place, fmt::format("writing the attribute '{}'", name));
}

}  // namespace

void write_attribute(hid_t object, const Place& place, const std::string& name, const AttributeValue& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        write_scalar(object, place, name, H5T_STD_I64LE, H5T_NATIVE_INT64, number);
    } else if (const auto* real = std::get_if<double>(&value)) {
        write_scalar(object, place, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, real);
    } else if (const auto* truth = std::get_if<bool>(&value)) {
        const std::int8_t byte = *truth ? 1 : 0;
        const Handle type = bool_type();
        write_scalar(object, place, name, type.get(), type.get(), &byte);
    } else {
        const std::string& text = std::get<std::string>(value);
        const Handle type = stored_type(Element::text, text.empty() ? 1 : text.size());
        write_scalar(object, place, name, type.get(), type.get(), text.c_str());
    }
}

void write_count(hid_t object, const Place& place, const std::string& name, std::uint64_t value) {
    write_scalar(object, place, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, &value);
}

std::optional<AttributeValue> read_attribute(hid_t object, const Place& place, const std::string& name) {
    const htri_t exists = H5Aexists(object, name.c_str());
    check(exists, place, fmt::format("looking up the attribute '{}'", name));
    if (exists == 0) return std::nullopt;
    const Place here{place.file, fmt::format("{}: attribute '{}'", place.object, name)};
    const Handle attribute = own(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose, here, "opening");
    const Handle space = own(H5Aget_space(attribute.get()), H5Sclose, here, "reading the shape");
    const Handle type = own(H5Aget_type(attribute.get()), H5Tclose, here, "reading the type");
    if (H5Sget_simple_extent_npoints(space.get()) != 1) return std::nullopt;
    switch (H5Tget_class(type.get())) {
        case H5T_INTEGER: {
            if (H5Tget_sign(type.get()) == H5T_SGN_NONE) {
                std::uint64_t value = 0;
                check(H5Aread(attribute.get(), H5T_NATIVE_UINT64, &value), here, "reading");
                if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                    here.fail(fmt::format("must be below 2^63, got {}", value));
                return static_cast<std::int64_t>(value);
            }
            std::int64_t value = 0;
            check(H5Aread(attribute.get(), H5T_NATIVE_INT64, &value), here, "reading");
            return value;
        }
        case H5T_FLOAT: {
            double value = 0;
            check(H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, &value), here, "reading");
            return value;
        }
        case H5T_ENUM: {
            std::int8_t value = 0;
            if (H5Tget_size(type.get()) != 1) return std::nullopt;
            check(H5Aread(attribute.get(), type.get(), &value), here, "reading");
            return value != 0;
        }
        case H5T_STRING:
            return read_text_value(attribute.get(), type.get(), here);
        default:
            return std::nullopt;
    }
}

Attributes read_attributes(hid_t object, const Place& place) {
    std::vector<std::string> names;
    hsize_t next = 0;
    check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &next, add_attribute_name, &names), place,
          "listing the attributes");
    Attributes attributes;
    for (const std::string& name : names)
        if (auto value = read_attribute(object, place, name)) attributes.emplace(name, std::move(*value));
    return attributes;
}

std::uint64_t read_count(hid_t object, const Place& place, const std::string& name) {
    const auto value = read_attribute(object, place, name);
    const auto* number = value ? std::get_if<std::int64_t>(&*value) : nullptr;
    if (number == nullptr || *number < 0)
        place.fail(fmt::format("must have the attribute '{}', a whole number from 0 on, got {}", name,
                               !value   ? "none"
                               : number ? fmt::to_string(*number)
                                        : "another type"));
    return static_cast<std::uint64_t>(*number);
}

std::string read_text(hid_t object, const Place& place, const std::string& name) {
    auto value = read_attribute(object, place, name);
    auto* text = value ? std::get_if<std::string>(&*value) : nullptr;
    if (text == nullptr)
        place.fail(fmt::format("must have the attribute '{}', a text, got {}", name, value ? "another type" : "none"));
    return std::move(*text);
}

std::string_view name_of(Element element) {
    switch (element) {
        case Element::u8:
            return "u8";
        case Element::u32:
            return "u32";
        case Element::u64:
            return "u64";
        case Element::f32:
            return "f32";
        case Element::f64:
            return "f64";
        case Element::text:
            break;
    }
    return "text of fixed width";
}

std::size_t size_of(Element element) {
    return element == Element::text ? 1 : H5Tget_size(native_type(element));
}

Handle stored_type(Element element, std::size_t text_width) {
    switch (element) {
        case Element::u8:
            return {H5Tcopy(H5T_STD_U8LE), H5Tclose};
        case Element::u32:
            return {H5Tcopy(H5T_STD_U32LE), H5Tclose};
        case Element::u64:
            return {H5Tcopy(H5T_STD_U64LE), H5Tclose};
        case Element::f32:
            return {H5Tcopy(H5T_IEEE_F32LE), H5Tclose};
        case Element::f64:
            return {H5Tcopy(H5T_IEEE_F64LE), H5Tclose};
        case Element::text:
            break;
    }
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type.get(), text_width);
    H5Tset_cset(type.get(), H5T_CSET_UTF8);
    H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
    return type;
}

Dataset find_dataset(hid_t parent, const Place& place, const std::string& name, Element element,
                     std::uint64_t file_bytes) {
    Dataset found;
    found.place = place / name;
    found.element = element;
    const Place& here = found.place;
    if (!has(parent, place, name)) here.fail("must be a dataset, but there is none");
    const Handle dataset = own(H5Dopen2(parent, name.c_str(), H5P_DEFAULT), H5Dclose, here, "opening the dataset");

    const Handle space = own(H5Dget_space(dataset.get()), H5Sclose, here, "reading the shape");
    const int rank = H5Sget_simple_extent_ndims(space.get());
    if (rank != 1) here.fail(fmt::format("must have one dimension, got {}", rank));
    hsize_t count = 0;
    check(H5Sget_simple_extent_dims(space.get(), &count, nullptr), here, "reading the shape");
    found.count = count;

    const Handle type = own(H5Dget_type(dataset.get()), H5Tclose, here, "reading the type");
    const H5T_class_t kind = H5Tget_class(type.get());
    const bool is_float = element == Element::f32 || element == Element::f64;
    const bool fits = element == Element::text ? kind == H5T_STRING
                      : is_float               ? kind == H5T_FLOAT || kind == H5T_INTEGER
                                               : kind == H5T_INTEGER;
    if (!fits) here.fail(fmt::format("must hold {}, got {}", name_of(element), describe(type.get())));
    found.width = element == Element::text ? H5Tget_size(type.get()) : size_of(element);

    found.variable_width = kind == H5T_STRING && H5Tis_variable_str(type.get()) > 0;

    H5O_info_t object{};
    check(H5Oget_info(dataset.get(), &object), here, "reading the header");
    found.address = object.addr;
    if (auto text = read_attribute(dataset.get(), here, "checksum")) {
        if (!std::holds_alternative<std::string>(*text)) here.fail("must have a text as its attribute 'checksum'");
        found.checksum = std::get<std::string>(*text);
    }

    const Handle made_with = own(H5Dget_create_plist(dataset.get()), H5Pclose, here, "reading the layout");
    if (found.variable_width) return found;
    const Handle as_mapped = stored_type(element, found.width);
    const bool same_type = element == Element::text || H5Tequal(type.get(), as_mapped.get()) > 0;
    const bool plain = H5Pget_layout(made_with.get()) == H5D_CONTIGUOUS && H5Pget_nfilters(made_with.get()) == 0 &&
                       H5Pget_external_count(made_with.get()) == 0 && same_type;
    if (!plain) return found;
    const haddr_t offset = H5Dget_offset(dataset.get());
    if (offset == HADDR_UNDEF) return found;  // nothing was ever written: HDF5 reads the fill value
    if (count > file_bytes / found.width || offset > file_bytes - found.bytes())
        here.fail(
            fmt::format("must lie within the file of {} bytes, but its {} values end beyond; the file is truncated",
                        file_bytes, count));
    if (element == Element::text || offset % found.width == 0) found.offset = offset;
    return found;
}

void read_dataset(hid_t file, const Dataset& dataset, void* into) {
    const Place& here = dataset.place;
    if (dataset.count == 0) return;
    const Handle opened = own(H5Dopen2(file, here.object.c_str(), H5P_DEFAULT), H5Dclose, here, "opening the dataset");
    const Handle transfer = own(H5Pcreate(H5P_DATASET_XFER), H5Pclose, here, "preparing to read");
    check(H5Pset_type_conv_cb(transfer.get(), refuse_change, nullptr), here, "preparing to read");
    const Handle type = dataset.element == Element::text ? stored_type(Element::text, dataset.width)
                                                         : Handle(H5Tcopy(native_type(dataset.element)), H5Tclose);
    if (H5Dread(opened.get(), type.get(), H5S_ALL, H5S_ALL, transfer.get(), into) < 0)
        here.fail(
            fmt::format("must be readable as {}, but reading failed: {}", name_of(dataset.element), last_error()));
}

std::vector<std::string> read_variable_texts(hid_t file, const Dataset& dataset) {
    const Place& here = dataset.place;
    const Handle opened = own(H5Dopen2(file, here.object.c_str(), H5P_DEFAULT), H5Dclose, here, "opening the dataset");
    const Handle space = own(H5Dget_space(opened.get()), H5Sclose, here, "reading the shape");
    const Handle type = own(H5Dget_type(opened.get()), H5Tclose, here, "reading the type");
    std::vector<char*> pointers(dataset.count, nullptr);
    check(H5Dread(opened.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()), here, "reading");
    std::vector<std::string> texts;
    for (const char* pointer : pointers) texts.emplace_back(pointer == nullptr ? "" : pointer);
    H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, pointers.data());
    return texts;
}

}  // namespace coterie::hdf5
