#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/fuzz/targets.hpp"
#include "tests/support/edge_files.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

class FuzzTargets : public ::testing::TestWithParam<fuzz::Target> {};

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    if (!std::filesystem::exists(folder)) return files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
    return files;
}

}  // namespace

// What the fuzzer begins with, and what once failed, in every build: a crash or a broken promise ends the test.
TEST_P(FuzzTargets, SurviveWhatOnceFailed) {
    const std::filesystem::path folder = source_file("tests/fuzz");
    const auto corpus = files_in(folder / "corpus" / GetParam().name);
    EXPECT_FALSE(corpus.empty()) << "the fuzzer has nothing to begin with";
    const auto regressions = files_in(folder / "regressions" / GetParam().name);
    for (const auto& files : {corpus, regressions})
        for (const std::filesystem::path& file : files) {
            SCOPED_TRACE(file.string());
            EXPECT_NO_THROW(fuzz::show(GetParam(), read_bytes(file)));
        }
    fuzz::show(GetParam(), {});
}

INSTANTIATE_TEST_SUITE_P(Reader, FuzzTargets, ::testing::ValuesIn(fuzz::targets().begin(), fuzz::targets().end()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace coterie::testing
