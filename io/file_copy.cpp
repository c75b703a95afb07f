#include "io/file_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "host/errors.hpp"

namespace coterie {

namespace {

constexpr std::uint64_t block = std::uint64_t{64} << 20;

[[noreturn]] void fail(const std::filesystem::path& name) {
    throw IoError(fmt::format("{}: copying failed: {}", name.string(), std::strerror(errno)));
}

void write_at(int to, const char* bytes, std::size_t count, std::uint64_t at, const std::filesystem::path& name) {
    while (count > 0) {
        const ssize_t written = ::pwrite(to, bytes, count, static_cast<off_t>(at));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail(name);
        bytes += written;
        count -= static_cast<std::size_t>(written);
        at += static_cast<std::uint64_t>(written);
    }
}

/// Copies at most `count` bytes at `at`; returns how many.
std::uint64_t copy_some(int from, int to, std::uint64_t at, std::uint64_t count, const std::filesystem::path& name) {
    off_t from_at = static_cast<off_t>(at);
    off_t to_at = from_at;
    const ssize_t copied = ::copy_file_range(from, &from_at, to, &to_at, count, 0);
    if (copied > 0) return static_cast<std::uint64_t>(copied);
    if (copied < 0 && errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) {
        if (errno == EINTR) return 0;
        fail(name);
    }
    std::vector<char> buffer(std::min(count, std::uint64_t{1} << 20));
    const ssize_t got = ::pread(from, buffer.data(), buffer.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) return 0;
    if (got < 0) fail(name);
    if (got == 0) throw IoError(fmt::format("{}: became shorter while it was copied", name.string()));
    write_at(to, buffer.data(), static_cast<std::size_t>(got), at, name);
    return static_cast<std::uint64_t>(got);
}

}  // namespace

void copy_file(const Descriptor& from, const std::filesystem::path& to, const std::filesystem::path& name,
               Progress* progress) {
    struct stat status {};
    if (::fstat(from.get(), &status) != 0) fail(name);
    Descriptor copy(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!copy || ::fchmod(copy.get(), status.st_mode & 07777) != 0) fail(name);
    if (::ioctl(copy.get(), FICLONE, from.get()) == 0) return;
    const auto total = static_cast<std::uint64_t>(status.st_size);
    for (std::uint64_t done = 0; done < total;) {
        advance(progress, "copying", static_cast<double>(done), static_cast<double>(total), "bytes");
        done += copy_some(from.get(), copy.get(), done, std::min(block, total - done), name);
    }
    if (!copy.close()) fail(name);
}

}  // namespace coterie
