#include "io/write_back.hpp"

#include <fcntl.h>

namespace coterie {

void WriteBack::wrote(int descriptor, std::uint64_t bytes) {
    constexpr std::uint64_t at_a_time = std::uint64_t{8} << 20;
    if (waiting_.fetch_add(bytes) + bytes < at_a_time) return;
    waiting_ = 0;
    ::sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
}

}  // namespace coterie
