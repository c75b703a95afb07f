#include "io/temporary_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string>
#include <utility>

#include "host/errors.hpp"

namespace coterie {

namespace {

/// The name of a live temporary file, where an interrupt can reach it without a lock.
struct LiveName {
    std::atomic<bool> taken{false};
    std::atomic<bool> live{false};
    std::array<char, PATH_MAX> name{};
};
std::array<LiveName, 64> live_names;
std::atomic<unsigned> files_made{0};

void remember(const std::string& name) {
    if (name.size() >= PATH_MAX) return;
    for (LiveName& slot : live_names) {
        if (slot.taken.exchange(true)) continue;
        std::memcpy(slot.name.data(), name.c_str(), name.size() + 1);
        slot.live = true;
        return;
    }
    // No place left: the destructor removes the file, an interrupt would not; the next writer of that name will.
}

void forget(const std::string& name) {
    for (LiveName& slot : live_names) {
        if (!slot.live || name != slot.name.data()) continue;
        slot.live = false;
        slot.taken = false;
        return;
    }
}

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view doing) {
    throw IoError(fmt::format("{}: {} failed: {}", path.string(), doing, std::strerror(errno)));
}

void sync(const std::filesystem::path& path, int flags) {
    const Descriptor descriptor(::open(path.c_str(), flags | O_CLOEXEC));
    if (!descriptor) fail(path, "opening to sync");
    if (::fsync(descriptor.get()) != 0) fail(path, "syncing to disk");
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : ".";
}

std::filesystem::path replaceable(const std::filesystem::path& path) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) return path;
    if (!std::filesystem::is_regular_file(status))
        throw IoError(fmt::format("{}: must be a regular file or not exist, so that it can be replaced by a new one",
                                  path.string()));
    if (!std::filesystem::is_symlink(path, error)) return path;
    std::filesystem::path target = std::filesystem::canonical(path, error);
    return error ? path : target;
}

}  // namespace

void remove_leftovers(const std::filesystem::path& final_path) {
    const std::string prefix = final_path.filename().string() + ".tmp-";
    std::error_code ignored;  // a folder that cannot be listed is no reason not to write into it
    for (const auto& entry : std::filesystem::directory_iterator(folder_of(final_path), ignored)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(prefix) || name.find_first_not_of("0123456789-", prefix.size()) != name.npos) continue;
        const Descriptor leftover(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        if (leftover && ::flock(leftover.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(entry.path().c_str());
    }
}

TemporaryFile::TemporaryFile(const std::filesystem::path& final_path) : final_path_(replaceable(final_path)) {
    remove_leftovers(final_path_);
    while (true) {
        temporary_path_ = fmt::format("{}.tmp-{}-{}", final_path_.string(), ::getpid(), files_made++);
        locked_ = Descriptor(::open(temporary_path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        // Process numbers repeat, above all in containers: a file of that name may be somebody else's.
        if (!locked_ && errno == EEXIST) continue;
        if (!locked_) fail(final_path_, "creating a file beside it");
        ::flock(locked_.get(), LOCK_SH | LOCK_NB);
        // Between making and locking it, another writer may have taken it for a leftover.
        struct stat status {};
        if (::fstat(locked_.get(), &status) != 0) fail(final_path_, "creating a file beside it");
        if (status.st_nlink > 0) break;
    }
    remember(temporary_path_.string());
}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : final_path_(std::move(other.final_path_)),
      temporary_path_(std::move(other.temporary_path_)),
      locked_(std::move(other.locked_)),
      live_(std::exchange(other.live_, false)) {}

TemporaryFile::~TemporaryFile() {
    if (!live_) return;
    ::unlink(temporary_path_.c_str());
    forget(temporary_path_.string());
}

void TemporaryFile::commit() {
    sync(temporary_path_, O_RDONLY);
    if (::rename(temporary_path_.c_str(), final_path_.c_str()) != 0)
        fail(final_path_, "renaming the finished file into place");
    live_ = false;
    forget(temporary_path_.string());
    locked_.close();
    sync(folder_of(final_path_), O_RDONLY | O_DIRECTORY);
}

void write_file(const std::filesystem::path& path, std::string_view content) {
    const auto write_to = [&](const std::filesystem::path& opened) {
        Descriptor descriptor(::open(opened.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
        if (!descriptor) fail(path, "creating");
        while (!content.empty()) {
            const ssize_t written = ::write(descriptor.get(), content.data(), content.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail(path, "writing");
            content.remove_prefix(static_cast<std::size_t>(written));
        }
        if (!descriptor.close()) fail(path, "closing");
    };
    std::error_code ignored;
    if (const auto status = std::filesystem::status(path, ignored);
        std::filesystem::is_character_file(status) || std::filesystem::is_fifo(status)) {
        write_to(path);
        return;
    }
    TemporaryFile file(path);
    write_to(file.path());
    file.commit();
}

void remove_temporary_files() noexcept {
    for (const LiveName& slot : live_names)
        if (slot.live) ::unlink(slot.name.data());
}

}  // namespace coterie
