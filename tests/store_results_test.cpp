#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <random>
#include <thread>

#include "host/errors.hpp"
#include "io/store.hpp"
#include "io/temporary_file.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

std::size_t files_in(const TemporaryFolder& folder) {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator()));
}

void expect_same(const StoredResult& got, const StoredResult& expected) {
    EXPECT_EQ(got.name, expected.name);
    EXPECT_EQ(got.arrays, expected.arrays);
    EXPECT_EQ(got.attributes, expected.attributes);
}

constexpr AccountId accounts_of_writer = 20000;
constexpr const char* store_of_writer = "COTERIE_TEST_STORE";

}  // namespace

TEST(StoreResults, AreGivenBack) {
    const TemporaryFolder folder;
    write_store(folder / "s.h5", SampleStore(30).contents());
    const Store before = Store::open(folder / "s.h5");
    const StoredResult pagerank = sample_result("pagerank", 30, 0.5);
    const StoredResult lpa = sample_result("lpa", 3, 1.5);
    add_results(folder / "s.h5", {pagerank, lpa});

    const Store after = Store::open(folder / "s.h5");
    EXPECT_EQ(after.result_names(), (std::vector<std::string>{"lpa", "pagerank"}));
    expect_same(after.result("pagerank"), pagerank);
    expect_same(after.result("lpa"), lpa);
    EXPECT_EQ(after.result_attributes("lpa"), lpa.attributes);
    for (const LayerInfo& layer : after.layers()) EXPECT_NO_THROW(after.verify(layer.name, 2));
    EXPECT_TRUE(before.result_names().empty());
    EXPECT_EQ(files_in(folder), 1U);
}

TEST(StoreResults, ReplaceThoseOfTheSameNameWithoutGrowth) {
    const TemporaryFolder folder;
    write_store(folder / "s.h5", SampleStore(3000).contents());
    add_results(folder / "s.h5", {sample_result("a", 3000, 1), sample_result("b", 3000, 2)});
    add_results(folder / "s.h5", {sample_result("a", 3000, 3)});
    const auto bytes = std::filesystem::file_size(folder / "s.h5");
    for (int k = 4; k < 20; ++k) add_results(folder / "s.h5", {sample_result("a", 3000, k)});
    EXPECT_LE(std::filesystem::file_size(folder / "s.h5"), bytes + 3 * 16384);
    const Store store = Store::open(folder / "s.h5");
    expect_same(store.result("a"), sample_result("a", 3000, 19));
    expect_same(store.result("b"), sample_result("b", 3000, 2));
}

TEST(StoreResults, OfTheSameRunsGiveTheSameBytes) {
    const TemporaryFolder folder;
    for (const char* name : {"a.h5", "b.h5"}) {
        write_store(folder / name, SampleStore(100).contents());
        add_results(folder / name, {sample_result("r", 100, 1)});
        add_results(folder / name, {sample_result("r", 100, 2), sample_result("s", 100, 3)});
    }
    EXPECT_EQ(read_bytes(folder / "a.h5"), read_bytes(folder / "b.h5"));
}

TEST(StoreResults, KeepTheModeOfTheFileAndALinkToIt) {
    const TemporaryFolder folder;
    write_store(folder / "s.h5", SampleStore(3).contents());
    std::filesystem::permissions(folder / "s.h5", std::filesystem::perms(0640));
    std::filesystem::create_symlink("s.h5", folder / "link.h5");
    add_results(folder / "link.h5", {sample_result("r", 3, 1)});
    EXPECT_EQ(std::filesystem::status(folder / "s.h5").permissions(), std::filesystem::perms(0640));
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link.h5"));
    EXPECT_EQ(Store::open(folder / "s.h5").result_names().size(), 1U);
}

TEST(StoreResults, OfBadNamesAreRefused) {
    const TemporaryFolder folder;
    write_store(folder / "s.h5", SampleStore(3).contents());
    for (const char* name : {"", ".", "..", "a/b"})
        EXPECT_THROW(add_results(folder / "s.h5", {sample_result(name, 3, 1)}), std::invalid_argument);
    EXPECT_THROW(add_results(folder / "s.h5", {sample_result("r", 3, 1), sample_result("r", 3, 2)}),
                 std::invalid_argument);
    StoredResult result = sample_result("r", 3, 1);
    result.arrays["a/b"] = std::vector<double>{1};
    EXPECT_THROW(add_results(folder / "s.h5", {result}), std::invalid_argument);
    EXPECT_TRUE(Store::open(folder / "s.h5").result_names().empty());
}

TEST(StoreResults, AreNotAddedToWhatIsNoStore) {
    const TemporaryFolder folder;
    EXPECT_THROW(add_results(folder / "s.h5", {}), IoError);
    write_bytes(folder / "s.h5", "no store");
    EXPECT_THROW(add_results(folder / "s.h5", {sample_result("r", 3, 1)}), IoError);
    EXPECT_EQ(read_bytes(folder / "s.h5"), "no store");
    EXPECT_EQ(files_in(folder), 1U);
}

TEST(StoreResults, OfSeveralWritersAtOnceAreAllThere) {
    const TemporaryFolder folder;
    write_store(folder / "s.h5", SampleStore(300).contents());
    std::vector<std::thread> writers;
    for (int w = 0; w < 4; ++w)
        writers.emplace_back([&, w] {
            for (int k = 0; k < 5; ++k)
                add_results(folder / "s.h5", {sample_result(fmt::format("r{}-{}", w, k), 300, k)});
        });
    for (std::thread& writer : writers) writer.join();
    EXPECT_EQ(Store::open(folder / "s.h5").result_names().size(), 20U);
    EXPECT_EQ(files_in(folder), 1U);
}

