#include "io/input_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "host/errors.hpp"
#include "io/sha256.hpp"

namespace coterie {

namespace {

constexpr std::size_t raw_buffer_bytes = std::size_t{256} << 10;

std::string shown(const std::string& path) {
    return path == "-" ? "standard input" : path;
}

[[noreturn]] void fail(const std::string& path, std::string_view doing) {
    throw IoError(fmt::format("{}: {} failed: {}", shown(path), doing, std::strerror(errno)));
}

int opened(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) fail(path, "opening to read");
    return descriptor;
}

struct FileDescriptor {
    int number;
    explicit FileDescriptor(int descriptor) : number(descriptor) {}
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor() {
        if (number >= 0) ::close(number);
    }
};

struct Magic {
    std::string_view bytes;
    std::string_view name;
    std::string_view command;
};

using namespace std::string_view_literals;
constexpr std::array<Magic, 4> foreign_compressions{{{"\x28\xb5\x2f\xfd"sv, "zstd", "zstd -dc"},
                                                     {"\xfd"
                                                      "7zXZ\0"sv,
                                                      "xz", "xz -dc"},
                                                     {"BZh"sv, "bzip2", "bzip2 -dc"},
                                                     {"PK\3\4"sv, "zip", "unzip -p"}}};

}  // namespace

struct InputFile::State {
    std::string path;
    int descriptor = -1;
    bool owned = false;
    bool started = false;
    bool at_end = false;  ///< of the raw bytes
    bool compressed = false;
    bool between_members = false;
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_there = 0;  ///< of a regular file when it was opened: so many must come at least
    Sha256 digest;
    std::vector<char> raw;  ///< bytes read ahead: to look at the first, and to inflate
    std::size_t raw_used = 0;
    z_stream inflater{};

    ~State() {
        if (compressed) inflateEnd(&inflater);
        if (owned) ::close(descriptor);
    }

    std::size_t read_raw(char* into, std::size_t count) {
        std::size_t total = 0;
        while (total < count && !at_end) {
            const ssize_t got = ::read(descriptor, into + total, count - total);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) fail(path, "reading");
            if (got == 0) at_end = true;
            total += static_cast<std::size_t>(got);
        }
        digest.add(into, total);
        bytes_read += total;
        if (at_end && bytes_read < bytes_there)
            throw IoError(fmt::format("{}: became shorter while it was read: it had {} bytes, and ended after {}",
                                      shown(path), bytes_there, bytes_read));
        return total;
    }

    bool refill() {
        raw.resize(raw_buffer_bytes);
        raw.resize(read_raw(raw.data(), raw.size()));
        raw_used = 0;
        return !raw.empty();
    }

    void start() {
        started = true;
        refill();
        const std::string_view head(raw.data(), raw.size());
        for (const Magic& magic : foreign_compressions)
            if (head.starts_with(magic.bytes))
                throw IoError(fmt::format(
                    "{}: must be plain text or gzip, but is compressed with {}; try {} {} | coterie ingest … -",
                    shown(path), magic.name, magic.command, path));
        if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff"))
            throw IoError(
                fmt::format("{}: must be UTF-8, but is UTF-16; try iconv -f UTF-16 -t UTF-8 {}", shown(path), path));
        if (!head.starts_with("\x1f\x8b")) return;
        if (inflateInit2(&inflater, 15 + 16) != Z_OK) throw IoError(fmt::format("{}: zlib cannot start", shown(path)));
        compressed = true;
    }

    /// True if another gzip member begins at the next raw byte. Zeros that pad a file to full blocks are no member.
    bool another_member() {
        for (;;) {
            while (raw_used < raw.size() && raw[raw_used] == '\0') ++raw_used;
            if (raw_used < raw.size()) break;
            if (!refill()) return false;
        }
        if (raw[raw_used] != '\x1f')
            throw IoError(
                fmt::format("{}: after the end of its compressed data, at byte {}, stands something that is no gzip",
                            shown(path), bytes_read - (raw.size() - raw_used)));
        return true;
    }

    std::size_t read_inflated(char* into, std::size_t count) {
        inflater.next_out = reinterpret_cast<Bytef*>(into);
        inflater.avail_out = static_cast<uInt>(std::min<std::size_t>(count, std::size_t{1} << 30));
        const std::size_t wanted = inflater.avail_out;
        while (inflater.avail_out > 0) {
            if (between_members) {
                if (!another_member()) break;
                inflateReset(&inflater);
                between_members = false;
            }
            if (raw_used == raw.size() && !refill())
                throw IoError(
                    fmt::format("{}: ends after {} bytes in the middle of its compressed data: the file is truncated",
                                shown(path), bytes_read));
            inflater.next_in = reinterpret_cast<Bytef*>(raw.data() + raw_used);
            inflater.avail_in = static_cast<uInt>(raw.size() - raw_used);
            const int outcome = inflate(&inflater, Z_NO_FLUSH);
            raw_used = raw.size() - inflater.avail_in;
            if (outcome == Z_STREAM_END) {
                between_members = true;
            } else if (outcome != Z_OK) {
                throw IoError(fmt::format("{}: its compressed data are damaged near byte {}: {}", shown(path),
                                          bytes_read - inflater.avail_in,
                                          inflater.msg != nullptr ? inflater.msg : "zlib gives no reason"));
            }
        }
        return wanted - inflater.avail_out;
    }
};

