#include "io/scratch_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "host/errors.hpp"

namespace coterie {

namespace {

[[noreturn]] void fail(const std::filesystem::path& folder, std::string_view doing, int error) {
    throw IoError(
        fmt::format("{}: {} a temporary file failed: {}; another folder: --temporary-directory, and with a larger "
                    "--memory-limit there is less to store",
                    folder.string(), doing, std::strerror(error)));
}

Descriptor nameless_file(const std::filesystem::path& folder) {
    Descriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (file) return file;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT) fail(folder, "making", errno);
    // A file system that knows no files without names: one whose name is taken away at once.
    std::string name = (folder / "coterie-scratch-XXXXXX").string();
    file = Descriptor(::mkostemp(name.data(), O_CLOEXEC));
    if (!file) fail(folder, "making", errno);
    ::unlink(name.c_str());
    return file;
}

}  // namespace

ScratchFile::ScratchFile(const std::filesystem::path& folder)
    : folder_(folder.empty() ? std::filesystem::path(".") : folder), descriptor_(nameless_file(folder_)) {}

ScratchExtent ScratchFile::append(std::span<const std::byte> first, std::span<const std::byte> second) {
    const ScratchExtent extent{end_.fetch_add(first.size() + second.size()), first.size() + second.size()};
    std::uint64_t at = extent.offset;
    for (std::span<const std::byte> bytes : {first, second})
        while (!bytes.empty()) {
            const ssize_t written = ::pwrite(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail(folder_, "writing", errno);
            at += static_cast<std::uint64_t>(written);
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        }
    return extent;
}

void ScratchFile::read(std::uint64_t offset, std::span<std::byte> into) const {
    while (!into.empty()) {
        const ssize_t got = ::pread(descriptor_.get(), into.data(), into.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) fail(folder_, "reading", got < 0 ? errno : EIO);
        offset += static_cast<std::uint64_t>(got);
        into = into.subspan(static_cast<std::size_t>(got));
    }
}

void ScratchFile::discard(const ScratchExtent& extent) const {
    ::fallocate(descriptor_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(extent.offset),
                static_cast<off_t>(extent.bytes));
}

}  // namespace coterie
