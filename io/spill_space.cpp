#include "io/spill_space.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <optional>

#include "host/errors.hpp"

namespace coterie {

namespace {

struct Volume {
    dev_t device;
    std::uint64_t free;
};

/// Nothing where the system does not tell: writing will.
std::optional<Volume> volume_of(const std::filesystem::path& folder) {
    struct stat status {};
    struct statvfs volume {};
    const char* const path = folder.empty() ? "." : folder.c_str();
    if (::stat(path, &status) != 0 || ::statvfs(path, &volume) != 0) return std::nullopt;
    return Volume{status.st_dev, std::uint64_t{volume.f_bavail} * volume.f_frsize};
}

void check(const std::filesystem::path& folder, std::uint64_t needed, std::uint64_t free, const char* what,
           const char* advice) {
    if (needed <= free) return;
    throw IoError(fmt::format("{}: must have about {} bytes free for {}, but has {}; {}", folder.string(), needed, what,
                              free, advice));
}

}  // namespace

SpillSpace spill_space(std::uint64_t row_bytes, bool undirected) {
    const std::uint64_t spilled = undirected ? 2 * row_bytes : row_bytes;
    // A distinct edge takes half of a row, each direction of a store as much again; an undirected layer has one for both.
    return {spilled, spilled / 2, undirected ? spilled / 2 : spilled};
}

void check_spill_space(const SpillSpace& space, const std::filesystem::path& folder,
                       const std::filesystem::path& store_folder) {
    const auto temporary = volume_of(folder);
    const auto store = volume_of(store_folder);
    if (temporary && store && temporary->device == store->device) {
        check(folder, std::max(space.temporary, space.temporary_late + space.store), store->free,
              "the store and temporary files", "another place for these: --temporary-directory");
        return;
    }
    if (temporary)
        check(folder, space.temporary, temporary->free, "temporary files", "another place: --temporary-directory");
    if (store) check(store_folder, space.store, store->free, "the store", "make room, or write it elsewhere");
}

}  // namespace coterie
