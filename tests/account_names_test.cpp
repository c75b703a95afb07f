// Accounts as people name them: case, @, slips of the pen, and the command `account`.

#include "io/account_names.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "io/account_facts.hpp"
#include "io/ingest.hpp"
#include "tests/support/ingested.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

using Json = nlohmann::json;

class NamedAccounts : public ::testing::Test {
  protected:
    Finished run(const std::vector<std::string>& arguments) const { return run_program(folder_.path(), arguments); }
    /// Makes s.h5 from rows of a mention layer.
    void make(const std::string& rows, std::vector<std::string> more = {}) const {
        write_bytes(folder_ / "rows.csv", rows);
        more.insert(more.begin(), {"ingest", "--mention", "rows.csv", "-o", "s.h5"});
        const Finished finished = run(more);
        ASSERT_EQ(finished.code, 0) << finished.err;
    }
    Store store() const { return Store::open(folder_ / "s.h5"); }

    TemporaryFolder folder_;
};

/// anna is mentioned most; Anna is another account unless case is folded.
const std::string few_handles =
    "source,target\n@anna,bert\nanna,bert\nAnna,anna\nbert,anna\ncarl,anna\ncarl,anna\ndora,dora_2\n";

}  // namespace

TEST_F(NamedAccounts, StayAsTheyStandWithoutRules) {
    make(few_handles);
    EXPECT_EQ(accounts_of(folder_ / "s.h5"),
              (std::vector<std::string>{"@anna", "Anna", "anna", "bert", "carl", "dora", "dora_2"}));
    EXPECT_TRUE(store().accounts()->naming().rules.change_nothing());
    EXPECT_TRUE(says(run({"info", "s.h5"}).out, "7 (handles)"));
}

TEST_F(NamedAccounts, AreOneByTheRulesInEdgesTablesAndOnTheCommandLine) {
    write_bytes(folder_ / "accounts.csv", "id,name\n@ANNA,Anna A.\nEmil,Emil E.\nanna,again\n");
    make(few_handles, {"--fold-case", "--strip-at", "--accounts", "accounts.csv"});
    EXPECT_EQ(accounts_of(folder_ / "s.h5"),
              (std::vector<std::string>{"anna", "bert", "carl", "dora", "dora_2", "emil"}));
    EXPECT_EQ(column_of(folder_ / "s.h5", "name").at("anna"), "Anna A.");
    EXPECT_TRUE(says(read_bytes(folder_ / "s.h5.rejects.csv"), "stands on line 2 too"));

    const Store made = store();
    EXPECT_EQ(made.accounts()->naming(), (Naming{{.fold_case = true, .strip_at = true}, {}}));
    EXPECT_EQ(made.accounts()->find("@ANNA"), made.accounts()->find("anna"));
    EXPECT_TRUE(made.accounts()->find("@ANNA").has_value());
    EXPECT_TRUE(says(run({"info", "s.h5"}).out, "6 (handles, case folded, leading @ stripped)"));
    const Json info = Json::parse(run({"info", "s.h5", "--json"}).out);
    EXPECT_EQ(info["fold_case"], true);
    EXPECT_EQ(info["strip_at"], true);

    // A file of weights, and names on the command line.
    write_bytes(folder_ / "teleport.csv", "@Bert,2\n");
    const Finished ranked = run({"pagerank", "s.h5", "--teleport", "teleport.csv"});
    EXPECT_EQ(ranked.code, 0) << ranked.err;
    EXPECT_TRUE(says(ranked.out, "carl,0\n"));
    EXPECT_EQ(run({"account", "s.h5", "@BERT"}).out, run({"account", "s.h5", "bert"}).out);
}

TEST_F(NamedAccounts, KeepTheRulesWhenResultsAreAdded) {
    make(few_handles, {"--fold-case"});
    ASSERT_EQ(run({"pagerank", "s.h5", "--save", "ranks", "-o", "ranks.csv"}).code, 0);
    EXPECT_EQ(store().accounts()->naming(), (Naming{{.fold_case = true}, {}}));
}

TEST_F(NamedAccounts, OfNumbersAreNotTouchedByRules) {
    make("source,target\n1,2\n2,3\n", {"--fold-case"});
    EXPECT_EQ(store().accounts()->naming(), Naming{});
    EXPECT_TRUE(says(run({"ingest", "--mention", "rows.csv", "--strip-at", "-o", "t.h5"}).err, "change nothing here"));
}

TEST_F(NamedAccounts, ThatAreUnknownLeadToThoseCalledAlike) {
    make(few_handles);
    const AccountNames names(store());
    using Names = std::vector<std::string>;
    EXPECT_EQ(names.alike("ana"), (Names{"anna"}));    // one left out
    EXPECT_EQ(names.alike("annna"), (Names{"anna"}));  // one too many
    EXPECT_EQ(names.alike("bret"), (Names{"bert"}));   // two swapped
    EXPECT_EQ(names.alike("cart"), (Names{"carl"}));   // one replaced
    EXPECT_EQ(names.alike("@BERT"), (Names{"bert"}));  // case and @
    EXPECT_EQ(names.alike("dora_22").front(), "dora_2");
    EXPECT_EQ(names.alike("xyz"), Names{});
    EXPECT_EQ(names.alike("bnna"), (Names{"anna", "Anna"}));
    // Best connected first: anna before Anna and @anna.
    EXPECT_EQ(names.alike("Xanna", 1), (Names{"anna"}));
    EXPECT_EQ(names.alike("dora_2ab"), (Names{"dora_2"}));  // begins alike

    const Finished finished = run({"account", "s.h5", "anna", "bret"});
    EXPECT_EQ(finished.code, 2);
    EXPECT_TRUE(finished.out.empty());
    EXPECT_TRUE(says(finished.err, "there is no \"bret\"; alike: bert"));
}

