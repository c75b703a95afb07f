#include "io/text_table.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace coterie {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view ellipsis = "\xE2\x80\xA6";     // U+2026

struct Range {
    char32_t first;
    char32_t last;
};

// Ascending. Combining marks of the scripts in wide use, joiners, variation selectors, marks of direction.
constexpr std::array no_width{
    Range{0x300, 0x36F},    Range{0x483, 0x489},   Range{0x591, 0x5BD},   Range{0x5BF, 0x5BF},
    Range{0x5C1, 0x5C2},    Range{0x5C4, 0x5C5},   Range{0x610, 0x61A},   Range{0x64B, 0x65F},
    Range{0x670, 0x670},    Range{0x6D6, 0x6DC},   Range{0x6DF, 0x6E4},   Range{0x6E7, 0x6E8},
    Range{0x6EA, 0x6ED},    Range{0x900, 0x902},   Range{0x93A, 0x93A},   Range{0x93C, 0x93C},
    Range{0x941, 0x948},    Range{0x94D, 0x94D},   Range{0x951, 0x957},   Range{0x962, 0x963},
    Range{0x981, 0x981},    Range{0x9BC, 0x9BC},   Range{0x9C1, 0x9C4},   Range{0x9CD, 0x9CD},
    Range{0xE31, 0xE31},    Range{0xE34, 0xE3A},   Range{0xE47, 0xE4E},   Range{0x1AB0, 0x1ACE},
    Range{0x1DC0, 0x1DFF},  Range{0x200B, 0x200F}, Range{0x202A, 0x202E}, Range{0x2060, 0x2064},
    Range{0x2066, 0x206F},  Range{0x20D0, 0x20F0}, Range{0x302A, 0x302D}, Range{0x3099, 0x309A},
    Range{0xFE00, 0xFE0F},  Range{0xFE20, 0xFE2F}, Range{0xFEFF, 0xFEFF}, Range{0x1F3FB, 0x1F3FF},
    Range{0xE0100, 0xE01EF}};

// Ascending. East Asian wide and fullwidth characters, and emoji that are shown as pictures.
constexpr std::array double_width{
    Range{0x1100, 0x115F},   Range{0x231A, 0x231B},   Range{0x23E9, 0x23EC},   Range{0x25FD, 0x25FE},
    Range{0x2614, 0x2615},   Range{0x2648, 0x2653},   Range{0x26A1, 0x26A1},   Range{0x26BD, 0x26BE},
    Range{0x26C4, 0x26C5},   Range{0x2705, 0x2705},   Range{0x2728, 0x2728},   Range{0x274C, 0x274C},
    Range{0x2753, 0x2757},   Range{0x2795, 0x2797},   Range{0x2B50, 0x2B50},   Range{0x2E80, 0x303E},
    Range{0x3041, 0x33FF},   Range{0x3400, 0x4DBF},   Range{0x4E00, 0x9FFF},   Range{0xA000, 0xA4CF},
    Range{0xA960, 0xA97F},   Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},
    Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},   Range{0x1F004, 0x1F004}, Range{0x1F0CF, 0x1F0CF},
    Range{0x1F18E, 0x1F18E}, Range{0x1F191, 0x1F19A}, Range{0x1F1E6, 0x1F202}, Range{0x1F210, 0x1F23B},
    Range{0x1F240, 0x1F248}, Range{0x1F250, 0x1F251}, Range{0x1F300, 0x1F64F}, Range{0x1F680, 0x1F6FF},
    Range{0x1F7E0, 0x1F7EB}, Range{0x1F900, 0x1FAFF}, Range{0x20000, 0x3FFFD}};

template <std::size_t count>
bool among(const std::array<Range, count>& ranges, char32_t character) {
    const auto* range = std::ranges::lower_bound(ranges, character, {}, &Range::last);
    return range != ranges.end() && range->first <= character;
}

bool is_control(char32_t character) {
    return character < 0x20 || (character >= 0x7F && character < 0xA0);
}

struct Character {
    char32_t code = 0;
    std::size_t bytes = 1;
    bool valid = false;
};

/// The first character of `text`, which is not empty. One byte that is not valid, where the text is not UTF-8.
Character first_character(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {lead, 1, true};
    const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
    char32_t code = lead & (0x7FU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return {};
        code = code << 6U | (byte(i) & 0x3FU);
    }
    constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < smallest[bytes] || code > 0x10FFFF || surrogate) return {};
    return {code, bytes, true};
}

std::size_t width_of(const Character& character) {
    if (!character.valid) return 1;
    if (among(no_width, character.code)) return 0;
    return among(double_width, character.code) ? 2 : 1;
}

std::string padded(const std::string& cell, std::size_t width, TextTable::Align align) {
    const std::string spaces(width - std::min(width, display_width(cell)), ' ');
    return align == TextTable::Align::left ? cell + spaces : spaces + cell;
}

}  // namespace

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const Character character = first_character(text);
        width += width_of(character);
        text.remove_prefix(character.bytes);
    }
    return width;
}

std::string printable(std::string_view text) {
    std::string safe;
    while (!text.empty()) {
        const Character character = first_character(text);
        safe += !character.valid || is_control(character.code) ? replacement : text.substr(0, character.bytes);
        text.remove_prefix(character.bytes);
    }
    return safe;
}

std::string shortened(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) return std::string(text);
    std::string kept;
    std::size_t used = 1;  // of the ellipsis
    while (!text.empty()) {
        const Character character = first_character(text);
        used += width_of(character);
        if (used > width) break;
        kept += text.substr(0, character.bytes);
        text.remove_prefix(character.bytes);
    }
    return width == 0 ? std::string() : kept.append(ellipsis);
}

void TextTable::add(std::vector<std::string> cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
        cells[i] = printable(cells[i]);
        if (columns_[i].max_width > 0) cells[i] = shortened(cells[i], columns_[i].max_width);
    }
    rows_.push_back(std::move(cells));
}

std::string TextTable::text(std::string_view indent) const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        widths.push_back(display_width(columns_[i].head));
        for (const auto& row : rows_) widths[i] = std::max(widths[i], display_width(row[i]));
    }
    std::string text;
    const auto add_line = [&](auto&& cell) {
        std::string line(indent);
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (i > 0) line += "  ";
            line += padded(cell(i), widths[i], columns_[i].align);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    };
    add_line([&](std::size_t i) { return columns_[i].head; });
    add_line([&](std::size_t i) { return std::string(widths[i], '-'); });
    for (const auto& row : rows_) add_line([&](std::size_t i) { return row[i]; });
    return text;
}

}  // namespace coterie
