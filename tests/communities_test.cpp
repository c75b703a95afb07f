#include "host/communities.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <stdexcept>

#include "host/errors.hpp"
#include "host/random.hpp"
#include "kernels/kernels.hpp"
#include "tests/oracle/communities_oracle.hpp"
#include "tests/oracle/components_oracle.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/edge_files.hpp"
#include "tests/support/shapes.hpp"

namespace coterie::testing {

namespace {

constexpr CommunityMethod lpa = CommunityMethod::lpa;
constexpr CommunityMethod cdlp = CommunityMethod::cdlp;

/// The labels a kernel leaves, before the host makes communities of them.
std::vector<AccountId> propagated(const PlacedGraph& graph, const CommunitiesOptions& options) {
    const bool on_cuda = graph.backend() == Backend::cuda;
    if (options.method == cdlp) return (on_cuda ? cuda::cdlp(graph, options) : openmp::cdlp(graph, options)).labels;
    return (on_cuda ? cuda::lpa(graph, options) : openmp::lpa(graph, options)).labels;
}

/// Labels in the order of original ids.
std::vector<AccountId> by_id(const Graph& graph, const std::vector<AccountId>& labels) {
    std::vector<AccountId> ordered(labels.size());
    for (AccountId position = 0; position < labels.size(); ++position)
        ordered[position] = labels[graph.account_at(position)];
    return ordered;
}

std::vector<Edge> complete_bipartite(AccountId left, AccountId right) {
    std::vector<Edge> edges;
    for (AccountId u = 0; u < left; ++u)
        for (AccountId v = 0; v < right; ++v) edges.push_back({u, left + v});
    return edges;
}

/// Account v belongs to group v % groups; it has `inside` edges to its own group and `outside` to anybody.
std::vector<Edge> planted_groups(AccountId n, AccountId groups, int inside, int outside) {
    std::vector<Edge> edges;
    for (AccountId u = 0; u < n; ++u)
        for (int i = 0; i < inside + outside; ++i) {
            const std::uint64_t bits = random_bits(5, u, static_cast<std::uint64_t>(i));
            const auto anybody = static_cast<AccountId>(bits % n);
            edges.push_back(
                {u, i < inside ? static_cast<AccountId>(bits % (n / groups)) * groups + u % groups : anybody});
        }
    return edges;
}

/// The known group of each account, by internal id: the second column of a file whose first is the account.
std::vector<AccountId> known_groups(const EdgeFile& file, const std::string& path) {
    std::map<std::string, AccountId> numbers;
    std::vector<AccountId> groups(file.ids.size(), 0);
    std::ifstream text(path);
    for (std::string line; std::getline(text, line);) {
        if (line.empty() || std::isdigit(static_cast<unsigned char>(line[0])) == 0) continue;
        std::replace_if(
            line.begin(), line.end(), [](char c) { return c == ',' || c == '\t' || c == '\r'; }, ' ');
        std::istringstream columns(line);
        std::uint64_t id = 0;
        std::string group;
        columns >> id >> group;
        groups.at(file.account(id)) = numbers.emplace(group, static_cast<AccountId>(numbers.size())).first->second;
    }
    return groups;
}

struct KnownGroups {
    std::string edges;
    std::string groups;
    bool undirected;
    bool weighted;
    double reached;  ///< normalised mutual information that lpa reaches at least, as the mean of seeds 1 … 5
};
const std::vector<KnownGroups> known = {
    {"karate_edges.csv", "karate_nodes.csv", true, true, 0.55},
    {"polbooks_edges.csv", "polbooks_labels.csv", true, false, 0.45},
    {"football_edges.csv", "football_labels.csv", true, false, 0.84},
    {"polblogs_edges.csv", "polblogs_labels.csv", false, false, 0.37},
    {"email-Eu-core.txt", "email-Eu-core-department-labels.txt", false, false, 0.55},
    {"lfr_mu0.3_edges.csv", "lfr_mu0.3_labels.csv", true, false, 0.93},
    {"simulated_blockmodel_graph_1000_nodes.tsv", "simulated_blockmodel_graph_1000_nodes_truePartition.tsv", false,
     false, 0.99},
    {"simulated_blockmodel_graph_5000_nodes.tsv", "simulated_blockmodel_graph_5000_nodes_truePartition.tsv", false,
     false, 0.99},
};

void expect_communities_of(const Graph& graph, const CommunitiesResult& result) {
    ASSERT_EQ(result.labels.size(), graph.num_accounts());
    ASSERT_EQ(result.sizes.size(), result.num_communities);
    std::vector<AccountId> sizes(result.num_communities, 0);
    for (const AccountId label : result.labels) {
        ASSERT_LT(label, result.num_communities);
        ++sizes[label];
    }
    EXPECT_EQ(result.sizes, sizes);
    EXPECT_TRUE(std::is_sorted(sizes.rbegin(), sizes.rend()));
    std::vector<AccountId> first(result.num_communities, no_account);
    for (AccountId position = 0; position < graph.num_accounts(); ++position) {
        AccountId& smallest = first[result.labels[graph.account_at(position)]];
        smallest = std::min(smallest, position);
    }
    for (AccountId c = 1; c < result.num_communities; ++c) {
        EXPECT_TRUE(sizes[c] < sizes[c - 1] || first[c - 1] < first[c]) << "community " << c;
    }
    const std::vector<AccountId> parts = oracle_components(graph, result.labels);
    EXPECT_EQ(std::set<AccountId>(parts.begin(), parts.end()).size(), result.num_communities) << "connected";
}

}  // namespace

class Communities : public OnEveryBackend {};
INSTANTIATE_TEST_SUITE_P(Backends, Communities, ::testing::Values(Backend::openmp, Backend::cuda), backend_name);

TEST_P(Communities, AreTheCliquesOnBothSidesOfABridge) {
    for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
        const CommunitiesResult result =
            communities(placed(graph_of(24, two_cliques_and_a_bridge(12))), {.seed = seed});
        std::vector<AccountId> expected(24, 0);
        std::fill(expected.begin() + 12, expected.end(), 1);
        EXPECT_EQ(result.labels, expected) << "seed " << seed;
        EXPECT_EQ(result.sizes, (std::vector<AccountId>{12, 12}));
        EXPECT_TRUE(result.converged);
    }
}

