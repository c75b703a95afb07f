#include "io/result_table.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>

#include "host/errors.hpp"
#include "io/text_rows.hpp"

namespace coterie {

namespace {

std::string json_text(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Appends cells to a buffer, in one of the two formats.
class CellWriter {
  public:
    CellWriter(const ResultTable& table, TableFormat format, std::string& buffer)
        : table_(table), format_(format), buffer_(buffer) {}

    void cell(const TableColumn& column, std::size_t row) {
        const AccountId account = table_.order[row];
        std::visit([&](const auto& cells) { append(cells, account, row); }, column.cells);
    }

  private:
    void append(RowPosition, AccountId, std::size_t row) { number(row + 1); }
    void append(AccountItself, AccountId account, std::size_t) { original_id(account); }
    void append(const OriginalIds& ids, AccountId account, std::size_t) { original_id(ids.accounts[account]); }
    void append(std::span<const std::uint32_t> values, AccountId account, std::size_t) { number(values[account]); }
    void append(std::span<const double> values, AccountId account, std::size_t) { number(values[account]); }
    void append(std::span<const std::string> values, AccountId account, std::size_t) { text(values[account]); }

    template <class Number>
    void number(Number value) {
        fmt::format_to(std::back_inserter(buffer_), "{}", value);
    }
    void text(std::string_view value) {
        const std::string quoted = format_ == TableFormat::csv ? csv_cell(value) : json_text(value);
        buffer_.append(quoted);
    }
    void original_id(AccountId account) {
        const Accounts& accounts = *table_.accounts;
        if (accounts.numeric())
            number(accounts.id(account));
        else
            text(accounts.handle(account));
    }

    const ResultTable& table_;
    TableFormat format_;
    std::string& buffer_;
};

void append_rows(std::string& buffer, const ResultTable& table, TableFormat format, std::size_t begin,
                 std::size_t end) {
    std::vector<std::string> keys;
    for (const TableColumn& column : table.columns) keys.push_back(json_text(column.name) + ":");
    CellWriter writer(table, format, buffer);
    for (std::size_t row = begin; row < end; ++row) {
        if (format == TableFormat::json) buffer.push_back('{');
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            if (i > 0) buffer.push_back(',');
            if (format == TableFormat::json) buffer.append(keys[i]);
            writer.cell(table.columns[i], row);
        }
        if (format == TableFormat::json) buffer.append(std::string_view(row + 1 < table.order.size() ? "}," : "}"));
        buffer.push_back('\n');
    }
}

std::string head(const ResultTable& table, TableFormat format) {
    if (format == TableFormat::json) return "[\n";
    std::string line;
    for (const TableColumn& column : table.columns) {
        if (!line.empty()) line += ',';
        line += csv_cell(column.name);
    }
    return line + "\n";
}

[[noreturn]] void fail(const std::string& name, std::string_view doing, int error) {
    throw IoError(fmt::format("{}: {} failed: {}", name, doing, std::strerror(error)));
}

}  // namespace

TableFormat table_format(const std::filesystem::path& path) {
    return path.extension() == ".json" ? TableFormat::json : TableFormat::csv;
}

void write_table(const std::filesystem::path& path, TableFormat format, const ResultTable& table, int threads,
                 Progress* progress) {
    TextRows rows;
    rows.head = head(table, format);
    rows.count = table.order.size();
    rows.append = [&](std::string& text, std::size_t begin, std::size_t end) {
        append_rows(text, table, format, begin, end);
    };
    if (format == TableFormat::json) rows.tail = "]\n";
    write_text_rows(path, rows, threads, progress);
}

void require_writable(const std::filesystem::path& path) {
    if (path == "-" || path.empty()) return;
    const std::string name = path.string();
    if (std::filesystem::is_directory(path))
        throw IoError(fmt::format("{}: must be a file to write, but is a folder", name));
    if (is_special_file(path)) {
        if (::access(path.c_str(), W_OK) != 0) fail(name, "opening to write", errno);
        return;
    }
    const std::filesystem::path parent = link_target(path).parent_path();
    const std::filesystem::path folder = parent.empty() ? "." : parent;
    if (!std::filesystem::is_directory(folder))
        throw IoError(fmt::format("{}: the folder {} must exist; make it first (mkdir -p)", name, folder.string()));
    if (::access(folder.c_str(), W_OK | X_OK) != 0) fail(name, "writing into its folder", errno);
}

std::string csv_cell(std::string_view text) {
    const bool plain = text.find_first_of(",\"\r\n") == std::string_view::npos &&
                       (text.empty() || (text.front() != ' ' && text.back() != ' '));
    if (plain) return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

}  // namespace coterie
