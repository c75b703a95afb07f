#include "io/line_blocks.hpp"

#include <algorithm>
#include <cstring>

namespace coterie {

namespace {
constexpr std::size_t block_bytes = std::size_t{1} << 20;
constexpr std::size_t readable_behind = 8;
constexpr std::size_t shown_of_a_long_line = 1000;
static_assert(longest_line < block_bytes);
}  // namespace

bool LineBlocks::next(LineBlock& block, std::vector<char>& buffer) {
    buffer.resize(block_bytes + 1 + readable_behind);
    for (;;) {
        if (at_end_ && carried_.empty()) return false;
        std::size_t filled = carried_.size();
        std::copy(carried_.begin(), carried_.end(), buffer.begin());
        carried_.clear();
        while (filled < block_bytes && !at_end_) {
            const std::size_t got = file_->read(buffer.data() + filled, block_bytes - filled);
            at_end_ = got == 0;
            filled += got;
        }
        const bool first = count_ == 0 && !skipping_;
        if (first && filled >= 3 && std::memcmp(buffer.data(), "\xef\xbb\xbf", 3) == 0) {
            std::memmove(buffer.data(), buffer.data() + 3, filled - 3);
            filled -= 3;
        }
        if (filled == 0) return false;

        if (skipping_) {
            const void* end = std::memchr(buffer.data(), '\n', filled);
            if (end == nullptr) continue;
            carried_.assign(static_cast<const char*>(end) + 1, static_cast<const char*>(buffer.data() + filled));
            skipping_ = false;
            continue;
        }

        const void* last = ::memrchr(buffer.data(), '\n', filled);
        block = {.number = count_++, .text = {}, .cut_short = false, .may_hold_header = false};
        if (last == nullptr && !at_end_) {
            skipping_ = true;
            buffer[shown_of_a_long_line] = '\n';
            block.cut_short = true;
            block.text = {buffer.data(), shown_of_a_long_line + 1};
            return true;
        }
        std::size_t end = filled;
        if (at_end_ && buffer[filled - 1] != '\n') {
            buffer[end++] = '\n';
        } else if (!at_end_) {
            end = static_cast<std::size_t>(static_cast<const char*>(last) - buffer.data()) + 1;
            carried_.assign(buffer.data() + end, buffer.data() + filled);
        }
        std::memset(buffer.data() + end, 0, std::min(readable_behind, buffer.size() - end));
        block.text = {buffer.data(), end};
        return true;
    }
}

}  // namespace coterie