TEST_P(Communities, AreOneOnAStar) {
    EXPECT_EQ(communities(placed(graph_of(51, star(50)))).num_communities, 1U);
}

TEST_P(Communities, AreTheAccountsThemselvesWithoutEdges) {
    for (const CommunityMethod method : {lpa, cdlp}) {
        const CommunitiesResult none = communities(placed(graph_of(0, {})), {.method = method});
        EXPECT_TRUE(none.labels.empty());
        EXPECT_EQ(none.num_communities, 0U);
        const CommunitiesResult three = communities(placed(graph_of(3, {})), {.method = method});
        EXPECT_EQ(three.labels, (std::vector<AccountId>{0, 1, 2}));
        EXPECT_EQ(three.sizes, (std::vector<AccountId>{1, 1, 1}));
        EXPECT_EQ(three.quality.modularity, 0.0);
        EXPECT_DOUBLE_EQ(three.quality.largest_share, 1.0 / 3.0);
        EXPECT_TRUE(three.converged);
    }
}

TEST_P(Communities, SettleOnGraphsOfTwoColors) {
    // Where all accounts move at once, labels swap sides for ever.
    const std::vector<NamedGraph> graphs = {{"an edge", graph_of(2, path(2), true)},
                                            {"20 against 20", graph_of(40, complete_bipartite(20, 20), true)},
                                            {"3 against 50", graph_of(53, complete_bipartite(3, 50))},
                                            {"cycle of 40", graph_of(40, cycle(40), true)}};
    for (const auto& [name, graph] : graphs)
        for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
            const CommunitiesResult result = communities(placed(graph), {.stop_share = 0.0, .seed = seed});
            EXPECT_TRUE(result.converged) << name << ", seed " << seed;
            EXPECT_LT(result.rounds, 30) << name << ", seed " << seed;
        }
}

TEST_P(Communities, OfCdlpSwapSidesForEverOnAnEdge) {
    // 0 – 1: its definition moves both at once.
    const PlacedGraph graph = placed(graph_of(2, path(2), true));
    EXPECT_EQ(communities(graph, {.method = cdlp, .max_rounds = 3}).labels, (std::vector<AccountId>{1, 0}));
    EXPECT_EQ(communities(graph, {.method = cdlp, .max_rounds = 4}).labels, (std::vector<AccountId>{0, 1}));
    const CommunitiesResult result = communities(graph, {.method = cdlp});
    EXPECT_EQ(result.rounds, 10);
    EXPECT_FALSE(result.converged);
}

