#include "io/formats/json_scan.hpp"

#include <cstring>

namespace coterie {

bool JsonScan::find_end(std::string_view text) {
    while (next < text.size()) {
        if (in_string) {
            const void* found = std::memchr(text.data() + next, '"', text.size() - next);
            if (found == nullptr) {
                next = text.size();
                return false;
            }
            const auto quote = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
            std::size_t backslashes = 0;
            while (backslashes < quote && text[quote - 1 - backslashes] == '\\') ++backslashes;
            in_string = backslashes % 2 == 1;
            next = quote + 1;
            continue;
        }
        const char c = text[next++];
        if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return true;
        }
    }
    return false;
}

JsonLayout recognise_json_layout(std::string_view head) {
    if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
    const std::size_t begin = head.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return JsonLayout::lines;
    head.remove_prefix(begin);
    if (head[0] != '{') return head[0] == '[' ? JsonLayout::documents : JsonLayout::lines;
    JsonScan scan;
    const bool ends = scan.find_end(head);
    const std::size_t line_end = head.find('\n');
    const std::size_t behind = ends ? head.find_first_not_of(" \t\r", scan.next) : std::string_view::npos;
    if (behind != std::string_view::npos && behind < line_end && head[behind] == '{') return JsonLayout::documents;
    if (line_end == std::string_view::npos || (ends && scan.next <= line_end)) return JsonLayout::lines;
    // The first document reaches over its line, or that line is broken; then the next one begins like it.
    const std::size_t second = head.find_first_not_of("\r\n", line_end);
    return second != std::string_view::npos && head[second] == '{' ? JsonLayout::lines : JsonLayout::documents;
}

}  // namespace coterie
