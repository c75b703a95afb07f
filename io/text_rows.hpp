#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "host/progress.hpp"

namespace coterie {

/// Text of many rows between a head and a tail.
struct TextRows {
    std::string head = {};
    std::uint64_t count = 0;
    /// Appends the text of rows [begin, end) to `text`. Called by several threads at once.
    std::function<void(std::string& text, std::uint64_t begin, std::uint64_t end)> append;
    std::string tail = {};
};

/// Writes `rows` to `path` beside its name and renames it into place; a device or a pipe is written straight; "-" is
/// standard output. Threads format blocks of rows and write them in turn, so that the bytes do not depend on how many there are.
/// Throws IoError if it cannot be written, Cancelled if `progress` asks to stop: then no file is left behind.
void write_text_rows(const std::filesystem::path& path, const TextRows& rows, int threads,
                     Progress* progress = nullptr);

/// Whether `path` is a pipe, a terminal, a device: nothing that a finished file could be renamed over.
bool is_special_file(const std::filesystem::path& path);

/// Where the file really lies, so that a link stays a link when something is renamed over it.
std::filesystem::path link_target(const std::filesystem::path& path);

}  // namespace coterie