TEST_P(Communities, AreConnectedNumberedBySizeAndComplete) {
    for (const auto& [name, graph] : assorted_graphs()) {
        SCOPED_TRACE(name);
        expect_communities_of(graph, communities(placed(graph)));
        const CommunitiesResult mutual = communities(placed(graph), {.direction = Direction::mutual});
        expect_communities_of(undirected_graph(graph, Direction::mutual, 1), mutual);
    }
}

TEST_P(Communities, AreNotFloodedByOneLabel) {
    const Graph graph = relabelled_graph_of(2000, planted_groups(2000, 10, 6, 5));
    const CommunitiesOptions options{.max_rounds = 50};
    std::map<AccountId, int> sizes;
    for (const AccountId label : oracle_lpa(graph, options, {0})) ++sizes[label];
    int largest = 0;
    for (const auto& [label, size] : sizes) largest = std::max(largest, size);
    ASSERT_GT(largest, 1800) << "plain label propagation floods this graph";

    const CommunitiesResult result = communities(placed(graph), options);
    EXPECT_LT(result.quality.largest_share, 0.25);
    std::vector<AccountId> truth(2000);
    for (AccountId id = 0; id < 2000; ++id) truth[id] = id % 10;
    EXPECT_GT(mutual_information(by_id(graph, result.labels), truth), 0.85);
}

TEST_P(Communities, DoNotDependOnTheInternalOrder) {
    for (const bool weighted : {false, true}) {
        const std::vector<Edge> edges = messy_edges(500, 4000, 11, weighted);
        const Graph as_written = graph_of(500, edges, false, weighted);
        const Graph relabelled = relabelled_graph_of(500, edges, false, weighted);
        const CommunitiesResult expected = communities(placed(as_written));
        const CommunitiesResult got = communities(placed(relabelled));
        EXPECT_EQ(by_id(relabelled, got.labels), expected.labels);
        EXPECT_EQ(got.rounds, expected.rounds);
        EXPECT_EQ(got.quality.modularity, expected.quality.modularity);

        const CommunitiesResult expected_cdlp = communities(placed(as_written), {.method = cdlp});
        std::vector<AccountId> labels = communities(placed(relabelled), {.method = cdlp}).labels;
        const std::vector<AccountId> position = id_positions(relabelled);
        for (AccountId& label : labels) label = position[label];
        EXPECT_EQ(by_id(relabelled, labels), expected_cdlp.labels);
    }
}

TEST_P(Communities, OfCdlpStayTheSameBesideAnotherGraph) {
    std::vector<Edge> edges = messy_edges(300, 1200, 12);
    const std::vector<AccountId> alone = communities(placed(graph_of(300, edges)), {.method = cdlp}).labels;
    for (const Edge& edge : messy_edges(200, 900, 13)) edges.push_back({300 + edge.source, 300 + edge.target});
    std::vector<AccountId> beside = communities(placed(graph_of(500, edges)), {.method = cdlp}).labels;
    beside.resize(300);
    EXPECT_EQ(beside, alone);
}

TEST_P(Communities, OfCdlpAgreeWithCountingInAMap) {
    for (const std::uint64_t seed : {1, 2, 3})
        for (const AccountId n : {31U, 33U, 400U, 3000U}) {
            const Graph graph = relabelled_graph_of(n, messy_edges(n, 6 * n, seed), seed == 2);
            for (const int rounds : {1, 2, 10})
                EXPECT_EQ(propagated(placed(graph), {.method = cdlp, .max_rounds = rounds}), oracle_cdlp(graph, rounds))
                    << n << " accounts, seed " << seed << ", " << rounds << " rounds";
        }
}