// Not a test by itself: the writer that the next one kills.
TEST(StoreResults, DISABLED_AreAddedWithoutEnd) {
    const char* path = getenv(store_of_writer);
    ASSERT_NE(path, nullptr);
    for (int k = 1;; ++k) add_results(path, {sample_result("r", accounts_of_writer, k)});
}

TEST(StoreResults, OfAKilledWriterAreTheOldOrTheNewOnes) {
    const TemporaryFolder folder;
    const std::filesystem::path path = folder / "s.h5";
    write_store(path, SampleStore(accounts_of_writer).contents());
    add_results(path, {sample_result("r", accounts_of_writer, 0)});
    setenv(store_of_writer, path.c_str(), 1);
    std::mt19937 random(7);
    std::size_t most_files = 1;
    for (int k = 0; k < 20; ++k) {
        const pid_t writer = fork();
        ASSERT_GE(writer, 0);
        if (writer == 0) {
            execl("/proc/self/exe", "coterie_tests", "--gtest_filter=StoreResults.DISABLED_AreAddedWithoutEnd",
                  "--gtest_also_run_disabled_tests", "--gtest_brief=1", nullptr);
            _exit(1);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(30 + random() % 40));
        kill(writer, SIGKILL);
        int status = 0;
        waitpid(writer, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";

        const Store store = Store::open(path);
        for (const LayerInfo& layer : store.layers()) store.verify(layer.name, 1);
        const StoredResult result = store.result("r");
        expect_same(result, sample_result("r", accounts_of_writer, std::get<double>(result.attributes.at("first"))));
        most_files = std::max(most_files, files_in(folder));
    }
    unsetenv(store_of_writer);
    EXPECT_LE(most_files, 2U);  // each writer removes what the one before left
    add_results(path, {sample_result("r", accounts_of_writer, 0)});
    EXPECT_EQ(files_in(folder), 1U);
}

// A file that may not grow beyond a limit fails as a full disk does. In processes of their own, since the limit is one of
// the process.
TEST(StoreWriting, LeavesNothingBehindWhenTheDiskIsFull) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    for (const rlim_t limit : {100, 3000, 5000, 20000, 100000, 300000}) {
        const auto full = [limit] {
            const TemporaryFolder folder;
            const SampleStore sample(5000);
            write_store(folder / "old.h5", SampleStore(10).contents());
            write_store(folder / "big.h5", sample.contents());
            signal(SIGXFSZ, SIG_IGN);
            const rlimit limits{limit, limit};
            setrlimit(RLIMIT_FSIZE, &limits);
            int errors = 0;
            for (const auto& write : std::initializer_list<std::function<void()>>{
                     [&] { write_store(folder / "new.h5", sample.contents()); },
                     [&] { write_store(folder / "old.h5", sample.contents()); },
                     [&] { add_results(folder / "big.h5", {sample_result("r", 5000, 1)}); }}) {
                try {
                    write();
                } catch (const IoError& error) {
                    const std::string text = error.what();
                    errors += text.find("File too large") != text.npos && text.find(".h5: ") != text.npos;
                }
            }
            const bool sound =
                errors == 3 && files_in(folder) == 2 && Store::open(folder / "old.h5").accounts()->size() == 10;
            Store::open(folder / "big.h5").verify("follow", 1);
            std::filesystem::remove_all(folder.path());
            _exit(sound ? 0 : 1);
        };
        EXPECT_EXIT(full(), ::testing::ExitedWithCode(0), "") << limit;
    }
}

TEST(TemporaryFile, IsRemovedUnlessCommitted) {
    const TemporaryFolder folder;
    {
        const TemporaryFile file(folder / "a");
        write_bytes(file.path(), "half");
        EXPECT_EQ(files_in(folder), 1U);
    }
    EXPECT_EQ(files_in(folder), 0U);
    {
        TemporaryFile file(folder / "a");
        write_bytes(file.path(), "whole");
        file.commit();
    }
    EXPECT_EQ(read_bytes(folder / "a"), "whole");
    EXPECT_EQ(files_in(folder), 1U);
}

TEST(TemporaryFile, RemovesWhatAKilledWriterLeftAndNothingElse) {
    const TemporaryFolder folder;
    for (const char* name : {"a.tmp-99999999-0", "a.tmp-1-7", "b.tmp-99999999-0", "a.tmp-notes", "a.tmp"})
        write_bytes(folder / name, "x");
    const TemporaryFile live(folder / "a");
    EXPECT_FALSE(std::filesystem::exists(folder / "a.tmp-99999999-0"));
    EXPECT_FALSE(std::filesystem::exists(folder / "a.tmp-1-7"));
    EXPECT_EQ(files_in(folder), 4U);
    const TemporaryFile second(folder / "a");
    EXPECT_TRUE(std::filesystem::exists(live.path()));
    EXPECT_NE(live.path(), second.path());
    remove_temporary_files();
    EXPECT_EQ(files_in(folder), 3U);
}

TEST(TemporaryFile, DoesNotReplaceFoldersAndDevices) {
    const TemporaryFolder folder;
    EXPECT_THROW(TemporaryFile(folder.path()), IoError);
    EXPECT_THROW(TemporaryFile("/dev/null"), IoError);
    EXPECT_THROW(TemporaryFile(folder / "none/a"), IoError);
    EXPECT_NO_THROW(write_file("/dev/null", "text"));
    EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
    EXPECT_THROW(write_file(folder.path(), "text"), IoError);
}

TEST(TemporaryFile, ReplacesWhatALinkPointsTo) {
    const TemporaryFolder folder;
    write_bytes(folder / "a", "old");
    std::filesystem::create_symlink("a", folder / "link");
    write_file(folder / "link", "new");
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
    EXPECT_EQ(read_bytes(folder / "a"), "new");
}

}  // namespace coterie::testing
