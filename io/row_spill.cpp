#include "io/row_spill.hpp"

#include <algorithm>
#include <bit>
#include <type_traits>
#include <utility>

#include "io/tasks.hpp"

namespace coterie {

namespace {

constexpr std::uint64_t least_bucket_bytes = std::uint64_t{512} << 10;
constexpr std::size_t fewest_buckets = 16;
constexpr std::size_t most_buckets = 512;
constexpr std::size_t fewest_bucket_rows = 16;
constexpr std::size_t most_bucket_rows = std::size_t{1} << 14;
constexpr std::size_t prefetch_distance = 16;  // in rows
constexpr std::size_t fewest_segment_rows = 256;
constexpr std::size_t most_segment_rows = std::size_t{1} << 18;

template <class Number>
Number between(Number least, Number number, Number most) {
    return std::min(std::max(least, number), most);
}

/// Rows of one kind on their way to the buckets.
template <class Id>
struct BucketBuffers {
    Array<Id> ends;
    Array<float> weights;
    std::vector<std::uint32_t> rows;  ///< [buckets]
};

}  // namespace

struct RowSpill::ThreadBuckets {
    struct Layer {
        BucketBuffers<std::uint32_t> narrow;
        BucketBuffers<std::uint32_t> weighted_narrow;
        BucketBuffers<std::uint64_t> wide;
        BucketBuffers<std::uint64_t> weighted_wide;
        std::vector<std::vector<SpilledChunk>> chunks;  ///< [buckets]
        EdgeOffset rows = 0;
        EdgeOffset self_loops = 0;

        template <class Id>
        BucketBuffers<Id>& buffers(bool weighted) {
            if constexpr (sizeof(Id) == 4) {
                return weighted ? weighted_narrow : narrow;
            } else {
                return weighted ? weighted_wide : wide;
            }
        }
    };

    ThreadBuckets(std::size_t layers, IdSet& set) : ids(set), layers(layers) {}

    IdSet::Inserter ids;
    std::vector<Layer> layers;
};

namespace {

/// Puts rows into the buffers of one thread, which go to the file as they fill.
template <class Id>
class Distributor {
  public:
    Distributor(BucketBuffers<Id>& buffers, std::vector<std::vector<SpilledChunk>>& chunks, ScratchFile& file,
                std::size_t buckets, std::size_t bucket_rows, bool weighted)
        : buffers_(buffers),
          chunks_(chunks),
          file_(file),
          bucket_rows_(bucket_rows),
          // One cache line more than the rows: else the places that are written to next would share few sets of the cache.
          stride_(bucket_rows + 64 / sizeof(Id)),
          shift_(64 - static_cast<unsigned>(std::countr_zero(buckets))),
          weighted_(weighted) {
        chunks_.resize(buckets);
        if (!buffers_.rows.empty()) return;
        buffers_.rows.assign(buckets, 0);
        buffers_.ends.resize(buckets * 2 * stride_);
        if (weighted) buffers_.weights.resize(buckets * stride_);
    }

    void add(Id source, Id target, float weight) {
        const std::size_t bucket = (std::uint64_t{source} * 0x9e3779b97f4a7c15U) >> shift_;
        const std::uint32_t row = buffers_.rows[bucket]++;
        Id* const ends = buffers_.ends.data() + 2 * (bucket * stride_ + row);
        ends[0] = source;
        ends[1] = target;
        if (weighted_) buffers_.weights[bucket * stride_ + row] = weight;
        if (row + 1 == bucket_rows_) write(bucket);
    }
    void write_all() {
        for (std::size_t bucket = 0; bucket < buffers_.rows.size(); ++bucket)
            if (buffers_.rows[bucket] > 0) write(bucket);
    }

  private:
    void write(std::size_t bucket) {
        const std::uint32_t rows = std::exchange(buffers_.rows[bucket], 0);
        const std::span<const Id> ends(buffers_.ends.data() + 2 * bucket * stride_, 2 * std::size_t{rows});
        const std::span<const float> weights(weighted_ ? buffers_.weights.data() + bucket * stride_ : nullptr,
                                             weighted_ ? rows : 0);
        const ScratchExtent extent = file_.append(std::as_bytes(ends), std::as_bytes(weights));
        chunks_[bucket].push_back({extent, rows, sizeof(Id) == 8, weighted_});
    }

