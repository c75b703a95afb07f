#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/edge_text.hpp"
#include "io/ingest.hpp"
#include "io/input_file.hpp"
#include "io/time_rules.hpp"

namespace coterie {

inline constexpr std::string_view follow_layer = "follow";
inline constexpr std::string_view mention_layer = "mention";

/// An input that can be read again: its descriptor if it had to be copied first.
class Input {
  public:
    Input(std::string path, bool read_twice, const std::string& folder);
    Input(Input&& other) noexcept;
    Input& operator=(Input&&) = delete;
    ~Input();

    const std::string& path() const { return path_; }
    std::uint64_t bytes() const { return bytes_; }
    bool can_be_read_again() const;
    InputFile open(Compression compression = Compression::by_first_bytes) const;

  private:
    std::string path_;
    std::uint64_t bytes_ = 0;
    int spool_ = -1;
};

struct LayerPlan {
    std::string name;
    bool only_if_used = false;  ///< of posts: there is no such layer if no row goes there
    bool undirected = false;    ///< asked for, or all of its files are
    std::optional<std::size_t>
        same_rows_as;             ///< a layer whose files and counts of rows it shares: another window of it
    std::optional<double> since;  ///< its window, if it has one, as LayerInfo has it
    std::optional<double> until;
    std::optional<double> as_of;
    double half_life = 0;
    bool weighted = false;  ///< a file of it has a weight column
    LayerTally tally;       ///< filled by read_inputs, as the other two below
    std::vector<SourceFile> sources;
    bool events() const { return name != follow_layer; }
    bool times_matter() const { return since || until || as_of; }
};

/// What an ingest will read, before anything of it is read (but for the copy of an input that must be read twice).
struct IngestPlan {
    std::filesystem::path store;
    Kinds kinds;
    std::vector<LayerPlan> layers;
    std::vector<TimeRule> times;  ///< [layers]
    std::vector<EdgeFilePlan> files;
    std::vector<Input> inputs;  ///< [files]
    bool keep_self_loops = false;
    std::array<std::size_t, num_post_links> post_layers = {};  ///< if there are files of posts
    std::string created;  ///< SOURCE_DATE_EPOCH, or the time of the newest input file
};

/// Throws IoError and std::invalid_argument as `ingest` does, for what can be told before reading.
IngestPlan plan_ingest(const std::filesystem::path& store, const IngestOptions& options);

}  // namespace coterie
