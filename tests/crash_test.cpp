// What kill -9, a full disk and inputs that change leave behind: the old files or the new ones, and nothing else.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "host/errors.hpp"
#include "io/input_file.hpp"
#include "io/store.hpp"
#include "tests/support/ingested.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

using Clock = std::chrono::steady_clock;
using Words = std::vector<std::string>;

std::string rows(int count, int accounts, std::uint64_t seed, const std::string& among = "") {
    std::mt19937_64 random(seed);
    std::string text = "source,target\n";
    for (int row = 0; row < count; ++row) {
        text += std::to_string(random() % static_cast<unsigned>(accounts)) + "," +
                std::to_string(random() % static_cast<unsigned>(accounts)) + "\n";
        if (row % 1000 == 500) text += among;
    }
    return text;
}

class Crash : public ::testing::Test {
  protected:
    Finished run(const Words& arguments) const { return run_program(folder_.path(), arguments); }
    void must_run(const Words& arguments) const {
        const Finished finished = run(arguments);
        ASSERT_EQ(finished.code, 0) << finished.err;
    }

    /// Runs the command many times and kills it at random moments of its life, looking at what is left each time.
    template <class Look>
    void kill_often(const Words& arguments, Look look) const {
        kill_often(
            arguments, [] {}, look);
    }
    template <class Prepare, class Look>
    void kill_often(const Words& arguments, Prepare prepare, Look look) const {
        prepare();
        const auto begun = Clock::now();
        must_run(arguments);
        const double life = std::chrono::duration<double>(Clock::now() - begun).count();
        std::mt19937_64 random(7);
        int killed = 0;
        for (int k = 0; k < 40 && Clock::now() - begun < std::chrono::seconds(6); ++k) {
            prepare();
            Program program(folder_.path(), arguments);
            const double moment = life * static_cast<double>(random() % 1000) / 900.0;
            std::this_thread::sleep_for(std::chrono::duration<double>(moment));
            program.signal(SIGKILL);
            killed += program.wait().code == 128 + SIGKILL;
            look();
            if (HasFatalFailure()) return;
        }
        EXPECT_GT(killed, 3) << "the command ended before it could be killed";
    }

    /// The command in a world where files cannot be longer than so many blocks of 1,024 bytes.
    Finished with_short_files(int blocks, const std::string& arguments) const {
        const std::string command = "bash -c \"cd '" + folder_.path().string() + "' && ulimit -f " +
                                    std::to_string(blocks) + " && exec '" COTERIE_PROGRAM "' " + arguments + "\" 2>&1";
        FILE* pipe = ::popen(command.c_str(), "r");
        Finished finished;
        char buffer[4096];
        for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
            finished.err.append(buffer, got);
        const int status = ::pclose(pipe);
        finished.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return finished;
    }

    TemporaryFolder folder_;
};

/// A file system of its own with little room, for as long as this lives.
class SmallDisk {
  public:
    SmallDisk(const std::filesystem::path& folder, const std::string& size) : folder_(folder) {
        std::filesystem::create_directory(folder_);
        mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
        if (!mounted_) why_not_ = std::strerror(errno);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    ~SmallDisk() {
        if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
    }
    const std::string& why_not() const { return why_not_; }

  private:
    std::filesystem::path folder_;
    bool mounted_ = false;
    std::string why_not_;
};

}  // namespace

