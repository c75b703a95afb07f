#include "io/csr_windows.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <utility>
#include <vector>

#include "host/sorting.hpp"
#include "io/tasks.hpp"

namespace coterie {

namespace {

constexpr std::size_t parts_a_thread = 2;
constexpr std::ptrdiff_t prefetch_distance = 16;
constexpr std::uint64_t least_batch_edges = 64;
constexpr std::size_t lengths_at_a_time = std::size_t{1} << 18;

/// Rows [first, last) whose edges are in memory.
struct Window {
    AccountId first = 0;
    AccountId last = 0;
    EdgeOffset begin = 0;  ///< of its edges
    EdgeOffset end = 0;
};

/// Cuts rows into windows of at most `most_edges`, or of one row.
std::vector<Window> windows_of(const Array<EdgeOffset>& offsets, EdgeOffset most_edges) {
    const auto n = static_cast<AccountId>(offsets.size() - 1);
    const EdgeOffset m = offsets[n];
    std::vector<Window> windows;
    for (AccountId first = 0; first < n;) {
        // Windows of about equal size: a small last one would cost as much reading as the others.
        const EdgeOffset left = m - offsets[first];
        const EdgeOffset count = std::max<EdgeOffset>(1, (left + most_edges - 1) / most_edges);
        const EdgeOffset limit = offsets[first] + (left + count - 1) / count;
        const auto found = std::upper_bound(offsets.begin() + first + 1, offsets.end(), limit);
        const auto last = std::max(first + 1, static_cast<AccountId>(found - offsets.begin() - 1));
        windows.push_back({first, last, offsets[first], offsets[last]});
        first = last;
    }
    return windows;
}

/// Offsets of rows in final order, from their lengths by position.
Array<EdgeOffset> offsets_of(const ScratchFile& file, const ScratchExtent& degrees, const Array<AccountId>& by_id) {
    const std::size_t n = by_id.size();
    Array<EdgeOffset> offsets(n + 1);
    Array<AccountId> lengths;
    offsets[0] = 0;
    for (std::size_t first = 0; first < n; first += lengths.size()) {
        lengths.resize(std::min(lengths_at_a_time, n - first));
        const ScratchExtent extent{degrees.offset + first * sizeof(AccountId), lengths.size() * sizeof(AccountId)};
        file.read_array(extent, std::span(lengths));
        for (std::size_t i = 0; i < lengths.size(); ++i) offsets[by_id[first + i] + 1] = lengths[i];
    }
    for (std::size_t v = 0; v < n; ++v) offsets[v + 1] += offsets[v];
    return offsets;
}

template <class T>
std::span<const std::byte> bytes_of(const Array<T>& values, std::size_t count) {
    return std::as_bytes(std::span<const T>(values.data(), count));
}

/// What stands in memory of the window in work.
struct WindowArrays {
    Array<AccountId> neighbors;
    Array<float> weights;

    /// Makes room for the largest of `windows`. Memory that is there already is used again.
    void prepare(const std::vector<Window>& windows, bool weighted) {
        EdgeOffset most = 0;
        for (const Window& window : windows) most = std::max(most, window.end - window.begin);
        if (neighbors.size() >= most) return;
        neighbors = {};
        weights = {};
        neighbors.resize(most);
        if (weighted) weights.resize(most);
    }
    void write(const Window& window, StreamedCsr& csr, int threads) const {
        const std::size_t count = window.end - window.begin;
        csr.neighbors.append(bytes_of(neighbors, count), threads);
        if (!weights.empty()) csr.weights.append(bytes_of(weights, count), threads);
    }
};

class Windows {
  public:
    Windows(const DistinctRows& edges, const ScratchFile& file, const Array<AccountId>& by_id,
            const WindowOptions& options)
        : edges_(edges), file_(file), by_id_(by_id), options_(options) {}

