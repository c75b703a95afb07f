#pragma once

#include <span>
#include <string>

#include "host/progress.hpp"
#include "io/edge_text.hpp"
#include "io/input_file.hpp"
#include "io/raw_rows.hpp"
#include "io/rejects.hpp"
#include "io/row_format.hpp"

namespace coterie {

/// How far the reading of all files is, in bytes as they stand.
struct ReadingProgress {
    Progress* progress = nullptr;
    double before = 0;  ///< bytes of files read before this one
    double total = 0;   ///< 0: not known
};

struct FileTally {
    std::uint64_t lines = 0;
    std::uint64_t number_rows = 0;
    std::uint64_t word_rows = 0;
    std::vector<LayerTally> layers;
    RowFormat format;  ///< as recognised
};

/// Reads a whole file of edges on `into.size()` threads, each into rows of its own: one thread at a time reads, inflates and
/// digests the next block while the others parse theirs. Rejects are written in the order of their lines.
/// `plan.format` is recognised from the beginning of the file. Memory: two megabytes a thread beside the rows.
FileTally read_edges(InputFile& file, EdgeFilePlan plan, const RowOptions& options, bool events, const Kinds& kinds,
                     IdKind ids, std::span<ThreadRows> into, RejectsFile& rejects, const ReadingProgress& reading);

}  // namespace coterie
