#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>

#include "host/errors.hpp"
#include "io/checksum.hpp"
#include "io/store_opened.hpp"

namespace coterie {

namespace {

using hdf5::Dataset;
using hdf5::Element;
using hdf5::Handle;
using hdf5::Place;

/// Ids or handles that stand in a store. Every number read from the file is checked before it is used as a
/// position, so that a damaged store that was not verified gives an error.
class StoredAccounts : public Accounts {
  public:
    StoredAccounts(const Store::Opened& store);

    AccountId size() const override { return size_; }
    bool numeric() const override { return numeric_; }
    std::uint64_t id(AccountId account) const override { return ids_.span[checked(account)]; }
    std::string_view handle(AccountId account) const override {
        return text_at(offsets_.span, bytes_, checked(account), place_);
    }
    std::span<const AccountId> by_id() const override { return by_id_; }
    const Naming& naming() const override { return naming_; }
    std::optional<AccountId> find(std::string_view original) const override {
        const Mapping::Scattered scattered(*mapping_);
        return Accounts::find(original);
    }

  private:
    AccountId checked(AccountId account) const {
        if (account >= size_)
            (place_ / "by_id").fail(fmt::format("must name accounts below {}, got {}", size_, account));
        return account;
    }
    void sort();

    Place place_;
    std::shared_ptr<const Mapping> mapping_;
    AccountId size_;
    bool numeric_;
    Naming naming_;
    Values<std::uint64_t> ids_;
    Values<std::uint64_t> offsets_;
    Values<std::uint8_t> byte_values_;
    std::string_view bytes_;
    Values<AccountId> by_id_values_;
    std::vector<AccountId> sorted_;  ///< if the file holds no order
    std::span<const AccountId> by_id_;
};

StoredAccounts::StoredAccounts(const Store::Opened& store)
    : place_(store.root() / "accounts"),
      mapping_(store.mapping),
      size_(store.num_accounts),
      numeric_(store.account_datasets.ids.has_value()),
      naming_(store.naming) {
    const AccountDatasets& datasets = store.account_datasets;
    if (numeric_) {
        ids_ = store.values<std::uint64_t>(*datasets.ids);
    } else {
        offsets_ = store.values<std::uint64_t>(*datasets.handle_offsets);
        byte_values_ = store.values<std::uint8_t>(*datasets.handle_bytes);
        bytes_ = {reinterpret_cast<const char*>(byte_values_.span.data()), byte_values_.span.size()};
    }
    if (datasets.by_id) {
        by_id_values_ = store.values<AccountId>(*datasets.by_id);
        by_id_ = by_id_values_.span;
    } else {
        sort();
    }
}

void StoredAccounts::sort() {
    sorted_.resize(size_);
    std::iota(sorted_.begin(), sorted_.end(), AccountId{0});
    std::sort(sorted_.begin(), sorted_.end(),
              [&](AccountId a, AccountId b) { return numeric_ ? id(a) < id(b) : handle(a) < handle(b); });
    by_id_ = sorted_;
}

/// A dataset of exactly `count` values.
Dataset find_sized(hid_t group, const Place& place, const std::string& name, Element element, std::uint64_t file_bytes,
                   std::uint64_t count, std::string_view meaning) {
    Dataset dataset = hdf5::find_dataset(group, place, name, element, file_bytes);
    if (dataset.count != count)
        dataset.place.fail(fmt::format("must have {} values ({}), got {}", count, meaning, dataset.count));
    return dataset;
}

CsrDatasets find_csr(hid_t layer, const Place& place, const std::string& direction, const LayerInfo& info, AccountId n,
                     std::uint64_t file_bytes) {
    const Handle group = hdf5::open_group(layer, place, direction);
    const Place here = place / direction;
    const auto find = [&](const char* name, Element element, std::uint64_t count, std::string_view meaning) {
        return find_sized(group.get(), here, name, element, file_bytes, count, meaning);
    };
    CsrDatasets csr{.offsets = find("offsets", Element::u64, std::uint64_t{n} + 1, "num_accounts + 1"),
                    .neighbors = find("neighbors", Element::u32, info.num_edges, "num_edges"),
                    .weights = {}};
    if (info.weighted) csr.weights = find("weights", Element::f32, info.num_edges, "num_edges");
    return csr;
}

void find_remainders(hid_t layer, const Place& place, std::uint64_t file_bytes, LayerDatasets& datasets) {
    const Handle group = hdf5::open_group(layer, place, "remainders");
    const Place here = place / "remainders";
    datasets.remainder_edges = hdf5::find_dataset(group.get(), here, "edges", Element::u64, file_bytes);
    datasets.remainder_values = find_sized(group.get(), here, "values", Element::f64, file_bytes,
                                           datasets.remainder_edges->count, "as many as edges");
}

std::vector<SourceFile> parse_sources(const std::string& text) {
    std::vector<SourceFile> sources;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_array()) return sources;  // another writer's way to name them
    for (const auto& entry : json)
        if (entry.is_object())
            sources.push_back({entry.value("path", ""), entry.value("sha256", ""), entry.value("removed", false)});
    return sources;
}

template <class T>
std::optional<T> read_optional(hid_t group, const Place& place, const std::string& name) {
    const auto value = hdf5::read_attribute(group, place, name);
    if (!value) return std::nullopt;
    if (const T* typed = std::get_if<T>(&*value)) return *typed;
    // Another writer may have stored a whole number, or a truth value as a number.
    if (const auto* number = std::get_if<std::int64_t>(&*value)) {
        if constexpr (std::is_same_v<T, bool>) return *number != 0;
        if constexpr (std::is_same_v<T, double>) return static_cast<double>(*number);
    }
    place.fail(fmt::format("must have the attribute '{}' with another type", name));
}

LayerInfo read_layer_info(hid_t group, const Place& place, const std::string& name) {
    const auto count = [&](const char* attribute) {
        return hdf5::read_attribute(group, place, attribute) ? hdf5::read_count(group, place, attribute) : 0;
    };
    LayerInfo info;
    info.name = name;
    info.kind = read_optional<std::string>(group, place, "kind").value_or(name);
    info.directed = read_optional<bool>(group, place, "directed").value_or(true);
    info.weighted = read_optional<bool>(group, place, "weighted").value_or(false);
    info.num_edges = hdf5::read_count(group, place, "num_edges");
    info.rows = count("rows");
    info.kept = count("kept");
    info.merged = count("merged");
    info.self_loops = count("self_loops");
    info.rejected = count("rejected");
    info.outside = count("outside");
    info.keep_self_loops = read_optional<bool>(group, place, "keep_self_loops").value_or(false);
    info.first_time = read_optional<double>(group, place, "first_time");
    info.last_time = read_optional<double>(group, place, "last_time");
    info.half_life = read_optional<double>(group, place, "half_life").value_or(0);
    info.since = read_optional<double>(group, place, "since");
    info.until = read_optional<double>(group, place, "until");
    info.as_of = read_optional<double>(group, place, "as_of");
    info.sources = parse_sources(read_optional<std::string>(group, place, "sources").value_or("[]"));
    return info;
}

Naming read_naming(hid_t root, const Place& place) {
    const Handle group = hdf5::open_group(root, place, "accounts");
    const Place here = place / "accounts";
    Naming naming;
    naming.rules.fold_case = read_optional<bool>(group.get(), here, "fold_case").value_or(false);
    naming.rules.strip_at = read_optional<bool>(group.get(), here, "strip_at").value_or(false);
    if (const auto scheme = read_optional<std::string>(group.get(), here, "pseudonyms")) {
        if (*scheme != pseudonym_scheme)
            here.fail(
                fmt::format("must have pseudonyms \"{}\", got \"{}\": another version of coterie wrote this store",
                            pseudonym_scheme, *scheme));
        naming.pseudonyms =
            PseudonymInfo{read_optional<std::string>(group.get(), here, "pseudonym_key").value_or(""),
                          read_optional<std::string>(group.get(), here, "pseudonyms_of").value_or("") == "numbers"};
    }
    return naming;
}

AccountDatasets find_accounts(hid_t root, const Place& place, AccountId n, std::uint64_t file_bytes) {
    const Handle group = hdf5::open_group(root, place, "accounts");
    const Place here = place / "accounts";
    AccountDatasets datasets;
    if (hdf5::has(group.get(), here, "handles")) {
        const Handle handles = hdf5::open_group(group.get(), here, "handles");
        datasets.handle_offsets = find_sized(handles.get(), here / "handles", "offsets", Element::u64, file_bytes,
                                             std::uint64_t{n} + 1, "num_accounts + 1");
        datasets.handle_bytes = hdf5::find_dataset(handles.get(), here / "handles", "bytes", Element::u8, file_bytes);
    } else {
        datasets.ids = find_sized(group.get(), here, "ids", Element::u64, file_bytes, n, "num_accounts");
    }
    if (hdf5::has(group.get(), here, "by_id"))
        datasets.by_id = find_sized(group.get(), here, "by_id", Element::u32, file_bytes, n, "num_accounts");
    return datasets;
}

/// Why HDF5 could not open `path`, in words that help.
[[noreturn]] void fail_opening(const std::filesystem::path& path) {
    const std::string reason = hdf5::last_error();
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        throw IoError(fmt::format("{}: opening the store failed: {}", path.string(), std::strerror(errno)));
    struct stat status {};
    ::fstat(descriptor, &status);
    ::close(descriptor);
    if (!S_ISREG(status.st_mode)) throw IoError(fmt::format("{}: a store must be a regular file", path.string()));
    if (H5Fis_hdf5(path.c_str()) <= 0)
        throw IoError(fmt::format(
            "{}: a store must be an HDF5 file, got {} bytes of something else (coterie ingest makes stores)",
            path.string(), status.st_size));
    throw IoError(
        fmt::format("{}: a store must be a whole HDF5 file, but this one of {} bytes is truncated or damaged: {}",
                    path.string(), status.st_size, reason));
}

}  // namespace

