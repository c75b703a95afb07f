#include "io/read_edges.hpp"

#include <omp.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace coterie {

namespace {

/// Rejects of files behind others are held to be written after theirs; with so many these files wait.
constexpr std::size_t most_held_rejects = 10000;

/// A block and the memory that it stands in.
struct OwnedBlock {
    LineBlock block;
    std::vector<char> buffer;
};

/// One file on its way from blocks to rows. Its parts are used by one thread at a time, and which one FilesReading says.
class FileReading {
  public:
    FileReading(const EdgeInput& input, std::size_t threads)
        : format_(*input.format), file_(input.open()), blocks_(file_, format_.blocks()), parsers_(threads) {}

    /// Reads blocks until the format has seen enough. Those without a row are counted and let go.
    void begin() {
        bool shown = false;
        for (bool recognised = false; !recognised;) {
            OwnedBlock head;
            if (!blocks_.next(head.block, head.buffer)) break;
            const std::string_view text = head.block.text;
            if (!head.block.cut_short) {
                recognised = format_.recognise(text);
                shown = true;
                if (!recognised) {
                    passed_.emplace_back(head.block.number, std::count(text.begin(), text.end(), '\n'));
                    blocks_read_ = head.block.number + 1;
                    continue;
                }
            }
            head.block.may_hold_header = recognised;
            head.buffer.resize(text.size() + readable_behind_blocks);
            head.buffer.shrink_to_fit();
            head.block.text = {head.buffer.data(), text.size()};
            head_.push_back(std::move(head));
        }
        if (!shown) format_.recognise({});
    }

    bool next(OwnedBlock& into) {
        if (!head_.empty()) {
            into = std::move(head_.front());
            head_.pop_front();
        } else if (!blocks_.next(into.block, into.buffer)) {
            return false;
        }
        blocks_read_ = into.block.number + 1;
        return true;
    }

    BlockParser& parser(std::size_t thread, ThreadRows& rows) {
        if (parsers_[thread] == nullptr) parsers_[thread] = format_.parser(rows);
        return *parsers_[thread];
    }

    /// How many blocks were read or passed over.
    std::size_t blocks_read() const { return blocks_read_; }
    bool in_order() const { return format_.blocks().in_order; }
    std::uint64_t bytes_read() const { return file_.bytes_read(); }
    std::string sha256() { return file_.sha256(); }
    /// Blocks that no parser gets: number and lines.
    std::vector<std::pair<std::size_t, std::ptrdiff_t>> take_passed() { return std::exchange(passed_, {}); }

  private:
    FileFormat& format_;
    InputFile file_;
    LineBlocks blocks_;
    std::size_t blocks_read_ = 0;
    std::deque<OwnedBlock> head_;  ///< read to recognise the format
    std::vector<std::pair<std::size_t, std::ptrdiff_t>> passed_;
    std::vector<std::unique_ptr<BlockParser>> parsers_;  ///< [threads]
};

/// All files on their way. Everything below is changed under one lock, for moments; reading and parsing are done without it.
class FilesReading {
  public:
    FilesReading(std::span<const EdgeInput> inputs, std::span<ThreadRows> into, RejectsFile& rejects,
                 Progress* progress)
        : inputs_(inputs), into_(into), rejects_(rejects), progress_(progress), files_(inputs.size()) {
        for (const EdgeInput& input : inputs) total_bytes_ += static_cast<double>(input.bytes);
        for (File& file : files_) file.tally.layers.resize(into[0].layers.size());
        first_failed_ = inputs.size();
    }

    std::vector<FileTally> run() {
#pragma omp parallel num_threads(static_cast <int>(into_.size()))
        work(static_cast<std::size_t>(omp_get_thread_num()));
        if (failure_ != nullptr) std::rethrow_exception(failure_);
        std::vector<FileTally> tallies;
        for (File& file : files_) tallies.push_back(std::move(file.tally));
        return tallies;
    }

  private:
    struct File {
        std::unique_ptr<FileReading> reading;       ///< while blocks of it are read or parsed
        bool busy = false;                          ///< a thread reads the next block
        bool exhausted = false;                     ///< all blocks have been read
        std::size_t read = 0;                       ///< blocks
        std::size_t added = 0;                      ///< blocks whose tallies have been added up, in their order
        std::map<std::size_t, BlockTally> waiting;  ///< for the blocks before them
        std::vector<Reject> held;                   ///< until the files before are done
        std::uint64_t told_bytes = 0;               ///< to `progress_`
        FileTally tally;

        bool done() const { return exhausted && added == read; }
    };

    void work(std::size_t thread) {
        OwnedBlock block;
        for (std::optional<std::size_t> f = take_file(); f; f = take_file()) {
            try {
                work_on(files_[*f], inputs_[*f], thread, block);
            } catch (...) {
                fail(*f);
            }
        }
    }

