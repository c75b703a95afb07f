#include "io/temporary_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "host/errors.hpp"

namespace coterie {

namespace {

// Names of the live temporary files, where an interrupt can reach them without a lock.
constexpr std::size_t max_live = 64;
std::array<std::atomic<char*>, max_live> live_names{};
std::atomic<unsigned> files_made{0};

void remember(const std::string& name) {
    char* copy = strdup(name.c_str());
    for (auto& slot : live_names) {
        char* expected = nullptr;
        if (slot.compare_exchange_strong(expected, copy)) return;
    }
    std::free(copy);  // no place left: the destructor removes the file, an interrupt would not
}

void forget(const std::string& name) {
    for (auto& slot : live_names) {
        char* held = slot.load();
        if (held != nullptr && name == held && slot.compare_exchange_strong(held, nullptr)) {
            std::free(held);
            return;
        }
    }
}

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view doing) {
    throw IoError(fmt::format("{}: {} failed: {}", path.string(), doing, std::strerror(errno)));
}

void sync(const std::filesystem::path& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
    if (descriptor < 0) fail(path, "opening to sync");
    const int result = ::fsync(descriptor);
    const int saved = errno;
    ::close(descriptor);
    errno = saved;
    if (result != 0) fail(path, "syncing to disk");
}

}  // namespace

TemporaryFile::TemporaryFile(std::filesystem::path final_path)
    : final_path_(std::move(final_path)),
      temporary_path_(fmt::format("{}.tmp-{}-{}", final_path_.string(), ::getpid(), files_made++)) {
    remember(temporary_path_.string());
}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : final_path_(std::move(other.final_path_)),
      temporary_path_(std::move(other.temporary_path_)),
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
    const std::filesystem::path folder = final_path_.parent_path();
    sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

void write_file(const std::filesystem::path& path, std::string_view content) {
    TemporaryFile file(path);
    const int descriptor = ::open(file.path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0) fail(path, "creating");
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            const int saved = errno;
            ::close(descriptor);
            errno = saved;
            fail(path, "writing");
        }
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::close(descriptor) != 0) fail(path, "closing");
    file.commit();
}

void remove_temporary_files() noexcept {
    for (auto& slot : live_names)
        if (const char* name = slot.load(); name != nullptr) ::unlink(name);
}

}  // namespace coterie
