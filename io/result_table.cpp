#include "io/result_table.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "host/errors.hpp"
#include "io/temporary_file.hpp"

namespace coterie {

namespace {

constexpr std::size_t rows_per_chunk = 1U << 14U;

std::string json_text(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Appends cells to a buffer, in one of the two formats.
class CellWriter {
  public:
    CellWriter(const ResultTable& table, TableFormat format, fmt::memory_buffer& buffer)
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
    fmt::memory_buffer& buffer_;
};

void append_rows(fmt::memory_buffer& buffer, const ResultTable& table, TableFormat format, std::size_t begin,
                 std::size_t end) {
    std::vector<std::string> keys;
    for (const TableColumn& column : table.columns) keys.push_back(json_text(column.name) + ":");
    CellWriter writer(table, format, buffer);
    for (std::size_t row = begin; row < end; ++row) {
        if (format == TableFormat::json) buffer.append(std::string_view("{"));
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

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

void write_rows(std::FILE* file, const std::string& name, TableFormat format, const ResultTable& table, int threads,
                Progress* progress) {
    const std::size_t rows = table.order.size();
    const auto chunks = static_cast<std::ptrdiff_t>((rows + rows_per_chunk - 1) / rows_per_chunk);
    int error = 0;
    bool stopped = false;
    const auto write = [&](std::string_view text) {
        if (error == 0 && std::fwrite(text.data(), 1, text.size(), file) != text.size())
            error = errno == 0 ? EIO : errno;
    };
    errno = 0;
    write(head(table, format));
    // Threads format chunks, and write them in turn. No exception may leave the region: what went wrong is noted.
#pragma omp parallel for ordered schedule(static, 1) num_threads(std::max(threads, 1))
    for (std::ptrdiff_t chunk = 0; chunk < chunks; ++chunk) {
        const std::size_t begin = static_cast<std::size_t>(chunk) * rows_per_chunk;
        const std::size_t end = std::min(rows, begin + rows_per_chunk);
        fmt::memory_buffer buffer;
        append_rows(buffer, table, format, begin, end);
#pragma omp ordered
        {
            if (!stopped) write({buffer.data(), buffer.size()});
            if (progress != nullptr) {
                progress->report("writing " + name, static_cast<double>(end), static_cast<double>(rows), "rows");
                stopped = stopped || progress->cancelled();
            }
        }
    }
    if (stopped) throw Cancelled();
    if (format == TableFormat::json) write("]\n");
    if (error == 0 && std::fflush(file) != 0) error = errno;
    if (error != 0) fail(name, "writing", error);
}

std::FILE* open_for_writing(const std::filesystem::path& path, const std::string& name) {
    std::FILE* file = std::fopen(path.c_str(), "wbe");
    if (file == nullptr) fail(name, "creating", errno);
    return file;
}

/// A pipe, a terminal, /dev/null: nothing that a finished file could be renamed over.
bool is_special(const std::filesystem::path& path) {
    const auto status = std::filesystem::status(path);
    return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
}

/// Where the file really lies, so that a link stays a link.
std::filesystem::path resolved(const std::filesystem::path& path) {
    return std::filesystem::is_symlink(path) ? std::filesystem::weakly_canonical(path) : path;
}

}  // namespace

TableFormat table_format(const std::filesystem::path& path) {
    return path.extension() == ".json" ? TableFormat::json : TableFormat::csv;
}

void write_table(const std::filesystem::path& path, TableFormat format, const ResultTable& table, int threads,
                 Progress* progress) {
    if (path == "-") return write_rows(stdout, "standard output", format, table, threads, progress);
    const std::string name = path.string();
    if (is_special(path)) {
        const std::unique_ptr<std::FILE, CloseFile> file(open_for_writing(path, name));
        return write_rows(file.get(), name, format, table, threads, progress);
    }
    TemporaryFile temporary(resolved(path));
    {
        const std::unique_ptr<std::FILE, CloseFile> file(open_for_writing(temporary.path(), name));
        write_rows(file.get(), name, format, table, threads, progress);
    }
    temporary.commit();
}

void require_writable(const std::filesystem::path& path) {
    if (path == "-" || path.empty()) return;
    const std::string name = path.string();
    if (std::filesystem::is_directory(path))
        throw IoError(fmt::format("{}: must be a file to write, but is a folder", name));
    if (is_special(path)) {
        if (::access(path.c_str(), W_OK) != 0) fail(name, "opening to write", errno);
        return;
    }
    const std::filesystem::path parent = resolved(path).parent_path();
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
