#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "host/array.hpp"
#include "host/csr.hpp"
#include "io/id_set.hpp"
#include "io/raw_rows.hpp"
#include "io/scratch_file.hpp"

namespace coterie {

/// Some rows of one bucket in a ScratchFile: their ends (source, target, source, …) and then, if they are weighted, their weights.
struct SpilledChunk {
    ScratchExtent extent;
    std::uint32_t rows = 0;
    bool wide = false;  ///< ids of 64 bits
    bool weighted = false;
};

/// The rows of one layer, in buckets: all rows of a source stand in one bucket. Of an undirected layer each row stands there
/// both ways (a self-loop once).
struct SpilledLayer {
    std::vector<std::vector<SpilledChunk>> buckets;
    EdgeOffset rows = 0;        ///< as they were read
    EdgeOffset self_loops = 0;  ///< dropped
    bool weighted = false;      ///< some row has a weight; the others weigh 1
};

struct SpillOptions {
    std::size_t layers = 0;
    std::size_t threads = 0;
    std::vector<bool> undirected = {};  ///< [layers]
    bool keep_self_loops = false;
    bool numbers = true;             ///< ids are collected; false: they are numbers of handles
    std::filesystem::path folder;    ///< where the temporary file is made
    std::uint64_t memory_limit = 0;  ///< of the whole ingest, in bytes
};

/// Collects rows from the threads that read. They stay in memory until they take a quarter of the limit (sorting takes several
/// times their room); then all of them, and those that follow, go to buckets on disk, by a hash of their sources, and
/// their ids to a set. So the beginning of a long input costs nothing more, and a short one stays in memory.
class RowSpill final : public SegmentSink {
  public:
    explicit RowSpill(const SpillOptions& options);
    ~RowSpill() override;

    std::size_t segment_rows() const override { return segment_rows_; }
    void filled(std::size_t thread, std::size_t layer, std::vector<RowSegment<std::uint32_t>>& segments) override;
    void filled(std::size_t thread, std::size_t layer, std::vector<RowSegment<std::uint64_t>>& segments) override;

    /// False: all rows are where the threads collected them.
    bool spilled() const { return spilling_.load(); }
    /// Called once when spilling begins, with the bytes of all rows so far, by one thread while the others wait.
    void on_begin(std::function<void(std::uint64_t row_bytes)> call) { begin_ = std::move(call); }

    /// Called when all is read and `spilled()`: what the threads still hold goes to the buckets too. `rows` is freed.
    void finish(std::vector<ThreadRows>& rows);
    /// After `finish`: as if there had never been such a layer.
    void drop_layer(std::size_t layer) { layers_.erase(layers_.begin() + static_cast<std::ptrdiff_t>(layer)); }
    std::vector<SpilledLayer> take_layers() { return std::move(layers_); }
    IdSet& ids() { return ids_; }
    ScratchFile& file() { return *file_; }
    std::size_t num_buckets() const { return buckets_; }

  private:
    struct ThreadBuckets;

    template <class Id>
    void take(std::size_t thread, std::size_t layer, std::vector<RowSegment<Id>>& segments);
    template <class Id>
    void spill(ThreadBuckets& mine, std::size_t layer, const RowSegment<Id>& segment);
    void begin();

    SpillOptions options_;
    std::size_t buckets_;
    std::size_t bucket_rows_;  ///< of one bucket that a thread holds before they are written
    std::size_t segment_rows_;
    std::uint64_t memory_rows_bytes_;  ///< more rows than this are spilled
    std::atomic<std::uint64_t> collected_{0};
    std::atomic<bool> spilling_{false};
    std::mutex begin_mutex_;
    std::function<void(std::uint64_t)> begin_;
    IdSet ids_;
    std::optional<ScratchFile> file_;
    std::vector<std::unique_ptr<ThreadBuckets>> threads_;
    std::vector<SpilledLayer> layers_;
};

}  // namespace coterie