TEST_F(Crash, AKilledIngestLeavesTheOldStoreOrTheNewOneAndNoOrphans) {
    write_bytes(folder_ / "old.csv", rows(2000, 300, 1));
    write_bytes(folder_ / "new.csv", rows(150000, 20000, 2, "not a row\n"));
    must_run({"ingest", "--follow", "new.csv", "-o", "s.h5", "--max-rejects", "1000"});
    const std::string rejects = read_bytes(folder_ / "s.h5.rejects.csv");
    const std::string after = read_bytes(folder_ / "s.h5");
    must_run({"ingest", "--follow", "old.csv", "-o", "s.h5"});
    const std::string before = read_bytes(folder_ / "s.h5");
    int old_ones = 0;
    int new_ones = 0;
    kill_often({"ingest", "--follow", "new.csv", "-o", "s.h5", "--max-rejects", "1000"}, [&] {
        const std::string left = read_bytes(folder_ / "s.h5");
        ++(left == before ? old_ones : new_ones);
        ASSERT_TRUE(left == before || left == after);
        ASSERT_EQ(run({"check", "s.h5"}).code, 0);
        if (std::filesystem::exists(folder_ / "s.h5.rejects.csv")) {
            ASSERT_EQ(read_bytes(folder_ / "s.h5.rejects.csv"), rejects);
        }
        write_bytes(folder_ / "s.h5", before);
    });
    EXPECT_GT(old_ones, 0);
    // A run without a rejected line cleans up after those that had some.
    must_run({"ingest", "--follow", "old.csv", "-o", "s.h5"});
    EXPECT_EQ(names_in(folder_.path()), (Words{"new.csv", "old.csv", "s.h5"}));
}

TEST_F(Crash, AKilledAppendLeavesTheOldStoreOrTheNewOneAndNoOrphans) {
    write_bytes(folder_ / "base.csv", rows(100000, 20000, 1));
    write_bytes(folder_ / "tonight.csv", rows(5000, 21000, 2, "not a row\n"));
    write_bytes(folder_ / "gone.csv", rows(100, 20000, 1));
    must_run({"ingest", "--mention", "base.csv", "-o", "s.h5"});
    const std::string before = read_bytes(folder_ / "s.h5");
    const Words append = {"ingest",           "--append", "s.h5", "--mention",     "tonight.csv", "--remove",
                          "mention=gone.csv", "-o",       "s.h5", "--max-rejects", "1000"};
    must_run(append);
    const std::string after = read_bytes(folder_ / "s.h5");
    EXPECT_TRUE(before != after);
    int old_ones = 0;
    kill_often(
        append, [&] { write_bytes(folder_ / "s.h5", before); },
        [&] {
            const std::string left = read_bytes(folder_ / "s.h5");
            old_ones += left == before;
            ASSERT_TRUE(left == before || left == after);
            ASSERT_EQ(run({"check", "s.h5"}).code, 0);
        });
    EXPECT_GT(old_ones, 0);
    // The next run cleans up.
    write_bytes(folder_ / "s.h5", before);
    must_run(append);
    EXPECT_TRUE(read_bytes(folder_ / "s.h5") == after);
    EXPECT_EQ(names_in(folder_.path()), (Words{"base.csv", "gone.csv", "s.h5", "s.h5.rejects.csv", "tonight.csv"}));
}

TEST_F(Crash, AKilledScoreLosesNoFinishedLayerAndLeavesNoHalfFile) {
    write_bytes(folder_ / "follow.csv", rows(3000, 300, 1));
    write_bytes(folder_ / "mention.csv", rows(4000, 300, 2));
    must_run({"ingest", "--follow", "follow.csv", "--mention", "mention.csv", "-o", "s.h5"});
    std::filesystem::copy_file(folder_ / "s.h5", folder_ / "fresh.h5");
    must_run({"score", "s.h5", "-o", "out"});
    std::map<std::string, std::string> whole;
    for (const char* name : {"ranking.csv", "communities.csv", "summary.txt"})
        whole[name] = read_bytes(folder_ / "out" / name);
    int half_done = 0;
    kill_often({"score", "s.h5", "-o", "out"}, [&] {
        ASSERT_EQ(run({"check", "s.h5"}).code, 0);
        for (const auto& [name, bytes] : whole)
            if (std::filesystem::exists(folder_ / "out" / name)) {
                ASSERT_EQ(read_bytes(folder_ / "out" / name), bytes) << name;
            }
        const std::vector<std::string> results = Store::open(folder_ / "s.h5").result_names();
        ASSERT_TRUE(results.empty() || results.size() == 6 || results.size() == 12) << results.size();
        half_done += results.size() == 6;
        std::filesystem::remove_all(folder_ / "out");
        std::filesystem::copy_file(folder_ / "fresh.h5", folder_ / "s.h5",
                                   std::filesystem::copy_options::overwrite_existing);
    });
    must_run({"score", "s.h5", "-o", "out", "--resume"});
    for (const auto& [name, bytes] : whole) EXPECT_EQ(read_bytes(folder_ / "out" / name), bytes) << name;
    EXPECT_EQ(names_in(folder_.path()), (Words{"follow.csv", "fresh.h5", "mention.csv", "out", "s.h5"}));
    EXPECT_EQ(names_in(folder_ / "out"), (Words{"communities.csv", "manifest.json", "ranking.csv", "summary.txt"}));
}