TEST_P(Communities, AgreeWithCountingInAMapOnLongRowsAndWhereFewMove) {
    // Groups that settle early, so that most accounts need not be asked, and a hub with more than 1,024 neighbors.
    for (const bool undirected : {false, true})
        for (const bool weighted : {false, true}) {
            std::vector<Edge> edges = planted_groups(4000, 20, 8, 3);
            for (AccountId v = 1; v < 3000; ++v) edges.push_back({v, v % 3 == 0 ? 1U : 0U});
            if (weighted)
                for (Edge& edge : edges) edge.weight = static_cast<float>(1 + edge.source % 5) / 4.0F;
            const Graph graph = relabelled_graph_of(4000, edges, undirected, weighted);
            ASSERT_GT(graph.in().degree(0), 1024U);
            for (const CommunitiesOptions& options :
                 {CommunitiesOptions{.max_rounds = 12, .stop_share = 0.0}, CommunitiesOptions{.max_rounds = 3}})
                EXPECT_EQ(propagated(placed(graph), options), oracle_lpa(graph, options))
                    << undirected << weighted << options.max_rounds;
            for (const int rounds : {2, 12})
                EXPECT_EQ(propagated(placed(graph), {.method = cdlp, .max_rounds = rounds}), oracle_cdlp(graph, rounds))
                    << undirected << rounds;
        }
}

TEST_P(Communities, OfCdlpCountSelfLoopsAndIgnoreWeights) {
    EdgeList edges;
    for (const Edge& edge : messy_edges(200, 1500, 4, true)) {
        edges.sources.push_back(edge.source);
        edges.targets.push_back(edge.target);
        edges.weights.push_back(-edge.weight);
    }
    const Graph graph = build_graph(200, std::move(edges), false, {.keep_self_loops = true});
    EXPECT_EQ(communities(placed(graph), {.method = cdlp, .max_rounds = 5}).labels, oracle_cdlp(graph, 5));
}

TEST_P(Communities, OfLpaAgreeWithCountingInAMap) {
    for (const std::uint64_t seed : {1, 2, 3, 4})
        for (const AccountId n : {31U, 33U, 400U, 3000U}) {
            const bool weighted = seed % 2 == 0;
            const Graph graph = relabelled_graph_of(n, messy_edges(n, 6 * n, seed, weighted), seed > 2, weighted);
            const CommunitiesOptions options{
                .max_rounds = 20, .stop_share = 0.002 * static_cast<double>(seed), .seed = seed};
            EXPECT_EQ(propagated(placed(graph), options), oracle_lpa(graph, options))
                << n << " accounts, seed " << seed;
        }
}

TEST_P(Communities, OfLpaGiveEdgesWithoutWeightAndSelfLoopsNoVote) {
    EdgeList edges;
    for (const Edge& edge : messy_edges(300, 2000, 6, true)) {
        edges.sources.push_back(edge.source);
        edges.targets.push_back(edge.target);
        edges.weights.push_back(edge.target % 3 == 0 ? 0.0F : edge.weight);
    }
    const Graph graph = build_graph(300, std::move(edges), false, {.keep_self_loops = true});
    const CommunitiesOptions options{.max_rounds = 12};
    EXPECT_EQ(propagated(placed(graph), options), oracle_lpa(graph, options));
}

TEST_P(Communities, CountNeighborhoodsOfEverySize) {
    // Hubs with as many neighbors as the ways of counting begin and end with: a thread, lanes, a warp, a block, and above
    // what a block of any device can hold. Others draw labels into their rows from two groups, so that winners are close.
    const std::vector<AccountId> sizes = {1,   2,   3,   8,   9,   16,   17,   32,   33,    255,
                                          256, 257, 511, 512, 513, 4095, 4096, 4097, 22000, 30000};
    constexpr AccountId n = 31'000;
    std::vector<Edge> edges = messy_edges(n, 3000, 21, true);
    for (AccountId hub = 0; hub < sizes.size(); ++hub)
        for (AccountId i = 0; i < sizes[hub]; ++i) {
            const auto other = static_cast<AccountId>(n - 1 - (hub + i) % (n - 100));
            const float weight = 1.0F + static_cast<float>(i % 3);
            if (i % 5 == 0)
                edges.push_back({other, hub, weight});
            else
                edges.push_back({hub, other, weight});
        }
    for (const bool undirected : {false, true})
        for (const bool weighted : {false, true}) {
            const Graph graph = relabelled_graph_of(n, edges, undirected, weighted);
            SCOPED_TRACE(std::string(undirected ? "undirected" : "directed") + (weighted ? ", weighted" : ""));
            if (!weighted) {
                EXPECT_EQ(propagated(placed(graph), {.method = cdlp, .max_rounds = 6}), oracle_cdlp(graph, 6));
            }
            const CommunitiesOptions options{.max_rounds = 9, .stop_share = 0};
            EXPECT_EQ(propagated(placed(graph), options), oracle_lpa(graph, options));
        }
}