Mapping::Mapping(int descriptor, std::uint64_t bytes, const Place& place) : bytes_(bytes) {
    memory_ = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
    if (memory_ == MAP_FAILED)
        throw IoError(fmt::format("{}: mapping {} bytes failed: {}", place.file.string(), bytes, std::strerror(errno)));
}

Mapping::~Mapping() {
    ::munmap(memory_, bytes_);
}

Mapping::Scattered::Scattered(const Mapping& mapping) : mapping_(mapping) {
    ::madvise(mapping_.memory_, mapping_.bytes_, MADV_RANDOM);
}

Mapping::Scattered::~Scattered() {
    ::madvise(mapping_.memory_, mapping_.bytes_, MADV_NORMAL);
}

Store::Opened::~Opened() {
    const hdf5::Session session;
    file.close();
}

CsrValues Store::Opened::csr(const CsrDatasets& found) const {
    CsrValues csr{
        .offsets = values<EdgeOffset>(found.offsets), .neighbors = values<AccountId>(found.neighbors), .weights = {}};
    if (found.weights) csr.weights = values<float>(*found.weights);
    return csr;
}

std::size_t Store::Opened::position_of(std::string_view name) const {
    const auto found =
        std::find_if(layers.begin(), layers.end(), [&](const LayerInfo& info) { return info.name == name; });
    if (found == layers.end()) {
        std::vector<std::string_view> names;
        for (const LayerInfo& info : layers) names.push_back(info.name);
        throw std::invalid_argument(
            fmt::format("{}: layer must be one of [{}], got '{}'", path.string(), fmt::join(names, ", "), name));
    }
    return static_cast<std::size_t>(found - layers.begin());
}

