#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "host/exact_sum.hpp"
#include "host/graph.hpp"
#include "host/progress.hpp"
#include "io/name_rules.hpp"
#include "io/streamed_array.hpp"

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

    /// How handles came about; a store without handles keeps the rules that change nothing.
    virtual const Naming& naming() const;

    std::string text(AccountId account) const;  ///< the original id as it is printed
    /// The account that `original` names by the rules of `naming`: a number in decimal, or a handle, which may be a pseudonym.
    /// Binary search in `by_id`.
    virtual std::optional<AccountId> find(std::string_view original) const;
};

/// A column of the accounts' table, by internal id.
struct AccountColumn {
    std::string name;
    std::vector<std::string> values;  ///< [n]; empty text where the table names no value
};

struct SourceFile {
    std::string path;      ///< as it was given; "-" for standard input
    std::string sha256;    ///< of the bytes of the file as they stand (compressed if it is), in hexadecimal
    bool removed = false;  ///< its rows were taken out
};

/// Attributes of a layer. rows = kept + merged + self_loops + rejected + outside.
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
    EdgeOffset outside = 0;            ///< rows whose time is outside the window
    bool keep_self_loops = false;      ///< self-loops are edges like others, and not counted apart
    std::optional<double> first_time;  ///< Unix seconds
    std::optional<double> last_time;
    std::vector<SourceFile> sources;
    double half_life = 0;         ///< of the weights' decay, in seconds; 0: none
    std::optional<double> since;  ///< the window, Unix seconds: since <= time < until
    std::optional<double> until;
    std::optional<double> as_of;  ///< the time from which ages are counted, and the end of its windows
};

using AttributeValue = std::variant<std::int64_t, double, bool, std::string>;
using Attributes = std::map<std::string, AttributeValue>;

/// One run's answer, in the store under /results/<name>: named arrays by internal id, and how they came about.
struct StoredResult {
    std::string name;
    std::map<std::string, std::variant<std::vector<double>, std::vector<std::uint32_t>>> arrays;
    Attributes attributes;
};

/// What a new store is written from. Views must stay valid during the call.
struct StoreContents {
    std::span<const std::uint64_t> ids;                       ///< [n], by internal id, or
    std::function<void(StreamedArray& ids)> stream_ids = {};  ///< appends them when the file has been made; or
    std::span<const std::uint64_t> handle_offsets;            ///< [n + 1] into
    std::string_view handle_bytes;
    /// Or appends both when the file has been made: then these are how many bytes will come.
    std::function<void(StreamedArray& offsets, StreamedArray& bytes)> stream_handles = {};
    std::uint64_t num_handle_bytes = 0;
    std::span<const AccountId> by_id;  ///< [n]
    Naming naming;
    std::vector<AccountColumn> columns;
    struct Layer {
        LayerInfo info;
        CsrView out;
        CsrView in;                                    ///< the same as `out` if undirected
        const WeightRemainders* remainders = nullptr;  ///< of the weights of `out`; null: all are exact
        /// Of a layer that is not in memory: `out` and `in` are empty, `info.num_edges` is what will come, and this is called
        /// once the file has been made, to fill the arrays. `in` is null if undirected, `remainders` if there are none to come.
        std::function<void(StreamedCsr& out, StreamedCsr* in, StreamedRemainders* remainders)> stream = {};
        std::uint64_t num_remainders = 0;  ///< that will come
    };
    std::vector<Layer> layers;
    std::string created;  ///< UTC, ISO 8601
    std::vector<StoredResult> results = {};
};

/// A store: accounts and layers of one platform in an HDF5 file of schema 1, memory-mapped. Cheap to copy.
///
///   /                        attributes coterie_schema = 1, coterie_version, created, num_accounts
///   /accounts/ids            u64 [n], or /accounts/handles/offsets u64 [n + 1] and /accounts/handles/bytes u8
///   /accounts                attributes that are there only where they say something: fold_case = true, strip_at = true (see
///                            NameRules); pseudonyms = "hmac-sha256-128", pseudonym_key (fingerprint of the key),
///                            pseudonyms_of = "numbers" or "handles"
///   /accounts/by_id          u32 [n], accounts in ascending order of original id
///   /accounts/<column>       UTF-8 texts of one width, padded with zeros; a group of offsets and bytes where that cannot
///                            be or would waste much. Attributes column (its name in the table), position
///   /layers/<name>/          attributes kind, directed, weighted, num_edges, rows, kept, merged, self_loops, rejected,
///                            outside, keep_self_loops, first_time, last_time (absent if not known), half_life (0: none),
///                            since, until, as_of (absent if there are none), sources (JSON)
///       out/offsets u64 [n + 1], out/neighbors u32 [m], out/weights f32 [m] if weighted
///       in/…                 the same; of an undirected layer a hard link to out
///       remainders/edges u64 [k], remainders/values f64 [k]: what weights of out-edges lack of the exact sums of their
///                            rows (WeightRemainders); absent if all are exact
///   /results/<name>/         arrays and attributes of one run
///
/// Arrays are contiguous, unfiltered, little-endian and aligned to 4,096 bytes. Each has an attribute `checksum`, in 16
/// hexadecimal digits: XXH3-64 of its bytes as they stand, or, of an array of more than 2^20 bytes, XXH3-64 of the digests
/// (XXH3-64, little-endian u64, one after the other) of its pieces of 2^20 bytes, of which the last may be shorter.
/// Metadata carry the checksums of HDF5, which is why texts in attributes have fixed length. Equal contents give equal files, byte by byte.
///
/// Files of other writers are read too: arrays that are chunked, filtered, of another width or byte order are read into
/// memory where they are asked for, if every value fits; `by_id`, checksums and counts of rows may be absent.
/// A store is never changed in place, so an open one stays as it was when another takes its name. (Who cuts off a
/// file that is mapped ends the processes that read it: SIGBUS.)
class Store {
  public:
    struct Opened;  ///< known to io/ alone

