#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "host/graph.hpp"
#include "host/progress.hpp"

namespace coterie {

/// Original ids of accounts, by internal id: unsigned 64-bit numbers, or handles as bytes.
class Accounts {
  public:
    virtual ~Accounts() = default;
    virtual AccountId size() const = 0;
    virtual bool numeric() const = 0;
    virtual std::uint64_t id(AccountId account) const = 0;         ///< numeric accounts
    virtual std::string_view handle(AccountId account) const = 0;  ///< accounts named by handles
    /// Accounts in ascending order of original id (numeric, or bytewise), [n].
    virtual std::span<const AccountId> by_id() const = 0;

    std::string text(AccountId account) const;                       ///< the original id as it is printed
    std::optional<AccountId> find(std::string_view original) const;  ///< by binary search in `by_id`
};

/// A column of the accounts' table, by internal id.
struct AccountColumn {
    std::string name;
    std::vector<std::string> values;  ///< [n]; empty text where the table names no value
};

struct SourceFile {
    std::string path;    ///< as it was given; "-" for standard input
    std::string sha256;  ///< of the bytes of the file as they stand (compressed if it is), in hexadecimal
};

/// Attributes of a layer. rows = kept + merged + self_loops + rejected.
struct LayerInfo {
    std::string name;
    std::string kind;  ///< follow, mention, …
    bool directed = true;
    bool weighted = false;
    EdgeOffset num_edges = 0;  ///< stored edges: an undirected one counts twice
    EdgeOffset rows = 0;
    EdgeOffset kept = 0;
    EdgeOffset merged = 0;
    EdgeOffset self_loops = 0;
    EdgeOffset rejected = 0;
    std::optional<double> first_time;  ///< Unix seconds
    std::optional<double> last_time;
    std::vector<SourceFile> sources;
    double half_life = 0;  ///< of the weights' decay, in seconds; 0: none
};

using AttributeValue = std::variant<std::int64_t, double, bool, std::string>;
using Attributes = std::map<std::string, AttributeValue>;

/// One run's answer, in the store under /results/<name>: named arrays by internal id, and how they came
/// about.
struct StoredResult {
    std::string name;
    std::map<std::string, std::variant<std::vector<double>, std::vector<std::uint32_t>>> arrays;
    Attributes attributes;
};

/// What a new store is written from. Views must stay valid during the call.
struct StoreContents {
    std::span<const std::uint64_t> ids;             ///< [n], by internal id, or
    std::span<const std::uint64_t> handle_offsets;  ///< [n + 1] into
    std::string_view handle_bytes;
    std::span<const AccountId> by_id;  ///< [n]
    std::vector<AccountColumn> columns;
    struct Layer {
        LayerInfo info;
        CsrView out;
        CsrView in;  ///< the same as `out` if undirected
    };
    std::vector<Layer> layers;
    std::string created;  ///< UTC, ISO 8601
};

/// A store: accounts and layers of one platform in an HDF5 file of schema 1, memory-mapped.
class Store {
  public:
    struct Opened;  ///< known to io/ alone

    /// Opens `path` and reads its attributes; touches no edge.
    /// Throws IoError, naming the file and the object in it, if it is missing, truncated, damaged, foreign or
    /// of another schema.
    static Store open(const std::filesystem::path& path);

    const std::filesystem::path& path() const;
    const std::string& version() const;  ///< of coterie that wrote it
    const std::string& created() const;  ///< UTC, ISO 8601
    const std::shared_ptr<const Accounts>& accounts() const;
    const std::vector<LayerInfo>& layers() const;
    /// Throws std::invalid_argument that lists the layers there are.
    const LayerInfo& layer(std::string_view name) const;
    std::vector<std::string> column_names() const;
    /// In the order of the table; checksums verified.
    std::vector<AccountColumn> columns() const;

    /// The layer as mapped memory: nothing is read before it is used.
    Graph graph(std::string_view layer) const;

    /// Reads the accounts and the layer whole and throws IoError, naming the array, unless all checksums
    /// agree, offsets start at 0, never decrease and end at m, neighbors are below n and ascend within rows,
    /// and `in` has as many edges as `out`. Called before anything is computed from a store.
    void verify(std::string_view layer, int threads, Progress* progress = nullptr) const;

    std::vector<std::string> result_names() const;  ///< in alphabetical order
    /// These throw std::invalid_argument that lists the results there are.
    Attributes result_attributes(std::string_view name) const;
    StoredResult result(std::string_view name) const;  ///< checksums verified

  private:
    std::shared_ptr<const Opened> opened_;
};

/// Writes a store beside `path` and renames it into place when it is complete.
void write_store(const std::filesystem::path& path, const StoreContents& contents, Progress* progress = nullptr);

/// Adds results to a store, replacing those of the same names: a new version of the file is written beside it
/// and renamed into place, so that a crash leaves the old store or the new one.
void add_results(const std::filesystem::path& path, const std::vector<StoredResult>& results,
                 Progress* progress = nullptr);

}  // namespace coterie