TEST_P(Communities, AreTheSameBytesWithAnyNumberOfThreads) {
    for (const auto& [name, graph] : assorted_graphs())
        for (const CommunitiesOptions& options : {CommunitiesOptions{.method = lpa}, CommunitiesOptions{.method = cdlp},
                                                  CommunitiesOptions{.direction = Direction::mutual}}) {
            const CommunitiesResult expected = communities(place(graph, {.threads = 1}), options);
            for (const int threads : {2, 7}) {
                const CommunitiesResult got = communities(placed(graph, threads), options);
                EXPECT_EQ(got.labels, expected.labels) << name;
                EXPECT_EQ(got.sizes, expected.sizes) << name;
                EXPECT_EQ(got.rounds, expected.rounds) << name;
                EXPECT_EQ(got.converged, expected.converged) << name;
                EXPECT_EQ(got.quality.modularity, expected.quality.modularity) << name;
                EXPECT_EQ(got.quality.coverage, expected.quality.coverage) << name;
                EXPECT_EQ(got.quality.largest_share, expected.quality.largest_share) << name;
                if (GetParam() == Backend::cuda) break;
            }
        }
}

TEST_P(Communities, ReadMutualAsEdgesBothWays) {
    // A ring 0 → 1 → … → 5 → 0 with 0 ↔ 1, 2 ↔ 3, 4 ↔ 5.
    std::vector<Edge> edges = cycle(6);
    for (const AccountId v : {0U, 2U, 4U}) edges.push_back({v + 1, v});
    const CommunitiesResult result = communities(placed(graph_of(6, edges)), {.direction = Direction::mutual});
    EXPECT_EQ(result.labels, (std::vector<AccountId>{0, 0, 1, 1, 2, 2}));
    EXPECT_DOUBLE_EQ(result.quality.modularity, 2.0 / 3.0);
    EXPECT_EQ(result.quality.coverage, 1.0);
}

TEST_P(Communities, FollowTheWeights) {
    // A path 0 – 1 – 2 – 3 whose ends hold together.
    const Graph graph = graph_of(4, {{0, 1, 10}, {1, 2, 1}, {2, 3, 10}}, true, true);
    EXPECT_EQ(communities(placed(graph)).labels, (std::vector<AccountId>{0, 0, 1, 1}));
}

TEST_P(Communities, SayWhenTheyStopEarly) {
    const Graph graph = relabelled_graph_of(1000, messy_edges(1000, 8000, 2));
    const CommunitiesResult cut = communities(placed(graph), {.max_rounds = 2, .stop_share = 1.0});
    EXPECT_EQ(cut.rounds, 2);
    EXPECT_FALSE(cut.converged);
    const CommunitiesResult first = communities(placed(graph), {.stop_share = 1.0});
    EXPECT_EQ(first.rounds, 5) << "the first round at the last cost";
    EXPECT_TRUE(first.converged);
    const CommunitiesResult settled = communities(placed(graph_of(4, path(2))), {.method = cdlp, .max_rounds = 1});
    EXPECT_EQ(settled.rounds, 1);
}

TEST_P(Communities, OfCdlpStopWhenNothingChanges) {
    const CommunitiesResult result = communities(placed(graph_of(12, clique(12))), {.method = cdlp, .max_rounds = 40});
    EXPECT_TRUE(result.converged);
    EXPECT_LT(result.rounds, 10);
    EXPECT_EQ(result.labels, std::vector<AccountId>(12, result.labels[0]));
}

TEST_P(Communities, ReportEachRoundAndStopWhenAsked) {
    class Witness : public Progress {
      public:
        void report(std::string_view step, double done, double, std::string_view unit) override {
            EXPECT_EQ(step, "communities");
            EXPECT_EQ(unit, "rounds");
            EXPECT_EQ(done, ++rounds_);
        }
        bool cancelled() const override { return rounds_ == 3; }
        int rounds_ = 0;
    };
    const PlacedGraph graph = placed(relabelled_graph_of(1000, messy_edges(1000, 8000, 2)));
    for (const CommunityMethod method : {lpa, cdlp}) {
        Witness witness;
        EXPECT_THROW(communities(graph, {.method = method, .progress = &witness}), Cancelled);
        EXPECT_EQ(witness.rounds_, 3);
    }
}