    std::size_t write_out(StreamedCsr& out, WindowArrays& arrays) const {
        const Array<EdgeOffset> offsets = offsets_of(file_, edges_.out_degrees, by_id_);
        out.offsets.append(bytes_of(offsets, offsets.size()), options_.threads);
        const std::vector<Window> windows = windows_of(offsets, most_edges());
        arrays.prepare(windows, edges_.weighted);
        for (const Window& window : windows) {
            std::vector<Task> tasks;
            for (const ScratchExtent& block : edges_.blocks)
                tasks.push_back({block.bytes, [&] { place_out(block, window, offsets, arrays); }});
            run_tasks(tasks, options_.threads, "out-edges", options_.progress);
            arrays.write(window, out, options_.threads);
        }
        return windows.size();
    }

    std::size_t write_in(const StreamedCsr& out, StreamedCsr& in, WindowArrays& arrays) const;

  private:
    EdgeOffset most_edges() const {
        return std::max<EdgeOffset>(1, options_.memory / (sizeof(AccountId) + (edges_.weighted ? sizeof(float) : 0)));
    }

    /// Puts the rows of a block that fall into the window to their places.
    void place_out(const ScratchExtent& extent, const Window& window, const Array<EdgeOffset>& offsets,
                   WindowArrays& arrays) const {
        thread_local Array<std::uint32_t> block;
        thread_local Array<std::uint64_t> pairs;
        block.resize(extent.bytes / sizeof(std::uint32_t));
        file_.read_array(extent, std::span(block));
        const std::uint32_t* const last_word = block.data() + block.size() - 1;
        for_each_row(block, edges_.weighted,
                     [&](AccountId source, std::span<const AccountId> row, std::span<const std::uint32_t> weights) {
                         const AccountId account = by_id_[source];
                         if (account < window.first || account >= window.last) return;
                         AccountId* const into = arrays.neighbors.data() + (offsets[account] - window.begin);
                         if (weights.empty()) {
                             for (std::size_t i = 0; i < row.size(); ++i) {
                                 // Words ahead are neighbors but for few; the others lead nowhere or to what is not needed.
                                 const std::uint32_t ahead =
                                     *std::min(row.data() + i + 2 * prefetch_distance, last_word);
                                 __builtin_prefetch(by_id_.data() + ahead);
                                 into[i] = by_id_[row[i]];
                             }
                             sort_ascending(std::span(into, row.size()));
                             return;
                         }
                         float* const weights_into = arrays.weights.data() + (offsets[account] - window.begin);
                         pairs.resize(row.size());
                         for (std::size_t i = 0; i < row.size(); ++i)
                             pairs[i] = std::uint64_t{by_id_[row[i]]} << 32U | weights[i];
                         sort_ascending(std::span(pairs));
                         for (std::size_t i = 0; i < row.size(); ++i) {
                             into[i] = static_cast<AccountId>(pairs[i] >> 32U);
                             weights_into[i] = std::bit_cast<float>(static_cast<std::uint32_t>(pairs[i]));
                         }
                     });
        if (block.capacity() > most_kept_words) block = {};
        if (pairs.capacity() > most_kept_words) pairs = {};
    }

    static constexpr std::size_t most_kept_words = std::size_t{1} << 20;

    const DistinctRows& edges_;
    const ScratchFile& file_;
    const Array<AccountId>& by_id_;
    const WindowOptions& options_;
};

/// Some edges of the finished out-rows, as they stand one after the other; its first and its last row may be parts.
struct Batch {
    EdgeOffset begin = 0;  ///< of its edges
    AccountId first_row = 0;
    Array<EdgeOffset> ends;  ///< of each row in the batch, from `begin` on
    Array<AccountId> neighbors;
    Array<float> weights;
};

/// Reads the finished out-rows batch by batch.
class OutRows {
  public:
    OutRows(const StreamedCsr& out, EdgeOffset batch_edges, bool weighted)
        : out_(out),
          rows_(out.offsets.bytes() / sizeof(EdgeOffset) - 1),
          edges_(out.neighbors.bytes() / sizeof(AccountId)),
          batch_edges_(batch_edges),
          batch_rows_(batch_edges / 2),
          weighted_(weighted) {}