TEST_F(Crash, AFileThatCannotGrowIsAClearErrorAndLeavesTheOldOne) {
    write_bytes(folder_ / "few.csv", rows(100, 30, 1));
    write_bytes(folder_ / "many.csv", rows(60000, 20000, 2));
    write_bytes(folder_ / "bad.csv", rows(100, 30, 1) + std::string(60000, 'x') + "\n");
    must_run({"ingest", "--follow", "few.csv", "-o", "s.h5"});
    const std::string before = read_bytes(folder_ / "s.h5");
    const auto fails = [&](int blocks, const std::string& arguments) {
        const Finished finished = with_short_files(blocks, arguments);
        EXPECT_EQ(finished.code, 1) << arguments << finished.err;
        EXPECT_TRUE(says(finished.err, "File too large")) << arguments;
    };
    fails(400, "ingest --follow many.csv -o s.h5");  // the store
    EXPECT_EQ(read_bytes(folder_ / "s.h5"), before);
    fails(0, "ingest --follow bad.csv -o s.h5");  // the rejected lines
    EXPECT_EQ(read_bytes(folder_ / "s.h5"), before);
    fails(400, "ingest --append s.h5 --follow many.csv -o s.h5");
    EXPECT_EQ(read_bytes(folder_ / "s.h5"), before);
    EXPECT_EQ(names_in(folder_.path()), (Words{"bad.csv", "few.csv", "many.csv", "s.h5"}));
    must_run({"ingest", "--follow", "many.csv", "-o", "s.h5"});
    fails(100, "score s.h5 -o out --no-save --sources 2");  // the ranking
    fails(100, "pagerank s.h5 -o rows.csv");
    EXPECT_EQ(names_in(folder_.path()), (Words{"bad.csv", "few.csv", "many.csv", "out", "s.h5"}));
    EXPECT_EQ(names_in(folder_ / "out"), Words{});
    const std::string scored = read_bytes(folder_ / "s.h5");
    fails(1000, "score s.h5 -o out --sources 2");  // the results in the store
    EXPECT_EQ(read_bytes(folder_ / "s.h5"), scored);
}

