#include "io/distinct_rows.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <memory>
#include <mutex>
#include <utility>

#include "host/exact_sum.hpp"
#include "host/sorting.hpp"
#include "io/sorted_run.hpp"
#include "io/tasks.hpp"

namespace coterie {

namespace {

constexpr std::size_t block_words = std::size_t{1} << 18;
constexpr std::size_t prefetch_distance = 24;

/// A row on its way: source in the upper half, target in the lower.
struct PlainRow {
    static constexpr bool weighted = false;
    using Number = std::uint64_t;

    static Number of(std::uint64_t ends, float) { return ends; }
    static std::uint64_t ends(Number number) { return number; }
    static float weight(Number) { return 1.0F; }
    static bool less(Number a, Number b) { return a < b; }
};

/// The same with its weight below, as bits: sums of weights do not depend on their order.
struct WeightedRow {
    static constexpr bool weighted = true;
    using Number = WideNumber;

    static Number of(std::uint64_t ends, float weight) { return {std::bit_cast<std::uint32_t>(weight), ends}; }
    static std::uint64_t ends(Number number) { return number.high; }
    static float weight(Number number) { return std::bit_cast<float>(static_cast<std::uint32_t>(number.low)); }
    static bool less(Number a, Number b) { return a.high != b.high ? a.high < b.high : a.low < b.low; }
};

/// Blocks of distinct rows as one thread writes them.
class RowBlocks {
  public:
    RowBlocks(ScratchFile& file, bool weighted) : file_(file), weighted_(weighted) {}

    void begin_row(AccountId source) {
        words_.push_back(source);
        words_.push_back(0);
        first_ = words_.size();
    }
    void add(AccountId neighbor, float weight) {
        words_.push_back(neighbor);
        if (weighted_) weights_.push_back(std::bit_cast<std::uint32_t>(weight));
    }
    /// Returns the row's length.
    AccountId end_row() {
        const auto length = static_cast<AccountId>(words_.size() - first_);
        words_[first_ - 1] = length;
        words_.insert(words_.end(), weights_.begin(), weights_.end());
        weights_.clear();
        if (words_.size() >= block_words) flush();
        return length;
    }
    void flush() {
        if (words_.empty()) return;
        blocks_.push_back(file_.append_array(std::span<const std::uint32_t>(words_)));
        words_.clear();
    }
    std::vector<ScratchExtent> take() {
        flush();
        return std::move(blocks_);
    }

  private:
    ScratchFile& file_;
    bool weighted_;
    std::size_t first_ = 0;
    Array<std::uint32_t> words_;
    Array<std::uint32_t> weights_;
    std::vector<ScratchExtent> blocks_;
};

template <class Row>
class BucketMerge {
  public:
    using Number = typename Row::Number;

    BucketMerge(const SpilledLayer& layer, const PositionLookup& positions, ScratchFile& file,
                const MergeOptions& options)
        : layer_(layer),
          positions_(positions),
          file_(file),
          options_(options),
          weighted_(layer.weighted || options.count_rows),
          counts_apart_(!options.undirected &&
                        options.memory / 8 / static_cast<std::size_t>(options.threads) >= positions.size()),
          most_rows_(std::max<std::size_t>(64, (options.memory / static_cast<std::size_t>(options.threads) -
                                                (counts_apart_ ? positions.size() : 0)) /
                                                   sizeof(Number))),
          lengths_(positions.size()),
          arrivals_(options.undirected ? 0 : positions.size()) {
        std::fill(lengths_.begin(), lengths_.end(), 0);
        std::fill(arrivals_.begin(), arrivals_.end(), 0);
    }