    /// False at the end.
    bool next(Batch& batch) {
        if (next_edge_ == edges_) return false;
        batch.begin = next_edge_;
        batch.first_row = next_row_;
        batch.ends.clear();
        batch.ends.reserve(batch_rows_);
        const EdgeOffset most = std::min(next_edge_ + batch_edges_, edges_);
        do {
            const EdgeOffset end = end_of(next_row_);
            next_edge_ = std::min(end, most);
            batch.ends.push_back(next_edge_ - batch.begin);
            if (end > most) break;  // it goes on in the next batch
            ++next_row_;
        } while (next_edge_ < most && batch.ends.size() < batch_rows_);
        const EdgeOffset count = next_edge_ - batch.begin;
        batch.neighbors.resize(count);
        out_.neighbors.read(batch.begin * sizeof(AccountId), std::as_writable_bytes(std::span(batch.neighbors)));
        if (weighted_) {
            batch.weights.resize(count);
            out_.weights.read(batch.begin * sizeof(float), std::as_writable_bytes(std::span(batch.weights)));
        }
        return true;
    }

  private:
    EdgeOffset end_of(AccountId row) {
        if (row < first_known_ || row >= first_known_ + known_.size()) {
            constexpr std::uint64_t at_a_time = std::uint64_t{1} << 16;
            first_known_ = row;
            known_.resize(std::min<std::uint64_t>(at_a_time, rows_ - row));
            out_.offsets.read((std::uint64_t{row} + 1) * sizeof(EdgeOffset), std::as_writable_bytes(std::span(known_)));
        }
        return known_[row - first_known_];
    }

    const StreamedCsr& out_;
    std::uint64_t rows_;
    EdgeOffset edges_;
    EdgeOffset batch_edges_;
    std::size_t batch_rows_;  ///< many may have no edges: their ends must not take more memory than a batch's edges
    bool weighted_;
    EdgeOffset next_edge_ = 0;
    AccountId next_row_ = 0;
    AccountId first_known_ = 0;
    Array<EdgeOffset> known_;
};

/// Edges on their way to their places in the in-rows. Some are held, so that the memory of all of them is on its way before any is
/// needed: places of neighboring edges are far from each other.
class Placement {
  public:
    /// `next` [n] is where the next edge to each account goes.
    Placement(EdgeOffset window_begin, Array<EdgeOffset>& next, WindowArrays& arrays)
        : window_begin_(window_begin), next_(next), arrays_(arrays) {}

    void add(AccountId source, AccountId target, float weight) {
        __builtin_prefetch(&next_[target], 1);
        held_[count_++] = {source, target, weight};
        if (count_ == held_.size()) place_all();
    }
    void place_all() {
        const bool weighted = !arrays_.weights.empty();
        for (std::size_t i = 0; i < count_; ++i) {
            places_[i] = next_[held_[i].target]++ - window_begin_;
            __builtin_prefetch(&arrays_.neighbors[places_[i]], 1);
            if (weighted) __builtin_prefetch(&arrays_.weights[places_[i]], 1);
        }
        for (std::size_t i = 0; i < count_; ++i) {
            arrays_.neighbors[places_[i]] = held_[i].source;
            if (weighted) arrays_.weights[places_[i]] = held_[i].weight;
        }
        count_ = 0;
    }

  private:
    struct Held {
        AccountId source;
        AccountId target;
        float weight;
    };
    static constexpr std::size_t most = 128;

