#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/hdf5_handle.hpp"
#include "io/store.hpp"

// What an open store consists of; shared by the sources that implement Store.
namespace coterie {

/// A whole file in memory, read-only, by pages as they are touched.
class Mapping {
  public:
    Mapping(int descriptor, std::uint64_t bytes, const hdf5::Place& place);
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping();

    std::uint64_t bytes() const { return bytes_; }
    const std::byte* at(std::uint64_t offset) const { return static_cast<const std::byte*>(memory_) + offset; }

    /// While it lives, a page that is not in memory is read alone, without those around it: for a few values here and there.
    class Scattered {
      public:
        explicit Scattered(const Mapping& mapping);
        Scattered(const Scattered&) = delete;
        Scattered& operator=(const Scattered&) = delete;
        ~Scattered();

      private:
        const Mapping& mapping_;
    };

  private:
    void* memory_ = nullptr;
    std::uint64_t bytes_ = 0;
};

/// The values of a dataset: mapped, or read into memory where they cannot be.
template <class T>
struct Values {
    std::span<const T> span;
    std::shared_ptr<const Array<T>> memory;  ///< null if mapped
};

struct CsrDatasets {
    hdf5::Dataset offsets;
    hdf5::Dataset neighbors;
    std::optional<hdf5::Dataset> weights;
};

struct LayerDatasets {
    CsrDatasets out;
    CsrDatasets in;
    bool same = false;  ///< `in` is a hard link to `out`
    std::optional<hdf5::Dataset> remainder_edges = {};
    std::optional<hdf5::Dataset> remainder_values = {};
};

/// Datasets of the accounts.
struct AccountDatasets {
    std::optional<hdf5::Dataset> ids;  ///< or
    std::optional<hdf5::Dataset> handle_offsets;
    std::optional<hdf5::Dataset> handle_bytes;
    std::optional<hdf5::Dataset> by_id;  ///< absent: whoever wrote it left none
};

/// One direction of a layer and what keeps it in memory.
struct CsrValues {
    Values<EdgeOffset> offsets;
    Values<AccountId> neighbors;
    Values<float> weights;

    CsrView view() const { return {offsets.span, neighbors.span, weights.span}; }
};

struct Store::Opened {
    std::filesystem::path path;
    hdf5::Handle file;
    int descriptor = -1;  ///< of `file`, which owns it
    std::shared_ptr<const Mapping> mapping;
    std::string version;
    std::string created;
    AccountId num_accounts = 0;
    AccountDatasets account_datasets;
    Naming naming;
    std::shared_ptr<const Accounts> accounts;
    std::vector<LayerInfo> layers;
    std::vector<LayerDatasets> datasets;  ///< of `layers`, in their order

    Opened() = default;
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;
    ~Opened();

    hdf5::Place root() const { return {path, "/"}; }
    /// Needs a Session if the dataset is not mapped.
    template <class T>
    Values<T> values(const hdf5::Dataset& dataset) const;
    CsrValues csr(const CsrDatasets& datasets) const;
    std::size_t position_of(std::string_view layer) const;
};

/// What Store::open does.
std::shared_ptr<const Store::Opened> opened_store(const std::filesystem::path& path);

template <class T>
Values<T> Store::Opened::values(const hdf5::Dataset& dataset) const {
    if (dataset.offset)
        return {{reinterpret_cast<const T*>(mapping->at(*dataset.offset)), dataset.bytes() / sizeof(T)}, nullptr};
    auto memory = std::make_shared<Array<T>>(dataset.bytes() / sizeof(T));
    hdf5::read_dataset(file.get(), dataset, memory->data());
    return {{memory->data(), memory->size()}, memory};
}

/// Texts that stand one after the other; text i is [offsets[i], offsets[i + 1]).
/// Throws IoError naming `place` if the offsets do not allow that.
std::string_view text_at(std::span<const std::uint64_t> offsets, std::string_view bytes, std::size_t i,
                         const hdf5::Place& place);

/// Throws IoError naming the dataset unless its checksum agrees; one without checksum is taken as it is.
void check_sum(const hdf5::Dataset& dataset, std::span<const std::byte> bytes, const Progress* progress = nullptr);

}  // namespace coterie
