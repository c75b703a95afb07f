#include "io/read_edges.hpp"

#include <omp.h>

#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <utility>

namespace coterie {

namespace {

bool has_row(std::string_view text, std::string_view comments) {
    return !first_rows(text, comments, 1).empty();
}

/// One file on its way from blocks to rows.
class Reading {
  public:
    Reading(InputFile& file, EdgeFilePlan plan, IdKind ids, RejectsFile& rejects, const ReadingProgress& reading)
        : file_(file), blocks_(file), plan_(std::move(plan)), ids_(ids), rejects_(rejects), reading_(reading) {}

    /// Reads blocks until one holds a row, from which the format is recognised.
    void begin(const RowOptions& options, bool events, const Kinds& kinds) {
        std::vector<char> buffer;
        LineBlock block;
        while (blocks_.next(block, buffer)) {
            const bool found = has_row(block.text, options.comments);
            block.may_hold_header = found;
            head_.emplace_back(block, std::move(buffer));
            buffer = {};
            if (found) break;
        }
        plan_.format = recognise_rows(head_.empty() ? std::string_view() : head_.back().first.text, options, events,
                                      kinds, plan_.path);
    }

    FileTally run(std::span<ThreadRows> into) {
        tally_.layers.resize(into[0].layers.size());
        tally_.format = plan_.format;
#pragma omp parallel num_threads(static_cast <int>(into.size()))
        {
            const auto thread = static_cast<std::size_t>(omp_get_thread_num());
            try {
                work(into[thread]);
            } catch (...) {
                const std::lock_guard lock(reading_mutex_);
                if (failure_ == nullptr) failure_ = std::current_exception();
                stopped_ = true;
            }
        }
        if (failure_ != nullptr) std::rethrow_exception(failure_);
        return std::move(tally_);
    }

  private:
    void work(ThreadRows& into) {
        EdgeParser parser(plan_, ids_, into);
        std::vector<char> buffer;
        LineBlock block;
        while (take(block, buffer)) finish(block.number, parser.parse(block));
    }

    bool take(LineBlock& block, std::vector<char>& buffer) {
        const std::lock_guard lock(reading_mutex_);
        if (stopped_) return false;
        if (next_of_head_ < head_.size()) {
            block = head_[next_of_head_].first;
            buffer = std::move(head_[next_of_head_].second);
            ++next_of_head_;
            return true;
        }
        const bool more = blocks_.next(block, buffer);
        advance(reading_.progress, "reading", reading_.before + static_cast<double>(file_.bytes_read()), reading_.total,
                "bytes");
        return more;
    }

    /// Adds up what the parsers found, block after block in the order of the file.
    void finish(std::size_t number, BlockTally block) {
        const std::lock_guard lock(finish_mutex_);
        waiting_.emplace(number, std::move(block));
        for (auto next = waiting_.find(finished_); next != waiting_.end(); next = waiting_.find(++finished_)) {
            BlockTally& tally = next->second;
            for (Reject& reject : tally.rejects) {
                reject.line += tally_.lines;
                rejects_.add(plan_.path, reject);
            }
            tally_.lines += tally.lines;
            tally_.number_rows += tally.number_rows;
            tally_.word_rows += tally.word_rows;
            for (std::size_t l = 0; l < tally.layers.size(); ++l) tally_.layers[l].add(tally.layers[l]);
            waiting_.erase(next);
        }
    }

    InputFile& file_;
    LineBlocks blocks_;
    EdgeFilePlan plan_;
    IdKind ids_;
    RejectsFile& rejects_;
    ReadingProgress reading_;

    std::mutex reading_mutex_;
    std::vector<std::pair<LineBlock, std::vector<char>>> head_;  ///< read to recognise the format
    std::size_t next_of_head_ = 0;
    bool stopped_ = false;
    std::exception_ptr failure_;

    std::mutex finish_mutex_;
    std::map<std::size_t, BlockTally> waiting_;  ///< for the blocks before them
    std::size_t finished_ = 0;
    FileTally tally_;
};

}  // namespace

FileTally read_edges(InputFile& file, EdgeFilePlan plan, const RowOptions& options, bool events, const Kinds& kinds,
                     IdKind ids, std::span<ThreadRows> into, RejectsFile& rejects, const ReadingProgress& reading) {
    Reading run(file, std::move(plan), ids, rejects, reading);
    run.begin(options, events, kinds);
    return run.run(into);
}

}  // namespace coterie