TEST_F(NamedAccounts, OfNumbersAreFoundInAnyWayToWriteThem) {
    make("source,target\n17,23\n23,4\n18446744073709551615,17\n");
    const AccountNames names(store());
    EXPECT_TRUE(names.find("0017").has_value());
    EXPECT_TRUE(names.find("18446744073709551615").has_value());
    EXPECT_FALSE(names.find("18446744073709551616").has_value());
    EXPECT_EQ(names.alike("71"), std::vector<std::string>{"17"});
    EXPECT_TRUE(says(names.why_not("anna"), "its accounts have numbers"));
    EXPECT_FALSE(names.find("").has_value());
}

TEST_F(NamedAccounts, AreFoundInLessThanAMillisecond) {
    std::string rows = "source,target\n";
    for (std::size_t i = 0; i < 100'000; ++i) rows += fmt::format("user_{},user_{}\n", i * 7919 % 200'000, i * 3);
    make(rows);
    const Store made = store();
    const auto began = std::chrono::steady_clock::now();
    std::size_t found = 0;
    for (std::size_t i = 0; i < 1000; ++i) found += made.accounts()->find(fmt::format("user_{}", i * 3)) ? 1 : 0;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    EXPECT_EQ(found, 1000U);
    EXPECT_LT(seconds / 1000, 0.001);
}

TEST_F(NamedAccounts, ShowTheirDegreesColumnsAndPlacesInResults) {
    write_bytes(folder_ / "accounts.csv", "id,name,city\nanna,Anna A.,Ulm\n");
    make(few_handles, {"--accounts", "accounts.csv"});
    ASSERT_EQ(run({"score", "s.h5", "-o", "scores"}).code, 0);
    ASSERT_EQ(run({"communities", "s.h5", "--method", "cdlp", "--save", "cdlp", "-o", "cdlp.csv"}).code, 0);
    const Json report = Json::parse(run({"account", "s.h5", "anna", "carl", "--json"}).out);
    ASSERT_EQ(report["accounts"].size(), 2U);
    const Json& anna = report["accounts"][0];
    EXPECT_EQ(anna["account"], "anna");
    EXPECT_EQ(anna["columns"]["name"], "Anna A.");
    EXPECT_EQ(anna["columns"]["city"], "Ulm");
    EXPECT_EQ(report["accounts"][1]["columns"]["name"], "");
    EXPECT_EQ(anna["layers"][0], Json({{"layer", "mention"},
                                       {"in_degree", 3},
                                       {"out_degree", 1},
                                       {"mutual_degree", 1},
                                       {"in_strength", 4.0},
                                       {"out_strength", 1.0}}));
    std::map<std::string, Json> results;
    for (const Json& result : anna["results"]) results[result["result"]] = result;
    EXPECT_EQ(results.size(), 6U);  // five of score (degrees stand above), and cdlp
    EXPECT_EQ(results.at("mention.pagerank")["rank"], 1);
    const Store made = store();
    const AccountId account = *made.accounts()->find("anna");
    EXPECT_EQ(results.at("mention.pagerank")["value"].get<double>(),
              std::get<std::vector<double>>(made.result("mention.pagerank").arrays.at("values"))[account]);
    EXPECT_EQ(results.at("mention.components")["accounts"], 5);
    const std::string cdlp = read_bytes(folder_ / "cdlp.csv");
    EXPECT_TRUE(says(cdlp, "anna," + results.at("cdlp")["value"].get<std::string>() + "\n"));
    EXPECT_LT(report["seconds"]["look_up"].get<double>(), 0.05);

    const std::string text = run({"account", "s.h5", "anna"}).out;
    for (const char* part : {"anna\n  name  Anna A.\n  city  Ulm\n", "mention.pagerank", "rank 1 of 7", "5 accounts"})
        EXPECT_TRUE(says(text, part));
    EXPECT_FALSE(says(run({"account", "s.h5", "anna", "--no-results"}).out, "pagerank"));
}

TEST_F(NamedAccounts, HaveTheDegreesThatTheCommandDegreesFinds) {
    std::string rows = "source,target,weight\n";
    for (int i = 0; i < 400; ++i) rows += fmt::format("a{},a{},{}\n", i * i % 37, i * 5 % 31, 0.25 * (i % 7));
    make(rows, {"--weight-column", "weight", "--keep-self-loops"});
    const Json table = Json::parse(run({"degrees", "s.h5", "--format", "json"}).out);
    const Store made = store();
    for (const Json& row : table) {
        const AccountDegrees degrees =
            degrees_in(made, "mention", *made.accounts()->find(row["account"].get<std::string>()));
        EXPECT_EQ(degrees.in_degree, row["in_degree"]);
        EXPECT_EQ(degrees.out_degree, row["out_degree"]);
        EXPECT_EQ(degrees.mutual_degree, row["mutual_degree"]);
        EXPECT_EQ(degrees.in_strength, row["in_strength"]);
        EXPECT_EQ(degrees.out_strength, row["out_strength"]);
    }
}

}  // namespace coterie::testing