    /// A file that nobody reads at the moment: the first that is open, else the next. Nothing when no block is left to be read.
    std::optional<std::size_t> take_file() {
        std::unique_lock lock(mutex_);
        for (;;) {
            bool any_left = false;
            std::size_t open = 0;
            const std::size_t end = std::min(first_failed_, files_.size());
            for (std::size_t f = front_; f < end && open < into_.size(); ++f) {
                File& file = files_[f];
                if (file.exhausted) continue;
                any_left = true;
                ++open;
                if (file.busy || (f != front_ && held_ > most_held_rejects)) continue;
                file.busy = true;
                return f;
            }
            if (!any_left) return std::nullopt;
            changed_.wait(lock);
        }
    }

    /// Reads the next block of a file that this thread has taken, lets others read on, and parses it.
    void work_on(File& file, const EdgeInput& input, std::size_t thread, OwnedBlock& block) {
        if (file.reading == nullptr) {
            file.reading = std::make_unique<FileReading>(input, into_.size());
            file.reading->begin();
            for (const auto& [number, lines] : file.reading->take_passed()) {
                BlockTally passed;
                passed.lines = static_cast<std::uint64_t>(lines);
                add(file, number, std::move(passed));
            }
        }
        FileReading& reading = *file.reading;
        BlockParser& parser = reading.parser(thread, into_[thread]);
        std::size_t blocks = reading.blocks_read();
        if (reading.in_order()) {
            for (; reading.next(block); ++blocks) {
                tell_progress(file);
                add(file, block.block.number, parser.parse(block.block));
            }
            tell_progress(file);
            add(file, blocks, parser.finish());
            return release(file, blocks + 1, true);
        }
        const bool more = reading.next(block);
        tell_progress(file);
        release(file, reading.blocks_read(), !more);
        if (more) add(file, block.block.number, parser.parse(block.block));
    }

    /// Lets other threads read the file on, or ends it.
    void release(File& file, std::size_t blocks, bool exhausted) {
        const std::lock_guard lock(mutex_);
        file.busy = false;
        file.read = blocks;
        file.exhausted = exhausted;
        if (exhausted) file.tally.sha256 = file.reading->sha256();
        settle(file);
        changed_.notify_all();
    }

    /// Adds up what the parsers found, block after block in the order of the file.
    void add(File& file, std::size_t number, BlockTally block) {
        const std::lock_guard lock(mutex_);
        file.waiting.emplace(number, std::move(block));
        for (auto next = file.waiting.find(file.added); next != file.waiting.end();
             next = file.waiting.find(++file.added)) {
            BlockTally& tally = next->second;
            for (Reject& reject : tally.rejects) {
                reject.line += file.tally.lines;
                file.held.push_back(std::move(reject));
            }
            held_ += tally.rejects.size();
            file.tally.lines += tally.lines;
            file.tally.number_rows += tally.number_rows;
            file.tally.word_rows += tally.word_rows;
            for (std::size_t l = 0; l < tally.layers.size(); ++l) file.tally.layers[l].add(tally.layers[l]);
            file.waiting.erase(next);
        }
        settle(file);
    }

    /// Lets go of a file that is done, and writes the rejects whose turn has come: those of the first file that is not done, and
    /// of all before it.
    void settle(File& file) {
        if (file.done()) file.reading.reset();
        for (;; ++front_) {
            std::vector<Reject>& held = files_[front_].held;
            for (const Reject& reject : held) rejects_.add(inputs_[front_].path, reject);
            held_ -= held.size();
            held.clear();
            if (!files_[front_].done() || front_ + 1 == files_.size()) break;
            changed_.notify_all();
        }
    }

    void tell_progress(File& file) {
        if (progress_ == nullptr) return;
        const std::lock_guard lock(progress_mutex_);
        const std::uint64_t bytes = file.reading->bytes_read();
        read_bytes_ += static_cast<double>(bytes - std::exchange(file.told_bytes, bytes));
        advance(progress_, "reading", read_bytes_, total_bytes_, "bytes");
    }

    /// Files before the one that failed are read to their ends, so that the same failure is told with any number of threads.
    void fail(std::size_t f) {
        const std::lock_guard lock(mutex_);
        files_[f].busy = false;
        if (f < first_failed_) {
            first_failed_ = f;
            failure_ = std::current_exception();
        }
        changed_.notify_all();
    }

    std::span<const EdgeInput> inputs_;
    std::span<ThreadRows> into_;
    RejectsFile& rejects_;
    Progress* progress_;
    std::vector<File> files_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t front_ = 0;  ///< the first file that is not done, or the last
    std::size_t held_ = 0;   ///< rejects of all files
    std::size_t first_failed_ = 0;
    std::exception_ptr failure_;

    std::mutex progress_mutex_;
    double read_bytes_ = 0;
    double total_bytes_ = 0;
};

}  // namespace

std::vector<FileTally> read_edges(std::span<const EdgeInput> inputs, std::span<ThreadRows> into, RejectsFile& rejects,
                                  Progress* progress) {
    return FilesReading(inputs, into, rejects, progress).run();
}

}  // namespace coterie
