#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "host/errors.hpp"
#include "io/store.hpp"
#include "io/store_columns.hpp"
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
        throw std::invalid_argument(fmt::format("write_store: {} must have {} entries, got {}", what, must, got));
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
            check_size(fmt::format("neighbors of layer '{}'", name), layer.out.neighbors.size(), csr->neighbors.size());
            check_size(fmt::format("weights of layer '{}'", name), layer.info.weighted ? csr->neighbors.size() : 0,
                       csr->weights.size());
        }
    }
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
    for (const SourceFile& source : info.sources) sources.push_back({{"path", source.path}, {"sha256", source.sha256}});
    // A path need not be UTF-8; what is not is replaced, rather than failing at the end of a long run.
    hdf5::write_attribute(group, place, "sources",
                          sources.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void add_csr(ArrayWriter& arrays, const Place& place, const CsrView& csr, bool weighted) {
    arrays.add(place, "offsets", csr.offsets);
    arrays.add(place, "neighbors", csr.neighbors);
    if (weighted) arrays.add(place, "weights", csr.weights);
}

/// Everything but the values of the arrays.
void make_objects(hid_t file, const Place& root, const StoreContents& contents, ArrayWriter& arrays) {
    hdf5::write_attribute(file, root, "coterie_schema", schema);
    hdf5::write_attribute(file, root, "coterie_version", COTERIE_VERSION);
    hdf5::write_attribute(file, root, "created", contents.created);
    hdf5::write_count(file, root, "num_accounts", contents.by_id.size());

    const Handle accounts = hdf5::create_group(file, root, "accounts");
    const Handle layers = hdf5::create_group(file, root, "layers");
    const Handle results = hdf5::create_group(file, root, "results");
    const Place layers_place = root / "layers";
    for (const StoreContents::Layer& layer : contents.layers) {
        const Handle group = hdf5::create_group(layers.get(), layers_place, layer.info.name);
        write_layer_info(group.get(), layers_place / layer.info.name, layer);
    }
    arrays.allocate(file);
    name_columns(accounts.get(), root / "accounts", contents.columns);
    for (const StoreContents::Layer& layer : contents.layers) {
        if (layer.info.directed) continue;
        const std::string& name = layer.info.name;
        hdf5::check(H5Lcreate_hard(layers.get(), (name + "/out").c_str(), layers.get(), (name + "/in").c_str(),
                                   H5P_DEFAULT, H5P_DEFAULT),
                    layers_place / name, "linking 'in' to 'out'");
    }
}

}  // namespace

void write_store(const std::filesystem::path& path, const StoreContents& contents, Progress* progress) {
    check_contents(contents);
    TemporaryFile temporary(path);
    // Errors name the store, not the file beside it.
    const Place root{path, "/"};
    const Place accounts = root / "accounts";

    ArrayWriter arrays;
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
    add_columns(arrays, accounts, contents.columns);
    for (const StoreContents::Layer& layer : contents.layers) {
        const Place place = root / "layers" / layer.info.name;
        add_csr(arrays, place / "out", layer.out, layer.info.weighted);
        if (layer.info.directed) add_csr(arrays, place / "in", layer.in, layer.info.weighted);
    }
    arrays.hash(progress);

    {
        const hdf5::Session session;
        Handle file = hdf5::create_file(temporary.path(), root);
        make_objects(file.get(), root, contents, arrays);
        hdf5::close_file(std::move(file), root);
    }
    arrays.write(temporary.path(), root, progress);
    temporary.commit();
}

}  // namespace coterie