    EdgeOffset window_begin_;
    Array<EdgeOffset>& next_;
    WindowArrays& arrays_;
    std::size_t count_ = 0;
    std::array<Held, most> held_;
    std::array<EdgeOffset, most> places_;
};

/// Adds the edges of a batch that lead to [first, last) to the in-rows.
void place_in(const Batch& batch, AccountId first, AccountId last, Placement placement) {
    EdgeOffset begin = 0;
    AccountId source = batch.first_row;
    const AccountId* const neighbors = batch.neighbors.data();
    const float* const weights = batch.weights.empty() ? nullptr : batch.weights.data();
    for (const EdgeOffset end : batch.ends) {
        const AccountId* const row_end = neighbors + end;
        const AccountId* edge = neighbors + begin;
        if (edge != row_end && *edge < first) edge = std::lower_bound(edge, row_end, first);
        for (; edge != row_end && *edge < last; ++edge)
            placement.add(source, *edge, weights == nullptr ? 1.0F : weights[edge - neighbors]);
        begin = end;
        ++source;
    }
    placement.place_all();
}

std::size_t Windows::write_in(const StreamedCsr& out, StreamedCsr& in, WindowArrays& arrays) const {
    Array<EdgeOffset> next = offsets_of(file_, edges_.in_degrees, by_id_);
    in.offsets.append(bytes_of(next, next.size()), options_.threads);
    const std::vector<Window> windows = windows_of(next, most_edges());
    arrays.prepare(windows, edges_.weighted);
    const EdgeOffset batch_edges =
        std::max(least_batch_edges, options_.buffer / 2 / (sizeof(AccountId) + (edges_.weighted ? sizeof(float) : 0)));
    const std::size_t parts = parts_a_thread * static_cast<std::size_t>(options_.threads);
    const double total = static_cast<double>(windows.size()) * static_cast<double>(edges_.count);
    double done = 0;
    for (const Window& window : windows) {
        // Each part takes as many edges; the last accounts, of which each has few, come first, since they take the longest.
        std::vector<AccountId> bounds{window.first};
        for (std::size_t part = 1; part < parts; ++part) {
            const EdgeOffset bound = window.begin + (window.end - window.begin) / parts * part;
            const auto found = std::lower_bound(next.begin() + window.first, next.begin() + window.last, bound);
            bounds.push_back(std::max(bounds.back(), static_cast<AccountId>(found - next.begin())));
        }
        bounds.push_back(window.last);

        OutRows rows(out, batch_edges, edges_.weighted);
        Batch batch;
        Batch following;
        for (bool more = rows.next(batch); more; std::swap(batch, following)) {
            std::vector<Task> tasks;
            bool another = false;
            tasks.push_back({0, [&] { another = rows.next(following); }});
            for (std::size_t part = parts; part-- > 0;)
                tasks.push_back({0, [&, part] {
                                     place_in(batch, bounds[part], bounds[part + 1],
                                              Placement(window.begin, next, arrays));
                                 }});
            run_tasks(tasks, options_.threads, "in-edges", nullptr);
            done += static_cast<double>(batch.neighbors.size());
            advance(options_.progress, "in-edges", done, total, "edges");
            more = another;
        }
        arrays.write(window, in, options_.threads);
    }
    return windows.size();
}

}  // namespace

std::size_t write_windows(const DistinctRows& edges, const ScratchFile& file, const Array<AccountId>& by_id,
                          StreamedCsr& out, StreamedCsr* in, const WindowOptions& options, StepSeconds& seconds) {
    const Windows windows(edges, file, by_id, options);
    WindowArrays arrays;
    std::size_t count = timed(seconds, "out_edges", [&] { return windows.write_out(out, arrays); });
    if (in != nullptr) count += timed(seconds, "in_edges", [&] { return windows.write_in(out, *in, arrays); });
    return count;
}

void write_remainders(const std::vector<EdgeRemainder>& found, const StreamedCsr& out, StreamedRemainders& remainders,
                      int threads) {
    Array<EdgeOffset> places;
    Array<double> values;
    Array<AccountId> row;
    std::array<EdgeOffset, 2> bounds{};
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (i == 0 || found[i].source != found[i - 1].source) {
            out.offsets.read(std::uint64_t{found[i].source} * sizeof(EdgeOffset),
                             std::as_writable_bytes(std::span(bounds)));
            row.resize(bounds[1] - bounds[0]);
            out.neighbors.read(bounds[0] * sizeof(AccountId), std::as_writable_bytes(std::span(row)));
        }
        const auto edge = std::lower_bound(row.begin(), row.end(), found[i].target);
        places.push_back(bounds[0] + static_cast<EdgeOffset>(edge - row.begin()));
        values.push_back(found[i].value);
    }
    remainders.edges.append(bytes_of(places, places.size()), threads);
    remainders.values.append(bytes_of(values, values.size()), threads);
}

}  // namespace coterie
