#include "io/formats/json_rows.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "host/errors.hpp"
#include "io/fields.hpp"
#include "io/formats/document_blocks.hpp"
#include "io/formats/json_values.hpp"
#include "io/time_rules.hpp"

namespace coterie {

namespace {

using namespace json;

constexpr std::size_t shown_bytes = 80;
constexpr std::size_t kept_bytes = 1000;
constexpr std::size_t documents_looked_at = 100;
constexpr std::array<std::string_view, JsonFields::num_roles> role_names{"source", "target", "weight", "time", "kind"};

std::string shown(std::string_view text) {
    return fmt::format("\"{}\"", printable(text, shown_bytes));
}

/// A path of names, one a level.
std::vector<std::string> steps_of(const std::string& path) {
    std::vector<std::string> steps;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('.', begin), path.size());
        steps.push_back(path.substr(begin, end - begin));
        begin = end + 1;
    }
    return steps;
}

/// Rows of one thread.
class Rows final : public DocumentReader {
  public:
    Rows(const EdgeFilePlan& plan, const JsonFields& fields, IdKind ids, ThreadRows& into)
        : plan_(plan), ids_(ids), into_(into) {
        for (std::size_t role = 0; role < JsonFields::num_roles; ++role)
            if (!fields.paths[role].empty()) wanted_.push_back({role, steps_of(fields.paths[role])});
        weighted_ = !fields.paths[JsonFields::weight].empty();
        has_kinds_ = !fields.paths[JsonFields::kind].empty();
    }

    void begin() override {
        tally_ = {};
        tally_.layers.resize(into_.layers.size());
    }

    std::size_t read(std::string_view text, std::uint64_t line) override {
        texts_.fill(std::nullopt);
        std::size_t length = text.size();
        try {
            simdjson::ondemand::document document =
                parser_.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
            Object root = document.get_object();
            problem_.clear();
            read_object(root, 0, (1U << wanted_.size()) - 1);
            const char* rest = nullptr;
            if (document.current_location().get(rest) == simdjson::SUCCESS)
                length = static_cast<std::size_t>(rest - text.data());
        } catch (const simdjson::simdjson_error& error) {
            reject(line, reason_of(error.error()), text);
            return text.size();
        }
        add(text.substr(0, length), line);
        return length;
    }

    void reject(std::uint64_t line, std::string reason, std::string_view text) override {
        ++tally_.layers[plan_.layer].rows;
        reject_row(plan_.layer, line, std::move(reason), text);
    }

    BlockTally end(std::uint64_t lines) override {
        tally_.lines = lines;
        return std::move(tally_);
    }

  private:
    struct Wanted {
        std::size_t role;
        std::vector<std::string> steps;
    };

    /// Looks for the fields of `mask`, whose paths have led here.
    void read_object(Object& object, std::size_t depth, unsigned mask) {
        for (Field field : object) {
            const std::string_view key = key_of(field);
            unsigned deeper = 0;
            for (std::size_t w = 0; w < wanted_.size(); ++w) {
                const Wanted& wanted = wanted_[w];
                if (((mask >> w) & 1U) == 0 || wanted.steps[depth] != key) continue;
                if (depth + 1 < wanted.steps.size()) {
                    deeper |= 1U << w;
                } else {
                    read_value(field.value(), wanted.role);
                }
            }
            if (deeper == 0) continue;
            Value value = field.value();
            if (value.type() != Type::object) continue;
            Object inner = value.get_object();
            read_object(inner, depth + 1, deeper);
        }
    }

    void read_value(Value value, std::size_t role) {
        const Type type = value.type();
        if (type == Type::string) {
            texts_[role] = std::string_view(value.get_string());
        } else if (type == Type::number) {
            texts_[role] = trimmed_token(value.raw_json_token());
        } else if (type != Type::null && problem_.empty()) {
            problem_ = fmt::format("the {} must be a string or a number, got {}", role_names[role], type_name(type));
        }
    }

    static std::string_view trimmed_token(std::string_view token) {
        return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
    }

    void reject_row(std::size_t layer, std::uint64_t line, std::string reason, std::string_view text) {
        ++tally_.layers[layer].rejected;
        const std::string_view begin = text.substr(0, std::min(text.find('\n'), kept_bytes));
        tally_.rejects.push_back({line, std::move(reason), std::string(begin)});
    }

