#include "io/erase.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>

#include "host/errors.hpp"
#include "io/ingest.hpp"
#include "io/store.hpp"
#include "tests/support/edge_files.hpp"
#include "tests/support/ingested.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

using Names = std::vector<std::string>;

class Erase : public ::testing::Test {
  protected:
    std::string file(const std::string& name, const std::string& text) {
        write_bytes(folder_ / name, text);
        return folder_ / name;
    }
    std::string path(const std::string& name) const { return folder_ / name; }
    std::string store() const { return path("s.h5"); }

    TemporaryFolder folder_;
};

std::string handle_of(unsigned account) {
    return fmt::format("person_{}", account * 7);
}

std::string id_of(unsigned account) {
    return std::to_string(0x1234567890ULL + account * 7);
}

/// Random rows with weights; not those that name an account of `without`.
std::string random_rows(unsigned seed, std::string (*name)(unsigned), const Names& without) {
    std::mt19937 random(seed);
    std::string text = "source,target,weight\n";
    for (int i = 0; i < 1500; ++i) {
        const std::string source = name(static_cast<unsigned>(std::min(random() % 90, random() % 90)));
        const std::string target = name(static_cast<unsigned>(std::min(random() % 90, random() % 90)));
        const auto weight = static_cast<double>(random() % 1000) / 7;
        const auto left_out = [&](const std::string& one) {
            return std::find(without.begin(), without.end(), one) != without.end();
        };
        if (!left_out(source) && !left_out(target)) text += fmt::format("{},{},{:.3f}\n", source, target, weight);
    }
    return text;
}

bool holds_text(const std::string& path, const std::string& text) {
    return read_bytes(path).find(text) != std::string::npos;
}

/// As a number of eight bytes, at any place that datasets align them to.
bool holds_number(const std::string& path, std::uint64_t number) {
    const std::string bytes = read_bytes(path);
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8)
        if (std::memcmp(bytes.data() + at, &number, 8) == 0) return true;
    return false;
}

}  // namespace

TEST_F(Erase, LeavesWhatTheOtherRowsWouldHaveGiven) {
    for (const bool undirected : {false, true}) {
        for (const auto name : {handle_of, id_of}) {
            const Names gone{name(0), name(3), name(80)};
            IngestOptions options;
            options.undirected = undirected;
            options.keep_self_loops = undirected;
            options.files = {{"follow", file("f.csv", random_rows(1, name, {}))},
                             {"mention", file("m.csv", random_rows(2, name, {}))}};
            ingest(store(), options);
            const EraseReport report = erase_accounts(store(), gone);
            EXPECT_EQ(report.erased, gone);
            EXPECT_GT(report.edges, 0U);

            // All other accounts stay, also those that had edges with the erased alone.
            std::string list = "id\n";
            for (unsigned account = 0; account < 90; ++account)
                if (std::find(gone.begin(), gone.end(), name(account)) == gone.end()) list += name(account) + "\n";
            options.files = {{"follow", file("f2.csv", random_rows(1, name, gone))},
                             {"mention", file("m2.csv", random_rows(2, name, gone))}};
            options.accounts = file("list.csv", list);
            ingest(path("t.h5"), options);
            const Store erased = Store::open(store());
            const Store expected = Store::open(path("t.h5"));
            for (const LayerInfo& layer : expected.layers()) {
                erased.verify(layer.name, 2);
                EXPECT_EQ(edges_of(store(), layer.name), edges_of(path("t.h5"), layer.name));
                const Graph a = erased.graph(layer.name);
                const Graph b = expected.graph(layer.name);
                EXPECT_TRUE(std::ranges::equal(a.by_id(), b.by_id()));
                EXPECT_TRUE(std::ranges::equal(a.in().neighbors, b.in().neighbors));
                EXPECT_TRUE(std::ranges::equal(a.out().neighbors, b.out().neighbors));
                EXPECT_TRUE(std::ranges::equal(a.in().weights, b.in().weights));
                EXPECT_EQ(erased.remainders(layer.name).edges, expected.remainders(layer.name).edges);
                EXPECT_EQ(erased.remainders(layer.name).values, expected.remainders(layer.name).values);
                const LayerInfo& info = erased.layer(layer.name);
                EXPECT_EQ(info.kept, layer.kept);
                EXPECT_EQ(info.rows, info.kept + info.merged + info.self_loops + info.rejected + info.outside);
            }
            EXPECT_EQ(accounts_of(store()), accounts_of(path("t.h5")));
        }
    }
}