std::string_view text_at(std::span<const std::uint64_t> offsets, std::string_view bytes, std::size_t i,
                         const Place& place) {
    const std::uint64_t begin = offsets[i];
    const std::uint64_t end = offsets[i + 1];
    if (begin > end || end > bytes.size())
        place.fail(fmt::format("must hold texts within {} bytes one after the other, but text {} is [{}, {})",
                               bytes.size(), i, begin, end));
    return bytes.substr(begin, end - begin);
}

void check_sum(const Dataset& dataset, std::span<const std::byte> bytes, const Progress* progress) {
    if (!dataset.checksum) return;
    const std::string got = checksum(bytes, progress);
    if (got != *dataset.checksum)
        dataset.place.fail(
            fmt::format("must have the checksum {}, got {}: the file is damaged", *dataset.checksum, got));
}

Store Store::open(const std::filesystem::path& path) {
    Store store;
    store.opened_ = opened_store(path);
    return store;
}

std::shared_ptr<const Store::Opened> opened_store(const std::filesystem::path& path) {
    const hdf5::Session session;
    auto opened = std::make_shared<Store::Opened>();
    opened->path = path;
    const Place root = opened->root();

    // Without locks: a store is never changed in place.
    const Handle access = hdf5::own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, root, "preparing");
    hdf5::check(H5Pset_file_locking(access.get(), false, true), root, "preparing");
    opened->file = Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose);
    if (!opened->file) fail_opening(path);
    const hid_t file = opened->file.get();

    if (!hdf5::read_attribute(file, root, "coterie_schema"))
        root.fail(
            "must have the attribute 'coterie_schema', got none: this HDF5 file is not a store (coterie "
            "ingest makes stores)");
    if (const auto schema = hdf5::read_count(file, root, "coterie_schema"); schema != 1)
        root.fail(
            fmt::format("must have coterie_schema 1, got {}: another version of coterie wrote this store", schema));
    opened->version = read_optional<std::string>(file, root, "coterie_version").value_or("");
    opened->created = read_optional<std::string>(file, root, "created").value_or("");
    const std::uint64_t n = hdf5::read_count(file, root, "num_accounts");
    if (n >= no_account) root.fail(fmt::format("must have num_accounts below {}, got {}", no_account, n));
    opened->num_accounts = static_cast<AccountId>(n);

    void* handle = nullptr;
    hdf5::check(H5Fget_vfd_handle(file, H5P_DEFAULT, &handle), root, "finding the open file");
    opened->descriptor = *static_cast<const int*>(handle);
    struct stat status {};
    if (::fstat(opened->descriptor, &status) != 0)
        throw IoError(fmt::format("{}: reading the size failed: {}", path.string(), std::strerror(errno)));
    opened->mapping = std::make_shared<Mapping>(opened->descriptor, static_cast<std::uint64_t>(status.st_size), root);
    const std::uint64_t file_bytes = opened->mapping->bytes();

    opened->account_datasets = find_accounts(file, root, opened->num_accounts, file_bytes);
    opened->naming = read_naming(file, root);
    opened->accounts = std::make_shared<StoredAccounts>(*opened);

    const Handle layers = hdf5::open_group(file, root, "layers");
    const Place layers_place = root / "layers";
    for (const std::string& name : hdf5::member_names(layers.get(), layers_place)) {
        const Handle layer = hdf5::open_group(layers.get(), layers_place, name);
        const Place place = layers_place / name;
        LayerInfo info = read_layer_info(layer.get(), place, name);
        LayerDatasets datasets{.out = find_csr(layer.get(), place, "out", info, opened->num_accounts, file_bytes),
                               .in = {}};
        datasets.in = info.directed || hdf5::has(layer.get(), place, "in")
                          ? find_csr(layer.get(), place, "in", info, opened->num_accounts, file_bytes)
                          : datasets.out;
        datasets.same = datasets.in.neighbors.address == datasets.out.neighbors.address;
        if (hdf5::has(layer.get(), place, "remainders")) find_remainders(layer.get(), place, file_bytes, datasets);
        opened->layers.push_back(std::move(info));
        opened->datasets.push_back(std::move(datasets));
    }
    return opened;
}

