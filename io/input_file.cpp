#include "io/input_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "host/errors.hpp"
#include "io/decoders.hpp"

namespace coterie {

namespace {

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

}  // namespace

struct InputFile::State {
    std::string path;
    FileDescriptor owned;
    RawInput raw;
    bool may_be_compressed;
    bool started = false;
    std::unique_ptr<Decoder> decoder;  ///< null: plain text

    State(std::string the_path, int given, Compression compression)
        : path(std::move(the_path)),
          owned(given < 0 && path != "-" ? opened(path) : -1),
          raw(shown(path), owned.number >= 0 ? owned.number : std::max(given, STDIN_FILENO)),
          may_be_compressed(compression == Compression::by_first_bytes || without_compression(path) != path) {
        struct stat status {};
        if (::fstat(raw.descriptor(), &status) != 0) return;
        if (S_ISDIR(status.st_mode)) throw IoError(fmt::format("{}: must be a file, but is a directory", shown(path)));
        const off_t at = ::lseek(raw.descriptor(), 0, SEEK_CUR);
        if (S_ISREG(status.st_mode) && at >= 0 && at < status.st_size)
            raw.expect(static_cast<std::uint64_t>(status.st_size - at));
    }
};

InputFile::InputFile(std::string path, int descriptor, Compression compression)
    : state_(std::make_unique<State>(std::move(path), descriptor, compression)) {}

InputFile::~InputFile() = default;
InputFile::InputFile(InputFile&&) noexcept = default;

const std::string& InputFile::path() const {
    return state_->path;
}

std::size_t InputFile::read(char* into, std::size_t count) {
    State& state = *state_;
    if (!state.started) {
        state.started = true;
        state.raw.refill();
        if (state.may_be_compressed) state.decoder = decoder_for(state.raw.ahead(), state.raw.name(), state.path);
    }
    if (state.decoder != nullptr) return state.decoder->read(state.raw, into, count);
    const std::size_t ahead = std::min(count, state.raw.ahead().size());
    if (ahead == 0) return state.raw.read(into, count);
    std::memcpy(into, state.raw.ahead().data(), ahead);
    state.raw.take(ahead);
    return ahead;
}

std::uint64_t InputFile::bytes_read() const {
    return state_->raw.bytes_read();
}

std::string InputFile::sha256() {
    return state_->raw.sha256();
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
