#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/progress.hpp"
#include "io/block_parser.hpp"
#include "io/input_file.hpp"
#include "io/raw_rows.hpp"
#include "io/rejects.hpp"

namespace coterie {

/// A file of edges that is to be read.
struct EdgeInput {
    std::string path;                 ///< as rejects name it
    std::function<InputFile()> open;  ///< at its beginning
    FileFormat* format = nullptr;
    std::uint64_t bytes = 0;  ///< as it stands, for the progress; 0: not known
};

struct FileTally {
    std::uint64_t lines = 0;
    std::uint64_t number_rows = 0;
    std::uint64_t word_rows = 0;
    std::vector<LayerTally> layers;
    std::string sha256;  ///< of the file as it stands
};

/// Reads files of edges on `into.size()` threads, each into rows of its own: one thread at a time reads, inflates and
/// digests the next block of a file while the others parse theirs. Rejects are written in the order of files and lines; they and all
/// counts are independent of the threads. Returns what was counted, file by file.
/// Memory: two megabytes a thread beside the rows, more where lines are longer.
/// Throws IoError, Cancelled, and what the formats throw.
std::vector<FileTally> read_edges(std::span<const EdgeInput> inputs, std::span<ThreadRows> into, RejectsFile& rejects,
                                  Progress* progress = nullptr);

}  // namespace coterie
