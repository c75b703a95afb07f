#include "tests/support/edge_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace coterie::testing {

TEST(EdgeFiles, ReadsWeightsHeadersAndTheListOfAccounts) {
    const auto folder = std::filesystem::path(::testing::TempDir());
    const std::string edges = folder / "edge_files_edges.csv";
    const std::string accounts = folder / "edge_files_accounts.csv";
    std::ofstream(edges) << "from,to,weight\r\n18446744073709551615,7,2.5\r\n7,9,1\r\n9,9,1\r\n";
    std::ofstream(accounts) << "id,name\n8,nobody\n";

    const EdgeFile file = read_edge_file(edges, {.weighted = true, .accounts = accounts});

    EXPECT_EQ(file.ids, (std::vector<std::uint64_t>{7, 8, 9, 18446744073709551615U}));
    const CsrView& out = file.graph.out();
    EXPECT_EQ(out.num_edges(), 2U);
    const AccountId source = file.account(18446744073709551615U);
    ASSERT_EQ(out.degree(source), 1U);
    EXPECT_EQ(file.ids_by_account()[out.row(source)[0]], 7U);
    EXPECT_EQ(out.weight(out.offsets[source]), 2.5F);
    EXPECT_EQ(file.account(10), no_account);
}

TEST(EdgeFiles, ReadsTheKarateClub) {
    const std::string path = shared_data("truth/karate_edges.csv");
    if (path.empty()) GTEST_SKIP() << "shared/data is not beside the source folder";
    const EdgeFile file = read_edge_file(path, {.undirected = true, .weighted = true});
    EXPECT_EQ(file.ids.size(), 34U);
    EXPECT_EQ(file.graph.num_edges(), 2U * 78U);
}

}  // namespace coterie::testing
