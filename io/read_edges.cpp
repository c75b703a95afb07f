#include "io/read_edges.hpp"

#include <omp.h>

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>
#include <utility>

namespace coterie {

namespace {

/// How far the reading of all files is, in bytes as they stand.
struct ReadingProgress {
    Progress* progress = nullptr;
    double before = 0;  ///< bytes of files read before this one
    double total = 0;   ///< 0: not known
};

/// One file on its way from blocks to rows.
class Reading {
  public:
    Reading(const EdgeInput& input, RejectsFile& rejects, const ReadingProgress& reading)
        : path_(input.path),
          format_(*input.format),
          file_(input.open()),
          blocks_(file_, format_.blocks()),
          rejects_(rejects),
          reading_(reading) {}

    FileTally run(std::span<ThreadRows> into) {
        tally_.layers.resize(into[0].layers.size());
        begin();
        const std::size_t threads = format_.blocks().in_order ? 1 : into.size();
        std::vector<std::unique_ptr<BlockParser>> parsers;
        for (std::size_t t = 0; t < threads; ++t) parsers.push_back(format_.parser(into[t]));
#pragma omp parallel num_threads(static_cast <int>(threads))
        {
            try {
                work(*parsers[static_cast<std::size_t>(omp_get_thread_num())]);
            } catch (...) {
                const std::lock_guard lock(reading_mutex_);
                if (failure_ == nullptr) failure_ = std::current_exception();
                stopped_ = true;
            }
        }
        if (failure_ != nullptr) std::rethrow_exception(failure_);
        if (format_.blocks().in_order) finish(finished_, parsers[0]->finish());
        tally_.sha256 = file_.sha256();
        return std::move(tally_);
    }

    std::uint64_t bytes_read() const {
        return file_.bytes_read();
    }

  private:
    /// Reads blocks until the format has seen enough. Those without a row are counted and let go.
    void begin() {
        LineBlock block;
        bool shown = false;
        for (bool recognised = false; !recognised;) {
            std::vector<char> buffer;
            if (!blocks_.next(block, buffer)) break;
            if (!block.cut_short) {
                recognised = format_.recognise(block.text);
                shown = true;
                if (!recognised) {
                    BlockTally passed;
                    passed.lines = static_cast<std::uint64_t>(std::count(block.text.begin(), block.text.end(), '\n'));
                    finish(block.number, std::move(passed));
                    continue;
                }
            }
            block.may_hold_header = recognised;
            buffer.resize(static_cast<std::size_t>(block.text.end() - buffer.data()) + readable_behind_blocks);
            buffer.shrink_to_fit();
            block.text = {buffer.data(), block.text.size()};
            head_.emplace_back(block, std::move(buffer));
        }
        if (!shown) format_.recognise({});
    }

    void work(BlockParser& parser) {
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
                rejects_.add(path_, reject);
            }
            tally_.lines += tally.lines;
            tally_.number_rows += tally.number_rows;
            tally_.word_rows += tally.word_rows;
            for (std::size_t l = 0; l < tally.layers.size(); ++l) tally_.layers[l].add(tally.layers[l]);
            waiting_.erase(next);
        }
    }

    const std::string& path_;
    FileFormat& format_;
    InputFile file_;
    LineBlocks blocks_;
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

std::vector<FileTally> read_edges(std::span<const EdgeInput> inputs, std::span<ThreadRows> into, RejectsFile& rejects,
                                  Progress* progress) {
    ReadingProgress reading{.progress = progress};
    for (const EdgeInput& input : inputs) reading.total += static_cast<double>(input.bytes);
    std::vector<FileTally> tallies;
    for (const EdgeInput& input : inputs) {
        Reading file(input, rejects, reading);
        tallies.push_back(file.run(into));
        reading.before += static_cast<double>(file.bytes_read());
    }
    return tallies;
}

}  // namespace coterie
