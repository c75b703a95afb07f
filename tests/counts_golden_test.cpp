// Core numbers, components and reciprocity of real graphs, as NetworkX has them (golden/make_networkx_counts.py).

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

#include "host/components.hpp"
#include "host/cores.hpp"
#include "host/degrees.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/edge_files.hpp"

namespace coterie::testing {

namespace {

struct GoldenGraph {
    std::string name;
    std::string edges;
    bool undirected;
};

const std::vector<GoldenGraph> golden_graphs = {
    {"karate", "truth/karate_edges.csv", true},
    {"polbooks", "truth/polbooks_edges.csv", true},
    {"football", "truth/football_edges.csv", true},
    {"polblogs", "truth/polblogs_edges.csv", false},
    {"email-eu-core", "truth/email-Eu-core.txt", false},
    {"lfr_mu0.3", "truth/lfr_mu0.3_edges.csv", true},
    {"blockmodel_1000", "truth/simulated_blockmodel_graph_1000_nodes.tsv", false},
};

/// The number at the end of the file's first line.
double number_in_head(const std::string& path) {
    std::ifstream file(path);
    std::string head;
    std::getline(file, head);
    return std::stod(head.substr(head.rfind(' ')));
}

/// Smallest original id among the accounts with the same label, for each account by internal id.
std::vector<std::uint64_t> smallest_ids(const std::vector<AccountId>& labels, const std::vector<std::uint64_t>& ids) {
    std::map<AccountId, std::uint64_t> smallest;
    for (std::size_t v = 0; v < labels.size(); ++v) {
        const auto [place, is_new] = smallest.try_emplace(labels[v], ids[v]);
        if (!is_new) place->second = std::min(place->second, ids[v]);
    }
    std::vector<std::uint64_t> result;
    for (const AccountId label : labels) result.push_back(smallest.at(label));
    return result;
}

}  // namespace

class GoldenCounts : public OnEveryBackend {};
INSTANTIATE_TEST_SUITE_P(Backends, GoldenCounts, ::testing::Values(Backend::openmp, Backend::cuda), backend_name);

TEST_P(GoldenCounts, AreThoseOfNetworkX) {
    if (shared_data("truth").empty()) GTEST_SKIP() << "no real data beside the source folder";
    for (const auto& [name, edges, undirected] : golden_graphs) {
        const EdgeFile file = read_edge_file(shared_data(edges), {.undirected = undirected});
        const PlacedGraph graph = placed(file.graph);
        const CoresResult core = cores(graph);
        const auto component = smallest_ids(components(graph).components, file.ids_by_account());
        const std::string golden = source_file("tests/golden/counts_" + name + ".csv");

        const auto table = read_table(golden);
        ASSERT_EQ(table.size(), file.graph.num_accounts()) << name;
        for (const std::vector<double>& row : table) {
            const AccountId account = file.account(static_cast<std::uint64_t>(row.at(0)));
            ASSERT_NE(account, no_account) << name << ": " << row[0];
            EXPECT_EQ(core.cores[account], row.at(1)) << name << ": core of " << row[0];
            EXPECT_EQ(static_cast<double>(component[account]), row.at(2)) << name << ": component of " << row[0];
        }
        EXPECT_DOUBLE_EQ(degrees(graph).reciprocity, number_in_head(golden)) << name;
    }
}

// LDBC Graphalytics' examples: the same partition, whatever its parts are called.
TEST_P(GoldenCounts, AreTheComponentsOfGraphalytics) {
    for (const bool undirected : {false, true}) {
        const std::string example = source_file(undirected ? "datasets/graphalytics/example-undirected"
                                                           : "datasets/graphalytics/example-directed");
        const EdgeFile file = read_edge_file(example + ".e", {.undirected = undirected, .accounts = example + ".v"});
        const std::vector<AccountId> got = components(placed(file.graph)).components;
        std::map<double, AccountId> number_of;
        std::map<AccountId, double> name_of_number;
        for (const std::vector<double>& row : read_table(example + "-WCC")) {
            const AccountId number = got[file.account(static_cast<std::uint64_t>(row.at(0)))];
            EXPECT_EQ(number_of.try_emplace(row.at(1), number).first->second, number) << example << ": " << row[0];
            EXPECT_EQ(name_of_number.try_emplace(number, row[1]).first->second, row[1]) << example << ": " << row[0];
        }
        EXPECT_FALSE(number_of.empty());
    }
}

}  // namespace coterie::testing