const std::filesystem::path& Store::path() const {
    return opened_->path;
}

const std::string& Store::version() const {
    return opened_->version;
}

const std::string& Store::created() const {
    return opened_->created;
}

const std::shared_ptr<const Accounts>& Store::accounts() const {
    return opened_->accounts;
}

std::uint64_t Store::account_bytes() const {
    const AccountDatasets& datasets = opened_->account_datasets;
    std::uint64_t bytes = 0;
    for (const auto& dataset : {datasets.ids, datasets.handle_offsets, datasets.handle_bytes, datasets.by_id})
        if (dataset) bytes += dataset->bytes();
    return bytes;
}

const std::vector<LayerInfo>& Store::layers() const {
    return opened_->layers;
}

const LayerInfo& Store::layer(std::string_view name) const {
    return opened_->layers[opened_->position_of(name)];
}

WeightRemainders Store::remainders(std::string_view layer) const {
    const std::size_t position = opened_->position_of(layer);
    const LayerDatasets& datasets = opened_->datasets[position];
    WeightRemainders remainders;
    if (!datasets.remainder_edges) return remainders;
    const hdf5::Session session;
    const Values<EdgeOffset> edges = opened_->values<EdgeOffset>(*datasets.remainder_edges);
    const Values<double> values = opened_->values<double>(*datasets.remainder_values);
    check_sum(*datasets.remainder_edges, std::as_bytes(edges.span));
    check_sum(*datasets.remainder_values, std::as_bytes(values.span));
    const EdgeOffset num_edges = opened_->layers[position].num_edges;
    for (std::size_t i = 0; i < edges.span.size(); ++i) {
        const EdgeOffset edge = edges.span[i];
        if (edge >= num_edges || (i > 0 && edge < edges.span[i - 1]))
            datasets.remainder_edges->place.fail(
                fmt::format("must name edges below {} in ascending order, but entry {} is {}", num_edges, i, edge));
        if (const double value = values.span[i]; !std::isfinite(value) || value == 0)
            datasets.remainder_values->place.fail(
                fmt::format("must be finite and not 0, but entry {} is {}", i, value));
    }
    remainders.edges.assign(edges.span.begin(), edges.span.end());
    remainders.values.assign(values.span.begin(), values.span.end());
    return remainders;
}

Graph Store::graph(std::string_view layer) const {
    struct Owner {
        std::shared_ptr<const Mapping> mapping;
        std::shared_ptr<const Accounts> accounts;  // owns by_id
        CsrValues out;
        CsrValues in;
    };
    const std::size_t position = opened_->position_of(layer);
    const LayerDatasets& datasets = opened_->datasets[position];
    const hdf5::Session session;
    const auto owner = std::make_shared<Owner>();
    owner->mapping = opened_->mapping;
    owner->accounts = opened_->accounts;
    owner->out = opened_->csr(datasets.out);
    owner->in = datasets.same ? owner->out : opened_->csr(datasets.in);
    return {owner->out.view(), owner->in.view(), owner->accounts->by_id(), opened_->layers[position].directed, owner};
}

}  // namespace coterie