TEST_F(Erase, LeavesNoTraceOfAHandle) {
    const std::string secret = "tomas.secret_77";
    IngestOptions options;
    options.files = {{"follow", file("f.csv", "ann,bob\nbob," + secret + "\n" + secret + ",ann\nann\n" + secret +
                                                  "\nbob;" + secret + "\n")}};
    options.accounts = file("a.csv", "id,name\nann,Ann\n" + secret + ",Tomas Quiet\nbob,Bob\n");
    options.ids = IdChoice::handles;
    ingest(store(), options);
    add_results(store(), {{"follow.pagerank",
                           {{"values", std::vector<double>{0.1, 0.2, 0.7}}},
                           {{"teleport", secret + ",1"}, {"damping", 0.85}}}});
    const std::string rejects = store() + ".rejects.csv";
    ASSERT_TRUE(holds_text(store(), secret) && holds_text(store(), "Tomas Quiet") && holds_text(rejects, secret));
    const EraseReport report = erase_accounts(store(), {secret, "nobody"}, {.overwrite = true});
    EXPECT_EQ(report.erased, Names{secret});
    EXPECT_EQ(report.absent, Names{"nobody"});
    EXPECT_EQ(report.reject_lines, 2U);
    for (const std::string& trace : {secret, std::string("Tomas Quiet"), std::string("secret")})
        EXPECT_FALSE(holds_text(store(), trace)) << trace;
    EXPECT_FALSE(holds_text(rejects, secret));
    EXPECT_TRUE(holds_text(rejects, "\"ann\""));
    EXPECT_EQ(edges_of(store(), "follow"), (OriginalEdges{{"ann", "bob", 1.0F}}));
    EXPECT_EQ(Store::open(store()).result_attributes("follow.pagerank").count("teleport"), 0U);
}

// Of posts: the profile's columns, results by account, and rejected documents that name the account.
TEST_F(Erase, LeavesNoTraceOfAnAccountOfPosts) {
    for (const IdChoice ids : {IdChoice::numeric, IdChoice::handles}) {
        IngestOptions options;
        options.posts = {file(
            "p.jsonl", read_bytes(source_file("tests/data/formats/twitter_v2_pages.jsonl")) +
                           "\n{\"data\":[{\"id\":\"77\",\"author_id\":\"11\",\"username\":\"ann\",\"text\":\"cut off")};
        options.ids = ids;
        ingest(store(), options);
        const AccountId accounts = Store::open(store()).accounts()->size();
        add_results(store(), {{"mention.pagerank", {{"values", std::vector<double>(accounts, 0.25)}}, {}}});
        const std::string rejects = store() + ".rejects.csv";
        ASSERT_TRUE(holds_text(store(), "ann") && holds_text(store(), "Ann \xc3\x89") && holds_text(rejects, "ann"));
        const std::string account = ids == IdChoice::numeric ? "11" : "ann";
        EXPECT_EQ(erase_accounts(store(), {account}, {.overwrite = true}).erased, Names{account});
        for (const char* trace : {"ann", "Ann "}) {
            EXPECT_FALSE(holds_text(store(), trace)) << trace;
            EXPECT_FALSE(holds_text(rejects, trace)) << trace;
        }
        EXPECT_EQ(Store::open(store()).accounts()->size(), accounts - 1);
    }
}

