#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "io/sha256.hpp"

namespace coterie::testing {

namespace {

const std::filesystem::path datasets = std::filesystem::path(COTERIE_SOURCE_DIR) / "datasets";

std::string sha256_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    Sha256 digest;
    digest.add(bytes.data(), bytes.size());
    return digest.hexadecimal();
}

}  // namespace

TEST(Datasets, AreWhatTheirChecksumsSay) {
    std::size_t checked = 0;
    for (const auto& folder : std::filesystem::directory_iterator(datasets)) {
        if (!folder.is_directory()) continue;
        std::ifstream sums(folder.path() / "SHA256SUMS");
        ASSERT_TRUE(sums) << folder.path() << " has no SHA256SUMS";
        std::string sum;
        std::string name;
        while (sums >> sum >> name) {
            EXPECT_EQ(sha256_of(folder.path() / name), sum) << folder.path() / name;
            ++checked;
        }
    }
    EXPECT_GE(checked, 3U);
}

TEST(Datasets, SayWhereTheyComeFromAndUnderWhichLicence) {
    for (const auto& folder : std::filesystem::directory_iterator(datasets)) {
        if (!folder.is_directory()) continue;
        std::ifstream file(folder.path() / "README.md");
        const std::string text(std::istreambuf_iterator<char>(file), {});
        for (const char* word : {"Source:", "Licence:", "SHA256SUMS"})
            EXPECT_NE(text.find(word), std::string::npos) << folder.path() << ": " << word;
    }
}

}  // namespace coterie::testing
