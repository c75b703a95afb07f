#include "io/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

namespace coterie {

namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Length of the UTF-8 character at the beginning of `text`, 0 if there is none (overlong forms, surrogates and what lies
/// beyond U+10FFFF are none). Unicode 15, table 3-7.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) return continues(1) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef)
        return continues(1, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf) && continues(2) ? 3 : 0;
    if (lead >= 0xf0 && lead <= 0xf4)
        return continues(1, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf) && continues(2) && continues(3) ? 4
                                                                                                                    : 0;
    return 0;
}

/// Takes exactly `digits` digits off the beginning of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
    if (text.size() < digits ||
        !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(digits), is_digit))
        return std::nullopt;
    int number = 0;
    for (std::size_t i = 0; i < digits; ++i) number = number * 10 + (text[i] - '0');
    text.remove_prefix(digits);
    return number;
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text[0] != c) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<double> parse_zone(std::string_view text) {
    if (text.empty() || text == "Z" || text == "z") return 0.0;
    const double sign = text[0] == '-' ? -1 : 1;
    if (!take(text, '+') && !take(text, '-')) return std::nullopt;
    const auto hours = take_digits(text, 2);
    if (!hours || *hours > 23) return std::nullopt;
    if (text.empty()) return sign * *hours * 3600;
    take(text, ':');
    const auto minutes = take_digits(text, 2);
    if (!minutes || *minutes > 59 || !text.empty()) return std::nullopt;
    return sign * (*hours * 3600 + *minutes * 60);
}

/// Takes a date off the beginning of `text`; returns its midnight.
std::optional<double> take_date(std::string_view& text) {
    const auto year = take_digits(text, 4);
    if (!year || !take(text, '-')) return std::nullopt;
    const auto month = take_digits(text, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    const auto day = take_digits(text, 2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count()) * 86400;
}

/// What follows a date: nothing, or a time of the day and perhaps a zone.
std::optional<double> parse_clock(std::string_view text, double midnight) {
    if (text.empty()) return midnight;

    if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
    const auto hours = take_digits(text, 2);
    if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
    const auto minutes = take_digits(text, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    double seconds = 0;
    if (take(text, ':')) {
        const auto whole = take_digits(text, 2);
        if (!whole || *whole > 60) return std::nullopt;  // 60: a leap second
        seconds = *whole;
        if (!text.empty() && (text[0] == '.' || text[0] == ',')) {
            text.remove_prefix(1);
            double place = 0.1;
            if (text.empty() || !is_digit(text[0])) return std::nullopt;
            for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), place /= 10)
                seconds += (text[0] - '0') * place;
        }
    }
    const auto offset = parse_zone(text);
    if (!offset) return std::nullopt;
    return midnight + *hours * 3600 + *minutes * 60 + seconds - *offset;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

std::string lowercase(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

bool Fields::split(std::string_view line, char separator, std::size_t at_most) {
    fields_.clear();
    unquoted_count_ = 0;
    if (separator == blanks) line = trimmed(line);
    if (line.empty()) return true;
    const auto is_separator = [&](char c) { return separator == blanks ? is_blank(c) : c == separator; };

    std::size_t next = 0;
    for (bool more = true; more && fields_.size() < at_most;) {
        while (next < line.size() && is_blank(line[next]) && !(separator != blanks && line[next] == separator)) ++next;
        if (next < line.size() && line[next] == '"') {
            const std::size_t first = ++next;
            bool doubled = false;
            for (;; next += 2, doubled = true) {
                next = line.find('"', next);
                if (next == std::string_view::npos) return false;
                if (next + 1 == line.size() || line[next + 1] != '"') break;
            }
            std::string_view field = line.substr(first, next - first);
            if (doubled) {
                if (unquoted_count_ == unquoted_.size()) unquoted_.emplace_back();
                std::string& text = unquoted_[unquoted_count_++];
                text.clear();
                for (std::size_t i = 0; i < field.size(); ++i) {
                    text += field[i];
                    if (field[i] == '"') ++i;
                }
                field = text;
            }
            fields_.push_back(field);
            ++next;
            while (next < line.size() && is_blank(line[next]) && !is_separator(line[next])) ++next;
            if (next < line.size() && !is_separator(line[next])) return false;
        } else {
            const std::size_t first = next;
            while (next < line.size() && !is_separator(line[next])) ++next;
            fields_.push_back(trimmed(line.substr(first, next - first)));
        }
        more = next < line.size();
        ++next;
        if (separator == blanks)
            while (next < line.size() && is_blank(line[next])) ++next;
    }
    return true;
}

std::optional<std::uint64_t> parse_id(std::string_view text) {
    if (text.empty() || !is_digit(text[0])) return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

bool looks_like_number(std::string_view text) {
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::optional<double> parse_number(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
    return number;
}

std::optional<double> parse_time(std::string_view text) {
    if (const auto seconds = parse_number(text)) return seconds;
    const auto midnight = take_date(text);
    return midnight ? parse_clock(text, *midnight) : std::nullopt;
}

std::optional<double> TimeReader::operator()(std::string_view text) {
    std::string_view rest = text;
    if (text.size() > date_.size() && text.substr(0, date_.size()) == std::string_view(date_.data(), date_.size())) {
        rest.remove_prefix(date_.size());
    } else if (const auto midnight = take_date(rest)) {
        std::copy_n(text.begin(), date_.size(), date_.begin());
        midnight_ = *midnight;
    } else {
        return parse_time(text);
    }
    return parse_clock(rest, midnight_);
}

std::string iso_time(std::int64_t seconds) {
    const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

bool valid_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string printable(std::string_view text, std::size_t limit) {
    std::string result;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const auto lead = static_cast<unsigned char>(text[0]);
        const bool plain = length > 0 && (lead >= 0x20 || lead == '\t') && lead != 0x7f;
        const std::string next = plain ? std::string(text.substr(0, length)) : fmt::format("\\x{:02x}", lead);
        if (result.size() + next.size() > limit) return result + "…";
        result += next;
        text.remove_prefix(plain ? length : 1);
    }
    return result;
}

}  // namespace coterie
