#include "io/line_blocks.hpp"

#include <algorithm>
#include <cstring>

namespace coterie {

namespace {
constexpr std::size_t shown_of_a_long_line = 1000;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
}  // namespace

LineBlocks::LineBlocks(InputFile& file, BlockRules rules) : file_(&file), rules_(rules) {
    rules_.block_bytes = std::min(rules_.block_bytes, rules_.longest_line + 1);
}

void LineBlocks::fill(std::vector<char>& buffer, std::size_t& filled, std::size_t wanted) {
    if (buffer.size() < wanted + readable_behind_blocks) buffer.resize(wanted + readable_behind_blocks);
    while (filled < wanted && !at_end_) {
        const std::size_t got = file_->read(buffer.data() + filled, wanted - filled);
        at_end_ = got == 0;
        filled += got;
    }
}

/// Passes over the rest of a line that was cut short; what follows it is carried. False if the file ends in it.
bool LineBlocks::skip_long_line(std::vector<char>& buffer) {
    while (!at_end_) {
        std::size_t filled = 0;
        fill(buffer, filled, rules_.block_bytes);
        const void* end = std::memchr(buffer.data(), '\n', filled);
        if (end == nullptr) continue;
        carried_.assign(static_cast<const char*>(end) + 1, static_cast<const char*>(buffer.data() + filled));
        skipping_ = false;
        return true;
    }
    return false;
}

bool LineBlocks::next(LineBlock& block, std::vector<char>& buffer) {
    if (skipping_ && !skip_long_line(buffer)) return false;
    std::size_t filled = carried_.size();
    fill(buffer, filled, filled);
    std::copy(carried_.begin(), carried_.end(), buffer.begin());
    carried_.clear();
    if (!begun_ && rules_.at_lines) {
        fill(buffer, filled, byte_order_mark.size());
        if (std::string_view(buffer.data(), filled) == byte_order_mark) filled = 0;
    }
    begun_ = true;

    // A line is too long if the `most` bytes from its first one do not hold its end, wherever in the file it stands.
    const std::size_t most = rules_.longest_line + 1;
    std::size_t searched = 0;
    const char* last = nullptr;
    for (std::size_t wanted = std::max(filled, rules_.block_bytes);;) {
        fill(buffer, filled, wanted);
        if (!rules_.at_lines) break;
        last = static_cast<const char*>(::memrchr(buffer.data() + searched, '\n', filled - searched));
        if (last != nullptr || at_end_ || filled >= most) break;
        searched = filled;
        wanted = std::min(2 * filled, most);
    }
    if (filled == 0) return false;

    block = {.number = count_++, .text = {}, .cut_short = false, .may_hold_header = false};
    std::size_t end = filled;
    if (rules_.at_lines && last == nullptr && filled >= most) {
        skipping_ = true;
        block.cut_short = true;
        end = std::min(shown_of_a_long_line, filled - 1);
        buffer[end++] = '\n';
    } else if (rules_.at_lines && !at_end_) {
        end = static_cast<std::size_t>(last - buffer.data()) + 1;
        carried_.assign(buffer.data() + end, buffer.data() + filled);
    } else if (rules_.at_lines && buffer[filled - 1] != '\n') {
        buffer[end++] = '\n';
    }
    block.text = {buffer.data(), end};
    return true;
}

}  // namespace coterie
