#include "host/betweenness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <stdexcept>
#include <utility>

#include "host/errors.hpp"
#include "kernels/betweenness/betweenness_openmp.hpp"
#include "kernels/kernels.hpp"
#include "tests/oracle/betweenness.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/edge_files.hpp"
#include "tests/support/shapes.hpp"

namespace coterie::testing {

namespace {

constexpr bool undirected = true;

void expect_near(const std::vector<double>& values, const std::vector<double>& expected, const std::string& what = "") {
    ASSERT_EQ(values.size(), expected.size()) << what;
    for (std::size_t v = 0; v < values.size(); ++v)
        ASSERT_NEAR(values[v], expected[v], 1e-9 * std::max(1.0, expected[v])) << what << ", account " << v;
}

std::vector<double> scaled(std::vector<double> values, double factor) {
    for (double& value : values) value *= factor;
    return values;
}

/// Every account from 0 to n − 1.
std::vector<AccountId> everybody(AccountId n) {
    std::vector<AccountId> accounts(n);
    std::iota(accounts.begin(), accounts.end(), AccountId{0});
    return accounts;
}

/// 0 → {1, 2} → 3 → {4, 5} → 6 …: the paths double with each of `num_diamonds`.
std::vector<Edge> diamonds(AccountId num_diamonds) {
    std::vector<Edge> edges;
    for (AccountId i = 0; i < num_diamonds; ++i)
        for (const AccountId side : {1U, 2U}) {
            edges.push_back({3 * i, 3 * i + side});
            edges.push_back({3 * i + side, 3 * i + 3});
        }
    return edges;
}

Graph with_self_loops(AccountId n, const std::vector<Edge>& edges) {
    EdgeList list;
    for (const Edge& edge : edges) {
        list.sources.push_back(edge.source);
        list.targets.push_back(edge.target);
    }
    return build_graph(n, std::move(list), false, {.keep_self_loops = true});
}

}  // namespace

class Betweenness : public OnEveryBackend {
  protected:
    std::vector<double> values(const Graph& graph, const BetweennessOptions& options = {}) const {
        return betweenness(placed(graph), options).values;
    }
    /// What the backend adds up from `sources`.
    std::vector<double> dependencies(const Graph& graph, std::span<const AccountId> sources, int threads = 2,
                                     int lanes = 0) const {
        const PlacedGraph on_backend = placed(graph, threads);
        return GetParam() == Backend::cuda ? cuda::betweenness(on_backend, sources, nullptr, lanes)
                                           : openmp::betweenness(on_backend, sources, nullptr, lanes);
    }
};
INSTANTIATE_TEST_SUITE_P(Backends, Betweenness, ::testing::Values(Backend::openmp, Backend::cuda), backend_name);

// --- closed forms --------------------------------------------------------------------------------------------------

TEST_P(Betweenness, CountsThePairsOnEitherSideOnAPath) {
    for (const AccountId n : {2U, 3U, 31U, 70U}) {
        std::vector<double> expected(n);
        for (AccountId v = 0; v < n; ++v) expected[v] = static_cast<double>(v) * (n - 1 - v);
        EXPECT_EQ(values(graph_of(n, path(n))), expected);
        EXPECT_EQ(values(graph_of(n, path(n), undirected)), expected);  // unordered pairs count once
        EXPECT_EQ(values(graph_of(n, path(n)), {.direction = Direction::either}), expected);
    }
}

TEST_P(Betweenness, IsEveryPairAtTheHubOfAStar) {
    // More than two chunks of neighbors in the hub's row.
    constexpr AccountId leaves = 9000;
    const Graph graph = graph_of(leaves + 1, star(leaves), undirected);
    const std::vector<AccountId> sources = {0, 1, 77, 4097, 9000};
    std::vector<double> expected(leaves + 1, 0.0);
    expected[0] = 4.0 * (leaves - 1);
    EXPECT_EQ(dependencies(graph, sources), expected);
    EXPECT_EQ(dependencies(graph_of(leaves + 1, star(leaves)), sources), std::vector<double>(leaves + 1, 0.0));
}

TEST_P(Betweenness, CountsEveryLeafOnceInBothDirectionsThroughManyMiddles) {
    // 0 → 9,000 middles → last: sums over rows of several chunks, 1/9,000 each, on the way out and back.
    constexpr AccountId middles = 9000;
    std::vector<Edge> edges;
    for (AccountId middle = 1; middle <= middles; ++middle) {
        edges.push_back({0, middle});
        edges.push_back({middle, middles + 1});
    }
    edges.push_back({middles + 1, middles + 2});
    std::vector<double> expected(middles + 3, 2.0 / middles);
    expected[0] = expected[middles + 2] = 0.0;
    expected[middles + 1] = 1.0;
    expect_near(dependencies(graph_of(middles + 3, edges), std::vector<AccountId>{0}), expected);
}

TEST_P(Betweenness, IsUniformOnACycle) {
    for (const AccountId n : {3U, 31U, 32U, 33U}) {
        EXPECT_EQ(values(graph_of(n, cycle(n))), std::vector<double>(n, (n - 1.0) * (n - 2.0) / 2.0));
        // Around an even cycle two paths lead to the account opposite, each counting half.
        const double both_ways = n % 2 == 1 ? (n - 1.0) * (n - 3.0) / 8.0 : (n - 2.0) * (n - 2.0) / 8.0;
        EXPECT_EQ(values(graph_of(n, cycle(n), undirected)), std::vector<double>(n, both_ways));
    }
}

TEST_P(Betweenness, IsZeroInAClique) {
    EXPECT_EQ(values(graph_of(40, clique(40))), std::vector<double>(40, 0.0));
}

TEST_P(Betweenness, LiesAtTheEndsOfABridge) {
    constexpr AccountId size = 12;
    std::vector<double> expected(2 * size, 0.0);
    expected[size - 1] = expected[size] = size * (size - 1.0);
    EXPECT_EQ(values(graph_of(2 * size, two_cliques_and_a_bridge(size), undirected)), expected);
    EXPECT_EQ(values(graph_of(2 * size, two_cliques_and_a_bridge(size))), scaled(expected, 2.0));
}

TEST_P(Betweenness, IsSharedByEqualPaths) {
    //     1
    //   ↗   ↘
    // 0       3
    //   ↘   ↗
    //     2
    EXPECT_EQ(values(graph_of(4, diamonds(1))), (std::vector<double>{0, 0.5, 0.5, 0}));
}

TEST_P(Betweenness, IsNothingWithoutAccountsOrEdges) {
    EXPECT_TRUE(values(graph_of(0, {})).empty());
    EXPECT_EQ(values(graph_of(1, {})), std::vector<double>(1, 0.0));
    EXPECT_EQ(values(graph_of(3, {})), std::vector<double>(3, 0.0));
    EXPECT_EQ(values(graph_of(2, {{0, 1}}), {.normalized = true}), std::vector<double>(2, 0.0));
}

TEST_P(Betweenness, IsOneAtTheHubOfAStarIfNormalized) {
    std::vector<double> expected(51, 0.0);
    expected[0] = 1.0;
    expect_near(values(graph_of(51, star(50), undirected), {.normalized = true}), expected);
    // Directed there are twice as many pairs: only those one way lead over the middle of 0 → 1 → 2.
    expect_near(values(graph_of(3, path(3)), {.normalized = true}), {0, 0.5, 0});
}

TEST_P(Betweenness, AddsTheTermsOfARowInChunksOf4096) {
    // 0 → hub 1 → 9,000 leaves; 0 → middles 2 … 8, of which i % 7 lead to leaf i too. The hub adds 1 / (1 + i % 7).
    constexpr AccountId first_leaf = 9;
    constexpr AccountId leaves = 9000;
    std::vector<Edge> edges = {{0, 1}};
    for (AccountId middle = 2; middle < first_leaf; ++middle) edges.push_back({0, middle});
    double straight = 0;
    double in_chunks = 0;
    double chunk = 0;
    for (AccountId i = 0; i < leaves; ++i) {
        edges.push_back({1, first_leaf + i});
        for (AccountId middle = 2; middle < 2 + i % 7; ++middle) edges.push_back({middle, first_leaf + i});
        const double term = 1.0 / (1.0 + i % 7);
        straight += term;
        chunk += term;
        if ((i + 1) % 4096 == 0 || i + 1 == leaves) in_chunks += std::exchange(chunk, 0.0);
    }
    ASSERT_NE(straight, in_chunks);
    EXPECT_EQ(dependencies(graph_of(first_leaf + leaves, edges), std::vector<AccountId>{0})[1], in_chunks);
}

// --- oracles -------------------------------------------------------------------------------------------------------

TEST_P(Betweenness, AgreesWithItsDefinitionOverPairs) {
    for (const AccountId n : {5U, 31U, 32U, 33U, 90U})
        for (const std::uint64_t seed : {1, 2, 3}) {
            const std::string what = std::to_string(n) + " accounts, seed " + std::to_string(seed);
            const auto edges = messy_edges(n, 4 * n, seed);
            const Graph directed = relabelled_graph_of(n, edges);
            expect_near(values(directed), oracle_betweenness_by_pairs(directed), what);
            const Graph both_ways = relabelled_graph_of(n, edges, undirected);
            expect_near(values(both_ways), scaled(oracle_betweenness_by_pairs(both_ways), 0.5), what);
        }
}

TEST_P(Betweenness, AgreesWithBrandesFromSampledSources) {
    for (const bool both_ways : {false, true}) {
        const Graph graph = relabelled_graph_of(3000, messy_edges(3000, 20000, 11), both_ways);
        for (const AccountId k : {1U, 32U, 33U, 100U}) {
            const BetweennessResult result = betweenness(placed(graph), {.num_sources = k, .seed = 5});
            const double factor = 3000.0 / k * (both_ways ? 0.5 : 1.0);
            expect_near(result.values, scaled(oracle_dependencies(graph, result.sources), factor));
            EXPECT_FALSE(result.exact);
        }
    }
}

TEST_P(Betweenness, LeavesSelfLoopsOut) {
    const Graph graph = with_self_loops(60, messy_edges(60, 400, 8));
    expect_near(values(graph), oracle_betweenness_by_pairs(graph));
    EXPECT_EQ(values(with_self_loops(2, {{0, 0}, {1, 1}})), std::vector<double>(2, 0.0));
}

TEST_P(Betweenness, GoesDeep) {
    constexpr AccountId n = 3000;
    const std::vector<AccountId> sources = {0, 1, 1500, n - 1};
    const Graph graph = relabelled_graph_of(n, path(n));
    expect_near(dependencies(graph, sources), oracle_dependencies(graph, sources));
}

TEST_P(Betweenness, GoesDeepFromManySources) {
    // Every source reaches an account at a level of its own: the lists of levels grow as long as they can.
    constexpr AccountId n = 500;
    const std::vector<AccountId> sources = draw_sources(graph_of(n, path(n)), 70, 1);
    const Graph graph = graph_of(n, path(n), undirected);
    expect_near(dependencies(graph, sources), oracle_dependencies(graph, sources));
}

TEST_P(Betweenness, CountsAsManyPathsAsADoubleHolds) {
    // 2^1000 paths from one end to the other: every account halfway still gets its share.
    const Graph graph = graph_of(3001, diamonds(1000));
    expect_near(dependencies(graph, std::vector<AccountId>{0}), oracle_dependencies(graph, std::vector<AccountId>{0}));
}

TEST_P(Betweenness, RefusesMorePathsThanADoubleHolds) {
    try {
        values(graph_of(3 * 1030 + 1, diamonds(1030)));
        FAIL() << "2^1030 paths were counted";
    } catch (const GraphError& error) {
        EXPECT_NE(std::string(error.what()).find("1.8e308"), std::string::npos) << error.what();
    }
}

TEST_P(Betweenness, AgreesWithNetworkX) {
    struct Case {
        const char* golden;
        const char* file;
        bool undirected;
        Direction direction = Direction::directed;
    };
    for (const Case& c :
         {Case{"karate", "truth/karate_edges.csv", true}, Case{"polbooks", "truth/polbooks_edges.csv", true},
          Case{"football", "truth/football_edges.csv", true}, Case{"lfr", "truth/lfr_mu0.3_edges.csv", true},
          Case{"polblogs", "truth/polblogs_edges.csv", false}, Case{"email", "truth/email-Eu-core.txt", false},
          Case{"blockmodel_1000", "truth/simulated_blockmodel_graph_1000_nodes.tsv", false},
          Case{"example_directed", "graphalytics/example-directed.e", false},
          Case{"example_directed_either", "graphalytics/example-directed.e", false, Direction::either},
          Case{"example_undirected", "graphalytics/example-undirected.e", true}}) {
        const std::string path = shared_data(c.file);
        if (path.empty()) GTEST_SKIP() << c.file << " is not beside the source folder";
        const EdgeFile file = read_edge_file(path, {.undirected = c.undirected});
        const std::vector<double> computed = values(file.graph, {.direction = c.direction});
        const auto golden = read_table(source_file(std::string("tests/golden/betweenness/") + c.golden + ".csv"));
        ASSERT_EQ(golden.size(), computed.size()) << c.golden;
        for (const auto& row : golden)
            ASSERT_NEAR(computed[file.account(static_cast<std::uint64_t>(row[0]))], row[1],
                        1e-9 * std::max(row[1], 1e-3))
                << c.golden << ", account " << row[0];
    }
}

// --- properties ----------------------------------------------------------------------------------------------------

TEST_P(Betweenness, IsExactFromAllSourcesWhateverTheSeed) {
    const Graph graph = relabelled_graph_of(200, messy_edges(200, 900, 4));
    const BetweennessResult exact = betweenness(placed(graph));
    EXPECT_TRUE(exact.exact);
    EXPECT_EQ(exact.sources.size(), 200U);
    for (const AccountId k : {200U, 201U, 5000U})
        for (const std::uint64_t seed : {1, 99}) {
            const BetweennessResult result = betweenness(placed(graph), {.num_sources = k, .seed = seed});
            EXPECT_TRUE(result.exact);
            EXPECT_EQ(result.values, exact.values);
        }
}

TEST_P(Betweenness, OfADisjointUnionIsThatOfEachPart) {
    const auto edges = messy_edges(100, 500, 6);
    std::vector<Edge> twice = edges;
    for (const Edge& edge : edges) twice.push_back({edge.source + 100, edge.target + 100});
    std::vector<double> expected = values(graph_of(100, edges));
    expected.insert(expected.end(), expected.begin(), expected.begin() + 100);
    EXPECT_EQ(values(graph_of(200, twice)), expected);
}

TEST_P(Betweenness, IsRenamedWithTheAccounts) {
    const auto edges = messy_edges(300, 2000, 9);
    const Graph relabelled = relabelled_graph_of(300, edges);
    const std::vector<double> by_name = values(graph_of(300, edges));
    const std::vector<double> by_degree = values(relabelled);
    std::vector<double> renamed(300);
    for (AccountId position = 0; position < 300; ++position)
        renamed[position] = by_degree[relabelled.account_at(position)];
    expect_near(renamed, by_name);
}

TEST_P(Betweenness, TurnsRoundWithTheEdges) {
    const auto edges = messy_edges(120, 600, 10);
    std::vector<Edge> reversed;
    for (const Edge& edge : edges) reversed.push_back({edge.target, edge.source});
    expect_near(values(graph_of(120, reversed)), values(graph_of(120, edges)));
}

TEST_P(Betweenness, IsTheSameBytesAsFromOneThreadWhateverTheLanes) {
    const bool on_device = GetParam() == Backend::cuda;
    for (const auto& [name, graph] : assorted_graphs()) {
        const Graph hops = graph.unweighted();
        const std::vector<AccountId> sources = draw_sources(hops, 70, 3);
        const std::vector<double> expected =
            openmp::betweenness(place(hops, {.backend = Backend::openmp, .threads = 1}), sources, nullptr);
        for (const int threads : on_device ? std::vector{1} : std::vector{1, 2, 7})
            for (const int lanes : on_device ? std::vector{32, 64} : std::vector{8, 16, 32, 64})
                EXPECT_TRUE(dependencies(hops, sources, threads, lanes) == expected)
                    << name << ", " << threads << " threads, " << lanes << " lanes";
    }
}

TEST(BetweennessInstructions, AreTheSameBytesFromEverySetThatThisProcessorHas) {
    for (const auto& [name, graph] : assorted_graphs()) {
        const Graph hops = graph.unweighted();
        const PlacedGraph placed = place(hops, {.backend = Backend::openmp, .threads = 2});
        const std::vector<AccountId> sources = draw_sources(hops, 70, 3);
        const openmp::Batches plain{.instructions = openmp::InstructionSet::plain};
        const std::vector<double> expected = openmp::betweenness_in_batches(placed, sources, plain, nullptr);
        for (const openmp::InstructionSet instructions : openmp::instruction_sets())
            for (const int lanes : {8, 16, 32, 64}) {
                const openmp::Batches batches{.lanes = lanes, .instructions = instructions};
                EXPECT_TRUE(openmp::betweenness_in_batches(placed, sources, batches, nullptr) == expected)
                    << name << ", instruction set " << static_cast<int>(instructions) << ", " << lanes << " lanes";
            }
    }
}

TEST(BetweennessBatches, ChangeNoBitIfThreadsShareThem) {
    for (const auto& [name, graph] : assorted_graphs()) {
        const Graph hops = graph.unweighted();
        const std::vector<AccountId> sources = draw_sources(hops, 70, 3);
        const std::vector<double> expected =
            openmp::betweenness(place(hops, {.backend = Backend::openmp, .threads = 1}), sources, nullptr);
        for (const int threads : {2, 7}) {
            const PlacedGraph placed = place(hops, {.backend = Backend::openmp, .threads = threads});
            const openmp::Batches shared{.lanes = 16, .bytes_apart = 0};
            EXPECT_TRUE(openmp::betweenness_in_batches(placed, sources, shared, nullptr) == expected)
                << name << ", " << threads << " threads";
        }
    }
}

TEST(BetweennessSources, AreDistinctAndThoseOfMoreAreThoseOfFewerAndOthers) {
    const Graph graph = graph_of(1000, cycle(1000));
    const std::vector<AccountId> most = draw_sources(graph, 999, 7);
    EXPECT_EQ(std::set<AccountId>(most.begin(), most.end()).size(), 999U);
    for (const AccountId k : {1U, 10U, 500U}) {
        const std::vector<AccountId> some = draw_sources(graph, k, 7);
        EXPECT_EQ(some, std::vector<AccountId>(most.begin(), most.begin() + k));
    }
    EXPECT_NE(draw_sources(graph, 10, 7), draw_sources(graph, 10, 8));
    EXPECT_EQ(draw_sources(graph, 0, 7), everybody(1000));
    EXPECT_EQ(draw_sources(graph, 1000, 8), everybody(1000));
}

TEST(BetweennessSources, DoNotDependOnTheInternalOrder) {
    const auto edges = messy_edges(500, 3000, 2);
    const Graph relabelled = relabelled_graph_of(500, edges);
    const std::vector<AccountId> positions = id_positions(relabelled);
    for (const AccountId k : {0U, 20U}) {
        std::vector<AccountId> sources = draw_sources(relabelled, k, 5);
        for (AccountId& source : sources) source = positions[source];
        EXPECT_EQ(sources, draw_sources(graph_of(500, edges), k, 5));
    }
}

TEST(BetweennessSources, AreDrawnEvenly) {
    // Of 20 accounts each is among 5 with probability 1/4: 1,000 of 4,000 draws, standard deviation 27.
    const Graph graph = graph_of(20, {});
    std::vector<int> drawn(20, 0);
    for (std::uint64_t seed = 0; seed < 4000; ++seed)
        for (const AccountId source : draw_sources(graph, 5, seed)) ++drawn[source];
    for (const int count : drawn) EXPECT_NEAR(count, 1000, 150);
}

// --- the contract --------------------------------------------------------------------------------------------------

TEST_P(Betweenness, RefusesWeights) {
    const Graph graph = graph_of(5, cycle(5), false, true);
    EXPECT_THROW(values(graph), GraphError);
    EXPECT_EQ(values(graph.unweighted()), values(graph_of(5, cycle(5))));
}

TEST_P(Betweenness, RefusesMutualEdges) {
    EXPECT_THROW(values(graph_of(5, cycle(5)), {.direction = Direction::mutual}), std::invalid_argument);
}

TEST_P(Betweenness, SaysHowFarItIsAndStopsWhenAsked) {
    class Listener : public Progress {
      public:
        void report(std::string_view step, double done, double total, std::string_view unit) override {
            EXPECT_EQ(step, "betweenness");
            EXPECT_EQ(unit, "sources");
            EXPECT_GE(done, last);
            EXPECT_LE(done, total);
            last = done;
            ++reports;
        }
        bool cancelled() const override { return reports >= stop_at; }
        double last = 0;
        int reports = 0;
        int stop_at = 1000;
    };
    const Graph graph = graph_of(140, cycle(140));
    Listener listener;
    betweenness(placed(graph), {.progress = &listener});
    EXPECT_EQ(listener.last, 140.0);
    EXPECT_GE(listener.reports, 3);

    Listener impatient;
    impatient.stop_at = 2;
    EXPECT_THROW(betweenness(placed(graph), {.progress = &impatient}), Cancelled);
}

}  // namespace coterie::testing
