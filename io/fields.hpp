#pragma once

#include <array>
#include <bit>
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
    /// Every field is a piece of the line. Else doubled quotes had to be undone, in texts that last until the next split.
    bool in_the_line() const { return unquoted_count_ == 0; }

  private:
    std::vector<std::string_view> fields_;
    std::deque<std::string> unquoted_;  ///< fields whose doubled quotes had to be undone
    std::size_t unquoted_count_ = 0;
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

/// The bytes of `word` that equal zero have their upper bit set in the result; bytes above the lowest of them may have it too.
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
    return (word - 0x0101010101010101U) & ~word & 0x8080808080808080U;
}

/// Eight bytes at `text`, the first one lowest.
inline std::uint64_t word_at(const char* text) {
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t word;
    std::memcpy(&word, text, sizeof word);
    return word;
}

/// How many of the eight bytes at the beginning of `text` are digits before the first that is none.
inline unsigned leading_digits(std::uint64_t word) {
    const std::uint64_t values = word ^ 0x3030303030303030U;
    const std::uint64_t others = ((values + 0x7676767676767676U) | values) & 0x8080808080808080U;
    return others == 0 ? 8 : static_cast<unsigned>(std::countr_zero(others)) / 8;
}

/// The number that the lowest `digits` bytes of `word` write, 1 to 8 of them: three multiplications add up the places.
inline std::uint64_t digits_value(std::uint64_t word, unsigned digits) {
    word <<= 64 - 8 * digits;
    word = (word & 0x0f0f0f0f0f0f0f0fU) * 2561 >> 8U;
    word = (word & 0x00ff00ff00ff00ffU) * 6553601 >> 16U;
    return (word & 0x0000ffff0000ffffU) * 42949672960001 >> 32U;
}

/// parse_time for many texts: the last date is remembered, since the times of a stream fall on few days.
class TimeReader {
  public:
    std::optional<double> operator()(std::string_view text);

    /// The quick way for most: a date, the one before, and HH:MM:SS behind a T, with Z or nothing. Returns where it ends; null if it is
    /// anything else. `readable` bytes from `text` on must be.
    const char* read(const char* text, double& seconds) const {
        constexpr std::size_t clock = 11;
        constexpr std::uint64_t zeros = 0x30303a30303a3030U;  // "00:00:00"
        constexpr std::uint64_t colons = 0x0000ff0000ff0000U;
        const std::uint64_t digits = word_at(text + clock) ^ zeros;
        const std::uint64_t above_nine = ((digits + 0x7676767676767676U) | digits) & 0x8080808080808080U;
        const std::uint64_t twos = digits * 10 + (digits >> 8U);  // in every third byte what two digits write
        const std::uint64_t hours = twos & 0xff;
        const std::uint64_t minutes = twos >> 24U & 0xff;
        const std::uint64_t whole = twos >> 48U & 0xff;  // 60: a leap second
        const bool same_date = std::memcmp(text, date_.data(), date_.size()) == 0 && text[date_.size()] == 'T';
        if (!same_date || ((above_nine | (digits & colons)) != 0) || hours > 23 || minutes > 59 || whole > 60)
            return nullptr;
        seconds = midnight_ + static_cast<double>(hours * 3600 + minutes * 60 + whole);
        return text + clock + 8 + (text[clock + 8] == 'Z' ? 1 : 0);
    }
    static constexpr std::size_t readable = 20;

  private:
    std::array<char, 10> date_{};
    double midnight_ = 0;
};

/// Reads digits at `text` into `number`, of which eight bytes beyond the last digit must be readable, and returns where they
/// end: `text` itself if there is none, or if there are more than 19 (parse_id decides then).
inline const char* read_digits(const char* text, std::uint64_t& number) {
    constexpr std::array<std::uint64_t, 9> powers{1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    constexpr unsigned most_in_third = 3;  // 16 digits before them: 19 are below 2^64
    std::uint64_t word = word_at(text);
    unsigned digits = leading_digits(word);
    if (digits == 0) return text;
    number = digits_value(word, digits);
    if (digits < 8) return text + digits;
    const char* next = text + 8;
    for (const unsigned most : {7U, most_in_third}) {
        word = word_at(next);
        digits = leading_digits(word);
        if (digits > 0) number = number * powers[digits] + digits_value(word, digits);
        next += digits;
        if (digits <= most) return next;
    }
    return text;
}

}  // namespace coterie
