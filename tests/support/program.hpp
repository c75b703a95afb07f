#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace coterie::testing {

struct Finished {
    int code = -1;    ///< what it exited with; 128 + signal if a signal ended it
    std::string out;  ///< standard output
    std::string err;  ///< standard error
};

/// The built program, started as a user would start it, in a folder of its own.
class Program {
  public:
    Program(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
            const char* program = COTERIE_PROGRAM);
    ~Program();  ///< ends it if it still runs
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    void signal(int number) const;
    bool running();
    std::string err_so_far() const;
    Finished wait();

  private:
    std::filesystem::path out_;
    std::filesystem::path err_;
    int process_ = -1;
    int status_ = -1;
    bool ended_ = false;
};

/// Runs the program in `folder` to its end.
Finished run_program(const std::filesystem::path& folder, const std::vector<std::string>& arguments);

/// True if `part` stands in `text`; as a failure it shows the text.
::testing::AssertionResult says(const std::string& text, const std::string& part);

std::vector<std::string> lines_of(const std::string& text);

/// Names of what lies in `folder`, ascending.
std::vector<std::string> names_in(const std::filesystem::path& folder);

}  // namespace coterie::testing
