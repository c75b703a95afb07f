#include "tests/fuzz/input.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "io/read_edges.hpp"

namespace coterie::fuzz {

MemoryFile::MemoryFile(std::string_view bytes) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    require(::write(descriptor_.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
            "no file in memory can be made");
}

std::filesystem::path MemoryFile::path() const {
    return "/proc/self/fd/" + std::to_string(descriptor_.get());
}

InputFile MemoryFile::open(Compression compression) const {
    return InputFile(path().string(), -1, compression);
}

std::size_t Choices::below(std::size_t count) {
    if (bytes_->empty()) return 0;
    const auto chosen = static_cast<unsigned char>(bytes_->front());
    bytes_->remove_prefix(1);
    return chosen % count;
}

void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "broken promise: %s\n", what);
    std::abort();
}

std::vector<ThreadRows> read_as(FileFormat& format, std::size_t layers, std::string_view text, const Sharing& sharing,
                                Compression compression) {
    const MemoryFile file(text);
    const EdgeInput input{
        .path = "fuzz", .open = [&] { return file.open(compression); }, .format = &format, .bytes = text.size()};
    std::vector<ThreadRows> rows(1);
    rows[0].layers.resize(layers);
    rows[0].handles = sharing.handles;
    RejectsFile rejects(std::filesystem::temp_directory_path() / "coterie-fuzz.rejects.csv");
    const std::vector<FileTally> tallies = read_edges({&input, 1}, rows, rejects);
    require(tallies.size() == 1 && tallies[0].layers.size() == layers, "a file has one count a layer");
    std::uint64_t all_rows = 0;
    std::uint64_t rejected = 0;
    for (const LayerTally& layer : tallies[0].layers) {
        all_rows += layer.rows;
        require(layer.rejected <= layer.rows, "no more rows are rejected than there are");
        rejected += layer.rejected;
    }
    if (sharing.rejected_beside != nullptr) rejected += *sharing.rejected_beside;
    require(rejected == rejects.count(), "every rejected row is listed");
    format.check(all_rows);
    return rows;
}

}  // namespace coterie::fuzz
