#include "io/plain_rows.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace coterie {

namespace {

constexpr std::uint64_t everywhere(char c) {
    return 0x0101010101010101U * static_cast<unsigned char>(c);
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// Bytes of the field from `field` to `end`, without the CR of a line end.
std::size_t text_size(const char* field, const char* end) {
    const bool line_end = *end == '\n' && end != field && end[-1] == '\r';
    return static_cast<std::size_t>(end - field) - (line_end ? 1 : 0);
}

/// A whole number that a double holds exactly, whatever way it is read. Null if the field is anything else.
const char* small_number_at(const char* field, double& number) {
    constexpr std::ptrdiff_t most_digits = 15;
    std::uint64_t digits = 0;
    const char* end = read_digits(field, digits);
    if (end == field || end - field > most_digits) return nullptr;
    number = static_cast<double>(digits);
    return end;
}

}  // namespace

PlainRows::PlainRows(const RowFormat& format, IdKind ids, std::size_t layer,
                     const std::map<std::string, std::size_t, std::less<>>& layer_of_kind)
    : separator_(format.separator),
      other_blank_(format.separator == '\t' ? ' ' : '\t'),
      second_separator_(format.separator == blanks ? '\t' : format.separator),
      ids_(ids),
      layer_(layer),
      roles_(format.columns_needed(), Role::none),
      layers_of_kinds_(layer_of_kind.begin(), layer_of_kind.end()) {
    const auto give = [&](std::size_t column, Role role) {
        if (column == RowFormat::none) return;
        possible_ = possible_ && roles_[column] == Role::none;
        roles_[column] = role;
    };
    give(format.source, Role::source);
    give(format.target, Role::target);
    give(format.weight, Role::weight);
    give(format.time, Role::time);
    give(format.kind, Role::kind);
    constexpr std::string_view never_separators = "0123456789\"\r\n";
    possible_ = possible_ && never_separators.find(separator_) == std::string_view::npos;
    begins_row_.fill(true);
    for (const char c : format.comments + "\r\n") begins_row_[static_cast<unsigned char>(c)] = false;
}

/// Where the field at `field` ends: at a separator or a line end. `odd`: not zero if it holds NUL or more than ASCII.
inline const char* PlainRows::field_end(const char* field, std::uint64_t& odd) const {
    constexpr std::uint64_t upper_bits = everywhere('\x80');
    odd = 0;
    for (const char* next = field;; next += 16) {
        // Sixteen bytes without a branch: most fields end within them, and where is hard to foretell.
        const std::uint64_t low = word_at(next);
        const std::uint64_t high = word_at(next + 8);
        std::uint64_t low_ends = zero_bytes(low ^ everywhere(separator_)) | zero_bytes(low ^ everywhere('\n'));
        std::uint64_t high_ends = zero_bytes(high ^ everywhere(separator_)) | zero_bytes(high ^ everywhere('\n'));
        if (separator_ == blanks) {
            low_ends |= zero_bytes(low ^ everywhere('\t'));
            high_ends |= zero_bytes(high ^ everywhere('\t'));
        }
        const std::uint64_t low_odd = (low & upper_bits) | zero_bytes(low);
        const std::uint64_t high_odd = (high & upper_bits) | zero_bytes(high);
        if ((low_ends | high_ends) == 0) {
            odd |= low_odd | high_odd;
            continue;
        }
        // What is odd below the lowest end counts: all of it in a word without an end.
        const std::uint64_t in_high_too = low_ends == 0 ? ~std::uint64_t{0} : 0;
        odd |= low_odd & ((low_ends & (0 - low_ends)) - 1);
        odd |= high_odd & ((high_ends & (0 - high_ends)) - 1) & in_high_too;
        const auto in_low = static_cast<std::size_t>(std::countr_zero(low_ends)) / 8;  // 8 if there is none
        const auto in_high = static_cast<std::size_t>(std::countr_zero(high_ends)) / 8;
        return next + (low_ends != 0 ? in_low : 8 + in_high);
    }
}

inline const char* PlainRows::id_at(const char* field, std::uint64_t& number, std::string_view& text) const {
    if (ids_ == IdKind::numeric) {
        const char* end = read_digits(field, number);
        return end == field ? nullptr : end;
    }
    std::uint64_t odd = 0;
    const char* const end = field_end(field, odd);
    const std::size_t size = text_size(field, end);
    if (size == 0 || *field == '"' || is_blank(field[size - 1])) return nullptr;
    text = {field, size};
    if (odd != 0 && (text.find('\0') != std::string_view::npos || !valid_utf8(text))) return nullptr;
    return end;
}

bool PlainRows::find_layer(std::string_view kind, std::size_t& layer) const {
    for (const auto& [code, its_layer] : layers_of_kinds_) {
        if (code != kind) continue;
        layer = its_layer;
        return true;
    }
    return false;
}

/// Reads what stands in a column that holds no id; returns its end, or null.
inline const char* PlainRows::value_at(const char* field, Role role, ParsedRow& row) {
    const bool is_number = role == Role::weight || role == Role::time;
    double number = 0;
    const char* end = is_number ? small_number_at(field, number) : nullptr;
    if (role == Role::time && !ends_field(end)) end = time_of_.read(field, number);
    if (!ends_field(end)) {
        std::uint64_t odd = 0;
        end = field_end(field, odd);
        const std::string_view text(field, text_size(field, end));
        if (*field == '"') return nullptr;
        if (role == Role::none) return end;
        if (text.empty() || is_blank(text.back())) return nullptr;
        if (role == Role::kind) return find_layer(text, row.layer) ? end : nullptr;
        const auto value = role == Role::time ? time_of_(text) : parse_number(text);
        if (!value) return nullptr;
        number = *value;
    }
    if (role == Role::time) {
        row.time = number;
    } else {
        row.weight = static_cast<float>(number);
        if (!std::isfinite(row.weight)) return nullptr;
    }
    return end;
}

/// Where the line after the one begins of which `end` ends the last field that is needed.
inline const char* PlainRows::line_behind(const char* end) const {
    if (*end == '\n') return end + 1;
    if (*end == '\r' && end[1] == '\n') return end + 2;
    return separates(*end) ? static_cast<const char*>(::rawmemchr(end, '\n')) + 1 : nullptr;
}

const char* PlainRows::read(const char* line, ParsedRow& row) {
    if (!begins_row_[static_cast<unsigned char>(*line)]) return nullptr;
    row.layer = layer_;
    const char* field = line;
    for (auto role = roles_.begin();;) {
        while (*field == ' ' || *field == other_blank_) ++field;
        const char* end = nullptr;
        if (*role == Role::source) {
            end = id_at(field, row.source, row.source_text);
        } else if (*role == Role::target) {
            end = id_at(field, row.target, row.target_text);
        } else {
            end = value_at(field, *role, row);
        }
        if (end == nullptr) return nullptr;
        if (++role == roles_.end()) return line_behind(end);
        if (!separates(*end)) return nullptr;
        field = end + 1;
    }
}

}  // namespace coterie