    DistinctRows run(Array<EdgeOffset>& degrees) {
        std::vector<Task> tasks;
        for (const std::vector<SpilledChunk>& bucket : layer_.buckets) {
            std::size_t rows = 0;
            for (const SpilledChunk& chunk : bucket) rows += chunk.rows;
            reserved_rows_ = std::max(reserved_rows_, std::min(rows, most_rows_));
        }
        for (const std::vector<SpilledChunk>& bucket : layer_.buckets) {
            if (bucket.empty()) continue;
            std::uint64_t bytes = 0;
            for (const SpilledChunk& chunk : bucket) bytes += chunk.extent.bytes;
            tasks.push_back({bytes, [this, &bucket] { merge(bucket); }});
        }
        run_tasks(tasks, options_.threads, "sorting", options_.progress);
        for (const std::unique_ptr<Desk>& desk : free_)
            for (std::size_t v = 0; v < desk->arrivals.size(); ++v) arrivals_[v] += desk->arrivals[v];
        free_.clear();

        DistinctRows& result = result_;
        result.weighted = weighted_;
        for (std::size_t v = 0; v < degrees.size(); ++v) {
            const EdgeOffset degree = lengths_[v];
            degrees[v] += options_.undirected ? 2 * degree : degree + arrivals_[v];
        }
        result.out_degrees = file_.append_array(std::span<const AccountId>(lengths_));
        result.in_degrees = file_.append_array(std::span<const AccountId>(arrivals_));
        std::stable_sort(result.remainders.begin(), result.remainders.end(), [](const auto& a, const auto& b) {
            return a.source != b.source ? a.source < b.source : a.target < b.target;
        });
        BuildCounts& counts = result.counts;
        counts.rows = layer_.rows;
        counts.self_loops = layer_.self_loops;
        counts.kept = options_.undirected ? (result.count + kept_loops_) / 2 : result.count;
        counts.merged = counts.rows - counts.self_loops - counts.kept;
        return std::move(result);
    }

  private:
    /// What one thread needs at a time.
    struct Desk {
        Desk(ScratchFile& file, bool weighted, std::size_t most_rows, std::size_t counted_apart)
            : blocks(file, weighted), arrivals(counted_apart) {
            numbers.reserve(most_rows);
            std::fill(arrivals.begin(), arrivals.end(), 0);
        }

        RowBlocks blocks;
        Array<Number> numbers;
        std::vector<std::byte> chunk;
        std::vector<AccountId> positions;
        std::vector<EdgeRemainder> remainders;
        Array<std::uint8_t> arrivals;  ///< what is not in the others' yet: 256 at a time go there
        EdgeOffset count = 0;
        EdgeOffset loops = 0;
    };

    /// Merges rows that come one after the other in ascending order.
    class Merger {
      public:
        Merger(BucketMerge& merge, Desk& desk) : merge_(merge), desk_(desk) {}

        void add(const Number& number) {
            const std::uint64_t ends = Row::ends(number);
            if (open_ && ends == ends_) {
                ++repeats_;
                if constexpr (Row::weighted) {
                    if (repeats_ == 2) sum_.add(static_cast<double>(weight_));
                    sum_.add(static_cast<double>(Row::weight(number)));
                }
                return;
            }
            const bool same_source = open_ && ends >> 32U == ends_ >> 32U;
            if (open_) close_edge();
            if (open_ && !same_source) close_row();
            if (!same_source) desk_.blocks.begin_row(static_cast<AccountId>(ends >> 32U));
            open_ = true;
            ends_ = ends;
            repeats_ = 1;
            weight_ = Row::weight(number);
        }
        void finish() {
            if (!open_) return;
            close_edge();
            close_row();
            open_ = false;
        }

      private:
        void close_edge() {
            const auto source = static_cast<AccountId>(ends_ >> 32U);
            const auto target = static_cast<AccountId>(ends_);
            float weight = weight_ + 0.0F;
            if (repeats_ > 1 && merge_.weighted_) {
                if constexpr (!Row::weighted) sum_.add(static_cast<double>(repeats_));
                weight = sum_.rounded();
                if (sum_.has_remainder())
                    for (const double part : sum_.remainder()) desk_.remainders.push_back({source, target, part});
                sum_ = {};
            }
            desk_.blocks.add(target, weight);
            ++desk_.count;
            desk_.loops += static_cast<EdgeOffset>(source == target);
            if (!desk_.arrivals.empty()) {
                if (++desk_.arrivals[target] == 0) merge_.add_arrivals(target, 256);
            } else if (!merge_.arrivals_.empty()) {
                merge_.add_arrivals(target, 1);
            }
        }
        void close_row() { merge_.lengths_[ends_ >> 32U] = desk_.blocks.end_row(); }

        BucketMerge& merge_;
        Desk& desk_;
        bool open_ = false;
        std::uint64_t ends_ = 0;
        std::uint64_t repeats_ = 0;
        float weight_ = 1.0F;
        ExactSum sum_;
    };

