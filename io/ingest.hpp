#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/progress.hpp"
#include "io/name_rules.hpp"
#include "io/row_format.hpp"
#include "io/store.hpp"

namespace coterie {

enum class IdChoice { automatic, numeric, handles };

/// A file of edges and the layer that it belongs to.
struct LayerFile {
    std::string layer;
    std::string path;  ///< "-": standard input
};

struct IngestOptions {
    std::vector<LayerFile> files = {};
    /// Codes of the kind column and their layers, for the files of the layer "mention": each row goes to the layer of its kind.
    std::vector<std::pair<std::string, std::string>> kinds = {};
    RowOptions rows = {};
    IdChoice ids = IdChoice::automatic;
    NameRules names = {};  ///< how handles name accounts, in every input
    bool undirected = false;
    bool keep_self_loops = false;
    std::string accounts = {};                       ///< a table of accounts, or empty
    std::string accounts_id_column = {};             ///< by name or number; empty: recognised
    std::filesystem::path rejects = {};              ///< empty: the store's name and ".rejects.csv"
    std::optional<std::uint64_t> max_rejects = {};   ///< else the larger of 100 and a thousandth of the rows
    int threads = 0;                                 ///< 0: as many as there are cores
    std::uint64_t memory_limit = 0;                  ///< in bytes; 0: half of the machine's memory
    std::filesystem::path temporary_directory = {};  ///< empty: the store's folder
    Progress* progress = nullptr;
};

/// How an ingest went whose rows did not fit into memory.
struct ExternalReport {
    bool used = false;
    std::uint64_t buckets = 0;          ///< that the rows of each layer were sorted in
    std::uint64_t temporary_bytes = 0;  ///< written to the temporary file in all
    std::uint64_t windows = 0;          ///< that the layers were written in: how often all edges of one were read
};

struct IngestReport {
    AccountId accounts = 0;
    bool numeric = true;
    std::vector<LayerInfo> layers;
    std::uint64_t account_rows = 0;       ///< of the table of accounts, rejected ones included
    std::uint64_t rejected_accounts = 0;  ///< rows of the table
    std::vector<std::string> columns;     ///< joined from the table
    std::uint64_t rejected = 0;           ///< all of them
    std::filesystem::path rejects;        ///< the file that lists them; empty if there are none
    std::vector<SourceFile> sources;      ///< every input once
    std::vector<std::string> notes;       ///< what was decided and might surprise
    std::string created;
    std::vector<std::pair<std::string, double>> seconds;  ///< by step
    std::uint64_t memory_limit = 0;                       ///< in bytes
    std::uint64_t peak_memory = 0;                        ///< the most that this process has had in use, in bytes
    ExternalReport external;
};

/// Reads files of edges into a new store at `path`.
///
/// Every row is kept, merged with an equal one, a self-loop, or rejected; the counts add up, layer by layer. Rejected lines
/// stand in the rejects file with the reason. Layers: rows of "follow" stay unweighted unless a weight column is named; all
/// other layers count events, so that a weight is the number of rows, or the sum of the weight column.
///
/// Ids are numbers if more rows hold two numbers than not (IdChoice::automatic); then other ids are rejected. This depends
/// on the whole input alone, not on the order of its rows or files. The first million bytes of each file are a guess that
/// spares reading it again.
///
/// Rows stay in memory while they take at most a quarter of `memory_limit`; else they are sorted on disk (RowSpill,
/// merge_buckets, write_windows). The whole then stays within the limit if it is at least 64 MB and 50 bytes an account.
/// Temporary files have no name and vanish with the process.
///
/// The same input gives the same bytes for any number of threads and any limit. `created` is SOURCE_DATE_EPOCH if that is set, else the
/// time of the newest input file, 1970 for standard input alone.
///
/// Throws TooManyRejects (no store is written, the rejects file is), IoError (also if a disk is too small), Cancelled, and std::invalid_argument if there is no
/// input, a layer's name cannot stand in a store, or standard input is named twice.
IngestReport ingest(const std::filesystem::path& path, const IngestOptions& options);

}  // namespace coterie
