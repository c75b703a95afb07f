#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "io/temporary_file.hpp"

namespace coterie {

/// A line that could not be used.
struct Reject {
    std::uint64_t line = 0;  ///< from 1
    std::string reason;      ///< what must hold, and what was got
    std::string text;        ///< the beginning of the line
};

/// The table of rejected lines: file, line, reason, text. It exists only if there are any, and gets its name when `commit` is
/// called: an interrupted run leaves none.
class RejectsFile {
  public:
    explicit RejectsFile(std::filesystem::path path) : path_(std::move(path)) {}

    /// From now on no text of the input is shown: the column `text` stays empty, and reasons end before the first quote.
    void leave_out_text() { shows_text_ = false; }
    /// Throws IoError if it cannot be written.
    void add(std::string_view file, const Reject& reject);
    /// Forgets everything, for reading the input a second time.
    void restart();
    void commit();

    const std::filesystem::path& path() const { return path_; }
    std::uint64_t count() const { return count_; }
    /// "file:line: reason" of the first one.
    const std::string& first() const { return first_; }

  private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };

    void open();
    void write(std::string_view text);

    std::filesystem::path path_;
    std::unique_ptr<TemporaryFile> temporary_;
    std::unique_ptr<std::FILE, Close> file_;
    bool shows_text_ = true;
    std::uint64_t count_ = 0;
    std::string first_;
};

}  // namespace coterie