    /// Opens `path` and reads its attributes; touches no edge. Time and memory do not depend on the number of edges.
    /// Throws IoError, naming the file and the object in it, if it is missing, truncated, damaged, foreign or of another
    /// schema, or if an array has another size or type than the attributes say.
    static Store open(const std::filesystem::path& path);

    const std::filesystem::path& path() const;
    const std::string& version() const;  ///< of coterie that wrote it
    const std::string& created() const;  ///< UTC, ISO 8601
    const std::shared_ptr<const Accounts>& accounts() const;
    /// Of original ids and their order, which a run maps into its memory.
    std::uint64_t account_bytes() const;
    const std::vector<LayerInfo>& layers() const;
    /// Throws std::invalid_argument that lists the layers there are.
    const LayerInfo& layer(std::string_view name) const;
    std::vector<std::string> column_names() const;
    /// In the order of the table; checksums verified. Throws IoError.
    std::vector<AccountColumn> columns() const;
    /// Names and values of one account, in the order of the table; nothing else is read, no checksum verified.
    std::vector<std::pair<std::string, std::string>> column_values(AccountId account) const;

    /// The layer as mapped memory, which it keeps alive: nothing is read before it is used.
    /// Throws std::invalid_argument that lists the layers there are.
    Graph graph(std::string_view layer) const;

    /// What the weights of the layer's out-edges lack of exact sums: what rows that come later are added to. Checksums and
    /// structure verified. Throws IoError, std::invalid_argument as `graph`.
    WeightRemainders remainders(std::string_view layer) const;

    /// Reads the accounts and the layer whole and throws IoError, naming the array, unless all checksums agree, offsets
    /// start at 0, never decrease and end at m, neighbors are below n and ascend within rows, weights are finite, `by_id`
    /// is a permutation along which ids ascend, and `in` and `out` hold the same edges with the same weights (compared by
    /// sums of 64-bit hashes; an undirected layer: each edge in both directions).
    /// `threads` 0: all cores; the same error for any number. Called before anything is computed from a store.
    /// Time O(n log n + m): each byte is read once, the order of accounts twice. Throws Cancelled if `progress` asks to stop.
    void verify(std::string_view layer, int threads, Progress* progress = nullptr) const;

    /// Throws IoError, naming the array, unless the checksums of all accounts and layers agree: what must hold before another
    /// store is made from this one. Time: each byte is read once. Throws Cancelled.
    void verify_checksums(int threads, Progress* progress = nullptr) const;

    std::vector<std::string> result_names() const;  ///< in alphabetical order
    /// These throw std::invalid_argument that lists the results there are.
    Attributes result_attributes(std::string_view name) const;
    StoredResult result(std::string_view name) const;  ///< checksums verified

  private:
    std::shared_ptr<const Opened> opened_;
};

/// Writes a store beside `path`, syncs it to disk and renames it into place when it is complete; else nothing is left.
/// Names of columns may be anything; `info.num_edges` is taken from `out` unless the layer is streamed. Memory: the columns' texts once more.
/// Throws IoError if it cannot be written, std::invalid_argument if sizes do not fit together or a layer's name is taken,
/// empty, '.' or '..' or has a '/', Cancelled if `progress` asks to stop.
void write_store(const std::filesystem::path& path, const StoreContents& contents, Progress* progress = nullptr);

/// Adds results to a store, replacing those of the same names: a new version of the file is written beside it and renamed
/// into place, so that a crash leaves the old store or the new one. Where the file system can share blocks (reflinks), only
/// the results are written, else the file is copied. Waits for other writers of the same store.
/// Throws as write_store, and IoError if `path` is no store.
void add_results(const std::filesystem::path& path, const std::vector<StoredResult>& results,
                 Progress* progress = nullptr);

}  // namespace coterie
