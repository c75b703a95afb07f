#include "io/rejects.hpp"

#include <fmt/format.h>

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
    if (count_++ == 0) first_ = fmt::format("{}:{}: {}", file, reject.line, reject.reason);
    write(fmt::format("{},{},{},{}\n", csv_field(file), reject.line, csv_field(reject.reason),
                      csv_field(printable(reject.text, shown_text))));
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
