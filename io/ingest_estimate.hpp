#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/ingest.hpp"

namespace coterie {

/// What an ingest will need, told from ingests of samples.
struct IngestEstimate {
    struct Layer {
        std::string name;
        double edges = 0;
    };
    double rows = 0;
    double accounts = 0;
    std::vector<Layer> layers;
    double store_bytes = 0;
    double temporary_bytes = 0;  ///< 0: the rows fit into memory
    bool external = false;       ///< rows are sorted on disk
    double memory_bytes = 0;     ///< the most that the process will have in use
    double seconds = 0;

    std::uint64_t input_bytes = 0;   ///< of the files of edges and posts as they stand
    std::uint64_t sample_bytes = 0;  ///< of text that was read
    double sampled = 1;  ///< share of the rows; 1: the sample is the whole input, and nothing was extrapolated
    std::uint64_t memory_limit = 0;
    std::filesystem::path temporary_directory;
};

/// Estimates what `ingest(path, options)` will take, without writing anything at `path`.
///
/// Draws a sample of about `sample_bytes` of the files of edges and posts (InputSample), and ingests a quarter of it, half of it and all
/// of it, each twice in a process of its own, with the same options and the same share of the memory limit, so that each goes the way that
/// the whole will go. Rows are proportional to bytes; accounts and edges are extrapolated (`extrapolated`); the store grows with
/// both as it did from part to part; temporary files and time grow with the rows; memory with what rows and edges take, and with the accounts as
/// from part to part.
/// The table of accounts, if there is one, is read whole each time. So are files that are not made of lines (graph files, JSON documents over
/// several lines), which must not be larger than the sample.
///
/// Takes the time of an ingest of four times the sample and the memory of twice the sample; its stores lie in the system's temporary folder meanwhile.
/// Call it before this process has computed anything in parallel: it forks. Throws IoError and std::invalid_argument as
/// ingest does, and IoError for an input that is no regular file, or one
/// that must be read whole and is larger than the sample.
IngestEstimate estimate_ingest(const std::filesystem::path& path, const IngestOptions& options,
                               std::uint64_t sample_bytes);

}  // namespace coterie
