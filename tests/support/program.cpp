#include "tests/support/program.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

/// In the child, between fork and exec: standard output and error go to files.
void redirect(int descriptor, const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(file, descriptor);
    ::close(file);
}

}  // namespace

Program::Program(const std::filesystem::path& folder, const std::vector<std::string>& arguments, const char* program) {
    static int count = 0;
    const std::string name = "coterie-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
    out_ = std::filesystem::path(::testing::TempDir()) / (name + ".out");
    err_ = std::filesystem::path(::testing::TempDir()) / (name + ".err");
    std::vector<const char*> words{program};
    for (const std::string& argument : arguments) words.push_back(argument.c_str());
    words.push_back(nullptr);
    process_ = ::fork();
    if (process_ < 0) throw std::runtime_error("fork failed");
    if (process_ > 0) return;
    // Spinning threads would make small graphs a thousand times slower on a busy machine.
    ::setenv("OMP_WAIT_POLICY", "passive", 1);
    redirect(STDOUT_FILENO, out_);
    redirect(STDERR_FILENO, err_);
    if (::chdir(folder.c_str()) == 0) ::execv(program, const_cast<char* const*>(words.data()));
    ::_exit(127);
}

Program::~Program() {
    if (running()) {
        signal(SIGKILL);
        wait();
    }
    std::filesystem::remove(out_);
    std::filesystem::remove(err_);
}

void Program::signal(int number) const {
    ::kill(process_, number);
}

bool Program::running() {
    if (!ended_) ended_ = ::waitpid(process_, &status_, WNOHANG) == process_;
    return !ended_;
}

std::string Program::err_so_far() const {
    return read_bytes(err_);
}

Finished Program::wait() {
    if (!ended_) ended_ = ::waitpid(process_, &status_, 0) == process_;
    const int code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
    return {code, read_bytes(out_), read_bytes(err_)};
}

Finished run_program(const std::filesystem::path& folder, const std::vector<std::string>& arguments) {
    return Program(folder, arguments).wait();
}

::testing::AssertionResult says(const std::string& text, const std::string& part) {
    if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "no \"" << part << "\" in:\n" << text;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace coterie::testing
