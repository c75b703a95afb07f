#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "host/array.hpp"
#include "io/handle_dictionary.hpp"

namespace coterie {

/// Some rows as they were read: ids that are not yet positions. `Id` is 32 bits wide where the ids allow it, so that most
/// inputs take 8 bytes a row.
template <class Id>
struct RowSegment {
    Array<Id> ends;        ///< [2 * rows]: source, target, source, …
    Array<float> weights;  ///< [rows], or empty: every row counts 1
    std::size_t rows = 0;
};

/// Takes full segments off the threads that read, so that rows need not stay in memory. Called by many threads at once, by each
/// with its own number.
class SegmentSink {
  public:
    virtual ~SegmentSink() = default;

    /// Rows that a segment should have room for.
    virtual std::size_t segment_rows() const = 0;
    /// All `segments` are full. The sink may take any of them away; one whose `rows` it sets to 0 is filled again.
    virtual void filled(std::size_t thread, std::size_t layer, std::vector<RowSegment<std::uint32_t>>& segments) = 0;
    virtual void filled(std::size_t thread, std::size_t layer, std::vector<RowSegment<std::uint64_t>>& segments) = 0;
};

/// Rows of one kind that one thread collects, in segments: nothing is copied as they grow.
template <class Id>
class RowSegments {
  public:
    /// From now on `sink` is told of every full segment, as one of `layer` that `thread` has read.
    void attach(SegmentSink& sink, std::size_t thread, std::size_t layer) {
        sink_ = &sink;
        thread_ = thread;
        layer_ = layer;
    }
    void add(Id source, Id target) {
        if (next_ == end_) grow(false);
        next_[0] = source;
        next_[1] = target;
        next_ += 2;
    }
    void add(Id source, Id target, float weight) {
        if (next_ == end_) grow(true);
        segments_.back().weights[static_cast<std::size_t>(next_ - segments_.back().ends.data()) / 2] = weight;
        next_[0] = source;
        next_[1] = target;
        next_ += 2;
    }
    std::vector<RowSegment<Id>> take() {
        close();
        next_ = end_ = nullptr;
        return std::move(segments_);
    }

  private:
    static constexpr std::size_t first_rows = std::size_t{1} << 10;
    static constexpr std::size_t most_rows = std::size_t{1} << 18;

    void close() {
        if (next_ != nullptr)
            segments_.back().rows = static_cast<std::size_t>(next_ - segments_.back().ends.data()) / 2;
    }
    void grow(bool weighted) {
        close();
        next_ = end_ = nullptr;
        if (sink_ != nullptr && !segments_.empty()) sink_->filled(thread_, layer_, segments_);
        if (segments_.empty() || segments_.back().rows > 0) {
            const std::size_t most = sink_ == nullptr ? most_rows : sink_->segment_rows();
            const std::size_t rows = segments_.empty() ? std::min(first_rows, most) : most;
            RowSegment<Id>& segment = segments_.emplace_back();
            segment.ends.resize(2 * rows);
            if (weighted) segment.weights.resize(rows);
        }
        Array<Id>& ends = segments_.back().ends;
        next_ = ends.data();
        end_ = next_ + ends.size();
    }

    std::vector<RowSegment<Id>> segments_;
    Id* next_ = nullptr;
    Id* end_ = nullptr;
    SegmentSink* sink_ = nullptr;
    std::size_t thread_ = 0;
    std::size_t layer_ = 0;
};

/// What one thread has read of one layer.
struct LayerRows {
    RowSegments<std::uint32_t> narrow;  ///< both ids below 2^32, or numbers of handles
    RowSegments<std::uint64_t> wide;
    RowSegments<std::uint32_t> weighted_narrow;
    RowSegments<std::uint64_t> weighted_wide;

    void attach(SegmentSink& sink, std::size_t thread, std::size_t layer) {
        narrow.attach(sink, thread, layer);
        wide.attach(sink, thread, layer);
        weighted_narrow.attach(sink, thread, layer);
        weighted_wide.attach(sink, thread, layer);
    }

    void add(std::uint64_t source, std::uint64_t target) {
        if (((source | target) >> 32U) == 0)
            narrow.add(static_cast<std::uint32_t>(source), static_cast<std::uint32_t>(target));
        else
            wide.add(source, target);
    }
    void add(std::uint64_t source, std::uint64_t target, float weight) {
        if (((source | target) >> 32U) == 0)
            weighted_narrow.add(static_cast<std::uint32_t>(source), static_cast<std::uint32_t>(target), weight);
        else
            weighted_wide.add(source, target, weight);
    }
};

struct TimeRule;

/// What one thread has read.
struct ThreadRows {
    std::vector<LayerRows> layers;
    /// What times mean for rows of each layer, [layers]; null: nothing. A reader of rows with times asks before it adds a row.
    const std::vector<TimeRule>* times = nullptr;
    HandleNumbers handles;  ///< of an input whose accounts have handles: all threads' lead to one dictionary
};

}  // namespace coterie
