#include "io/streamed_array.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "host/errors.hpp"
#include "io/checksum.hpp"
#include "io/tasks.hpp"
#include "io/write_back.hpp"

namespace coterie {

namespace {

constexpr std::size_t pieces_per_task = 8;

}  // namespace

/// What is known of the pieces of which the checksum is made.
struct StreamedArray::Pieces {
    /// A piece of which something is missing.
    struct Begun {
        std::vector<std::byte> bytes;
        std::size_t count = 0;
    };

    std::mutex mutex;
    std::vector<std::uint64_t> digests;
    std::map<std::size_t, Begun> begun;
    std::vector<std::vector<std::byte>> spare;  ///< memory of pieces that are complete, to be used again
    std::uint64_t written = 0;
    WriteBack write_back;
};

StreamedArray::StreamedArray() = default;
StreamedArray::StreamedArray(StreamedArray&&) noexcept = default;
StreamedArray& StreamedArray::operator=(StreamedArray&&) noexcept = default;
StreamedArray::~StreamedArray() = default;

StreamedArray::StreamedArray(std::filesystem::path store, std::string name, int descriptor, std::uint64_t offset,
                             std::uint64_t bytes)
    : store_(std::move(store)),
      name_(std::move(name)),
      descriptor_(descriptor),
      offset_(offset),
      bytes_(bytes),
      pieces_(std::make_unique<Pieces>()) {
    pieces_->digests.resize(checksum_pieces(bytes));
    if (bytes == 0) pieces_->digests[0] = piece_digest({});
}

std::uint64_t StreamedArray::piece_bytes(std::size_t piece) const {
    return std::min<std::uint64_t>(checksum_piece_bytes, bytes_ - piece * checksum_piece_bytes);
}

void StreamedArray::put(std::uint64_t at, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    if (at > bytes_ || bytes.size() > bytes_ - at)
        throw IoError(
            fmt::format("{}: {} must have {} bytes, but {} come", store_.string(), name_, bytes_, at + bytes.size()));
    Pieces& pieces = *pieces_;
    for (std::span<const std::byte> left = bytes; !left.empty();) {
        const std::uint64_t place = at + (bytes.size() - left.size());
        const auto piece = static_cast<std::size_t>(place / checksum_piece_bytes);
        const std::size_t whole = piece_bytes(piece);
        const std::size_t from = place % checksum_piece_bytes;
        const std::span<const std::byte> part = left.first(std::min(left.size(), whole - from));
        left = left.subspan(part.size());
        if (part.size() == whole) {
            pieces.digests[piece] = piece_digest(part);
            continue;
        }
        const std::lock_guard lock(pieces.mutex);
        Pieces::Begun& begun = pieces.begun[piece];
        if (begun.bytes.empty() && !pieces.spare.empty()) {
            begun.bytes = std::move(pieces.spare.back());
            pieces.spare.pop_back();
        }
        begun.bytes.resize(whole);
        std::copy(part.begin(), part.end(), begun.bytes.begin() + static_cast<std::ptrdiff_t>(from));
        begun.count += part.size();
        if (begun.count < whole) continue;
        pieces.digests[piece] = piece_digest(begun.bytes);
        pieces.spare.push_back(std::move(begun.bytes));
        pieces.begun.erase(piece);
    }
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t written =
            ::pwrite(descriptor_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset_ + at + done));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0)
            throw IoError(fmt::format("{}: writing the {} bytes of {} failed: {}", store_.string(), bytes_, name_,
                                      std::strerror(errno)));
        done += static_cast<std::size_t>(written);
    }
    pieces.write_back.wrote(descriptor_, bytes.size());
    const std::lock_guard lock(pieces.mutex);
    pieces.written += bytes.size();
}

void StreamedArray::append(std::span<const std::byte> bytes, int threads) {
    // Cut where pieces end.
    std::vector<Task> tasks;
    for (std::uint64_t begin = 0; begin < bytes.size();) {
        constexpr std::uint64_t task_bytes = pieces_per_task * checksum_piece_bytes;
        const std::uint64_t end =
            std::min<std::uint64_t>(bytes.size(), ((appended_ + begin) / task_bytes + 1) * task_bytes - appended_);
        tasks.push_back(
            {end - begin, [this, begin, end, bytes] { put(appended_ + begin, bytes.subspan(begin, end - begin)); }});
        begin = end;
    }
    run_tasks(tasks, threads, "writing", nullptr);
    appended_ += bytes.size();
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
    if (pieces_->written != bytes_ || !pieces_->begun.empty())
        throw IoError(fmt::format("{}: {} must have {} bytes, but only {} came", store_.string(), name_, bytes_,
                                  pieces_->written));
    return checksum_of_pieces(pieces_->digests);
}

}  // namespace coterie
