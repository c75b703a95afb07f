#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "host/array.hpp"
#include "io/scratch_file.hpp"

namespace coterie {

/// Numbers in order that stand in a ScratchFile, read piece by piece.
template <class Number>
class SortedRun {
  public:
    SortedRun(const ScratchFile& file, const ScratchExtent& extent, std::size_t piece)
        : file_(&file), next_(extent.offset), end_(extent.offset + extent.bytes), piece_(piece) {
        refill();
    }
    bool done() const { return at_ == values_.size(); }
    const Number& front() const { return values_[at_]; }
    void pop() {
        if (++at_ == values_.size()) refill();
    }

  private:
    void refill() {
        at_ = 0;
        values_.resize(std::min<std::size_t>(piece_, (end_ - next_) / sizeof(Number)));
        const ScratchExtent extent{next_, values_.size() * sizeof(Number)};
        file_->read_array(extent, std::span(values_));
        next_ += extent.bytes;
    }

    const ScratchFile* file_;
    std::uint64_t next_;
    std::uint64_t end_;
    std::size_t piece_;
    std::size_t at_ = 0;
    Array<Number> values_;
};

}  // namespace coterie
