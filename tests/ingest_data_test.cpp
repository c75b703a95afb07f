#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "io/ingest.hpp"
#include "tests/support/edge_files.hpp"
#include "tests/support/ingested.hpp"
#include "tests/support/stores.hpp"

// Real files, each odd in its own way, give the counts that were taken of them by other means.

namespace coterie::testing {

namespace {

struct RealFile {
    const char* path;
    bool events = false;
    bool undirected = false;
    std::uint64_t rows;
    std::uint64_t accounts;
    std::uint64_t self_loops;
    std::uint64_t kept;
};

void PrintTo(const RealFile& file, std::ostream* stream) {
    *stream << file.path;
}

std::string name_of_file(const ::testing::TestParamInfo<RealFile>& info) {
    std::string name = info.param.path;
    for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
    return name;
}

class IngestRealFile : public ::testing::TestWithParam<RealFile> {};

}  // namespace

TEST_P(IngestRealFile, HasItsCounts) {
    const RealFile& expected = GetParam();
    const std::string path = shared_data(expected.path);
    if (path.empty()) GTEST_SKIP() << "the shared data are not here: " << expected.path;
    const TemporaryFolder folder;
    IngestOptions options;
    options.files = {{expected.events ? "mention" : "follow", path}};
    options.undirected = expected.undirected;
    const IngestReport report = ingest(folder / "s.h5", options);
    EXPECT_EQ(report.layers[0].rows, expected.rows);
    EXPECT_EQ(report.accounts, expected.accounts);
    EXPECT_EQ(report.layers[0].self_loops, expected.self_loops);
    EXPECT_EQ(report.layers[0].kept, expected.kept);
    EXPECT_EQ(report.layers[0].merged, expected.rows - expected.self_loops - expected.kept);
    EXPECT_EQ(report.rejected, 0U);
    EXPECT_TRUE(report.numeric);
}

INSTANTIATE_TEST_SUITE_P(
    Files, IngestRealFile,
    ::testing::Values(
        RealFile{.path = "follow/brand_bofa_careers_edges.csv",
                 .rows = 68328,
                 .accounts = 13688,
                 .self_loops = 0,
                 .kept = 68328},
        RealFile{.path = "follow/brand_verizoncareers_edges.csv",
                 .rows = 59576,
                 .accounts = 9226,
                 .self_loops = 0,
                 .kept = 59576},
        RealFile{.path = "follow/brand_hersheycareers_edges.csv",
                 .rows = 23939,
                 .accounts = 3726,
                 .self_loops = 0,
                 .kept = 23939},
        RealFile{.path = "mention/higgs-mention_network.edgelist.gz",
                 .events = true,
                 .rows = 150818,
                 .accounts = 116408,
                 .self_loops = 5353,
                 .kept = 145465},
        RealFile{.path = "mention/higgs-reply_network.edgelist.gz",
                 .events = true,
                 .rows = 32523,
                 .accounts = 38918,
                 .self_loops = 343,
                 .kept = 32180},
        RealFile{.path = "mention/higgs-retweet_network.edgelist.gz",
                 .events = true,
                 .rows = 328132,
                 .accounts = 256491,
                 .self_loops = 0,
                 .kept = 328132},
        RealFile{.path = "pages/facebook_edges.csv",
                 .undirected = true,
                 .rows = 171002,
                 .accounts = 22470,
                 .self_loops = 179,
                 .kept = 170823},
        RealFile{
            .path = "signed/soc-sign-bitcoinotc.csv", .rows = 35592, .accounts = 5881, .self_loops = 0, .kept = 35592},
        RealFile{.path = "messy/soc-Slashdot0902.txt.gz",
                 .rows = 948464,
                 .accounts = 82168,
                 .self_loops = 78303,
                 .kept = 870161},
        RealFile{.path = "messy/soc-sign-bitcoinotc-crlf-int-ts.csv",
                 .rows = 35592,
                 .accounts = 5881,
                 .self_loops = 0,
                 .kept = 35592},
        RealFile{.path = "truth/karate_edges.csv",
                 .undirected = true,
                 .rows = 78,
                 .accounts = 34,
                 .self_loops = 0,
                 .kept = 78},
        RealFile{.path = "truth/polbooks_edges.csv",
                 .undirected = true,
                 .rows = 441,
                 .accounts = 105,
                 .self_loops = 0,
                 .kept = 441},
        RealFile{.path = "truth/football_edges.csv",
                 .undirected = true,
                 .rows = 613,
                 .accounts = 115,
                 .self_loops = 0,
                 .kept = 613},
        RealFile{.path = "truth/polblogs_edges.csv", .rows = 19090, .accounts = 1224, .self_loops = 3, .kept = 19022},
        RealFile{.path = "truth/email-Eu-core.txt", .rows = 25571, .accounts = 1005, .self_loops = 642, .kept = 24929},
        RealFile{.path = "truth/simulated_blockmodel_graph_1000_nodes.tsv",
                 .rows = 20135,
                 .accounts = 1000,
                 .self_loops = 0,
                 .kept = 20135},
        RealFile{.path = "truth/simulated_blockmodel_graph_5000_nodes.tsv",
                 .rows = 101973,
                 .accounts = 5000,
                 .self_loops = 0,
                 .kept = 101973},
        RealFile{.path = "truth/lfr_mu0.3_edges.csv", .rows = 9822, .accounts = 1000, .self_loops = 284, .kept = 9538},
        RealFile{.path = "graphalytics/example-directed.e", .rows = 17, .accounts = 10, .self_loops = 0, .kept = 17},
        RealFile{.path = "graphalytics/example-undirected.e",
                 .undirected = true,
                 .rows = 12,
                 .accounts = 9,
                 .self_loops = 0,
                 .kept = 12}),
    name_of_file);

TEST(IngestRealData, GroupsEventsByKindIntoTheirWeightedNetworks) {
    const std::string activity = shared_data("mention/higgs-activity_time.txt.gz");
    if (activity.empty()) GTEST_SKIP() << "the shared data are not here: mention/higgs-activity_time.txt.gz";
    const TemporaryFolder folder;
    IngestOptions options;
    options.files = {{"mention", activity}};
    options.kinds = {{"RT", "retweet"}, {"MT", "mention"}, {"RE", "reply"}};
    options.keep_self_loops = true;
    const IngestReport report = ingest(folder / "activity.h5", options);
    EXPECT_EQ(report.accounts, 304691U);
    const std::vector<std::uint64_t> rows{354930, 171237, 36902};
    for (std::size_t l = 0; l < 3; ++l) {
        const std::string& layer = report.layers[l].name;
        EXPECT_EQ(report.layers[l].rows, rows[l]);
        IngestOptions alone;
        alone.files = {{layer, shared_data(fmt::format("mention/higgs-{}_network.edgelist.gz", layer))}};
        alone.keep_self_loops = true;
        ingest(folder / "alone.h5", alone);
        // Not EXPECT_EQ: nobody reads a third of a million edges.
        EXPECT_TRUE(edges_of(folder / "activity.h5", layer) == edges_of(folder / "alone.h5", layer)) << layer;
    }
    EXPECT_EQ(report.layers[0].first_time, 1341101181);
    EXPECT_EQ(report.layers[1].first_time, 1341100972);
    EXPECT_EQ(report.layers[0].last_time, 1341705593);
}

TEST(IngestRealData, JoinsPagesWithTheirNames) {
    const std::string edges = shared_data("pages/facebook_edges.csv");
    if (edges.empty()) GTEST_SKIP() << "the shared data are not here: pages/facebook_edges.csv";
    const TemporaryFolder folder;
    IngestOptions options;
    options.files = {{"follow", edges}};
    options.accounts = shared_data("pages/facebook_target.csv");
    const IngestReport report = ingest(folder / "s.h5", options);
    EXPECT_EQ(report.accounts, 22470U);
    EXPECT_EQ(report.account_rows, 22470U);
    EXPECT_EQ(report.rejected, 0U);
    EXPECT_EQ(report.columns, (std::vector<std::string>{"facebook_id", "page_name", "page_type"}));
    EXPECT_EQ(column_of(folder / "s.h5", "page_name").at("0"), "The Voice of China 中国好声音");
    EXPECT_EQ(column_of(folder / "s.h5", "facebook_id").at("0"), "145647315578475");
    EXPECT_EQ(column_of(folder / "s.h5", "page_type").at("2"), "company");
}

TEST(IngestRealData, ReadsTheTablesOfGroups) {
    const std::string edges = shared_data("truth/email-Eu-core.txt");
    if (edges.empty()) GTEST_SKIP() << "the shared data are not here: truth/email-Eu-core.txt";
    const TemporaryFolder folder;
    IngestOptions options;
    options.files = {{"follow", edges}};
    options.accounts = shared_data("truth/email-Eu-core-department-labels.txt");
    ingest(folder / "email.h5", options);
    EXPECT_EQ(column_of(folder / "email.h5", "column_2").at("2"), "21") << "no header, CRLF";

    options.files = {{"follow", shared_data("truth/karate_edges.csv")}};
    options.accounts = shared_data("truth/karate_nodes.csv");
    options.undirected = true;
    const IngestReport report = ingest(folder / "karate.h5", options);
    EXPECT_EQ(report.columns, (std::vector<std::string>{"Faction", "name", "label", "color"}));
    EXPECT_EQ(column_of(folder / "karate.h5", "name").at("1"), "Mr Hi");

    options.files = {{"follow", shared_data("truth/polblogs_edges.csv")}};
    options.accounts = shared_data("truth/polblogs_labels.csv");
    EXPECT_EQ(ingest(folder / "blogs.h5", options).accounts, 1490U)
        << "blogs without links exist if the table names them";
}

TEST(IngestRealData, WeighsGroupsOfTrustByTheirColumns) {
    const std::string path = shared_data("messy/soc-sign-bitcoinotc-crlf-int-ts.csv");
    if (path.empty()) GTEST_SKIP() << "the shared data are not here: messy/soc-sign-bitcoinotc-crlf-int-ts.csv";
    const TemporaryFolder folder;
    IngestOptions options;
    options.files = {{"trust", path}};
    options.rows.weight_column.assign(1, '3');
    options.rows.time_column.assign(1, '4');
    const IngestReport report = ingest(folder / "s.h5", options);
    EXPECT_EQ(report.layers[0].first_time, 1289241912);
    std::size_t negative = 0;
    for (const auto& [source, target, weight] : edges_of(folder / "s.h5", "trust")) negative += weight < 0;
    EXPECT_EQ(negative, 3563U);
}

}  // namespace coterie::testing
