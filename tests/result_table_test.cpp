#include "io/result_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "host/errors.hpp"

namespace coterie::testing {

namespace {

/// Accounts named by handles, in ascending order.
class Handles final : public Accounts {
  public:
    explicit Handles(std::vector<std::string> handles) : handles_(std::move(handles)), by_id_(handles_.size()) {
        std::iota(by_id_.begin(), by_id_.end(), 0U);
    }
    AccountId size() const override { return static_cast<AccountId>(handles_.size()); }
    bool numeric() const override { return false; }
    std::uint64_t id(AccountId) const override { return 0; }
    std::string_view handle(AccountId account) const override { return handles_[account]; }
    std::span<const AccountId> by_id() const override { return by_id_; }

  private:
    std::vector<std::string> handles_;
    std::vector<AccountId> by_id_;
};

/// Account v has the id 2^63 + v.
class Numbers final : public Accounts {
  public:
    explicit Numbers(AccountId n) : by_id_(n) { std::iota(by_id_.begin(), by_id_.end(), 0U); }
    AccountId size() const override { return static_cast<AccountId>(by_id_.size()); }
    bool numeric() const override { return true; }
    std::uint64_t id(AccountId account) const override { return (std::uint64_t{1} << 63U) + account; }
    std::string_view handle(AccountId) const override { return {}; }
    std::span<const AccountId> by_id() const override { return by_id_; }

  private:
    std::vector<AccountId> by_id_;
};

class ResultTableFile : public ::testing::Test {
  protected:
    ResultTableFile() {
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
    }
    ~ResultTableFile() override { std::filesystem::remove_all(folder_); }

    std::string written(const ResultTable& table, TableFormat format, int threads = 2) const {
        write_table(folder_ / "table", format, table, threads);
        std::ostringstream text;
        text << std::ifstream(folder_ / "table").rdbuf();
        return text.str();
    }
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
    }

    std::filesystem::path folder_ =
        std::filesystem::path(::testing::TempDir()) /
        (std::string("coterie-table-") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

const std::vector<AccountId> two{0, 1};

}  // namespace

TEST_F(ResultTableFile, QuotesWhatCsvNeedsQuoted) {
    const auto accounts = std::make_shared<Handles>(std::vector<std::string>{"a,b", "say \"hi\""});
    const std::vector<std::string> names{" space", "two\nlines"};
    const std::vector<double> values{0.1, 1.0};
    const ResultTable table{
        accounts, two, {{"account", AccountItself{}}, {"name", std::span(names)}, {"value", std::span(values)}}};
    EXPECT_EQ(written(table, TableFormat::csv),
              "account,name,value\n\"a,b\",\" space\",0.1\n\"say \"\"hi\"\"\",\"two\nlines\",1\n");
}

TEST_F(ResultTableFile, WritesIdsBeyondDoubleExactly) {
    const std::vector<AccountId> label{1, 1};
    const ResultTable table{
        std::make_shared<Numbers>(2),
        two,
        {{"position", RowPosition{}}, {"account", AccountItself{}}, {"community", OriginalIds{label}}}};
    EXPECT_EQ(written(table, TableFormat::csv),
              "position,account,community\n1,9223372036854775808,9223372036854775809\n2,9223372036854775809,"
              "9223372036854775809\n");
    const auto rows = nlohmann::json::parse(written(table, TableFormat::json));
    EXPECT_EQ(rows.at(0).at("account"), 9223372036854775808ULL);
}

TEST_F(ResultTableFile, DoublesReadBackAsTheSameValue) {
    const std::vector<double> values{1.0 / 3.0, std::numeric_limits<double>::denorm_min()};
    const ResultTable table{std::make_shared<Numbers>(2), two, {{"value", std::span(values)}}};
    std::istringstream lines(written(table, TableFormat::csv));
    std::string line;
    std::getline(lines, line);
    for (const double value : values) {
        std::getline(lines, line);
        EXPECT_EQ(std::strtod(line.c_str(), nullptr), value);
    }
}

TEST_F(ResultTableFile, JsonIsAnArrayOfRowsWhateverTheBytesOfAHandle) {
    const auto accounts = std::make_shared<Handles>(std::vector<std::string>{"quote\"", "\xFFnot UTF-8"});
    const std::vector<std::uint32_t> cores{3, 4};
    const ResultTable table{accounts, two, {{"account", AccountItself{}}, {"core", std::span(cores)}}};
    const auto rows = nlohmann::json::parse(written(table, TableFormat::json));
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].at("account"), "quote\"");
    EXPECT_EQ(rows[1].at("core"), 4);
    const ResultTable empty{accounts, {}, {{"account", AccountItself{}}}};
    EXPECT_TRUE(nlohmann::json::parse(written(empty, TableFormat::json)).empty());
}

TEST_F(ResultTableFile, BytesDoNotDependOnThreads) {
    constexpr AccountId n = 100'000;
    const auto accounts = std::make_shared<Numbers>(n);
    std::vector<double> values(n);
    for (AccountId v = 0; v < n; ++v) values[v] = 1.0 / (1.0 + v);
    const ResultTable table{accounts, accounts->by_id(), {{"account", AccountItself{}}, {"value", std::span(values)}}};
    const std::string one = written(table, TableFormat::csv, 1);
    EXPECT_EQ(one, written(table, TableFormat::csv, 7));
    EXPECT_EQ(std::count(one.begin(), one.end(), '\n'), n + 1);
}

TEST_F(ResultTableFile, StopsWhenAskedAndLeavesNothing) {
    class Stop final : public Progress {
      public:
        void report(std::string_view, double, double, std::string_view) override {}
        bool cancelled() const override { return true; }
    } stop;
    const auto accounts = std::make_shared<Numbers>(10);
    const ResultTable table{accounts, accounts->by_id(), {{"account", AccountItself{}}}};
    EXPECT_THROW(write_table(folder_ / "table", TableFormat::csv, table, 2, &stop), Cancelled);
    EXPECT_EQ(files(), 0U);
}

TEST_F(ResultTableFile, SaysWhereItCannotWrite) {
    const auto accounts = std::make_shared<Numbers>(1);
    const ResultTable table{accounts, accounts->by_id(), {{"account", AccountItself{}}}};
    for (const auto& path : {folder_ / "no" / "such" / "table.csv", folder_}) {
        try {
            require_writable(path);
            FAIL() << path << " must not be writable";
        } catch (const IoError& error) {
            EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
        }
        EXPECT_THROW(write_table(path, TableFormat::csv, table, 1), IoError);
    }
    EXPECT_EQ(files(), 0U);
    EXPECT_THROW(write_table("/dev/full", TableFormat::csv, table, 1), IoError);
}

TEST_F(ResultTableFile, KeepsDevicesAndLinks) {
    const auto accounts = std::make_shared<Numbers>(1);
    const ResultTable table{accounts, accounts->by_id(), {{"account", AccountItself{}}}};
    write_table("/dev/null", TableFormat::csv, table, 1);
    EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
    std::ofstream(folder_ / "target") << "old";
    std::filesystem::create_symlink(folder_ / "target", folder_ / "link");
    write_table(folder_ / "link", TableFormat::csv, table, 1);
    EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "link"));
    EXPECT_EQ(std::filesystem::file_size(folder_ / "target"), std::string("account\n9223372036854775808\n").size());
}

}  // namespace coterie::testing