TEST_F(Erase, LeavesNoTraceOfANumber) {
    const std::uint64_t secret = 0x0123456789abcdefU;
    std::string text;
    for (int i = 1; i < 40; ++i) text += fmt::format("{},{}\n{},{}\n", secret, i, i, i + 1);
    IngestOptions options;
    options.files = {{"follow", file("f.csv", text)}};
    ingest(store(), options);
    ASSERT_TRUE(holds_number(store(), secret));
    const std::string old = read_bytes(store());
    const EraseReport report = erase_accounts(store(), {std::to_string(secret)});
    EXPECT_EQ(report.edges, 39U);
    EXPECT_FALSE(holds_number(store(), secret));
    EXPECT_FALSE(holds_text(store(), std::to_string(secret)));
    Store::open(store()).verify("follow", 2);
}

TEST_F(Erase, KeepsTheValuesOfTheOthersInTheirNewOrder) {
    IngestOptions options;
    options.files = {{"follow", file("f.csv", "1,9\n2,9\n3,9\n4,9\n1,2\n3,4\n3,1\n")}};
    ingest(store(), options);
    const auto value_of = [&](const std::string& result, const std::string& array) {
        const Store opened = Store::open(store());
        std::map<std::string, double> values;
        const auto stored = opened.result(result).arrays.at(array);
        std::visit(
            [&](const auto& list) {
                for (AccountId account = 0; account < opened.accounts()->size(); ++account)
                    values[opened.accounts()->text(account)] = static_cast<double>(list[account]);
            },
            stored);
        return values;
    };
    const Store before = Store::open(store());
    std::vector<double> ranks;
    std::vector<std::uint32_t> labels;
    const auto number = [&](const std::string& id) { return *before.accounts()->find(id); };
    for (AccountId account = 0; account < before.accounts()->size(); ++account) {
        const std::string id = before.accounts()->text(account);
        ranks.push_back(std::stod(id) / 10);
        labels.push_back(number(id == "1" || id == "9" ? "1" : id == "4" || id == "2" ? "9" : id));
    }
    add_results(store(), {{"ranks", {{"values", ranks}, {"some", std::vector<std::uint32_t>{1, 2}}}, {}},
                          {"labels", {{"values", labels}}, {{"method", std::string("cdlp")}}}});
    erase_accounts(store(), {"9"});
    EXPECT_EQ(value_of("ranks", "values"),
              (std::map<std::string, double>{{"1", 0.1}, {"2", 0.2}, {"3", 0.3}, {"4", 0.4}}));
    const Store after = Store::open(store());
    EXPECT_EQ(after.result("ranks").arrays.count("some"), 0U);
    EXPECT_EQ(std::get<std::int64_t>(after.result_attributes("ranks").at("accounts_erased")), 1);
    // What was called after 9 is called after 2, its member with the smallest id.
    const auto renamed = value_of("labels", "values");
    EXPECT_EQ(renamed.at("2"), static_cast<double>(*after.accounts()->find("2")));
    EXPECT_EQ(renamed.at("4"), renamed.at("2"));
    EXPECT_EQ(renamed.at("1"), static_cast<double>(*after.accounts()->find("1")));
    erase_accounts(store(), {"1"});
    EXPECT_EQ(std::get<std::int64_t>(Store::open(store()).result_attributes("ranks").at("accounts_erased")), 2);
}

TEST_F(Erase, DoesNothingWhereThereIsNoSuchAccount) {
    IngestOptions options;
    options.files = {{"follow", file("f.csv", "1,2\n")}};
    ingest(store(), options);
    const std::string before = read_bytes(store());
    EXPECT_EQ(erase_accounts(store(), {"7"}).absent, Names{"7"});
    EXPECT_TRUE(read_bytes(store()) == before);
    EXPECT_THROW(erase_accounts(path("absent.h5"), {"7"}), IoError);
    EXPECT_EQ(read_account_list(file("list", "\xef\xbb\xbf# gone\n 7 \r\n\n8")), (Names{"7", "8"}));
}

}  // namespace coterie::testing
