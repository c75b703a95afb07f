#include "tests/support/edge_files.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <functional>
#include <utility>

#include "host/build.hpp"
#include "host/errors.hpp"

namespace coterie::testing {

namespace {

std::vector<std::string_view> columns_of(std::string_view line) {
    constexpr std::string_view separators = ",\t \r";
    std::vector<std::string_view> columns;
    for (std::size_t begin = line.find_first_not_of(separators); begin != std::string_view::npos;) {
        const std::size_t end = std::min(line.find_first_of(separators, begin), line.size());
        columns.push_back(line.substr(begin, end - begin));
        begin = line.find_first_not_of(separators, end);
    }
    return columns;
}

using Columns = std::vector<std::string_view>;

/// Calls `take(columns)` for each line that is neither blank, a comment nor a header; `take` says whether it
/// could read it.
void read_lines(const std::string& path, const std::function<bool(const Columns&)>& take) {
    std::ifstream file(path);
    if (!file) throw IoError(path + ": cannot be read");
    std::size_t number = 0;
    for (std::string line; std::getline(file, line);) {
        ++number;
        const Columns columns = columns_of(line);
        if (columns.empty() || columns[0].front() == '#') continue;
        const auto first = static_cast<unsigned char>(columns[0].front());
        if (number == 1 && std::isdigit(first) == 0 && first != '-') continue;
        if (!take(columns))
            throw IoError(path + ":" + std::to_string(number) + ": expected numbers, got \"" + line + '"');
    }
}

template <class Number>
bool parse(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

AccountId position_of(const std::vector<std::uint64_t>& ids, std::uint64_t id) {
    const auto found = std::lower_bound(ids.begin(), ids.end(), id);
    return found != ids.end() && *found == id ? static_cast<AccountId>(found - ids.begin()) : no_account;
}

}  // namespace

AccountId EdgeFile::account(std::uint64_t id) const {
    const AccountId position = position_of(ids, id);
    return position == no_account ? no_account : graph.account_at(position);
}

std::vector<std::uint64_t> EdgeFile::ids_by_account() const {
    std::vector<std::uint64_t> by_account(ids.size());
    for (std::size_t position = 0; position < ids.size(); ++position)
        by_account[graph.account_at(static_cast<AccountId>(position))] = ids[position];
    return by_account;
}

EdgeFile read_edge_file(const std::string& path, const EdgeFileOptions& options) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> rows;
    EdgeList edges;
    read_lines(path, [&](const Columns& columns) {
        auto& [source, target] = rows.emplace_back();
        if (columns.size() < 2 || !parse(columns[0], source) || !parse(columns[1], target)) return false;
        if (!options.weighted) return true;
        return columns.size() >= 3 && parse(columns[2], edges.weights.emplace_back());
    });

    EdgeFile result;
    for (const auto& [source, target] : rows) result.ids.insert(result.ids.end(), {source, target});
    if (!options.accounts.empty())
        read_lines(options.accounts,
                   [&](const Columns& columns) { return parse(columns[0], result.ids.emplace_back()); });
    std::sort(result.ids.begin(), result.ids.end());
    result.ids.erase(std::unique(result.ids.begin(), result.ids.end()), result.ids.end());

    for (const auto& [source, target] : rows) {
        edges.sources.push_back(position_of(result.ids, source));
        edges.targets.push_back(position_of(result.ids, target));
    }
    result.graph = build_graph(static_cast<AccountId>(result.ids.size()), std::move(edges), options.undirected,
                               {.keep_self_loops = options.keep_self_loops});
    return result;
}

std::vector<std::vector<double>> read_table(const std::string& path) {
    std::vector<std::vector<double>> table;
    read_lines(path, [&](const Columns& columns) {
        auto& row = table.emplace_back();
        return std::all_of(columns.begin(), columns.end(),
                           [&](std::string_view text) { return parse(text, row.emplace_back()); });
    });
    return table;
}

std::string shared_data(std::string_view file) {
    const std::string path = std::string(COTERIE_SOURCE_DIR "/../shared/data/").append(file);
    return std::filesystem::exists(path) ? path : std::string();
}

std::string source_file(std::string_view file) {
    return std::string(COTERIE_SOURCE_DIR "/").append(file);
}

}  // namespace coterie::testing
