#include "tests/oracle/slow_rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <regex>
#include <sstream>

namespace coterie::testing {

namespace {

constexpr const char* digits = "0123456789";

std::string without_blanks_around(const std::string& text) {
    const std::size_t first = text.find_first_not_of(" \t");
    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The first `needed` fields of a line, or nothing if a quote among them is not closed or is followed by text.
std::optional<std::vector<std::string>> fields_of(const std::string& line, char separator, std::size_t needed) {
    const bool blank_separated = separator == ' ';
    const auto separates = [&](char c) { return blank_separated ? c == ' ' || c == '\t' : c == separator; };
    std::vector<std::string> fields;
    std::size_t i = 0;
    const auto pass_blanks = [&] {
        while (i < line.size() && (line[i] == ' ' || line[i] == '\t') && (blank_separated || line[i] != separator)) ++i;
    };
    const std::size_t end = blank_separated ? line.find_last_not_of(" \t") + 1 : line.size();
    for (bool more = true; more && fields.size() < needed;) {
        std::string field;
        pass_blanks();
        if (i < end && line[i] == '"') {
            bool closed = false;
            for (++i; i < end && !closed; ++i) {
                if (line[i] != '"') {
                    field += line[i];
                } else if (i + 1 < end && line[i + 1] == '"') {
                    field += line[i++];
                } else {
                    closed = true;
                }
            }
            if (!closed) return std::nullopt;
            pass_blanks();
            if (i < end && !separates(line[i]) && !(blank_separated && separates(line[i - 1]))) return std::nullopt;
            if (blank_separated && i < end && separates(line[i - 1])) --i;
        } else {
            while (i < end && !separates(line[i])) field += line[i++];
            field = without_blanks_around(field);
        }
        fields.push_back(field);
        more = i < end;
        ++i;
    }
    return fields;
}

bool all_digits(const std::string& text) {
    return !text.empty() && text.find_first_not_of(digits) == std::string::npos;
}

/// Without leading zeros, if it is below 2^64.
std::optional<std::string> canonical_number(const std::string& text) {
    if (!all_digits(text)) return std::nullopt;
    const std::string number = text.substr(std::min(text.find_first_not_of('0'), text.size() - 1));
    const std::string last = "18446744073709551615";
    if (number.size() > last.size() || (number.size() == last.size() && number > last)) return std::nullopt;
    return number;
}

bool meant_as_number(const std::string& text) {
    return all_digits(!text.empty() && (text[0] == '+' || text[0] == '-') ? text.substr(1) : text);
}

bool utf8_without_nul(const std::string& text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead == 0     ? 0
                                   : lead < 0x80 ? 1
                                   : lead < 0xc0 ? 0
                                   : lead < 0xe0 ? 2
                                   : lead < 0xf0 ? 3
                                   : lead < 0xf8 ? 4
                                                 : 0;
        if (length == 0 || i + length > text.size()) return false;
        std::uint32_t code = length == 1 ? lead : lead & (0x7fU >> length);
        for (std::size_t k = 1; k < length; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if ((next & 0xc0U) != 0x80) return false;
            code = code << 6U | (next & 0x3fU);
        }
        constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
        i += length;
    }
    return true;
}

std::optional<double> number_of(const std::string& text) {
    static const std::regex form(R"(-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)");
    if (!std::regex_match(text, form)) return std::nullopt;
    const double number = std::strtod(text.c_str(), nullptr);
    return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

/// Unix seconds, or a time to the second in UTC.
std::optional<double> time_of(const std::string& text) {
    static const std::regex form(R"(([0-9]{4})-([0-9]{2})-([0-9]{2})([Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})[Zz]?)?)");
    std::smatch part;
    if (!std::regex_match(text, part, form)) return number_of(text);
    const auto number = [&](std::size_t i) { return part[i].matched ? std::stoi(part[i]) : 0; };
    std::tm time{};
    time.tm_year = number(1) - 1900;
    time.tm_mon = number(2) - 1;
    time.tm_mday = number(3);
    time.tm_hour = number(5);
    time.tm_min = number(6);
    time.tm_sec = number(7);
    if (time.tm_hour > 23 || time.tm_min > 59 || time.tm_sec > 60) return std::nullopt;
    const std::tm given = time;
    time.tm_hour = time.tm_min = time.tm_sec = 0;
    const std::time_t midnight = ::timegm(&time);
    if (time.tm_mday != given.tm_mday || time.tm_mon != given.tm_mon) return std::nullopt;
    return static_cast<double>(midnight) + given.tm_hour * 3600 + given.tm_min * 60 + given.tm_sec;
}

}  // namespace

SlowRows read_slowly(std::string_view text, const RowFormat& format, bool handles, std::size_t layers,
                     const std::map<std::string, std::size_t, std::less<>>& layer_of_kind) {
    SlowRows result;
    result.layers.resize(layers);
    std::istringstream stream{std::string(text)};
    bool header = format.header;
    for (std::string line; std::getline(stream, line);) {
        ++result.lines;
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (without_blanks_around(line).empty() || format.comments.find(line[0]) != std::string::npos) continue;
        if (header) {
            header = false;
            continue;
        }
        const auto fields = fields_of(line, format.separator, format.columns_needed());
        std::size_t layer = 0;
        std::string problem;
        if (fields && format.kind < fields->size()) {
            const auto found = layer_of_kind.find((*fields)[format.kind]);
            if (found != layer_of_kind.end())
                layer = found->second;
            else
                problem = "kind";
        }
        SlowRows::Layer& its = result.layers[layer];
        ++its.rows;
        const auto reject = [&](const std::string& reason) {
            ++its.rejected;
            result.rejects.emplace_back(result.lines, reason);
        };
        if (!fields) {
            reject("quoted");
            continue;
        }
        if (fields->size() < format.columns_needed()) {
            reject("expected");
            continue;
        }
        std::string source = (*fields)[format.source];
        std::string target = (*fields)[format.target];
        ++(meant_as_number(source) && meant_as_number(target) ? result.number_rows : result.word_rows);
        const auto sound = [&](std::string& id) {
            if (id.empty()) return false;
            if (handles) return utf8_without_nul(id);
            const auto number = canonical_number(id);
            id = number.value_or("");
            return number.has_value();
        };
        if (problem.empty() && !sound(source)) problem = "source";
        if (problem.empty() && !sound(target)) problem = "target";
        float weight = 1;
        if (problem.empty() && format.weight != RowFormat::none) {
            weight = static_cast<float>(number_of((*fields)[format.weight]).value_or(INFINITY));
            if (!std::isfinite(weight)) problem = "weight";
        }
        if (problem.empty() && format.time != RowFormat::none) {
            const auto time = time_of((*fields)[format.time]);
            if (time) {
                its.first_time = std::min(its.first_time, *time);
                its.last_time = std::max(its.last_time, *time);
            } else {
                problem = "time";
            }
        }
        if (problem.empty()) {
            result.rows.emplace_back(layer, source, target, weight);
        } else {
            reject(problem);
        }
    }
    return result;
}

}  // namespace coterie::testing
