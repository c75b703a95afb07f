#include "io/rejects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "host/errors.hpp"
#include "io/fields.hpp"

namespace coterie {

namespace {

constexpr std::size_t shown_text = 1000;

std::string csv_field(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"') result += '"';
        result += c;
    }
    return result + '"';
}

/// What a reason says before it shows what was got.
std::string_view without_quotes(std::string_view reason) {
    const std::size_t shown = std::min(reason.find('"'), reason.find(", got"));
    if (shown == std::string_view::npos) return reason;
    const std::size_t clause = reason.rfind(", ", shown);
    reason = reason.substr(0, clause != std::string_view::npos ? clause : shown);
    return reason.substr(0, reason.find_last_not_of(" (") + 1);
}

}  // namespace

void RejectsFile::open() {
    temporary_ = std::make_unique<TemporaryFile>(path_);
    file_.reset(std::fopen(temporary_->path().c_str(), "wbe"));
    if (file_ == nullptr)
        throw IoError(
            fmt::format("{}: creating the file of rejected lines failed: {}", path_.string(), std::strerror(errno)));
    write("file,line,reason,text\n");
}

void RejectsFile::write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size())
        throw IoError(fmt::format("{}: writing the rejected lines failed: {}", path_.string(), std::strerror(errno)));
}

void RejectsFile::add(std::string_view file, const Reject& reject) {
    if (file_ == nullptr) open();
    const std::string_view reason = shows_text_ ? reject.reason : without_quotes(reject.reason);
    if (count_++ == 0) first_ = fmt::format("{}:{}: {}", file, reject.line, reason);
    write(fmt::format("{},{},{},{}\n", csv_field(file), reject.line, csv_field(reason),
                      shows_text_ ? csv_field(printable(reject.text, shown_text)) : ""));
}

void RejectsFile::restart() {
    file_.reset();
    temporary_.reset();
    count_ = 0;
    first_.clear();
}

void RejectsFile::commit() {
    if (file_ == nullptr) return;
    if (std::fclose(file_.release()) != 0)
        throw IoError(
            fmt::format("{}: closing the file of rejected lines failed: {}", path_.string(), std::strerror(errno)));
    temporary_->commit();
    temporary_.reset();
}

}  // namespace coterie
