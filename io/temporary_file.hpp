#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace coterie {

/// A file that is written beside its name and gets its name when it is complete: `commit` syncs and renames
/// it. Destroyed before that, it is removed. Files of this kind are removed at an interrupt too
/// (remove_temporary_files).
class TemporaryFile {
  public:
    explicit TemporaryFile(std::filesystem::path final_path);
    TemporaryFile(TemporaryFile&& other) noexcept;
    TemporaryFile& operator=(TemporaryFile&&) = delete;
    ~TemporaryFile();

    const std::filesystem::path& path() const { return temporary_path_; }
    /// Throws IoError if syncing or renaming fails (a full disk shows here at the latest).
    void commit();

  private:
    std::filesystem::path final_path_;
    std::filesystem::path temporary_path_;
    bool live_ = true;
};

/// Writes `content` to `path` as a TemporaryFile. Throws IoError.
void write_file(const std::filesystem::path& path, std::string_view content);

/// Removes what TemporaryFiles of this process have not committed. Async-signal-safe enough for the last
/// resort of an interrupt: it only unlinks.
void remove_temporary_files() noexcept;

}  // namespace coterie