    void add_arrivals(AccountId target, AccountId count) {
        std::atomic_ref<AccountId>(arrivals_[target]).fetch_add(count, std::memory_order_relaxed);
    }

    void merge(const std::vector<SpilledChunk>& bucket) {
        std::unique_ptr<Desk> desk = take_desk();
        std::size_t rows = 0;
        for (const SpilledChunk& chunk : bucket) rows += chunk.rows;
        Merger merger(*this, *desk);
        if (rows <= most_rows_) {
            load_sorted(bucket, *desk);
            add_sorted(*desk, merger);
        } else {
            merge_runs(bucket, *desk, merger);
        }
        merger.finish();
        put_back(std::move(desk));
    }

    void add_sorted(const Desk& desk, Merger& merger) {
        const Array<Number>& numbers = desk.numbers;
        const std::size_t count = numbers.size();
        if (arrivals_.empty()) {
            for (const Number& number : numbers) merger.add(number);
            return;
        }
        // The degree of a target is likely to be far away; to know it early is to have it in time.
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t ahead = std::min(i + prefetch_distance, count - 1);
            const auto target = static_cast<AccountId>(Row::ends(numbers[ahead]));
            if (counts_apart_)
                __builtin_prefetch(&desk.arrivals[target], 1);
            else
                __builtin_prefetch(&arrivals_[target], 1);
            merger.add(numbers[i]);
        }
    }

    /// A bucket that is too large (one account with very many rows): sorted part by part, and the parts merged.
    void merge_runs(const std::vector<SpilledChunk>& bucket, Desk& desk, Merger& merger) {
        std::vector<ScratchExtent> extents;
        std::vector<SpilledChunk> part;
        std::size_t rows = 0;
        const auto write_part = [&] {
            if (part.empty()) return;
            load_sorted(part, desk);
            extents.push_back(file_.append_array(std::span<const Number>(desk.numbers)));
            part.clear();
            rows = 0;
        };
        for (const SpilledChunk& chunk : bucket) {
            if (rows + chunk.rows > most_rows_) write_part();
            part.push_back(chunk);
            rows += chunk.rows;
        }
        write_part();
        desk.numbers = {};

        using Run = SortedRun<Number>;
        const std::size_t piece = std::max<std::size_t>(16, most_rows_ / (extents.size() + 1));
        std::vector<Run> runs;
        for (const ScratchExtent& extent : extents) runs.emplace_back(file_, extent, piece);
        const auto later = [&](std::size_t a, std::size_t b) { return Row::less(runs[b].front(), runs[a].front()); };
        std::vector<std::size_t> heap(runs.size());
        for (std::size_t i = 0; i < heap.size(); ++i) heap[i] = i;
        std::make_heap(heap.begin(), heap.end(), later);
        while (!heap.empty()) {
            std::pop_heap(heap.begin(), heap.end(), later);
            Run& run = runs[heap.back()];
            merger.add(run.front());
            run.pop();
            if (run.done())
                heap.pop_back();
            else
                std::push_heap(heap.begin(), heap.end(), later);
        }
        for (const ScratchExtent& extent : extents) file_.discard(extent);
    }

    /// Loads rows as `desk.numbers`, ascending by position. Positions in the order of ids can be looked up when these have been
    /// sorted: a source once, and a target after one that is close.
    void load_sorted(const std::vector<SpilledChunk>& chunks, Desk& desk) {
        const bool sort_ids =
            positions_.ascending() &&
            std::none_of(chunks.begin(), chunks.end(), [](const SpilledChunk& chunk) { return chunk.wide; });
        load(chunks, desk, sort_ids);
        sort_ascending(std::span(desk.numbers));
        if (sort_ids) look_up(desk);
    }

    /// Numbers of ids become numbers of positions.
    void look_up(Desk& desk) {
        constexpr std::size_t at_a_time = 1024;
        std::array<std::uint32_t, at_a_time> targets;
        std::array<AccountId, at_a_time> positions;
        std::uint32_t source = 0;
        AccountId position = no_account;
        for (std::span<Number> left(desk.numbers); !left.empty();) {
            const std::span<Number> numbers = left.first(std::min(left.size(), at_a_time));
            left = left.subspan(numbers.size());
            for (std::size_t i = 0; i < numbers.size(); ++i)
                targets[i] = static_cast<std::uint32_t>(Row::ends(numbers[i]));
            positions_.find(std::span<const std::uint32_t>(targets).first(numbers.size()), positions.data());
            for (std::size_t i = 0; i < numbers.size(); ++i) {
                const auto next = static_cast<std::uint32_t>(Row::ends(numbers[i]) >> 32U);
                if (next != source || position == no_account) {
                    source = next;
                    positions_.find(std::span<const std::uint32_t>(&source, 1), &position);
                }
                numbers[i] = Row::of(std::uint64_t{position} << 32U | positions[i], Row::weight(numbers[i]));
            }
        }
    }

