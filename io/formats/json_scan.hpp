#pragma once

#include <cstddef>
#include <string_view>

namespace coterie {

/// How far the end of a JSON object or array has been looked for.
struct JsonScan {
    std::size_t next = 0;  ///< the first byte that has not been looked at
    std::size_t depth = 0;
    bool in_string = false;

    /// Goes on in `text`, which begins with the bracket that opens the value and holds what was looked at before. True if the value
    /// ends in it: at `next`. Brackets are counted, not matched: the reader of the value says whether it is sound.
    bool find_end(std::string_view text);
};

/// How JSON values follow each other in a file.
enum class JsonLayout {
    lines,      ///< a document, or several, on each line
    documents,  ///< anything else: over several lines, in an array, one behind the other
};

/// The layout of a file that begins with `head`.
JsonLayout recognise_json_layout(std::string_view head);

}  // namespace coterie