InputFile::InputFile(std::string path, int descriptor) : state_(std::make_unique<State>()) {
    state_->path = std::move(path);
    if (descriptor >= 0) {
        state_->descriptor = descriptor;
    } else if (state_->path == "-") {
        state_->descriptor = STDIN_FILENO;
    } else {
        state_->descriptor = opened(state_->path);
        state_->owned = true;
    }
    struct stat status {};
    if (::fstat(state_->descriptor, &status) == 0 && S_ISDIR(status.st_mode))
        throw IoError(fmt::format("{}: must be a file, but is a directory", shown(state_->path)));
    const off_t at = ::lseek(state_->descriptor, 0, SEEK_CUR);
    if (S_ISREG(status.st_mode) && at >= 0 && at < status.st_size)
        state_->bytes_there = static_cast<std::uint64_t>(status.st_size - at);
}

InputFile::~InputFile() = default;
InputFile::InputFile(InputFile&&) noexcept = default;

const std::string& InputFile::path() const {
    return state_->path;
}

std::size_t InputFile::read(char* into, std::size_t count) {
    State& state = *state_;
    if (!state.started) state.start();
    if (state.compressed) return state.read_inflated(into, count);
    const std::size_t ahead = std::min(count, state.raw.size() - state.raw_used);
    if (ahead == 0) return state.read_raw(into, count);
    std::memcpy(into, state.raw.data() + state.raw_used, ahead);
    state.raw_used += ahead;
    return ahead;
}

std::uint64_t InputFile::bytes_read() const {
    return state_->bytes_read;
}

std::string InputFile::sha256() {
    return state_->digest.hexadecimal();
}

std::uint64_t file_bytes(const std::string& path) {
    if (path == "-") return 0;
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) fail(path, "opening to read");
    if (S_ISDIR(status.st_mode)) throw IoError(fmt::format("{}: must be a file, but is a directory", path));
    return S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool rereadable(const std::string& path) {
    struct stat status {};
    return path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

int spool(const std::string& path, const std::string& folder) {
    const FileDescriptor from(path == "-" ? ::dup(STDIN_FILENO) : opened(path));
    std::string name = (folder.empty() ? std::string(".") : folder) + "/coterie-input-XXXXXX";
    // Without a name from the beginning, where the file system can: then nothing is left whenever the process ends.
    FileDescriptor to(::open((folder.empty() ? "." : folder).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (to.number < 0) {
        to.number = ::mkostemp(name.data(), O_CLOEXEC);
        if (to.number < 0) fail(name, "creating a place for an input that is read twice");
        ::unlink(name.c_str());
    }
    std::vector<char> buffer(std::size_t{1} << 20);
    for (;;) {
        ssize_t got = ::read(from.number, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(path, "reading");
        if (got == 0) break;
        for (const char* next = buffer.data(); got > 0;) {
            const ssize_t written = ::write(to.number, next, static_cast<std::size_t>(got));
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail(name, "copying an input that is read twice");
            next += written;
            got -= written;
        }
    }
    ::lseek(to.number, 0, SEEK_SET);
    return std::exchange(to.number, -1);
}

}  // namespace coterie
