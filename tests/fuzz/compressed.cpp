#include <vector>

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/targets.hpp"

namespace coterie::fuzz {

/// Plain and compressed input, read to its end, but no further than 64 MiB: a few bytes can inflate to much more.
void compressed(std::string_view bytes) {
    const MemoryFile file(bytes);
    InputFile input = file.open();
    std::vector<char> buffer(std::size_t{1} << 20);
    for (int block = 0; block < 64; ++block)
        if (input.read(buffer.data(), buffer.size()) == 0) {
            require(input.bytes_read() == bytes.size(), "a file is read to its end");
            require(input.sha256().size() == 64, "a file has a SHA-256");
            return;
        }
}

}  // namespace coterie::fuzz