TEST_P(Communities, RefuseOptionsOutOfRange) {
    const PlacedGraph graph = placed(graph_of(3, path(3)));
    const double not_a_number = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THROW(communities(graph, {.max_rounds = -1}), std::invalid_argument);
    EXPECT_THROW(communities(graph, {.stop_share = -0.1}), std::invalid_argument);
    EXPECT_THROW(communities(graph, {.stop_share = 1.1}), std::invalid_argument);
    EXPECT_THROW(communities(graph, {.stop_share = not_a_number}), std::invalid_argument);
    EXPECT_THROW(communities(graph, {.direction = Direction::directed}), std::invalid_argument);
    EXPECT_THROW(communities(graph, {.method = cdlp, .direction = Direction::mutual}), std::invalid_argument);
    try {
        communities(graph, {.stop_share = 1.5});
        FAIL() << "must throw";
    } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(), "communities: stop_share must be in [0, 1], got 1.5");
    }
}

TEST_P(Communities, RefuseWeightsThatAreNoVotes) {
    const float not_a_number = std::numeric_limits<float>::quiet_NaN();
    for (const float weight : {-1.0F, not_a_number, std::numeric_limits<float>::infinity(), 5e12F})
        EXPECT_THROW(communities(placed(graph_of(3, {{0, 1, 2.0F}, {1, 2, weight}}, false, true))), GraphError)
            << weight;
    EXPECT_NO_THROW(communities(placed(graph_of(3, {{0, 1, 2.0F}, {1, 2, 0.0F}}, false, true))));
}

// Graphalytics' examples: their CDLP takes two rounds.
TEST_P(Communities, AreThoseOfGraphalytics) {
    for (const std::string name : {"example-directed", "example-undirected"}) {
        const std::string base = source_file("datasets/graphalytics/" + name);
        const EdgeFile file =
            read_edge_file(base + ".e", {.undirected = name == "example-undirected", .accounts = base + ".v"});
        const std::vector<std::uint64_t> ids = file.ids_by_account();
        const CommunitiesResult result = communities(placed(file.graph), {.method = cdlp, .max_rounds = 2});
        for (const std::vector<double>& row : read_table(base + "-CDLP"))
            EXPECT_EQ(static_cast<double>(ids[result.labels[file.account(static_cast<std::uint64_t>(row[0]))]]), row[1])
                << name << ", account " << row[0];
    }
}

TEST(CommunitiesOfRealGraphs, AgreeWithKnownGroups) {
    for (const KnownGroups& graph : known) {
        const std::string edges = shared_data("truth/" + graph.edges);
        if (edges.empty()) GTEST_SKIP() << "shared/data is not beside the source folder";
        const std::string groups = shared_data("truth/" + graph.groups);
        const EdgeFile file =
            read_edge_file(edges, {.undirected = graph.undirected, .weighted = graph.weighted, .accounts = groups});
        const std::vector<AccountId> truth = known_groups(file, groups);
        double mean = 0;
        double modularity = 0;
        for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
            const CommunitiesResult result = communities(place(file.graph, {.threads = 2}), {.seed = seed});
            mean += mutual_information(result.labels, truth) / 5;
            modularity += result.quality.modularity / 5;
        }
        EXPECT_GE(mean, graph.reached) << graph.edges;
        RecordProperty(graph.edges, std::to_string(mean) + " modularity " + std::to_string(modularity));
    }
}

TEST(CommunitiesOfRealGraphs, AreNotFloodedInFollowerNetworks) {
    // Plain label propagation gives 87 to 90 % of the accounts one label here.
    for (const std::string brand : {"bofa_careers", "verizoncareers", "hersheycareers"}) {
        const std::string edges = shared_data("follow/brand_" + brand + "_edges.csv");
        if (edges.empty()) GTEST_SKIP() << "shared/data is not beside the source folder";
        const CommunityQuality quality = communities(place(read_edge_file(edges).graph, {.threads = 2})).quality;
        EXPECT_LT(quality.largest_share, 0.4) << brand;
        EXPECT_GT(quality.modularity, 0.3) << brand;
        RecordProperty(brand, std::to_string(quality.modularity) + " largest " + std::to_string(quality.largest_share));
    }
}

