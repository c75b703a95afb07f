#pragma once

#include <filesystem>
#include <string_view>

#include "io/descriptor.hpp"

namespace coterie {

/// A file that is written beside its name, as "<name>.tmp-<process>-<k>", and gets its name when it is complete: `commit`
/// syncs and renames it. Destroyed before that, it is removed. Files of this kind are removed at an interrupt too
/// (remove_temporary_files). What a killed process left is removed when the next file of the same name is begun: a
/// living writer holds a lock (flock) on its file, so that nobody takes it for a leftover.
class TemporaryFile {
  public:
    /// Makes the empty file. A symbolic link at `final_path` stays: what it points to will be replaced.
    /// Throws IoError if it cannot be made, or if `final_path` is something that cannot be replaced (a folder, a device).
    explicit TemporaryFile(const std::filesystem::path& final_path);
    TemporaryFile(TemporaryFile&& other) noexcept;
    TemporaryFile& operator=(TemporaryFile&&) = delete;
    ~TemporaryFile();

    /// Where to write. Open it as it is, or truncate it; do not replace it.
    const std::filesystem::path& path() const { return temporary_path_; }
    /// Throws IoError if syncing or renaming fails (a full disk shows here at the latest).
    void commit();

  private:
    std::filesystem::path final_path_;
    std::filesystem::path temporary_path_;
    Descriptor locked_;
    bool live_ = true;
};

/// Removes what killed writers of `final_path` left beside it: files of TemporaryFile's names that nobody holds locked. For a run
/// that may have nothing to write there; a TemporaryFile does it by itself.
void remove_leftovers(const std::filesystem::path& final_path);

/// Writes `content` to `path` as a TemporaryFile; to a device or a pipe (such as /dev/stdout), as it stands.
/// Throws IoError.
void write_file(const std::filesystem::path& path, std::string_view content);

/// Removes what TemporaryFiles of this process have not committed. For the last moments of a process that was
/// interrupted: it takes no lock and no memory, so that a signal handler can call it.
void remove_temporary_files() noexcept;

}  // namespace coterie
