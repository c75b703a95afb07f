#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "host/errors.hpp"
#include "io/store.hpp"
#include "io/store_writer.hpp"
#include "io/temporary_file.hpp"

namespace coterie {

namespace {

using hdf5::ArrayWriter;
using hdf5::Handle;
using hdf5::Place;

constexpr std::int64_t schema = 1;

void check_size(std::string_view what, std::size_t must, std::size_t got) {
    if (must != got)
        throw std::invalid_argument(
            fmt::format("write_store: {} must have {} entries, got {}", what, must, got));
}

void check_contents(const StoreContents& contents) {
    const std::size_t n = contents.by_id.size();
    if (contents.handle_offsets.empty())
        check_size("ids", n, contents.ids.size());
    else
        check_size("handle_offsets", n + 1, contents.handle_offsets.size());
    for (const AccountColumn& column : contents.columns)
        check_size(fmt::format("column '{}'", column.name), n, column.values.size());

    std::set<std::string_view> names;
    for (const StoreContents::Layer& layer : contents.layers) {
        const std::string& name = layer.info.name;
        hdf5::check_member_name("write_store: layer", name);
        if (!names.insert(name).second)
            throw std::invalid_argument(
                fmt::format("write_store: layers must have different names, got '{}' twice", name));
        for (const CsrView* csr : {&layer.out, &layer.in}) {
            check_size(fmt::format("offsets of layer '{}'", name), n + 1, csr->offsets.size());
            check_size(fmt::format("neighbors of layer '{}'", name), layer.out.neighbors.size(),
                       csr->neighbors.size());
            check_size(fmt::format("weights of layer '{}'", name),
                       layer.info.weighted ? csr->neighbors.size() : 0, csr->weights.size());
        }
    }
}

/// Names of the members that hold the columns: what HDF5 allows, not taken yet. The name itself stands in an
/// attribute.
std::string member_name(std::string name, std::set<std::string>& taken) {
    std::replace(name.begin(), name.end(), '/', '_');
    std::replace(name.begin(), name.end(), '\0', '_');
    if (name.empty() || name == "." || name == "..") name = "column";
    std::string candidate = name;
    for (int k = 2; !taken.insert(candidate).second; ++k) candidate = fmt::format("{}_{}", name, k);
    return candidate;
}

struct ColumnPlace {
    std::string member;
    bool fixed_width;
};

/// A column is an array of texts of one width, which every reader shows naturally, unless a few long texts
/// would make that several times as large as the texts; then it is offsets and bytes, as handles are.
ColumnPlace add_column(ArrayWriter& arrays, const Place& accounts, const AccountColumn& column,
                       std::string member) {
    std::size_t width = 1;
    std::size_t bytes = 0;
    bool zero_bytes = false;  // HDF5 would take them for the end of a text
    for (const std::string& value : column.values) {
        zero_bytes = zero_bytes || value.find('\0') != value.npos;
        width = std::max(width, value.size());
        bytes += value.size();
    }
    const std::size_t slack = std::size_t{1} << 20;
    const bool fixed_width = !zero_bytes && column.values.size() * width <= 4 * bytes + slack;
    if (fixed_width) {
        std::vector<char> texts(column.values.size() * width, '\0');
        for (std::size_t i = 0; i < column.values.size(); ++i)
            std::copy(column.values[i].begin(), column.values[i].end(),
                      texts.begin() + static_cast<std::ptrdiff_t>(i * width));
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
    return {std::move(member), fixed_width};
}

void write_layer_info(hid_t group, const Place& place, const StoreContents::Layer& layer) {
    const LayerInfo& info = layer.info;
    hdf5::write_attribute(group, place, "kind", info.kind);
    hdf5::write_attribute(group, place, "directed", info.directed);
    hdf5::write_attribute(group, place, "weighted", info.weighted);
    hdf5::write_count(group, place, "num_edges", layer.out.num_edges());
    hdf5::write_count(group, place, "rows", info.rows);
    hdf5::write_count(group, place, "kept", info.kept);
    hdf5::write_count(group, place, "merged", info.merged);
    hdf5::write_count(group, place, "self_loops", info.self_loops);
    hdf5::write_count(group, place, "rejected", info.rejected);
    if (info.first_time) hdf5::write_attribute(group, place, "first_time", *info.first_time);
    if (info.last_time) hdf5::write_attribute(group, place, "last_time", *info.last_time);
    hdf5::write_attribute(group, place, "half_life", info.half_life);
    nlohmann::ordered_json sources = nlohmann::ordered_json::array();
    for (const SourceFile& source : info.sources)
        sources.push_back({{"path", source.path}, {"sha256", source.sha256}});
    // A path need not be UTF-8; what is not is replaced, rather than failing at the end of a long run.
    hdf5::write_attribute(group, place, "sources",
                          sources.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void add_csr(ArrayWriter& arrays, const Place& place, const CsrView& csr, bool weighted) {
    arrays.add(place, "offsets", csr.offsets);
    arrays.add(place, "neighbors", csr.neighbors);
    if (weighted) arrays.add(place, "weights", csr.weights);
}

}  // namespace

void write_store(const std::filesystem::path& path, const StoreContents& contents, Progress* progress) {
    check_contents(contents);
    TemporaryFile temporary(path);
    // Errors name the store, not the file beside it.
    const Place root{path, "/"};
    const Place accounts = root / "accounts";

    ArrayWriter arrays;
    std::set<std::string> taken{"by_id", "ids", "handles"};
    std::vector<ColumnPlace> columns;
    const bool handles = !contents.handle_offsets.empty();
    if (handles) {
        arrays.add(accounts / "handles", "offsets", contents.handle_offsets);
        arrays.add(accounts / "handles", "bytes",
                   std::span(reinterpret_cast<const std::uint8_t*>(contents.handle_bytes.data()),
                             contents.handle_bytes.size()));
    } else {
        arrays.add(accounts, "ids", contents.ids);
    }
    arrays.add(accounts, "by_id", contents.by_id);
    for (const AccountColumn& column : contents.columns)
        columns.push_back(add_column(arrays, accounts, column, member_name(column.name, taken)));
    for (const StoreContents::Layer& layer : contents.layers) {
        const Place place = root / "layers" / layer.info.name;
        add_csr(arrays, place / "out", layer.out, layer.info.weighted);
        if (layer.info.directed) add_csr(arrays, place / "in", layer.in, layer.info.weighted);
    }
    arrays.hash(progress);

    {
        const hdf5::Session session;
        Handle file = hdf5::create_file(temporary.path(), root);
        hdf5::write_attribute(file.get(), root, "coterie_schema", schema);
        hdf5::write_attribute(file.get(), root, "coterie_version", COTERIE_VERSION);
        hdf5::write_attribute(file.get(), root, "created", contents.created);
        hdf5::write_count(file.get(), root, "num_accounts", contents.by_id.size());

        const Handle accounts_group = hdf5::create_group(file.get(), root, "accounts");
        if (handles) hdf5::create_group(accounts_group.get(), accounts, "handles");
        for (const ColumnPlace& column : columns)
            if (!column.fixed_width) hdf5::create_group(accounts_group.get(), accounts, column.member);
        const Handle layers_group = hdf5::create_group(file.get(), root, "layers");
        const Place layers = root / "layers";
        for (const StoreContents::Layer& layer : contents.layers) {
            const Handle group = hdf5::create_group(layers_group.get(), layers, layer.info.name);
            const Place place = layers / layer.info.name;
            write_layer_info(group.get(), place, layer);
            hdf5::create_group(group.get(), place, "out");
            if (layer.info.directed)
                hdf5::create_group(group.get(), place, "in");
            else
                hdf5::check(H5Lcreate_hard(group.get(), "out", group.get(), "in", H5P_DEFAULT, H5P_DEFAULT),
                            place, "linking 'in' to 'out'");
        }
        hdf5::create_group(file.get(), root, "results");
        arrays.allocate(file.get());
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const Place place = accounts / columns[i].member;
            const Handle object =
                hdf5::own(H5Oopen(accounts_group.get(), columns[i].member.c_str(), H5P_DEFAULT), H5Oclose,
                          place, "opening");
            hdf5::write_attribute(object.get(), place, "column", contents.columns[i].name);
            hdf5::write_attribute(object.get(), place, "position", static_cast<std::int64_t>(i));
        }
        hdf5::close_file(std::move(file), root);
    }
    arrays.write(temporary.path(), root, progress);
    temporary.commit();
}

}  // namespace coterie
