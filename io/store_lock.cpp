#include "io/store_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>

#include "host/errors.hpp"

namespace coterie {

Descriptor lock_store(const std::filesystem::path& path, Progress* progress) {
    const auto fail = [&](std::string_view doing) {
        throw IoError(fmt::format("{}: {} failed: {}", path.string(), doing, std::strerror(errno)));
    };
    while (true) {
        Descriptor descriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC));
        if (!descriptor) fail("opening to change it");
        struct flock lock {};
        lock.l_type = F_WRLCK;
        lock.l_whence = SEEK_SET;
        while (::fcntl(descriptor.get(), F_OFD_SETLK, &lock) != 0) {
            if (errno != EAGAIN && errno != EACCES && errno != EINTR) fail("locking");
            advance(progress, "waiting for another writer", 0, 0, "");
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        // The other writer may have put a new file in place meanwhile; then that one is the store.
        struct stat locked {};
        struct stat current {};
        if (::fstat(descriptor.get(), &locked) != 0 || ::stat(path.c_str(), &current) != 0) fail("looking at");
        if (locked.st_ino == current.st_ino && locked.st_dev == current.st_dev) return descriptor;
    }
}

}  // namespace coterie
