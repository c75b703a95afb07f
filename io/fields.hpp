#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coterie {

/// Separates fields by runs of spaces and tabs; any other separator stands for itself, once a field.
inline constexpr char blanks = ' ';

/// The fields of one line, kept from line to line so that nothing is allocated for most of them.
class Fields {
  public:
    /// Splits the first `at_most` fields off `line` (without its line end). Unquoted fields lose the blanks around them;
    /// a quoted field may hold separators and doubled quotes. False if a quote is not closed or is followed by text.
    bool split(std::string_view line, char separator, std::size_t at_most = SIZE_MAX);

    std::size_t size() const { return fields_.size(); }
    std::string_view operator[](std::size_t field) const { return fields_[field]; }

  private:
    std::vector<std::string_view> fields_;
    std::deque<std::string> unquoted_;  ///< fields whose doubled quotes had to be undone
};

/// Digits only, below 2^64.
std::optional<std::uint64_t> parse_id(std::string_view text);
/// Digits, perhaps with a sign: what was meant as a number, even if it is none below 2^64.
bool looks_like_number(std::string_view text);
/// A finite decimal number, in any notation of C++'s from_chars.
std::optional<double> parse_number(std::string_view text);
/// Seconds since 1970 from Unix seconds (fractions allowed) or ISO 8601: a date, a date and a time (T or a blank between
/// them, fractions allowed), with Z or an offset like +02:00; without one it is UTC.
std::optional<double> parse_time(std::string_view text);
/// `seconds` since 1970 as ISO 8601 in UTC, to the second.
std::string iso_time(std::int64_t seconds);
bool valid_utf8(std::string_view text);
/// At most `limit` bytes of `text` as UTF-8 on one line: other bytes as \x.., what is left out as ….
std::string printable(std::string_view text, std::size_t limit);
std::string_view trimmed(std::string_view text);
std::string lowercase(std::string_view text);

/// Reads digits at `text` into `number`, of which eight bytes beyond the last digit must be readable, and returns where they
/// end: `text` itself if there is none, or if there are more than 19 (parse_id decides then).
inline const char* read_digits(const char* text, std::uint64_t& number) {
    // Eight bytes at once: the lowest byte that is no digit ends the number, and three multiplications add up the places.
    std::uint64_t chunk;
    std::memcpy(&chunk, text, 8);
    chunk ^= 0x3030303030303030U;
    const std::uint64_t others = ((chunk + 0x7676767676767676U) | chunk) & 0x8080808080808080U;
    const unsigned digits = others == 0 ? 8 : static_cast<unsigned>(__builtin_ctzll(others)) / 8;
    if (digits == 0) return text;
    chunk <<= 64 - 8 * digits;
    chunk = (chunk & 0x0f0f0f0f0f0f0f0fU) * 2561 >> 8;
    chunk = (chunk & 0x00ff00ff00ff00ffU) * 6553601 >> 16;
    chunk = (chunk & 0x0000ffff0000ffffU) * 42949672960001 >> 32;
    number = chunk;
    if (digits < 8) return text + digits;
    const char* next = text + 8;
    while (*next >= '0' && *next <= '9') {
        if (next - text == 19) return text;
        number = number * 10 + static_cast<std::uint64_t>(*next++ - '0');
    }
    return next;
}

}  // namespace coterie