// networkx 2.8.8: networkx.algorithms.community.modularity(G, groups of the labels' file), G = Graph (weight of the
// file for karate) or DiGraph for those directed.
TEST(CommunityQuality, AgreesWithNetworkX) {
    struct Golden {
        std::size_t graph;
        bool keep_self_loops;
        double modularity;
    };
    for (const Golden& golden : {Golden{0, false, 0.40362811791383213}, Golden{1, false, 0.4149402769422207},
                                 Golden{2, false, 0.553973318714423}, Golden{4, true, 0.31563714535917664},
                                 Golden{4, false, 0.2990949557684897}, Golden{6, false, 0.6615071954399682}}) {
        const KnownGroups& graph = known[golden.graph];
        const std::string edges = shared_data("truth/" + graph.edges);
        if (edges.empty()) GTEST_SKIP() << "shared/data is not beside the source folder";
        const std::string groups = shared_data("truth/" + graph.groups);
        const EdgeFile file = read_edge_file(edges, {.undirected = graph.undirected,
                                                     .weighted = graph.weighted,
                                                     .keep_self_loops = golden.keep_self_loops,
                                                     .accounts = groups});
        EXPECT_NEAR(community_quality(file.graph, known_groups(file, groups), 2).modularity, golden.modularity, 1e-12)
            << graph.edges;
    }
}

TEST(CommunityQuality, IsKnownForTwoTrianglesAndABridge) {
    // 0–1–2 and 3–4–5, joined by 2–3.
    const std::vector<Edge> edges = {{0, 1}, {1, 2}, {0, 2}, {3, 4}, {4, 5}, {3, 5}, {2, 3}};
    const std::vector<AccountId> labels = {0, 0, 0, 4, 4, 4};
    for (const bool undirected : {true, false}) {
        const CommunityQuality quality = community_quality(graph_of(6, edges, undirected), labels, 2);
        EXPECT_DOUBLE_EQ(quality.coverage, 6.0 / 7.0);
        EXPECT_DOUBLE_EQ(quality.largest_share, 0.5);
        // Directed: out-strengths 4 and 3, in-strengths 3 and 4.
        EXPECT_DOUBLE_EQ(quality.modularity, undirected ? 6.0 / 7.0 - 0.5 : 6.0 / 7.0 - 24.0 / 49.0);
    }
}

TEST(CommunityQuality, AgreesWithTheDefinition) {
    for (const std::uint64_t seed : {1, 2, 3, 4})
        for (const bool keep : {false, true}) {
            const bool weighted = seed % 2 == 0;
            EdgeList edges;
            for (const Edge& edge : messy_edges(120, 700, seed, weighted)) {
                edges.sources.push_back(edge.source);
                edges.targets.push_back(edge.target);
                if (weighted) edges.weights.push_back(edge.weight);
            }
            const Graph graph = build_graph(120, std::move(edges), seed > 2, {.keep_self_loops = keep});
            std::vector<AccountId> labels(120);
            for (AccountId v = 0; v < 120; ++v) labels[v] = static_cast<AccountId>(random_bits(seed, v, 0) % 7);
            const double expected = oracle_modularity(graph, labels);
            for (const int threads : {1, 2, 7})
                EXPECT_NEAR(community_quality(graph, labels, threads).modularity, expected, 1e-12) << "seed " << seed;
        }
}

TEST(CommunityQuality, RefusesLabelsThatAreNone) {
    const Graph graph = graph_of(3, path(3));
    const std::vector<AccountId> few = {0, 1};
    const std::vector<AccountId> large = {0, 1, 3};
    EXPECT_THROW(community_quality(graph, few, 1), std::invalid_argument);
    EXPECT_THROW(community_quality(graph, large, 1), std::invalid_argument);
    const Graph negative = graph_of(3, {{0, 1, -1.0F}}, false, true);
    EXPECT_THROW(community_quality(negative, std::vector<AccountId>{0, 0, 0}, 1), GraphError);
}

}  // namespace coterie::testing
