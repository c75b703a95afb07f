#include "io/input_sample.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "host/errors.hpp"
#include "io/formats/input_format.hpp"
#include "io/input_file.hpp"

namespace coterie {

namespace {

constexpr std::uint64_t block_bytes = std::uint64_t{256} << 10;
constexpr std::uint64_t least_block = std::uint64_t{4} << 10;
constexpr std::uint64_t least_kept = 64;  ///< blocks that a sample of a compressed file has, where they can be small
constexpr std::uint64_t inflated_for_a_sample = 16;  ///< times what is kept, at most

[[noreturn]] void fail(const std::string& path, std::string_view doing) {
    throw IoError(fmt::format("{}: {} failed: {}", path, doing, std::strerror(errno)));
}

bool is_text(const Descriptor& file) {
    unsigned char head[4] = {};
    const ssize_t got = ::pread(file.get(), head, sizeof head, 0);
    const std::string_view begin(reinterpret_cast<const char*>(head),
                                 static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return !begin.starts_with("\x1f\x8b") && !begin.starts_with("\x28\xb5\x2f\xfd");
}

}  // namespace

InputSample::InputSample(const std::string& path, std::uint64_t bytes, std::size_t record_bytes)
    : record_bytes_(record_bytes) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) fail(path, "opening to read");
    if (!S_ISREG(status.st_mode))
        throw IoError(fmt::format("{}: a sample can be drawn from a regular file alone, and this is none", path));
    file_bytes_ = static_cast<std::uint64_t>(status.st_size);
    for (Descriptor& part : parts_) {
        part = Descriptor(::memfd_create("coterie-sample", MFD_CLOEXEC));
        if (!part) fail(path, "making room for a sample");
    }
    const bool plain = record_bytes > 0 ? without_compression(path) == path : is_text(file);
    if (plain && file_bytes_ > bytes)
        draw_blocks(path, bytes);
    else
        draw_beginning(path, bytes, plain);
    text_bytes_ = bytes_[sample_parts - 1];
}

std::filesystem::path InputSample::part(std::size_t i) const {
    return "/proc/self/fd/" + std::to_string(parts_[i].get());
}

/// The whole records or lines in `text`, of which the first is whole only if it stands at the beginning of the file.
std::string_view InputSample::whole(std::string_view text, bool at_beginning) const {
    if (record_bytes_ > 0) return text.substr(0, text.size() - text.size() % record_bytes_);
    if (!at_beginning) {
        const std::size_t first = text.find('\n');
        text.remove_prefix(first == text.npos ? text.size() : first + 1);
    }
    return text.substr(0, text.rfind('\n') + 1);
}

/// Block 0 belongs to every part, of the others every fourth to the smallest, every second to the next, all to the largest.
void InputSample::add(std::size_t block, const char* text, std::size_t count) {
    for (std::size_t part = 0; part < sample_parts; ++part) {
        if (block % (std::size_t{4} >> part) != 0) continue;
        for (std::size_t done = 0; done < count;) {
            const ssize_t written = ::write(parts_[part].get(), text + done, count - done);
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail("a sample", "keeping it in memory");
            done += static_cast<std::size_t>(written);
        }
        bytes_[part] += count;
    }
}

void InputSample::draw_blocks(const std::string& path, std::uint64_t bytes) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) fail(path, "opening to read");
    const std::uint64_t blocks = std::max<std::uint64_t>(4, bytes / block_bytes);
    std::vector<char> buffer(std::min(block_bytes, file_bytes_ / blocks));
    for (std::uint64_t block = 0; block < blocks; ++block) {
        std::uint64_t begin = file_bytes_ / blocks * block;
        if (record_bytes_ > 0) begin -= begin % record_bytes_;
        std::size_t got = 0;
        while (got < buffer.size()) {
            const ssize_t more =
                ::pread(file.get(), buffer.data() + got, buffer.size() - got, static_cast<off_t>(begin + got));
            if (more < 0 && errno == EINTR) continue;
            if (more < 0) fail(path, "reading");
            if (more == 0) break;
            got += static_cast<std::size_t>(more);
        }
        const std::string_view lines = whole({buffer.data(), got}, begin == 0);
        add(block, lines.data(), lines.size());
    }
    for (std::size_t part = 0; part < sample_parts; ++part)
        shares_[part] = static_cast<double>(bytes_[part]) / static_cast<double>(file_bytes_);
}

/// A compressed file is read from its beginning on, as far as that is no great work, and of what was read blocks at equal distances
/// are kept: whenever they become too many, every second is let go.
void InputSample::draw_beginning(const std::string& path, std::uint64_t bytes, bool plain) {
    const auto began = std::chrono::steady_clock::now();
    InputFile file(path, -1, record_bytes_ > 0 ? Compression::by_name : Compression::by_first_bytes);
    const std::uint64_t most_read = std::max(bytes, plain ? bytes : inflated_for_a_sample * bytes);
    const std::uint64_t size = std::clamp(bytes / least_kept, least_block, block_bytes);
    std::vector<std::string> kept;
    std::uint64_t kept_bytes = 0;
    std::uint64_t read = 0;
    std::uint64_t every = 1;
    std::string carried;
    std::string block;
    bool ended = false;
    for (std::uint64_t number = 0; read < most_read; ++number) {
        block.resize(size);
        std::size_t got = 0;
        for (std::size_t more = 1; got < size && more > 0; got += more)
            more = file.read(block.data() + got, size - got);
        ended = got == 0;
        block.resize(got);
        read += got;
        const std::size_t in_block = whole(block, true).size();  // of text; records may begin in what was carried
        carried += block;
        const std::size_t end = record_bytes_ > 0 ? whole(carried, true).size()
                                : in_block > 0    ? carried.size() - block.size() + in_block
                                                  : 0;
        if (end == 0 && !ended) {
            if (carried.size() > bytes) carried.clear();  // a line larger than the sample: the ingest will reject it
            continue;
        }
        std::string rest = ended ? std::string() : carried.substr(end);
        if (!ended) carried.resize(end);
        std::string lines = std::exchange(carried, std::move(rest));
        if (number % every == 0) {
            kept_bytes += lines.size();
            kept.push_back(std::move(lines));
        }
        if (ended) break;
        if (kept_bytes <= bytes) continue;
        every *= 2;
        kept_bytes = 0;
        for (std::size_t i = 0; 2 * i < kept.size(); ++i) {
            kept[i] = std::move(kept[2 * i]);
            kept_bytes += kept[i].size();
        }
        kept.resize((kept.size() + 1) / 2);
    }
    for (std::size_t i = 0; i < kept.size(); ++i) add(i, kept[i].data(), kept[i].size());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const double share = ended ? 1.0
                               : std::min(1.0, static_cast<double>(file.bytes_read()) /
                                                   static_cast<double>(std::max<std::uint64_t>(file_bytes_, 1)));
    for (std::size_t part = 0; part < sample_parts; ++part)
        shares_[part] =
            share * static_cast<double>(bytes_[part]) / static_cast<double>(std::max<std::uint64_t>(read, 1));
    if (!plain) inflating_ = seconds / std::max(share, 1e-9);
}

}  // namespace coterie
