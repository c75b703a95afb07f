#include "io/streamed_array.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "host/errors.hpp"
#include "io/checksum.hpp"
#include "io/tasks.hpp"

namespace coterie {

namespace {

constexpr std::size_t pieces_per_task = 8;
/// The system starts writing to disk after so many bytes, not at the end, so that the sync is short.
constexpr std::uint64_t write_back_every = std::uint64_t{64} << 20;

}  // namespace

StreamedArray::StreamedArray(std::filesystem::path store, std::string name, int descriptor, std::uint64_t offset,
                             std::uint64_t bytes)
    : store_(std::move(store)), name_(std::move(name)), descriptor_(descriptor), offset_(offset), bytes_(bytes) {}

void StreamedArray::write(std::uint64_t at, std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset_ + at));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0)
            throw IoError(fmt::format("{}: writing the {} bytes of {} failed: {}", store_.string(), bytes_, name_,
                                      std::strerror(errno)));
        at += static_cast<std::uint64_t>(written);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

void StreamedArray::append(std::span<const std::byte> bytes, int threads) {
    if (bytes.size() > bytes_ - written_)
        throw IoError(fmt::format("{}: {} must have {} bytes, but {} come", store_.string(), name_, bytes_,
                                  written_ + bytes.size()));
    sync_later(bytes.size());
    const auto add_begun = [&](std::size_t count) {
        const std::span<const std::byte> part = bytes.first(count);
        write(written_, part);
        begun_.insert(begun_.end(), part.begin(), part.end());
        if (begun_.size() == checksum_piece_bytes) {
            digests_.push_back(piece_digest(begun_));
            begun_.clear();
        }
        written_ += count;
        bytes = bytes.subspan(count);
    };
    if (!begun_.empty()) add_begun(std::min(checksum_piece_bytes - begun_.size(), bytes.size()));

    const std::size_t pieces = bytes.size() / checksum_piece_bytes;
    const std::size_t first = digests_.size();
    digests_.resize(first + pieces);
    std::vector<Task> tasks;
    for (std::size_t begin = 0; begin < pieces; begin += pieces_per_task)
        tasks.push_back({1, [&, begin] {
                             const std::size_t end = std::min(begin + pieces_per_task, pieces);
                             for (std::size_t i = begin; i < end; ++i) {
                                 const std::size_t at = i * checksum_piece_bytes;
                                 const auto piece = bytes.subspan(at, checksum_piece_bytes);
                                 digests_[first + i] = piece_digest(piece);
                                 write(written_ + at, piece);
                             }
                         }});
    run_tasks(tasks, threads, "writing", nullptr);
    written_ += pieces * checksum_piece_bytes;
    bytes = bytes.subspan(pieces * checksum_piece_bytes);
    if (!bytes.empty()) add_begun(bytes.size());
}

void StreamedArray::sync_later(std::uint64_t bytes) {
    unsynced_ += bytes;
    if (unsynced_ < write_back_every) return;
    ::sync_file_range(descriptor_, static_cast<off_t>(offset_), static_cast<off_t>(written_), SYNC_FILE_RANGE_WRITE);
    unsynced_ = 0;
}

void StreamedArray::read(std::uint64_t at, std::span<std::byte> into) const {
    while (!into.empty()) {
        const ssize_t got = ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset_ + at));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            throw IoError(fmt::format("{}: reading {} again failed: {}", store_.string(), name_,
                                      std::strerror(got < 0 ? errno : EIO)));
        at += static_cast<std::uint64_t>(got);
        into = into.subspan(static_cast<std::size_t>(got));
    }
}

std::string StreamedArray::checksum() const {
    if (written_ != bytes_)
        throw IoError(
            fmt::format("{}: {} must have {} bytes, but only {} came", store_.string(), name_, bytes_, written_));
    std::vector<std::uint64_t> digests = digests_;
    if (digests.empty() || !begun_.empty()) digests.push_back(piece_digest(begun_));
    return checksum_of_pieces(digests);
}

}  // namespace coterie
