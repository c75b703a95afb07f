#pragma once

// Private to the readers of JSON: it brings simdjson along.

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace coterie::json {

using Array = simdjson::ondemand::array;
using Object = simdjson::ondemand::object;
using Value = simdjson::ondemand::value;
using Field = simdjson::ondemand::field;
using Type = simdjson::ondemand::json_type;

/// A value of a sound document that is not what it must be; the text says what must hold.
class Unreadable : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The key as it stands: keys that matter have no escapes.
inline std::string_view key_of(Field& field) {
    const char* begin = field.key().raw();
    const char* end = begin;
    while (*end != '"') ++end;
    return {begin, static_cast<std::size_t>(end - begin)};
}

inline std::string_view type_name(Type type) {
    switch (type) {
        case Type::array:
            return "an array";
        case Type::object:
            return "an object";
        case Type::number:
            return "a number";
        case Type::string:
            return "a string";
        case Type::boolean:
            return "a boolean";
        default:
            return "null";
    }
}

[[noreturn]] inline void fail(std::string_view name, std::string_view must, Value& value) {
    std::string_view token = value.raw_json_token();
    while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r'))
        token.remove_suffix(1);
    const Type type = value.type();
    const bool scalar = type != Type::array && type != Type::object;
    throw Unreadable(fmt::format("{} must be {}, got {}", name, must,
                                 scalar && token.size() <= 80 ? std::string(token) : std::string(type_name(type))));
}

/// An id: a number below 2^64, as a number or as a string. Nothing for null.
inline std::optional<std::uint64_t> id_of(Value value, std::string_view name) {
    const Type type = value.type();
    if (type == Type::string) {
        const char* begin = simdjson::ondemand::raw_json_string(value.get_raw_json_string()).raw();
        std::uint64_t id = 0;
        const auto [end, error] = std::from_chars(begin, begin + 21, id);
        if (error == std::errc() && *end == '"' && end != begin) return id;
    } else if (type == Type::number) {
        std::uint64_t id = 0;
        if (value.get_uint64().get(id) == simdjson::SUCCESS) return id;
    } else if (type == Type::null) {
        return std::nullopt;
    }
    fail(name, "a whole number from 0 to 2^64 - 1", value);
}

/// A text; empty for null. Lives until the parser reads the next document.
inline std::string_view text_of(Value value, std::string_view name) {
    const Type type = value.type();
    if (type == Type::null) return {};
    if (type != Type::string) fail(name, "a string", value);
    return value.get_string();
}

inline std::optional<std::uint64_t> count_of(Value value, std::string_view name) {
    const Type type = value.type();
    if (type == Type::null) return std::nullopt;
    std::uint64_t count = 0;
    if (type != Type::number || value.get_uint64().get(count) != simdjson::SUCCESS || count >= 0xffff'ffffU)
        fail(name, "a whole number below 2^32 - 1", value);
    return count;
}

inline std::optional<bool> flag_of(Value value, std::string_view name) {
    const Type type = value.type();
    if (type == Type::null) return std::nullopt;
    if (type != Type::boolean) fail(name, "true or false", value);
    return bool(value.get_bool());
}

/// An object; nothing for null.
inline std::optional<Object> object_of(Value value, std::string_view name) {
    const Type type = value.type();
    if (type == Type::null) return std::nullopt;
    if (type != Type::object) fail(name, "an object", value);
    return Object(value.get_object());
}

inline std::optional<Array> array_of(Value value, std::string_view name) {
    const Type type = value.type();
    if (type == Type::null) return std::nullopt;
    if (type != Type::array) fail(name, "an array", value);
    return Array(value.get_array());
}

/// Why a document cannot be read, for people.
inline std::string reason_of(simdjson::error_code error) {
    switch (error) {
        case simdjson::UTF8_ERROR:
            return "the text must be UTF-8";
        case simdjson::UNCLOSED_STRING:
        case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
            return "the JSON object must be closed (is the line truncated?)";
        case simdjson::EMPTY:
        case simdjson::INCORRECT_TYPE:
            return "a document must be a JSON object";
        case simdjson::MEMALLOC:
            throw std::bad_alloc();
        default:
            return fmt::format("a document must be JSON: {}", simdjson::error_message(error));
    }
}

}  // namespace coterie::json
