#pragma once

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

/// Rows of one kind that one thread collects, in segments: nothing is copied as they grow.
template <class Id>
class RowSegments {
  public:
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
        if (!segments_.empty())
            segments_.back().rows = static_cast<std::size_t>(next_ - segments_.back().ends.data()) / 2;
    }
    void grow(bool weighted) {
        close();
        const std::size_t rows = segments_.empty() ? first_rows : most_rows;
        RowSegment<Id>& segment = segments_.emplace_back();
        segment.ends.resize(2 * rows);
        if (weighted) segment.weights.resize(rows);
        next_ = segment.ends.data();
        end_ = next_ + 2 * rows;
    }

    std::vector<RowSegment<Id>> segments_;
    Id* next_ = nullptr;
    Id* end_ = nullptr;
};

/// What one thread has read of one layer.
struct LayerRows {
    RowSegments<std::uint32_t> narrow;  ///< both ids below 2^32, or numbers of handles
    RowSegments<std::uint64_t> wide;
    RowSegments<std::uint32_t> weighted_narrow;
    RowSegments<std::uint64_t> weighted_wide;

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

/// What one thread has read.
struct ThreadRows {
    std::vector<LayerRows> layers;
    HandleNumbers handles;  ///< of an input whose accounts have handles: all threads' lead to one dictionary
};

}  // namespace coterie
