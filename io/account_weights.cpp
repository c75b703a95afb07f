#include "io/account_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

#include "host/errors.hpp"

namespace coterie {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

struct Line {
    std::string account;
    std::string_view weight;  ///< empty: none given
};

/// Splits `text` at the comma after its first cell, which may be quoted. False: not of this form.
bool split(std::string_view text, Line& line) {
    std::size_t end = 0;
    if (text.starts_with('"')) {
        for (end = 1;; ++end) {
            if (end >= text.size()) return false;
            if (text[end] != '"') {
                line.account += text[end];
            } else if (end + 1 < text.size() && text[end + 1] == '"') {
                line.account += text[end++];
            } else {
                break;
            }
        }
        ++end;
        if (end < text.size() && text[end] != ',') return false;
    } else {
        end = std::min(text.find(','), text.size());
        line.account = text.substr(0, end);
    }
    line.weight = end < text.size() ? text.substr(end + 1) : std::string_view();
    return !line.account.empty() && !line.weight.starts_with('"');
}

double weight_of(std::string_view text, const std::string& where) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    double weight = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(weight) || weight < 0.0)
        throw IoError(fmt::format("{}: the weight must be a number of 0 or more, got \"{}\"", where, text));
    return weight;
}

}  // namespace

std::vector<double> read_account_weights(const std::filesystem::path& path, const AccountNames& names) {
    std::ifstream file(path, std::ios::binary);
    if (!file || std::filesystem::is_directory(path))
        throw IoError(fmt::format("{}: must be a file that can be read: {}", path.string(), std::strerror(errno)));
    std::vector<double> weights(names.accounts().size(), 0.0);
    std::size_t number = 0;
    for (std::string buffer; std::getline(file, buffer);) {
        std::string_view text = buffer;
        if (++number == 1 && text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
        if (text.ends_with('\r')) text.remove_suffix(1);
        if (text.empty() || text.starts_with('#')) continue;
        if (number == 1 && (text == "account" || text.starts_with("account,"))) continue;
        const std::string where = fmt::format("{}:{}", path.string(), number);
        Line line;
        if (!split(text, line))
            throw IoError(fmt::format("{}: a line must be account or account,weight, got \"{}\"", where, text));
        const auto account = names.find(line.account);
        if (!account) throw IoError(fmt::format("{}: {}", where, names.why_not(line.account)));
        weights[*account] += line.weight.empty() ? 1.0 : weight_of(line.weight, where);
    }
    if (file.bad()) throw IoError(fmt::format("{}: reading failed: {}", path.string(), std::strerror(errno)));
    return weights;
}

}  // namespace coterie