    BucketBuffers<Id>& buffers_;
    std::vector<std::vector<SpilledChunk>>& chunks_;
    ScratchFile& file_;
    std::size_t bucket_rows_;
    std::size_t stride_;
    unsigned shift_;
    bool weighted_;
};

}  // namespace

RowSpill::RowSpill(const SpillOptions& options)
    : options_(options),
      buckets_(between<std::size_t>(fewest_buckets, std::bit_ceil(options.memory_limit / least_bucket_bytes + 1),
                                    most_buckets)),
      bucket_rows_(between<std::size_t>(
          fewest_bucket_rows,
          options.memory_limit / 8 /
              (2 * sizeof(AccountId) * buckets_ * options.threads * std::max<std::size_t>(options.layers, 1)),
          most_bucket_rows)),
      segment_rows_(
          between<std::size_t>(fewest_segment_rows,
                               options.memory_limit / 64 /
                                   (2 * sizeof(AccountId) * options.threads * std::max<std::size_t>(options.layers, 1)),
                               most_segment_rows)),
      memory_rows_bytes_(options.memory_limit / 4),
      ids_(options.memory_limit / 4),
      layers_(options.layers) {
    for (std::size_t thread = 0; thread < options.threads; ++thread)
        threads_.push_back(std::make_unique<ThreadBuckets>(options.layers, ids_));
}

RowSpill::~RowSpill() = default;

void RowSpill::filled(std::size_t thread, std::size_t layer, std::vector<RowSegment<std::uint32_t>>& segments) {
    take(thread, layer, segments);
}

void RowSpill::filled(std::size_t thread, std::size_t layer, std::vector<RowSegment<std::uint64_t>>& segments) {
    take(thread, layer, segments);
}

template <class Id>
void RowSpill::take(std::size_t thread, std::size_t layer, std::vector<RowSegment<Id>>& segments) {
    if (!spilling_) {
        const RowSegment<Id>& last = segments.back();
        const std::uint64_t bytes = last.rows * (2 * sizeof(Id) + (last.weights.empty() ? 0 : sizeof(float)));
        if (collected_.fetch_add(bytes) + bytes <= memory_rows_bytes_) return;
        begin();
    }
    while (segments.size() > 1) {
        spill(*threads_[thread], layer, segments.back());
        segments.pop_back();
    }
    spill(*threads_[thread], layer, segments.back());
    segments.back().rows = 0;
}

void RowSpill::begin() {
    const std::lock_guard lock(begin_mutex_);
    if (spilling_) return;
    if (begin_) begin_(collected_);
    file_.emplace(options_.folder);
    spilling_ = true;
}

template <class Id>
void RowSpill::spill(ThreadBuckets& mine, std::size_t layer, const RowSegment<Id>& segment) {
    ThreadBuckets::Layer& into = mine.layers[layer];
    const bool weighted = !segment.weights.empty();
    Distributor<Id> buckets(into.template buffers<Id>(weighted), into.chunks, *file_, buckets_, bucket_rows_, weighted);
    into.rows += segment.rows;
    const bool undirected = options_.undirected[layer];
    for (std::size_t i = 0; i < segment.rows; ++i) {
        if (options_.numbers) {
            const std::size_t ahead = std::min(i + prefetch_distance, segment.rows - 1);
            mine.ids.prefetch(segment.ends[2 * ahead]);
            mine.ids.prefetch(segment.ends[2 * ahead + 1]);
        }
        const Id source = segment.ends[2 * i];
        const Id target = segment.ends[2 * i + 1];
        const float weight = weighted ? segment.weights[i] : 1.0F;
        if (options_.numbers) mine.ids.insert(source);
        if (source == target) {
            if (options_.keep_self_loops)
                buckets.add(source, target, weight);
            else
                ++into.self_loops;
            continue;
        }
        if (options_.numbers) mine.ids.insert(target);
        buckets.add(source, target, weight);
        if (undirected) buckets.add(target, source, weight);
    }
}

void RowSpill::finish(std::vector<ThreadRows>& rows) {
    std::vector<Task> tasks;
    for (std::size_t thread = 0; thread < rows.size(); ++thread)
        tasks.push_back(
            {1, [&, thread] {
                 ThreadBuckets& mine = *threads_[thread];
                 for (std::size_t l = 0; l < options_.layers; ++l) {
                     LayerRows& read = rows[thread].layers[l];
                     const auto spill_all = [&](auto segments) {
                         for (auto& segment : segments) {
                             if (segment.rows > 0) spill(mine, l, segment);
                             segment = {};
                         }
                     };
                     spill_all(read.narrow.take());
                     spill_all(read.weighted_narrow.take());
                     spill_all(read.wide.take());
                     spill_all(read.weighted_wide.take());
                     ThreadBuckets::Layer& layer = mine.layers[l];
                     const auto write_all = [&](auto& buffers, bool weighted) {
                         if (buffers.rows.empty()) return;
                         using Id = typename std::decay_t<decltype(buffers.ends)>::value_type;
                         Distributor<Id>(buffers, layer.chunks, *file_, buckets_, bucket_rows_, weighted).write_all();
                         buffers = {};
                     };
                     write_all(layer.narrow, false);
                     write_all(layer.weighted_narrow, true);
                     write_all(layer.wide, false);
                     write_all(layer.weighted_wide, true);
                 }
                 mine.ids.flush();
             }});
    run_tasks(tasks, static_cast<int>(threads_.size()), "spilling", nullptr);
    rows.clear();
    for (std::size_t l = 0; l < options_.layers; ++l) {
        SpilledLayer& layer = layers_[l];
        layer.buckets.resize(buckets_);
        for (const std::unique_ptr<ThreadBuckets>& thread : threads_) {
            ThreadBuckets::Layer& part = thread->layers[l];
            layer.rows += part.rows;
            layer.self_loops += part.self_loops;
            for (std::size_t bucket = 0; bucket < part.chunks.size(); ++bucket)
                for (const SpilledChunk& chunk : part.chunks[bucket]) {
                    layer.buckets[bucket].push_back(chunk);
                    layer.weighted |= chunk.weighted;
                }
        }
    }
    threads_.clear();
}

}  // namespace coterie
