#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>

#include "host/errors.hpp"
#include "io/store_columns.hpp"
#include "io/store_opened.hpp"

namespace coterie {

namespace {

using hdf5::Dataset;
using hdf5::Element;
using hdf5::Handle;
using hdf5::Place;

constexpr std::array<std::string_view, 3> reserved{"by_id", "handles", "ids"};

/// Where a column stands and how it is called.
struct StoredColumn {
    std::string member;
    std::string name;
    std::int64_t position = 0;
    H5I_type_t kind = H5I_DATASET;
};

/// Names of the members that hold the columns: what HDF5 allows, each once. The name itself stands in an attribute.
std::vector<std::string> members_of(const std::vector<AccountColumn>& columns) {
    std::set<std::string> taken(reserved.begin(), reserved.end());
    std::vector<std::string> members;
    for (const AccountColumn& column : columns) {
        std::string name = column.name;
        std::replace(name.begin(), name.end(), '/', '_');
        std::replace(name.begin(), name.end(), '\0', '_');
        if (name.empty() || name == "." || name == "..") name = "column";
        std::string member = name;
        for (int k = 2; !taken.insert(member).second; ++k) member = fmt::format("{}_{}", name, k);
        members.push_back(std::move(member));
    }
    return members;
}

/// Columns of the table, in its order: texts, or groups of offsets and bytes. What else another writer may have left
/// among the accounts (such as numbers) is not a column.
std::vector<StoredColumn> list_columns(hid_t group, const Place& place) {
    std::vector<StoredColumn> columns;
    for (const std::string& member : hdf5::member_names(group, place)) {
        if (std::find(reserved.begin(), reserved.end(), member) != reserved.end()) continue;
        const Place here = place / member;
        const Handle object = hdf5::own(H5Oopen(group, member.c_str(), H5P_DEFAULT), H5Oclose, here, "opening");
        StoredColumn column{member, member, static_cast<std::int64_t>(columns.size()), H5Iget_type(object.get())};
        if (column.kind == H5I_DATASET) {
            const Handle type = hdf5::own(H5Dget_type(object.get()), H5Tclose, here, "reading the type");
            if (H5Tget_class(type.get()) != H5T_STRING) continue;
        }
        if (const auto name = hdf5::read_attribute(object.get(), here, "column"))
            if (const auto* text = std::get_if<std::string>(&*name)) column.name = *text;
        if (const auto position = hdf5::read_attribute(object.get(), here, "position"))
            if (const auto* number = std::get_if<std::int64_t>(&*position)) column.position = *number;
        columns.push_back(std::move(column));
    }
    std::stable_sort(columns.begin(), columns.end(),
                     [](const StoredColumn& a, const StoredColumn& b) { return a.position < b.position; });
    return columns;
}

void check_count(const Dataset& dataset, std::uint64_t count) {
    if (dataset.count != count) dataset.place.fail(fmt::format("must have {} values, got {}", count, dataset.count));
}

std::string fixed_text(const Values<char>& values, const Dataset& dataset, std::size_t i) {
    const std::string_view padded(values.span.data() + i * dataset.width, dataset.width);
    return std::string(padded.substr(0, padded.find_last_not_of('\0') + 1));
}

std::vector<std::string> read_fixed_texts(const Store::Opened& store, const Dataset& dataset) {
    const Values<char> values = store.values<char>(dataset);
    check_sum(dataset, std::as_bytes(values.span));
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < dataset.count; ++i) texts.push_back(fixed_text(values, dataset, i));
    return texts;
}

/// A column that stands as a group of offsets and bytes.
struct DividedColumn {
    Dataset offsets;
    Dataset bytes;
    Values<std::uint64_t> offset_values;
    Values<char> byte_values;
    Place place;

    std::string text(std::size_t i) const {
        return std::string(text_at(offset_values.span, {byte_values.span.data(), byte_values.span.size()}, i, place));
    }
};

DividedColumn open_divided(const Store::Opened& store, hid_t accounts, const Place& place, const std::string& member) {
    const Handle group = hdf5::open_group(accounts, place, member);
    const Place here = place / member;
    const std::uint64_t file_bytes = store.mapping->bytes();
    DividedColumn column{.offsets = hdf5::find_dataset(group.get(), here, "offsets", Element::u64, file_bytes),
                         .bytes = hdf5::find_dataset(group.get(), here, "bytes", Element::u8, file_bytes),
                         .offset_values = {},
                         .byte_values = {},
                         .place = here};
    check_count(column.offsets, std::uint64_t{store.num_accounts} + 1);
    column.offset_values = store.values<std::uint64_t>(column.offsets);
    column.byte_values = store.values<char>(column.bytes);
    return column;
}

std::vector<std::string> read_divided_texts(const Store::Opened& store, hid_t accounts, const Place& place,
                                            const std::string& member) {
    const DividedColumn column = open_divided(store, accounts, place, member);
    check_sum(column.offsets, std::as_bytes(column.offset_values.span));
    check_sum(column.bytes, std::as_bytes(column.byte_values.span));
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < store.num_accounts; ++i) texts.push_back(column.text(i));
    return texts;
}

}  // namespace

