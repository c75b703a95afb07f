#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/progress.hpp"
#include "io/formats/input_format.hpp"
#include "io/formats/post.hpp"
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
    /// Files of posts (InputFormat: holds_posts), whose edges go to the layers mention, reply, retweet, quote and follow.
    std::vector<std::string> posts = {};
    /// Of all files of edges and posts; automatic: recognised file by file. Standard input of edges is text unless it is said here.
    InputFormat format = InputFormat::automatic;
    /// Codes of the kind column and their layers, for the files of the layer "mention": each row goes to the layer of its kind.
    std::vector<std::pair<std::string, std::string>> kinds = {};
    RowOptions rows = {};
    IdChoice ids = IdChoice::automatic;  ///< of binary files, automatic: numeric
    NameRules names = {};                ///< how handles name accounts, in every input
    /// The file of the PseudonymKey by which accounts are renamed; empty: they are not.
    std::filesystem::path pseudonyms = {};
    /// What the times of events mean; rows of "follow" have none. A row outside the windows is counted as such and names no account; a
    /// row without a time is a reject.
    std::optional<double> since = {};  ///< Unix seconds: rows of since <= time < until
    std::optional<double> until = {};
    std::optional<double> as_of = {};  ///< nothing after it counts, and nothing at that very time
    double half_life = 0;  ///< in seconds: a row weighs 2^(-(as_of - time) / half_life) of its weight; 0: all of it
    /// Windows that end at `as_of`, each a layer NAME_<name> of its own in the place of NAME: names, and lengths in seconds. With an
    /// infinite length: all rows, under the name as it is.
    std::vector<std::pair<std::string, double>> windows = {};
    bool undirected = false;
    bool keep_self_loops = false;
    std::string accounts = {};            ///< a table of accounts, or empty
    std::string accounts_id_column = {};  ///< by name or number; empty: recognised
    /// Of the table; empty: all, or none if accounts are renamed.
    std::vector<std::string> keep_columns = {};
    std::filesystem::path rejects = {};  ///< empty: the store's name and ".rejects.csv"
    /// A store whose accounts and layers come first: what is read is added to them. Empty: none.
    std::filesystem::path append_to = {};
    /// Files of rows that are taken out of layers of `append_to`, after `files` have been added.
    std::vector<LayerFile> removals = {};
    bool remove_whole_edges = false;                 ///< a removed row takes its edge, whatever it weighs
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

/// What was counted in files of posts beside the rows of layers.
struct PostsReport {
    std::uint64_t posts = 0;  ///< different ones; those without a number of their own (InputFormat::json) do not count
    std::uint64_t repeated_posts = 0;        ///< that stood in the files again, and count once
    std::uint64_t posts_without_events = 0;  ///< that link to nobody
    std::uint64_t notices = 0;               ///< messages of a stream that are no posts
    std::uint64_t rejected_profiles = 0;
    std::uint64_t lists_of_nobody = 0;    ///< lists of users that do not say whom they follow
    std::uint64_t mentions_in_links = 0;  ///< mentions of the account that the post replies to, retweets or quotes
    std::array<std::uint64_t, num_post_links> unknown = {};  ///< links to accounts that the files do not name
};

struct IngestReport {
    AccountId accounts = 0;
    bool numeric = true;
    Naming naming;
    std::vector<LayerInfo> layers;
    std::uint64_t account_rows = 0;       ///< of the table of accounts, rejected ones included
    std::uint64_t rejected_accounts = 0;  ///< rows of the table
    std::vector<std::string> columns;     ///< joined from the table
    std::uint64_t rejected = 0;           ///< all of them
    std::optional<PostsReport> posts;     ///< if there were files of posts
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
/// on the whole input alone, not on the order of its rows or files. The beginning of the first file (64 KiB) is a guess that
/// spares reading it again.
///
/// Rows stay in memory while they take at most a quarter of `memory_limit`; else they are sorted on disk (RowSpill,
/// merge_buckets, write_windows). The whole then stays within the limit if it is at least 64 MB and 50 bytes an account.
/// Temporary files have no name and vanish with the process.
///
/// With `pseudonyms`, every account is named by its pseudonym, in every array: the store is the one that files with pseudonyms
/// in the place of ids would give. No text of the input is kept but that of `keep_columns`: rejects are listed without
/// their text, reasons end where they would show it.
///
/// The same input gives the same bytes for any number of threads and any limit. `created` is SOURCE_DATE_EPOCH if that is set, else the
/// time of the newest input file, 1970 for standard input alone.
///
/// With `append_to` the new store is, to the byte of every array and count, what all rows would have given at once: those of that
/// store, then `files`, without `removals`. A removal takes one row: of an unweighted layer the edge, of the others its weight
/// (1 without a column of weights), and the edge with the last of it; one that finds no such row is a reject. Accounts stay, also
/// without edges: as if a table had named all of the store. `ids`, `undirected` and `keep_self_loops` are those of the store.
/// Columns stay; what `accounts` says of an account replaces what the store said. Results of the store do not come along.
/// `created` is the later of the two. Memory: the new layers, 40 bytes an account, and 100 bytes a new row.
///
/// Throws TooManyRejects (no store is written, the rejects file is), IoError (also if a disk or the memory limit is too small), Cancelled, and std::invalid_argument if there is no
/// input, a layer's name cannot stand in a store, standard input is named twice, or the options contradict `append_to`.
IngestReport ingest(const std::filesystem::path& path, const IngestOptions& options);

}  // namespace coterie
