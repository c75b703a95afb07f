#include "io/edge_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <optional>

#include "io/time_rules.hpp"

namespace coterie {

namespace {

constexpr std::size_t shown_bytes = 80;
constexpr std::size_t kept_bytes = 1000;

std::string shown(std::string_view text) {
    return fmt::format("\"{}\"", printable(text, shown_bytes));
}

/// False for most words, at a glance. `text` must not be empty.
bool may_be_number(std::string_view text) {
    return text[0] <= '9';
}

std::string number_word(std::size_t number) {
    constexpr std::array<std::string_view, 7> words{"no", "one", "two", "three", "four", "five", "six"};
    return number < words.size() ? std::string(words[number]) : std::to_string(number);
}

}  // namespace

EdgeParser::EdgeParser(const EdgeFilePlan& plan, IdKind ids, ThreadRows& into)
    : plan_(&plan),
      ids_(ids),
      into_(&into),
      columns_(plan.format.columns_needed()),
      weighted_(plan.format.weight != RowFormat::none),
      timed_(plan.format.time != RowFormat::none),
      plain_rows_(plan.format, ids, plan.layer, plan.layer_of_kind),
      held_(*into.handles.dictionary()) {
    const RowFormat& format = plan.format;
    const bool no_others =
        format.weight == RowFormat::none && format.time == RowFormat::none && format.kind == RowFormat::none;
    const auto has_rule = [&](std::size_t layer) { return rule_of(layer) != nullptr; };
    bool times_matter = has_rule(plan.layer);
    for (const auto& [code, layer] : plan.layer_of_kind) times_matter = times_matter || has_rule(layer);
    quick_ = plain_rows_.possible() && (timed_ || !times_matter);
    two_leading_numbers_ = quick_ && ids == IdKind::numeric && format.source == 0 && format.target == 1 && no_others &&
                           format.comments.find_first_of("0123456789") == std::string::npos;
}

void EdgeParser::reject(std::size_t layer, std::string_view line, std::string reason) {
    ++tally_.layers[layer].rejected;
    tally_.rejects.push_back({tally_.lines, std::move(reason), std::string(line.substr(0, kept_bytes))});
}

std::string EdgeParser::too_few_columns(std::string_view line) const {
    std::string reason = fmt::format("expected {} columns, got {}", number_word(columns_), shown(line));
    const auto other = recognise_separator({line});
    if (other && *other != plan_->format.separator) {
        Fields fields;
        if (fields.split(line, *other) && fields.size() >= columns_)
            reason += *other == '\t' ? " (is the separator a tab? try --separator tab)"
                      : *other == blanks
                          ? " (is the separator a space? try --separator space)"
                          : fmt::format(" (is the separator '{}'? try --separator '{}')", *other, *other);
    }
    return reason;
}

std::optional<std::uint64_t> EdgeParser::id(std::string_view text, std::string_view role, std::string& problem) {
    if (text.empty()) {
        problem = fmt::format("the {} must not be empty", role);
        return std::nullopt;
    }
    if (ids_ == IdKind::numeric) {
        const auto number = parse_id(text);
        if (!number) {
            problem = fmt::format("the {} must be a whole number from 0 to 2^64 - 1, got {}", role, shown(text));
            if (!looks_like_number(text)) problem += " (if accounts have names: --ids handles)";
        }
        return number;
    }
    if (text.find('\0') != std::string_view::npos) {
        problem = fmt::format("the {} must not hold NUL bytes, got {}", role, shown(text));
        return std::nullopt;
    }
    if (!valid_utf8(text)) {
        problem = fmt::format("the {} must be UTF-8, got {}", role, shown(text));
        return std::nullopt;
    }
    return 0;  // its number is given when the whole row is known to be good: a rejected row names no account
}

void EdgeParser::parse_line(std::string_view line) {
    const RowFormat& format = plan_->format;
    const bool split = fields_.split(line, format.separator, columns_);
    std::size_t layer = plan_->layer;
    std::string problem;

    if (split && format.kind < fields_.size()) {
        if (const auto found = plan_->layer_of_kind.find(fields_[format.kind]); found != plan_->layer_of_kind.end()) {
            layer = found->second;
        } else {
            problem = fmt::format("the kind must be one of --kinds, got {}", shown(fields_[format.kind]));
        }
    }
    LayerTally& tally = tally_.layers[layer];
    ++tally.rows;
    if (!split)
        return reject(layer, line, fmt::format("a quoted field must be closed on its line, got {}", shown(line)));
    if (fields_.size() < columns_) return reject(layer, line, too_few_columns(line));

    const std::string_view source_text = fields_[format.source];
    const std::string_view target_text = fields_[format.target];
    ++(looks_like_number(source_text) && looks_like_number(target_text) ? tally_.number_rows : tally_.word_rows);
    if (!problem.empty()) return reject(layer, line, std::move(problem));

    auto source = id(source_text, "source", problem);
    if (!source) return reject(layer, line, std::move(problem));
    auto target = id(target_text, "target", problem);
    if (!target) return reject(layer, line, std::move(problem));

    float weight = 1;
    if (format.weight != RowFormat::none) {
        const auto number = parse_number(fields_[format.weight]);
        weight = static_cast<float>(number.value_or(0));
        if (!number || !std::isfinite(weight))
            return reject(layer, line,
                          fmt::format("the weight must be a finite number, got {}", shown(fields_[format.weight])));
    }
    const TimeRule* const rule = rule_of(layer);
    std::optional<double> time;
    if (format.time != RowFormat::none) {
        time = parse_time(fields_[format.time]);
        if (!time)
            return reject(
                layer, line,
                fmt::format("the time must be Unix seconds or ISO 8601, got {}", shown(fields_[format.time])));
        if (rule == nullptr) {
            tally.first_time = std::min(tally.first_time, *time);
            tally.last_time = std::max(tally.last_time, *time);
        }
    } else if (rule != nullptr) {
        return reject(layer, line,
                      fmt::format("a row of events must have a time, got {} (which column is it? try --time-column)",
                                  shown(line)));
    }
    if (rule != nullptr && !rule->takes(*time)) return;
    if (ids_ == IdKind::handles) {
        const Event event{layer, weight, time.value_or(0)};
        if (fields_.in_the_line())
            hold(source_text, target_text, event);
        else
            add(into_->handles.number_of(source_text), into_->handles.number_of(target_text), event);
    } else {
        add(*source, *target, {layer, weight, time.value_or(0)});
    }
}

/// What times mean for rows of a layer; null: nothing.
const TimeRule* EdgeParser::rule_of(std::size_t layer) const {
    return into_->times != nullptr && (*into_->times)[layer].matters() ? &(*into_->times)[layer] : nullptr;
}

void EdgeParser::add(std::uint64_t source, std::uint64_t target, const Event& event) {
    if (const TimeRule* const rule = rule_of(event.layer); rule != nullptr)
        return rule->add(*into_, tally_, source, target, weighted_ ? std::optional(event.weight) : std::nullopt,
                         event.time);
    LayerRows& rows = into_->layers[event.layer];
    if (weighted_) {
        rows.add(source, target, event.weight);
    } else {
        rows.add(source, target);
    }
}

/// Holds a row with handles until there are enough to number. What the texts point to must stay as long.
void EdgeParser::hold(std::string_view source, std::string_view target, const Event& event) {
    held_events_[held_.size() / 2] = event;
    held_.add(source);
    held_.add(target);
    if (held_.size() == HandleBatch::most) number_held_rows();
}

void EdgeParser::number_held_rows() {
    const std::span<const std::uint32_t> numbers = held_.numbers();
    for (std::size_t row = 0; 2 * row < numbers.size(); ++row)
        add(numbers[2 * row], numbers[2 * row + 1], held_events_[row]);
}

/// The quick way through most files. Stops at the first line that PlainRows give up on and returns it.
const char* EdgeParser::parse_plain_rows(const char* line, const char* end) {
    ParsedRow row;
    std::uint64_t count = 0;
    std::uint64_t words = 0;
    for (; line != end; ++count) {
        const char* next = plain_rows_.read(line, row);
        if (next == nullptr) break;
        line = next;
        LayerTally& tally = tally_.layers[row.layer];
        ++tally.rows;
        const bool word =
            ids_ == IdKind::handles && !(may_be_number(row.source_text) && looks_like_number(row.source_text) &&
                                         looks_like_number(row.target_text));
        words += word ? 1 : 0;
        if (timed_) {
            if (const TimeRule* const rule = rule_of(row.layer); rule != nullptr) {
                if (!rule->takes(row.time)) continue;
            } else {
                tally.first_time = std::min(tally.first_time, row.time);
                tally.last_time = std::max(tally.last_time, row.time);
            }
        }
        if (ids_ == IdKind::handles) {
            hold(row.source_text, row.target_text, {row.layer, row.weight, row.time});
        } else {
            add(row.source, row.target, {row.layer, row.weight, row.time});
        }
    }
    tally_.lines += count;
    tally_.word_rows += words;
    tally_.number_rows += count - words;
    return line;
}

/// The quick way through lines that begin with two numbers and of which nothing else is needed. Stops at the first line that
/// is anything else and returns it; parse_line then decides. Both read such a line alike.
const char* EdgeParser::parse_numbers(const char* line, const char* end) {
    const char separator = plan_->format.separator;
    LayerRows& rows = into_->layers[plan_->layer];
    std::uint64_t count = 0;
    while (line != end) {
        std::uint64_t source;
        std::uint64_t target;
        const char* next = read_digits(line, source);
        if (next == line || *next != separator) break;
        const char* second = ++next;
        next = read_digits(second, target);
        if (next == second) break;
        if (*next == '\r') ++next;
        if (*next != '\n') {
            if (*next != separator || separator == blanks) break;
            const auto* line_end =
                static_cast<const char*>(std::memchr(next, '\n', static_cast<std::size_t>(end - next)));
            next = line_end;
        }
        rows.add(source, target);
        ++count;
        line = next + 1;
    }
    tally_.lines += count;
    tally_.number_rows += count;
    tally_.layers[plan_->layer].rows += count;
    return line;
}

BlockTally EdgeParser::parse(const LineBlock& block) {
    tally_ = {};
    tally_.layers.resize(into_->layers.size());
    if (block.cut_short) {
        ++tally_.lines;
        if (holds_no_row(block.text, plan_->format.comments)) return std::move(tally_);
        ++tally_.layers[plan_->layer].rows;
        reject(plan_->layer, block.text, fmt::format("a line must not be longer than {} bytes", longest_text_line));
        return std::move(tally_);
    }
    const char* next = block.text.data();
    const char* const end = next + block.text.size();
    bool header = block.may_hold_header && plan_->format.header;
    while (next != end) {
        if (!header && quick_) next = two_leading_numbers_ ? parse_numbers(next, end) : parse_plain_rows(next, end);
        if (next == end) break;
        const auto* line_end = static_cast<const char*>(std::memchr(next, '\n', static_cast<std::size_t>(end - next)));
        std::string_view line(next, static_cast<std::size_t>(line_end - next));
        next = line_end + 1;
        ++tally_.lines;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (holds_no_row(line, plan_->format.comments)) continue;
        if (header) {
            header = false;
            continue;
        }
        parse_line(line);
    }
    number_held_rows();
    return std::move(tally_);
}

bool TextFormat::recognise(std::string_view text) {
    plan_.format = recognise_rows(text, options_, events_, kinds_, plan_.path);
    return !first_rows(text, options_.comments, 1).empty();
}

std::unique_ptr<BlockParser> TextFormat::parser(ThreadRows& into) {
    return std::make_unique<EdgeParser>(plan_, ids_, into);
}

}  // namespace coterie
