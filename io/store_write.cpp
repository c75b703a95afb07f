#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "host/errors.hpp"
#include "io/descriptor.hpp"
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
        check_size("ids", contents.stream_ids || contents.stream_handles ? 0 : n, contents.ids.size());
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
        if (layer.stream) continue;
        for (const CsrView* csr : {&layer.out, &layer.in}) {
            check_size(fmt::format("offsets of layer '{}'", name), n + 1, csr->offsets.size());
            check_size(fmt::format("neighbors of layer '{}'", name), layer.out.neighbors.size(), csr->neighbors.size());
            check_size(fmt::format("weights of layer '{}'", name), layer.info.weighted ? csr->neighbors.size() : 0,
                       csr->weights.size());
        }
    }
}

EdgeOffset num_edges(const StoreContents::Layer& layer) {
    return layer.stream ? layer.info.num_edges : layer.out.num_edges();
}

void write_layer_info(hid_t group, const Place& place, const StoreContents::Layer& layer) {
    const LayerInfo& info = layer.info;
    hdf5::write_attribute(group, place, "kind", info.kind);
    hdf5::write_attribute(group, place, "directed", info.directed);
    hdf5::write_attribute(group, place, "weighted", info.weighted);
    hdf5::write_count(group, place, "num_edges", num_edges(layer));
    hdf5::write_count(group, place, "rows", info.rows);
    hdf5::write_count(group, place, "kept", info.kept);
    hdf5::write_count(group, place, "merged", info.merged);
    hdf5::write_count(group, place, "self_loops", info.self_loops);
    hdf5::write_count(group, place, "rejected", info.rejected);
    hdf5::write_count(group, place, "outside", info.outside);
    hdf5::write_attribute(group, place, "keep_self_loops", info.keep_self_loops);
    if (info.first_time) hdf5::write_attribute(group, place, "first_time", *info.first_time);
    if (info.last_time) hdf5::write_attribute(group, place, "last_time", *info.last_time);
    hdf5::write_attribute(group, place, "half_life", info.half_life);
    if (info.since) hdf5::write_attribute(group, place, "since", *info.since);
    if (info.until) hdf5::write_attribute(group, place, "until", *info.until);
    if (info.as_of) hdf5::write_attribute(group, place, "as_of", *info.as_of);
    nlohmann::ordered_json sources = nlohmann::ordered_json::array();
    for (const SourceFile& source : info.sources) {
        sources.push_back({{"path", source.path}, {"sha256", source.sha256}});
        if (source.removed) sources.back()["removed"] = true;
    }
    // A path need not be UTF-8; what is not is replaced, rather than failing at the end of a long run.
    hdf5::write_attribute(group, place, "sources",
                          sources.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void add_csr(ArrayWriter& arrays, const Place& place, const CsrView& csr, bool weighted) {
    arrays.add(place, "offsets", csr.offsets);
    arrays.add(place, "neighbors", csr.neighbors);
    if (weighted) arrays.add(place, "weights", csr.weights);
}

/// The arrays that are filled when the file has been made.
class Streams {
  public:
    explicit Streams(ArrayWriter& arrays) : arrays_(arrays) {}

    void add_ids(const Place& accounts, const StoreContents& contents) {
        const std::size_t number = arrays_.add_streamed<std::uint64_t>(accounts, "ids", contents.by_id.size());
        fillers_.push_back([this, number, &contents](int file) {
            StreamedArray ids = arrays_.open_stream(number, file);
            contents.stream_ids(ids);
            checksums_.emplace_back(number, ids.checksum());
        });
    }
    void add_handles(const Place& place, const StoreContents& contents) {
        const std::size_t offsets = arrays_.add_streamed<std::uint64_t>(place, "offsets", contents.by_id.size() + 1);
        const std::size_t bytes = arrays_.add_streamed<std::uint8_t>(place, "bytes", contents.num_handle_bytes);
        fillers_.push_back([this, offsets, bytes, &contents](int file) {
            StreamedArray offsets_array = arrays_.open_stream(offsets, file);
            StreamedArray bytes_array = arrays_.open_stream(bytes, file);
            contents.stream_handles(offsets_array, bytes_array);
            checksums_.emplace_back(offsets, offsets_array.checksum());
            checksums_.emplace_back(bytes, bytes_array.checksum());
        });
    }
    void add(const Place& place, const StoreContents::Layer& layer, std::uint64_t num_accounts) {
        const Numbers out = add_csr(place / "out", layer, num_accounts);
        const Numbers in = layer.info.directed ? add_csr(place / "in", layer, num_accounts) : Numbers{};
        const bool remainders = layer.num_remainders > 0;
        std::size_t edges = 0;
        std::size_t values = 0;
        if (remainders) {
            edges = arrays_.add_streamed<EdgeOffset>(place / "remainders", "edges", layer.num_remainders);
            values = arrays_.add_streamed<double>(place / "remainders", "values", layer.num_remainders);
        }
        fillers_.push_back([this, out, in, remainders, edges, values, &layer](int file) {
            StreamedCsr out_csr = open(out, layer, file);
            StreamedCsr in_csr = layer.info.directed ? open(in, layer, file) : StreamedCsr{};
            StreamedRemainders lacking;
            if (remainders) lacking = {arrays_.open_stream(edges, file), arrays_.open_stream(values, file)};
            layer.stream(out_csr, layer.info.directed ? &in_csr : nullptr, remainders ? &lacking : nullptr);
            close(out, layer, out_csr);
            if (layer.info.directed) close(in, layer, in_csr);
            if (!remainders) return;
            checksums_.emplace_back(edges, lacking.edges.checksum());
            checksums_.emplace_back(values, lacking.values.checksum());
        });
    }
    /// Fills them in the file at `path`, which HDF5 has closed.
    void fill(const std::filesystem::path& path, const Place& root) {
        if (fillers_.empty()) return;
        {
            const Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
            if (!file)
                throw IoError(fmt::format("{}: opening to write failed: {}", root.file.string(), std::strerror(errno)));
            for (const auto& filler : fillers_) filler(file.get());
        }
        const hdf5::Session session;
        arrays_.seal(path, root, checksums_);
    }

  private:
    struct Numbers {
        std::size_t offsets = 0;
        std::size_t neighbors = 0;
        std::size_t weights = 0;
    };

    Numbers add_csr(const Place& place, const StoreContents::Layer& layer, std::uint64_t num_accounts) {
        Numbers numbers;
        numbers.offsets = arrays_.add_streamed<EdgeOffset>(place, "offsets", num_accounts + 1);
        numbers.neighbors = arrays_.add_streamed<AccountId>(place, "neighbors", layer.info.num_edges);
        if (layer.info.weighted) numbers.weights = arrays_.add_streamed<float>(place, "weights", layer.info.num_edges);
        return numbers;
    }
    StreamedCsr open(const Numbers& numbers, const StoreContents::Layer& layer, int file) const {
        return {arrays_.open_stream(numbers.offsets, file), arrays_.open_stream(numbers.neighbors, file),
                layer.info.weighted ? arrays_.open_stream(numbers.weights, file) : StreamedArray{}};
    }
    void close(const Numbers& numbers, const StoreContents::Layer& layer, const StreamedCsr& csr) {
        checksums_.emplace_back(numbers.offsets, csr.offsets.checksum());
        checksums_.emplace_back(numbers.neighbors, csr.neighbors.checksum());
        if (layer.info.weighted) checksums_.emplace_back(numbers.weights, csr.weights.checksum());
    }

    ArrayWriter& arrays_;
    std::vector<std::function<void(int file)>> fillers_;  ///< in the order of the file
    std::vector<std::pair<std::size_t, std::string>> checksums_;
};

void write_naming(hid_t accounts, const Place& place, const Naming& naming) {
    if (naming.rules.fold_case) hdf5::write_attribute(accounts, place, "fold_case", true);
    if (naming.rules.strip_at) hdf5::write_attribute(accounts, place, "strip_at", true);
    if (!naming.pseudonyms) return;
    hdf5::write_attribute(accounts, place, "pseudonyms", std::string(pseudonym_scheme));
    hdf5::write_attribute(accounts, place, "pseudonym_key", naming.pseudonyms->key);
    hdf5::write_attribute(accounts, place, "pseudonyms_of",
                          std::string(naming.pseudonyms->of_numbers ? "numbers" : "handles"));
}

/// Everything but the values of the arrays.
void make_objects(hid_t file, const Place& root, const StoreContents& contents, ArrayWriter& arrays) {
    hdf5::write_attribute(file, root, "coterie_schema", schema);
    hdf5::write_attribute(file, root, "coterie_version", COTERIE_VERSION);
    hdf5::write_attribute(file, root, "created", contents.created);
    hdf5::write_count(file, root, "num_accounts", contents.by_id.size());

    const Handle accounts = hdf5::create_group(file, root, "accounts");
    write_naming(accounts.get(), root / "accounts", contents.naming);
    const Handle layers = hdf5::create_group(file, root, "layers");
    const Handle results = hdf5::create_group(file, root, "results");
    const Place layers_place = root / "layers";
    for (const StoreContents::Layer& layer : contents.layers) {
        const Handle group = hdf5::create_group(layers.get(), layers_place, layer.info.name);
        write_layer_info(group.get(), layers_place / layer.info.name, layer);
    }
    for (const StoredResult& result : contents.results) {
        const Handle group = hdf5::create_group(results.get(), root / "results", result.name);
        for (const auto& [name, value] : result.attributes)
            hdf5::write_attribute(group.get(), root / "results" / result.name, name, value);
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
    Streams streams(arrays);
    const bool handles = !contents.handle_offsets.empty();
    if (handles) {
        arrays.add(accounts / "handles", "offsets", contents.handle_offsets);
        arrays.add(accounts / "handles", "bytes",
                   std::span(reinterpret_cast<const std::uint8_t*>(contents.handle_bytes.data()),
                             contents.handle_bytes.size()));
    } else if (contents.stream_handles) {
        streams.add_handles(accounts / "handles", contents);
    } else if (contents.stream_ids) {
        streams.add_ids(accounts, contents);
    } else {
        arrays.add(accounts, "ids", contents.ids);
    }
    arrays.add(accounts, "by_id", contents.by_id);
    add_columns(arrays, accounts, contents.columns);
    for (const StoreContents::Layer& layer : contents.layers) {
        const Place place = root / "layers" / layer.info.name;
        if (layer.stream) {
            streams.add(place, layer, contents.by_id.size());
            continue;
        }
        add_csr(arrays, place / "out", layer.out, layer.info.weighted);
        if (layer.info.directed) add_csr(arrays, place / "in", layer.in, layer.info.weighted);
        if (layer.remainders != nullptr && !layer.remainders->empty()) {
            arrays.add(place / "remainders", "edges", std::span<const EdgeOffset>(layer.remainders->edges));
            arrays.add(place / "remainders", "values", std::span<const double>(layer.remainders->values));
        }
    }
    for (const StoredResult& result : contents.results)
        for (const auto& [name, values] : result.arrays)
            std::visit(
                [&, &array_name = name](const auto& array) {
                    arrays.add(root / "results" / result.name, array_name, std::span(array));
                },
                values);
    arrays.hash(progress);

    {
        const hdf5::Session session;
        Handle file = hdf5::create_file(temporary.path(), root);
        make_objects(file.get(), root, contents, arrays);
        hdf5::close_file(std::move(file), root);
    }
    arrays.write(temporary.path(), root, progress);
    streams.fill(temporary.path(), root);
    temporary.commit();
}

}  // namespace coterie