TEST_F(Crash, AFullDiskIsAClearErrorAndLeavesTheOldStore) {
    const SmallDisk disk(folder_ / "disk", "1m");
    if (!disk.why_not().empty()) GTEST_SKIP() << "no small file system can be mounted: " << disk.why_not();
    write_bytes(folder_ / "few.csv", rows(100, 30, 1));
    write_bytes(folder_ / "many.csv", rows(60000, 20000, 2));
    must_run({"ingest", "--follow", "few.csv", "-o", "disk/s.h5"});
    const std::string before = read_bytes(folder_ / "disk/s.h5");
    const auto fails = [&](const Words& arguments) {
        const Finished finished = run(arguments);
        EXPECT_EQ(finished.code, 1) << finished.err;
        EXPECT_TRUE(says(finished.err, "No space left on device"));
        EXPECT_EQ(read_bytes(folder_ / "disk/s.h5"), before);
        EXPECT_EQ(names_in(folder_ / "disk"), Words{"s.h5"});
    };
    fails({"ingest", "--follow", "many.csv", "-o", "disk/s.h5"});
    fails({"ingest", "--append", "disk/s.h5", "--follow", "many.csv", "-o", "disk/s.h5"});
    // The input is copied first if it has to be read twice; here that fills the disk.
    const std::string piped = "cat '" + (folder_ / "many.csv").string() + "' '" + (folder_ / "many.csv").string() +
                              "' '" + (folder_ / "many.csv").string() +
                              "' | '" COTERIE_PROGRAM "' ingest --follow - -o '" + (folder_ / "disk/s.h5").string() +
                              "' 2> '" + (folder_ / "err.txt").string() + "'";
    EXPECT_EQ(WEXITSTATUS(std::system(piped.c_str())), 1);
    EXPECT_TRUE(says(read_bytes(folder_ / "err.txt"), "No space left on device"));
    EXPECT_EQ(names_in(folder_ / "disk"), Words{"s.h5"});
    must_run({"ingest", "--follow", "many.csv", "-o", "big.h5"});
    const Finished scored = run({"score", "big.h5", "-o", "disk/out", "--no-save", "--sources", "2"});
    EXPECT_EQ(scored.code, 1);
    EXPECT_TRUE(says(scored.err, "No space left on device"));
    EXPECT_EQ(names_in(folder_ / "disk/out"), Words{});
}

TEST_F(Crash, AnInputThatBecomesShorterWhileItIsReadIsAnError) {
    const std::string text = rows(200000, 30, 2);
    write_bytes(folder_ / "shrinks.csv", text);
    InputFile file((folder_ / "shrinks.csv").string());
    std::vector<char> buffer(1000);
    ASSERT_GT(file.read(buffer.data(), buffer.size()), 0U);
    std::filesystem::resize_file(folder_ / "shrinks.csv", text.size() / 2);
    buffer.resize(text.size());
    try {
        while (file.read(buffer.data(), buffer.size()) > 0) continue;
        ADD_FAILURE() << "half of the input was lost silently";
    } catch (const IoError& error) {
        EXPECT_TRUE(says(error.what(), "shrinks.csv: became shorter while it was read: "));
    }
    // An input that grows is read to the end that it has then.
    write_bytes(folder_ / "grows.csv", text);
    InputFile growing((folder_ / "grows.csv").string());
    ASSERT_GT(growing.read(buffer.data(), 1000), 0U);
    std::ofstream(folder_ / "grows.csv", std::ios::binary | std::ios::app) << "1,2\n";
    std::size_t total = 0;
    for (std::size_t got = 1; got > 0; total += got) got = growing.read(buffer.data(), buffer.size());
    EXPECT_EQ(growing.bytes_read(), text.size() + 4);
}

TEST_F(Crash, WhatIsNoFileIsAClearError) {
    std::filesystem::create_directory(folder_ / "folder");
    for (const char* option : {"--follow", "--accounts"}) {
        Finished finished = run({"ingest", option, "folder", "-o", "s.h5"});
        EXPECT_EQ(finished.code, 1);
        EXPECT_TRUE(says(finished.err, "folder: must be a file, but is a directory"));
        finished = run({"ingest", option, "none.csv", "-o", "s.h5"});
        EXPECT_EQ(finished.code, 1);
        EXPECT_TRUE(says(finished.err, "none.csv: opening to read failed: No such file or directory"));
    }
    EXPECT_EQ(names_in(folder_.path()), Words{"folder"});
}