    /// Loads rows as numbers of their positions, or of their ids if `as_ids`.
    void load(const std::vector<SpilledChunk>& chunks, Desk& desk, bool as_ids) {
        std::size_t rows = 0;
        for (const SpilledChunk& chunk : chunks) rows += chunk.rows;
        desk.numbers.resize(rows);
        Number* into = desk.numbers.data();
        for (const SpilledChunk& chunk : chunks) {
            into = chunk.wide ? load_chunk<std::uint64_t>(chunk, desk, as_ids, into)
                              : load_chunk<std::uint32_t>(chunk, desk, as_ids, into);
            file_.discard(chunk.extent);
        }
    }

    template <class Id>
    Number* load_chunk(const SpilledChunk& chunk, Desk& desk, bool as_ids, Number* into) {
        desk.chunk.resize(chunk.extent.bytes);
        file_.read(chunk.extent.offset, desk.chunk);
        const std::size_t ends = 2 * std::size_t{chunk.rows};
        const std::span ids(reinterpret_cast<const Id*>(desk.chunk.data()), ends);
        const auto* const weights = reinterpret_cast<const float*>(desk.chunk.data() + ends * sizeof(Id));
        const auto add_all = [&](const auto* all) {
            for (std::size_t row = 0; row < chunk.rows; ++row)
                *into++ = Row::of(std::uint64_t{all[2 * row]} << 32U | all[2 * row + 1],
                                  chunk.weighted ? weights[row] : 1.0F);
        };
        if (as_ids) {
            add_all(ids.data());
        } else {
            desk.positions.resize(ends);
            positions_.find(ids, desk.positions.data());
            add_all(desk.positions.data());
        }
        return into;
    }

    std::unique_ptr<Desk> take_desk() {
        const std::lock_guard lock(mutex_);
        if (free_.empty())
            return std::make_unique<Desk>(file_, weighted_, reserved_rows_, counts_apart_ ? positions_.size() : 0);
        std::unique_ptr<Desk> desk = std::move(free_.back());
        free_.pop_back();
        return desk;
    }

    void put_back(std::unique_ptr<Desk> desk) {
        const std::vector<ScratchExtent> blocks = desk->blocks.take();
        const std::lock_guard lock(mutex_);
        result_.blocks.insert(result_.blocks.end(), blocks.begin(), blocks.end());
        result_.remainders.insert(result_.remainders.end(), desk->remainders.begin(), desk->remainders.end());
        result_.count += std::exchange(desk->count, 0);
        kept_loops_ += std::exchange(desk->loops, 0);
        desk->remainders.clear();
        free_.push_back(std::move(desk));
    }

    const SpilledLayer& layer_;
    const PositionLookup& positions_;
    ScratchFile& file_;
    const MergeOptions& options_;
    bool weighted_;
    /// Each thread counts arrivals for itself, in bytes: none waits for another, and more of them stay in the caches.
    bool counts_apart_;
    std::size_t most_rows_;          ///< that one thread holds at a time
    std::size_t reserved_rows_ = 0;  ///< the most that one will hold
    Array<AccountId> lengths_;       ///< of out-rows
    Array<AccountId> arrivals_;      ///< of a directed layer: edges by target
    std::mutex mutex_;
    std::vector<std::unique_ptr<Desk>> free_;
    DistinctRows result_;
    EdgeOffset kept_loops_ = 0;
};

}  // namespace

DistinctRows merge_buckets(SpilledLayer layer, const PositionLookup& positions, ScratchFile& file,
                           Array<EdgeOffset>& degrees, const MergeOptions& options) {
    if (layer.weighted) return BucketMerge<WeightedRow>(layer, positions, file, options).run(degrees);
    return BucketMerge<PlainRow>(layer, positions, file, options).run(degrees);
}

}  // namespace coterie
