#include "io/fields.hpp"

#include <array>
#include <cmath>
#include <string>

#include "io/row_format.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/targets.hpp"

namespace coterie::fuzz {

/// What a field is read as: numbers, times, text; and splitting a line into fields.
void fields(std::string_view bytes) {
    Choices choices(bytes);
    const char separator = std::array{',', ';', '\t', blanks, '|'}[choices.below(5)];
    if (const auto id = parse_id(bytes)) require(looks_like_number(bytes), "an id looks like a number");
    if (const auto time = parse_time(bytes)) require(std::isfinite(*time), "a time is finite");
    (void)parse_number(bytes);
    require(valid_utf8(printable(bytes, 80)), "what is shown of a text is UTF-8");
    const std::string line(bytes.substr(0, bytes.find('\n')));
    Fields fields;
    if (!fields.split(line, separator)) return;
    for (std::size_t i = 0; i < fields.size(); ++i)
        require(fields[i].size() <= line.size(), "a field lies in its line");
    const std::size_t all = fields.size();
    require(fields.split(line, separator, 2) && fields.size() == std::min<std::size_t>(all, 2),
            "the first fields are the same when no more are wanted");
}

}  // namespace coterie::fuzz
