#include "io/text_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>

#include "host/errors.hpp"
#include "io/temporary_file.hpp"

namespace coterie {

namespace {

constexpr std::uint64_t rows_per_block = 1U << 14U;

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

[[noreturn]] void fail(const std::string& name, std::string_view doing, int error) {
    throw IoError(fmt::format("{}: {} failed: {}", name, doing, std::strerror(error)));
}

File opened(const std::filesystem::path& path, const std::string& name) {
    File file(std::fopen(path.c_str(), "wbe"));
    if (file == nullptr) fail(name, "creating", errno);
    return file;
}

void put(std::FILE* file, const std::string& name, const std::string& text) {
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), file) != text.size()) fail(name, "writing", errno == 0 ? EIO : errno);
}

void write_all(std::FILE* file, const std::string& name, const TextRows& rows, int threads, Progress* progress) {
    const std::uint64_t blocks = (rows.count + rows_per_block - 1) / rows_per_block;
    const std::string step = "writing " + name;
    put(file, name, rows.head);

    // No exception may leave the region: the first is kept, and what remains is passed over.
    std::exception_ptr error;
    std::atomic<bool> stopped{false};
#pragma omp parallel num_threads(std::max(threads, 1))
    {
        std::string text;
#pragma omp for ordered schedule(static, 1)
        for (std::uint64_t block = 0; block < blocks; ++block) {
            const std::uint64_t begin = block * rows_per_block;
            const std::uint64_t end = std::min(rows.count, begin + rows_per_block);
            std::exception_ptr formatting;
            if (!stopped) {
                try {
                    text.clear();
                    rows.append(text, begin, end);
                } catch (...) {
                    formatting = std::current_exception();
                }
            }
#pragma omp ordered
            if (!stopped) {
                try {
                    if (formatting != nullptr) std::rethrow_exception(formatting);
                    put(file, name, text);
                    advance(progress, step, static_cast<double>(end), static_cast<double>(rows.count), "rows");
                } catch (...) {
                    error = std::current_exception();
                    stopped = true;
                }
            }
        }
    }
    if (error != nullptr) std::rethrow_exception(error);
    put(file, name, rows.tail);
    if (std::fflush(file) != 0) fail(name, "writing", errno);
}

}  // namespace

void write_text_rows(const std::filesystem::path& path, const TextRows& rows, int threads, Progress* progress) {
    if (path == "-") return write_all(stdout, "standard output", rows, threads, progress);
    const std::string name = path.string();
    if (is_special_file(path)) return write_all(opened(path, name).get(), name, rows, threads, progress);
    TemporaryFile temporary(link_target(path));
    write_all(opened(temporary.path(), name).get(), name, rows, threads, progress);
    temporary.commit();
}

bool is_special_file(const std::filesystem::path& path) {
    const auto status = std::filesystem::status(path);
    return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
}

std::filesystem::path link_target(const std::filesystem::path& path) {
    return std::filesystem::is_symlink(path) ? std::filesystem::weakly_canonical(path) : path;
}

}  // namespace coterie