TEST_F(Crash, AFileThatCannotBeReadIsAClearError) {
    // Opening it works; the system refuses to read what stands at its beginning.
    for (const char* option : {"--follow", "--accounts"}) {
        const Finished finished = run({"ingest", option, "/proc/self/mem", "-o", "s.h5"});
        EXPECT_EQ(finished.code, 1);
        EXPECT_TRUE(says(finished.err, "/proc/self/mem: reading failed: Input/output error"));
        EXPECT_EQ(names_in(folder_.path()), Words{});
    }
}

// Whatever it is taken for: a message or rejects, and no store.
TEST_F(Crash, BytesThatMeanNothingGiveNoStore) {
    std::mt19937_64 random(5);
    std::string bytes(300000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    write_bytes(folder_ / "garbage", bytes);
    for (const char* format : {"text", "json", "graphml", "gexf", "mtx", "metis", "twitter-v1", "twitter-v2"}) {
        const bool posts = std::string(format).starts_with("twitter");
        const Finished finished =
            run({"ingest", posts ? "--posts" : "--follow", "garbage", "--format", format, "-o", "s.h5"});
        EXPECT_TRUE(finished.code == 1 || finished.code == 3) << format << finished.code;
        EXPECT_TRUE(says(finished.err, "garbage")) << format;
        EXPECT_FALSE(std::filesystem::exists(folder_ / "s.h5")) << format;
    }
}

// Memory stays what it is for any length of a line, of a file in one line, and of what a few bytes inflate to.
TEST_F(Crash, AnEndlessLineTakesBoundedMemory) {
    const auto peak_of = [&](std::size_t length, const char* name) {
        {
            // The system counts the memory of this process to the peak of what it starts: it is free again by then.
            const std::string text = "source,target\n1,2\n" + std::string(length, 'a') + "\n2,3\n";
            write_bytes(folder_ / "line.csv", text);
            write_bytes(folder_ / "line.csv.gz", gzipped(text));
        }
        const Finished finished = run({"ingest", "--follow", name, "-o", "s.h5", "--json"});
        EXPECT_EQ(finished.code, 0) << finished.err;
        const auto report = nlohmann::json::parse(finished.out);
        EXPECT_EQ(report["kept"], 2) << name;
        EXPECT_EQ(report["rejected"], 1) << name;
        return report["peak_memory_bytes"].get<std::uint64_t>();
    };
    // Of a line beyond the longest one, against one six times as long: how much a run holds besides, a sanitizer's share
    // included, is in both.
    for (const char* name : {"line.csv", "line.csv.gz"})
        EXPECT_LT(peak_of(std::size_t{192} << 20, name),
                  peak_of(std::size_t{32} << 20, name) + (std::uint64_t{16} << 20))
            << name;
    EXPECT_LT(std::filesystem::file_size(folder_ / "line.csv.gz"), 200000U);
}

// Nor has a JSON document that is too long more than one reject, on a line of its own or over several.
TEST_F(Crash, AnEndlessDocumentTakesBoundedMemory) {
    const auto peak_of = [&](std::size_t length, std::string_view blank) {
        {
            const auto row = [&](const std::string& to) {
                return fmt::format("{{{}\"from\":\"a\",\"to\":\"{}\"{}}}\n", blank, to, blank);
            };
            write_bytes(folder_ / "rows.json", row("b") + row(std::string(length, 'c')) + row("d"));
        }
        const Finished finished = run({"ingest", "--follow", "rows.json", "--format", "json", "-o", "s.h5", "--json"});
        EXPECT_EQ(finished.code, 0) << finished.err;
        const auto report = nlohmann::json::parse(finished.out);
        EXPECT_EQ(report["kept"], 2) << length << blank;
        EXPECT_EQ(report["rejected"], 1) << length << blank;
        return report["peak_memory_bytes"].get<std::uint64_t>();
    };
    for (const std::string_view blank : {"", "\n"})
        EXPECT_LT(peak_of(std::size_t{240} << 20, blank),
                  peak_of(std::size_t{80} << 20, blank) + (std::uint64_t{24} << 20))
            << "blank: '" << blank << "'";
}

}  // namespace coterie::testing