    void add(std::string_view text, std::uint64_t line) {
        std::size_t layer = plan_.layer;
        std::string problem = std::move(problem_);
        if (has_kinds_ && texts_[JsonFields::kind]) {
            const std::string_view kind = *texts_[JsonFields::kind];
            if (const auto found = plan_.layer_of_kind.find(kind); found != plan_.layer_of_kind.end()) {
                layer = found->second;
            } else if (problem.empty()) {
                problem = fmt::format("the kind must be that of a layer (see --kinds), got {}", shown(kind));
            }
        } else if (has_kinds_ && problem.empty()) {
            problem = "the kind must be there";
        }
        LayerTally& tally = tally_.layers[layer];
        ++tally.rows;
        const auto& source = texts_[JsonFields::source];
        const auto& target = texts_[JsonFields::target];
        if (source && target)
            ++(looks_like_number(*source) && looks_like_number(*target) ? tally_.number_rows : tally_.word_rows);
        const std::uint64_t source_id = problem.empty() ? id(source, "source", problem) : 0;
        const std::uint64_t target_id = problem.empty() ? id(target, "target", problem) : 0;
        if (!problem.empty()) return reject_row(layer, line, std::move(problem), text);

        float weight = 1;
        if (const auto& given = texts_[JsonFields::weight]) {
            const auto number = parse_number(*given);
            weight = static_cast<float>(number.value_or(0));
            if (!number || !std::isfinite(weight))
                return reject_row(layer, line, fmt::format("the weight must be a finite number, got {}", shown(*given)),
                                  text);
        }
        const TimeRule* const rule =
            into_.times != nullptr && (*into_.times)[layer].matters() ? &(*into_.times)[layer] : nullptr;
        std::optional<double> time;
        if (const auto& given = texts_[JsonFields::time]) {
            time = parse_time(*given);
            if (!time)
                return reject_row(
                    layer, line, fmt::format("the time must be Unix seconds or ISO 8601, got {}", shown(*given)), text);
            if (rule == nullptr) {
                tally.first_time = std::min(tally.first_time, *time);
                tally.last_time = std::max(tally.last_time, *time);
            }
        } else if (rule != nullptr) {
            return reject_row(layer, line, "a row of events must have a time, since times matter", text);
        }
        if (rule != nullptr && !rule->takes(*time)) return;
        const bool handles = ids_ == IdKind::handles;
        const std::uint64_t from = handles ? into_.handles.number_of(*source) : source_id;
        const std::uint64_t to = handles ? into_.handles.number_of(*target) : target_id;
        if (rule != nullptr)
            return rule->add(into_, tally_, from, to, weighted_ ? std::optional(weight) : std::nullopt, *time);
        if (weighted_) {
            into_.layers[layer].add(from, to, weight);
        } else {
            into_.layers[layer].add(from, to);
        }
    }

    std::uint64_t id(const std::optional<std::string_view>& text, std::string_view role, std::string& problem) const {
        if (!text || text->empty()) {
            problem = fmt::format("the {} must be there", role);
            return 0;
        }
        if (ids_ == IdKind::handles) {
            if (text->find('\0') != std::string_view::npos)
                problem = fmt::format("the {} must not hold NUL bytes, got {}", role, shown(*text));
            return 0;
        }
        const auto number = parse_id(*text);
        if (!number) {
            problem = fmt::format("the {} must be a whole number from 0 to 2^64 - 1, got {}", role, shown(*text));
            if (!looks_like_number(*text)) problem += " (if accounts have names: --ids handles)";
        }
        return number.value_or(0);
    }

    const EdgeFilePlan& plan_;
    IdKind ids_;
    ThreadRows& into_;
    std::vector<Wanted> wanted_;
    bool weighted_ = false;
    bool has_kinds_ = false;
    simdjson::ondemand::parser parser_;
    std::array<std::optional<std::string_view>, JsonFields::num_roles> texts_;
    std::string problem_;
    BlockTally tally_;
};

/// Collects the names of the first objects.
class NamesReader final : public DocumentReader {
  public:
    explicit NamesReader(std::vector<std::string>& names) : names_(names) {}
    void begin() override {}
    std::size_t read(std::string_view text, std::uint64_t /*line*/) override {
        if (seen_++ >= documents_looked_at) return text.size();
        try {
            simdjson::ondemand::document document =
                parser_.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
            Object root = document.get_object();
            for (Field field : root) {
                const std::string name(key_of(field));
                if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(name);
            }
            const char* rest = nullptr;
            if (document.current_location().get(rest) == simdjson::SUCCESS)
                return static_cast<std::size_t>(rest - text.data());
        } catch (const simdjson::simdjson_error&) {
            // It will be rejected when it is read.
        }
        return text.size();
    }
    void reject(std::uint64_t /*line*/, std::string /*reason*/, std::string_view /*text*/) override {}
    BlockTally end(std::uint64_t /*lines*/) override { return {}; }

  private:
    std::vector<std::string>& names_;
    std::size_t seen_ = 0;
    simdjson::ondemand::parser parser_;
};

}  // namespace

BlockRules JsonRowsFormat::blocks() const {
    return document_blocks(layout_);
}

bool JsonRowsFormat::recognise(std::string_view text) {
    std::vector<std::string> names;
    const auto looking = document_parser(layout_, std::make_unique<NamesReader>(names));
    if (!text.empty()) looking->parse({.text = text});
    const KnownColumns known = known_columns(names);
    const auto path = [&](const std::string& choice, std::size_t recognised) -> std::string {
        if (choice == "none") return {};
        if (!choice.empty()) return choice;
        return recognised < names.size() ? names[recognised] : std::string();
    };
    fields_.paths[JsonFields::source] = path(options_.source_column, known.source);
    fields_.paths[JsonFields::target] = path(options_.target_column, known.target);
    fields_.paths[JsonFields::weight] = path(options_.weight_column, events_ ? known.weight : RowFormat::none);
    fields_.paths[JsonFields::time] = path(options_.time_column, known.time);
    if (!plan_.layer_of_kind.empty()) fields_.paths[JsonFields::kind] = path(options_.kind_column, known.kind);
    for (const auto role : {JsonFields::source, JsonFields::target})
        if (fields_.paths[role].empty() && !names.empty())
            throw IoError(
                fmt::format("{}: --{}-column must name the field of the {}, since none of its fields is known "
                            "to be it ({})",
                            plan_.path, role_names[role], role_names[role], fmt::join(names, ", ")));
    return true;
}

std::unique_ptr<BlockParser> JsonRowsFormat::parser(ThreadRows& into) {
    return document_parser(layout_, std::make_unique<Rows>(plan_, fields_, ids_, into));
}

}  // namespace coterie