void add_columns(hdf5::ArrayWriter& arrays, const Place& accounts, const std::vector<AccountColumn>& columns) {
    const std::vector<std::string> members = members_of(columns);
    for (std::size_t c = 0; c < columns.size(); ++c) {
        const AccountColumn& column = columns[c];
        const std::string& member = members[c];
        std::size_t width = 1;
        std::size_t bytes = 0;
        bool zero_bytes = false;  // HDF5 would take them for the end of a text
        for (const std::string& value : column.values) {
            zero_bytes = zero_bytes || value.find('\0') != value.npos;
            width = std::max(width, value.size());
            bytes += value.size();
        }
        const std::size_t slack = std::size_t{1} << 20;
        if (!zero_bytes && column.values.size() * width <= 4 * bytes + slack) {
            std::vector<char> texts(column.values.size() * width, '\0');
            for (std::size_t i = 0; i < column.values.size(); ++i)
                std::copy(column.values[i].begin(), column.values[i].end(), texts.data() + i * width);
            arrays.add_texts(accounts, member, width, std::move(texts));
        } else {
            std::vector<std::uint64_t> offsets{0};
            std::vector<char> texts;
            texts.reserve(bytes);
            for (const std::string& value : column.values) {
                texts.insert(texts.end(), value.begin(), value.end());
                offsets.push_back(texts.size());
            }
            arrays.add_copy(accounts / member, "offsets", std::move(offsets));
            arrays.add_copy(accounts / member, "bytes", std::move(texts));
        }
    }
}

void name_columns(hid_t accounts, const Place& place, const std::vector<AccountColumn>& columns) {
    const std::vector<std::string> members = members_of(columns);
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const Place here = place / members[i];
        const Handle object = hdf5::own(H5Oopen(accounts, members[i].c_str(), H5P_DEFAULT), H5Oclose, here, "opening");
        hdf5::write_attribute(object.get(), here, "column", columns[i].name);
        hdf5::write_attribute(object.get(), here, "position", static_cast<std::int64_t>(i));
    }
}

std::vector<std::string> Store::column_names() const {
    const hdf5::Session session;
    const Handle group = hdf5::open_group(opened_->file.get(), opened_->root(), "accounts");
    std::vector<std::string> names;
    for (StoredColumn& column : list_columns(group.get(), opened_->root() / "accounts"))
        names.push_back(std::move(column.name));
    return names;
}

std::vector<AccountColumn> Store::columns() const {
    const hdf5::Session session;
    const Place place = opened_->root() / "accounts";
    const Handle group = hdf5::open_group(opened_->file.get(), opened_->root(), "accounts");
    std::vector<AccountColumn> columns;
    for (const StoredColumn& column : list_columns(group.get(), place)) {
        if (column.kind == H5I_GROUP) {
            columns.push_back({column.name, read_divided_texts(*opened_, group.get(), place, column.member)});
            continue;
        }
        const Dataset dataset =
            hdf5::find_dataset(group.get(), place, column.member, Element::text, opened_->mapping->bytes());
        check_count(dataset, opened_->num_accounts);
        columns.push_back({column.name, dataset.variable_width ? hdf5::read_variable_texts(group.get(), dataset)
                                                               : read_fixed_texts(*opened_, dataset)});
    }
    return columns;
}

std::vector<std::pair<std::string, std::string>> Store::column_values(AccountId account) const {
    if (account >= opened_->num_accounts)
        throw std::invalid_argument(
            fmt::format("{}: the account must be below {}, got {}", path().string(), opened_->num_accounts, account));
    const hdf5::Session session;
    const Place place = opened_->root() / "accounts";
    const Handle group = hdf5::open_group(opened_->file.get(), opened_->root(), "accounts");
    std::vector<std::pair<std::string, std::string>> values;
    for (const StoredColumn& column : list_columns(group.get(), place)) {
        if (column.kind == H5I_GROUP) {
            values.emplace_back(column.name, open_divided(*opened_, group.get(), place, column.member).text(account));
            continue;
        }
        const Dataset dataset =
            hdf5::find_dataset(group.get(), place, column.member, Element::text, opened_->mapping->bytes());
        check_count(dataset, opened_->num_accounts);
        values.emplace_back(column.name, dataset.variable_width
                                             ? hdf5::read_variable_texts(group.get(), dataset)[account]
                                             : fixed_text(opened_->values<char>(dataset), dataset, account));
    }
    return values;
}

}  // namespace coterie
