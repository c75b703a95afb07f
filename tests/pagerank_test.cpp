#include "host/pagerank.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "host/generate.hpp"
#include "kernels/kernels.hpp"
#include "tests/oracle/pagerank_oracle.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/edge_files.hpp"
#include "tests/support/shapes.hpp"

namespace coterie::testing {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

double distance(std::span<const double> a, std::span<const double> b) {
    EXPECT_EQ(a.size(), b.size());
    double sum = 0;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) sum += std::abs(a[i] - b[i]);
    return sum;
}

std::vector<double> uniform(std::size_t n) {
    return std::vector<double>(n, 1.0 / static_cast<double>(n));
}

/// The text of what `run` throws as an `Exception`.
template <class Exception, class Run>
std::string error_of(Run run) {
    try {
        run();
    } catch (const Exception& error) {
        return error.what();
    }
    return "nothing was thrown";
}

const std::string no_data = "shared/data is not beside the source folder";

class PageRank : public OnEveryBackend {};

// Closed forms.

TEST_P(PageRank, IsUniformOnACycle) {
    const PageRankResult result = pagerank(placed(graph_of(33, cycle(33))));
    for (const double rank : result.ranks) EXPECT_NEAR(rank, 1.0 / 33, 1e-15);
    EXPECT_TRUE(result.converged);
    EXPECT_EQ(result.iterations, 1);
}

TEST_P(PageRank, IsUniformOnAClique) {
    const PageRankResult result = pagerank(placed(graph_of(40, clique(40))));
    for (const double rank : result.ranks) EXPECT_NEAR(rank, 1.0 / 40, 1e-15);
}

TEST_P(PageRank, OfAStarGivesTheCenterWhatAllLeavesHave) {
    // Every leaf → 0, which dangles. A leaf has x = (1 - d + d y) / n, the center y = x (1 + d leaves), and the sum is 1.
    constexpr double d = 0.85;
    for (const AccountId leaves : {1U, 31U, 5000U}) {
        const PageRankResult result = pagerank(placed(graph_of(leaves + 1, star(leaves))),
                                               {.damping = d, .tolerance = 1e-15, .max_iterations = 400});
        const double leaf = 1.0 / (leaves + 1 + d * leaves);
        EXPECT_NEAR(result.ranks[0], leaf * (1 + d * leaves), 1e-14);
        EXPECT_NEAR(result.ranks[leaves], leaf, 1e-14);
    }
}

TEST_P(PageRank, GrowsAlongAPathAsAGeometricSum) {
    // 0 → 1 → 2 → 3: with base b, ranks b, b (1 + d), b (1 + d + d²), …
    constexpr double d = 0.5;
    const PageRankResult result = pagerank(placed(graph_of(4, path(4))), {.damping = d, .tolerance = 1e-16});
    const double b = 1 / (1 + 1.5 + 1.75 + 1.875);
    const std::vector<double> expected = {b, 1.5 * b, 1.75 * b, 1.875 * b};
    EXPECT_LT(distance(result.ranks, expected), 1e-15);
}

TEST_P(PageRank, FollowsWeights) {
    // 0 gives three quarters to 1 and a quarter to 2; both give all back.
    const Graph graph = graph_of(3, {{0, 1, 3}, {0, 2, 1}, {1, 0, 5}, {2, 0, 7}}, false, true);
    const PageRankResult result = pagerank(placed(graph), {.damping = 0.8, .tolerance = 1e-16, .max_iterations = 400});
    const double base = 0.2 / 3;
    const double center = (base + 0.8 * 2 * base) / (1 - 0.64);
    const std::vector<double> expected = {center, base + 0.8 * 0.75 * center, base + 0.8 * 0.25 * center};
    EXPECT_LT(distance(result.ranks, expected), 1e-14);
}

TEST_P(PageRank, OfAnEmptyGraphIsEmptyAndOfOneAccountIsOne) {
    const PageRankResult none = pagerank(placed(graph_of(0, {})));
    EXPECT_TRUE(none.ranks.empty());
    EXPECT_TRUE(none.converged);
    const PageRankResult one = pagerank(placed(graph_of(1, {})));
    EXPECT_EQ(one.ranks, std::vector<double>{1.0});
}

TEST_P(PageRank, IsTheTeleportVectorWithoutDamping) {
    const std::vector<double> teleport = {1, 2, 5, 0};
    const PageRankResult result =
        pagerank(placed(graph_of(4, cycle(4))), {.damping = 0, .tolerance = 1e-15, .teleport = teleport});
    EXPECT_EQ(result.ranks, (std::vector<double>{0.125, 0.25, 0.625, 0}));
}

// Another route.

TEST_P(PageRank, AgreesWithALinearSystem) {
    for (const bool weighted : {false, true}) {
        for (const bool undirected : {false, true}) {
            for (const std::uint64_t seed : {11U, 12U}) {
                constexpr AccountId n = 130;
                const Graph graph = relabelled_graph_of(n, messy_edges(n, 700, seed, weighted), undirected, weighted);
                std::vector<double> teleport = uniform(n);
                const PageRankResult full = pagerank(placed(graph), {.tolerance = 1e-15, .max_iterations = 300});
                EXPECT_LT(distance(full.ranks, pagerank_oracle(graph, 0.85, teleport)), 1e-13);

                std::iota(teleport.begin(), teleport.end(), -3.0);
                for (double& weight : teleport) weight = std::max(weight, 0.0);
                const PageRankResult single = pagerank(
                    placed(graph),
                    {.tolerance = 1e-9, .max_iterations = 300, .precision = Precision::single, .teleport = teleport});
                const double sum = std::accumulate(teleport.begin(), teleport.end(), 0.0);
                for (double& weight : teleport) weight /= sum;
                EXPECT_LT(distance(single.ranks, pagerank_oracle(graph, 0.85, teleport)), 3e-7);
            }
        }
    }
}

TEST_P(PageRank, CountsKeptSelfLoopsAsOrdinaryEdges) {
    EdgeList edges;
    for (const Edge& edge : messy_edges(90, 500, 5)) {
        edges.sources.push_back(edge.source);
        edges.targets.push_back(edge.target);
    }
    const Graph graph = build_graph(90, std::move(edges), false, {.keep_self_loops = true});
    const PageRankResult result = pagerank(placed(graph), {.tolerance = 1e-15, .max_iterations = 300});
    EXPECT_LT(distance(result.ranks, pagerank_oracle(graph, 0.85, uniform(90))), 1e-13);
}

TEST(PageRankPrecision, IsWithin1e12OfLongDoubleOnAMillionEdges) {
    const Graph graph = build_graph(1U << 16U, kronecker_edges(16, 16, 1));
    const std::vector<double> exact = pagerank_by_pushing(graph, 0.85, 30);
    const PageRankOptions options{.tolerance = 0, .max_iterations = 30};
    PageRankOptions single = options;
    single.precision = Precision::single;
    EXPECT_LT(distance(pagerank(place(graph), options).ranks, exact), 1e-12);
    EXPECT_LT(distance(pagerank(place(graph), single).ranks, exact), 1e-7);
}

/// Accounts enough for all segments of sources, with long rows and short ones, and far sources in both.
Graph wide_graph(bool weighted) {
    constexpr AccountId n = 600'000;
    EdgeList edges;
    std::uint64_t state = 1;
    const auto below = [&](AccountId bound) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<AccountId>((state >> 33U) % bound);
    };
    const auto add = [&](AccountId source, AccountId target) {
        edges.sources.push_back(source);
        edges.targets.push_back(target);
        if (weighted) edges.weights.push_back(0.5F + static_cast<float>(below(1000)) / 256);
    };
    for (AccountId v = 0; v < 1500; ++v)
        for (int i = 0; i < 400; ++i) add(below(n), v);
    for (AccountId v = 0; v < n; ++v) add(below(v < n / 8 ? n : 2000), v);
    return build_graph(n, std::move(edges));
}

TEST(PageRankOnOpenmp, GathersFromAllSegmentsOfSources) {
    for (const bool weighted : {false, true}) {
        const Graph graph = wide_graph(weighted);
        const std::vector<double> exact = pagerank_by_pushing(graph, 0.85, 4);
        const PageRankOptions options{.tolerance = 0, .max_iterations = 4};
        const auto ranks = [&](int threads) { return pagerank(place(graph, {.threads = threads}), options).ranks; };
        EXPECT_LT(distance(ranks(2), exact), 1e-12) << weighted;
        EXPECT_EQ(ranks(1), ranks(7)) << weighted;
    }
}

// Properties.

TEST_P(PageRank, SumsToOne) {
    for (const NamedGraph& named : assorted_graphs()) {
        if (named.graph.num_accounts() == 0) continue;
        const PageRankResult result = pagerank(placed(named.graph), {.tolerance = 0, .max_iterations = 5});
        EXPECT_NEAR(std::accumulate(result.ranks.begin(), result.ranks.end(), 0.0), 1.0, 1e-12) << named.name;
    }
}

TEST_P(PageRank, RenamesWithTheAccountsToTheLastBit) {
    const std::vector<Edge> edges = messy_edges(300, 2000, 9);
    const Graph graph = relabelled_graph_of(300, edges);
    const PageRankOptions options{.tolerance = 0, .max_iterations = 8};
    const PageRankResult relabelled = pagerank(placed(graph), options);
    const PageRankResult plain = pagerank(placed(graph_of(300, edges)), options);
    for (AccountId account = 0; account < 300; ++account)
        EXPECT_EQ(relabelled.ranks[graph.account_at(account)], plain.ranks[account]);
}

TEST_P(PageRank, IsNotChangedByAnotherGraphBesideIt) {
    // The walk starts and jumps within the first part, and so never leaves it.
    const std::vector<Edge> first = messy_edges(64, 400, 3);
    std::vector<Edge> both = first;
    for (Edge edge : messy_edges(100, 700, 4)) both.push_back({edge.source + 64, edge.target + 64});
    std::vector<double> teleport(164, 0.0);
    std::fill_n(teleport.begin(), 64, 1.0);
    const PageRankOptions options{.tolerance = 0, .max_iterations = 8};
    PageRankOptions within = options;
    within.teleport = teleport;
    std::vector<double> alone = pagerank(placed(graph_of(64, first)), options).ranks;
    alone.resize(164, 0.0);
    EXPECT_EQ(pagerank(placed(graph_of(164, both)), within).ranks, alone);
}

TEST_P(PageRank, TreatsAccountsWithoutOutWeightAsDangling) {
    // 1 → 2 weighs nothing: as if it were not there.
    const Graph with = graph_of(3, {{0, 1, 2}, {1, 2, 0}, {2, 1, 1}}, false, true);
    const Graph without = graph_of(3, {{0, 1, 2}, {2, 1, 1}}, false, true);
    EXPECT_EQ(pagerank(placed(with)).ranks, pagerank(placed(without)).ranks);
    EXPECT_LT(distance(pagerank(placed(with), {.tolerance = 1e-15, .max_iterations = 400}).ranks,
                       pagerank_oracle(without, 0.85, uniform(3))),
              1e-14);
}

TEST_P(PageRank, DoesNotDependOnTheUnitOfWeights) {
    std::vector<Edge> edges = messy_edges(200, 1500, 8, true);
    const PageRankOptions options{.tolerance = 0, .max_iterations = 6};
    const PageRankResult expected = pagerank(placed(relabelled_graph_of(200, edges, false, true)), options);
    for (Edge& edge : edges) edge.weight *= 1024;
    EXPECT_EQ(pagerank(placed(relabelled_graph_of(200, edges, false, true)), options).ranks, expected.ranks);
}

TEST_P(PageRank, OfEqualWeightsIsThatWithoutWeights) {
    std::vector<Edge> edges = messy_edges(200, 1500, 8);
    for (Edge& edge : edges) edge.weight = 3;
    // Merging adds weights, so each edge stands once.
    std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
        return std::pair(a.source, a.target) < std::pair(b.source, b.target);
    });
    edges.erase(std::unique(edges.begin(), edges.end(),
                            [](const Edge& a, const Edge& b) { return a.source == b.source && a.target == b.target; }),
                edges.end());
    const Graph weighted = relabelled_graph_of(200, edges, false, true);
    const PageRankOptions options{.tolerance = 1e-14, .max_iterations = 300};
    const PageRankResult expected = pagerank(placed(weighted.unweighted()), options);
    EXPECT_LT(distance(pagerank(placed(weighted), options).ranks, expected.ranks), 1e-13);
}

TEST_P(PageRank, WarmStartNeedsOneIterationFromTheAnswer) {
    const Graph graph = relabelled_graph_of(500, messy_edges(500, 4000, 2));
    const PageRankResult cold = pagerank(placed(graph), {.tolerance = 1e-12, .max_iterations = 300});
    EXPECT_GT(cold.iterations, 10);
    const PageRankResult warm = pagerank(placed(graph), {.tolerance = 1e-11, .start = cold.ranks});
    EXPECT_EQ(warm.iterations, 1);
    EXPECT_LT(distance(warm.ranks, cold.ranks), 1e-11);
}

// The contract.

TEST_P(PageRank, SaysWhetherTheLastIterationAllowedConverged) {
    const PlacedGraph graph = placed(relabelled_graph_of(200, messy_edges(200, 1500, 1)));
    const PageRankResult free = pagerank(graph, {.tolerance = 1e-5});
    ASSERT_TRUE(free.converged);
    EXPECT_LT(free.residual, 1e-5);
    const PageRankResult just = pagerank(graph, {.tolerance = 1e-5, .max_iterations = free.iterations});
    EXPECT_TRUE(just.converged);
    EXPECT_EQ(just.ranks, free.ranks);
    const PageRankResult less = pagerank(graph, {.tolerance = 1e-5, .max_iterations = free.iterations - 1});
    EXPECT_FALSE(less.converged);
    EXPECT_EQ(less.iterations, free.iterations - 1);
    EXPECT_GE(less.residual, 1e-5);
}

TEST_P(PageRank, WithToleranceZeroRunsAllIterations) {
    const PageRankResult result = pagerank(placed(graph_of(4, cycle(4))), {.tolerance = 0, .max_iterations = 7});
    EXPECT_EQ(result.iterations, 7);
    EXPECT_FALSE(result.converged);
    EXPECT_EQ(result.residual, 0);
}

TEST_P(PageRank, ReportsEachIterationAndStopsWhenAsked) {
    struct Recorder : Progress {
        std::vector<double> done;
        void report(std::string_view step, double count, double total, std::string_view unit) override {
            EXPECT_EQ(step, "pagerank");
            EXPECT_EQ(total, 5);
            EXPECT_EQ(unit, "iterations");
            done.push_back(count);
        }
        bool cancelled() const override { return done.size() == 3; }
    } recorder;
    const PlacedGraph graph = placed(graph_of(4, cycle(4)));
    EXPECT_THROW(pagerank(graph, {.tolerance = 0, .max_iterations = 5, .progress = &recorder}), Cancelled);
    EXPECT_EQ(recorder.done, (std::vector<double>{1, 2, 3}));
}

TEST_P(PageRank, RefusesOptionsThatMakeNoSense) {
    const PlacedGraph graph = placed(graph_of(3, cycle(3)));
    const auto refused = [&](const PageRankOptions& options) {
        return error_of<std::invalid_argument>([&] { pagerank(graph, options); });
    };
    EXPECT_EQ(refused({.damping = 1.2}), "pagerank: damping must be in [0, 1), got 1.2");
    EXPECT_EQ(refused({.damping = 1}), "pagerank: damping must be in [0, 1), got 1");
    EXPECT_EQ(refused({.damping = -0.1}), "pagerank: damping must be in [0, 1), got -0.1");
    EXPECT_EQ(refused({.damping = nan}), "pagerank: damping must be in [0, 1), got nan");
    EXPECT_EQ(refused({.tolerance = -1}), "pagerank: tolerance must be 0 or more, got -1");
    EXPECT_EQ(refused({.tolerance = nan}), "pagerank: tolerance must be 0 or more, got nan");
    EXPECT_EQ(refused({.max_iterations = 0}), "pagerank: max_iterations must be 1 or more, got 0");

    const std::vector<double> two = {1, 1};
    const std::vector<double> zeros = {0, 0, 0};
    const std::vector<double> negative = {1, -2, 0};
    const std::vector<double> endless = {1, 0, infinity};
    EXPECT_EQ(refused({.teleport = two}), "pagerank: teleport must have one entry per account, 3, but has 2");
    EXPECT_EQ(refused({.start = two}), "pagerank: start must have one entry per account, 3, but has 2");
    EXPECT_EQ(refused({.teleport = zeros}), "pagerank: teleport must have a positive entry, but all are 0");
    EXPECT_EQ(refused({.teleport = negative}),
              "pagerank: entries of teleport must be finite and 0 or more, but entry 1 is -2");
    EXPECT_EQ(refused({.start = endless}),
              "pagerank: entries of start must be finite and 0 or more, but entry 2 is inf");
}

TEST_P(PageRank, RefusesWeightsThatCannotBeShared) {
    const Graph negative = graph_of(3, {{0, 1, 1}, {1, 2, -3}}, false, true);
    EXPECT_EQ(
        error_of<GraphError>([&] { pagerank(placed(negative)); }),
        "pagerank: weights must be finite and 0 or more, but the edge from account 1 to account 2 (counted from 0, "
        "in the order of their ids) weighs -3; leave such edges out, or rank without weights");
    EXPECT_NO_THROW(pagerank(placed(negative.unweighted())));

    const Graph light = graph_of(2, {{0, 1, 0x1.0p-65F}, {1, 0, 1}}, false, true);
    EXPECT_NO_THROW(pagerank(placed(light)));
    EXPECT_THROW(pagerank(placed(light), {.precision = Precision::single}), GraphError);
    const Graph enough = graph_of(2, {{0, 1, 0x1.0p-64F}, {1, 0, 1}}, false, true);
    const PageRankResult result = pagerank(placed(enough), {.precision = Precision::single});
    EXPECT_NEAR(result.ranks[1], 0.5, 1e-7);
}

// The same bytes everywhere.

TEST_P(PageRank, GivesTheSameBytesEverywhere) {
    const bool on_openmp = GetParam() == Backend::openmp;
    for (const NamedGraph& named : assorted_graphs()) {
        const AccountId n = named.graph.num_accounts();
        std::vector<double> teleport(n);
        for (AccountId account = 0; account < n; ++account) teleport[account] = 1 + account % 3;
        const PageRankOptions full{.tolerance = 1e-9, .max_iterations = 5};
        PageRankOptions single = full;
        single.precision = Precision::single;
        single.teleport = teleport;
        for (const PageRankOptions& options : {full, single}) {
            const PageRankResult expected = pagerank(place(named.graph, {.threads = 1}), options);
            for (const int threads : on_openmp ? std::vector{2, 7} : std::vector{2}) {
                const PageRankResult result = pagerank(placed(named.graph, threads), options);
                EXPECT_EQ(result.ranks, expected.ranks) << named.name << ", " << threads << " threads";
                EXPECT_EQ(result.residual, expected.residual) << named.name;
                EXPECT_EQ(result.iterations, expected.iterations) << named.name;
            }
        }
    }
}

/// W(u), as the contract of kernels wants it.
std::vector<double> out_weights_of(const Graph& graph) {
    std::vector<double> sums;
    if (!graph.weighted()) return sums;
    const CsrView& out = graph.out();
    for (AccountId account = 0; account < graph.num_accounts(); ++account) {
        const auto begin = out.weights.begin() + static_cast<std::ptrdiff_t>(out.offsets[account]);
        sums.push_back(std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(out.degree(account)), 0.0));
    }
    return sums;
}

TEST(PageRankOnCuda, GivesTheSameBytesWithAnySharedMemoryAndLoop) {
    if (const std::string reason = why_unavailable(Backend::cuda); !reason.empty()) GTEST_SKIP() << reason;
    // Hubs whose rows are cut, segments from one share on and so many that sources are left over, and, of a row each, sources
    // that stand in no order.
    std::vector<NamedGraph> graphs;
    graphs.push_back({"kronecker", build_graph(1U << 12U, kronecker_edges(12, 12, 1))});
    for (const bool weighted : {false, true})
        graphs.push_back({weighted ? "weighted" : "messy",
                          graph_of(1500, messy_edges(1500, 12'000, 6, weighted), weighted, weighted)});
    for (const auto& [name, graph] : graphs) {
        const std::vector<double> weights = out_weights_of(graph);
        for (const Precision precision : {Precision::full, Precision::single}) {
            const PageRankOptions options{.tolerance = 0, .max_iterations = 3, .precision = precision};
            const PageRankResult expected = openmp::pagerank(place(graph, {.threads = 2}), options, weights);
            const PlacedGraph on_device = place(graph, {.backend = Backend::cuda});
            for (const std::size_t shared_bytes : {0, 1, 16, 500, 4000}) {
                for (const bool loop_in_graph : {true, false}) {
                    const PageRankResult result = cuda::pagerank(
                        on_device, options, weights, {.shared_bytes = shared_bytes, .loop_in_graph = loop_in_graph});
                    EXPECT_EQ(result.ranks, expected.ranks) << name << ", " << shared_bytes << ", " << loop_in_graph;
                    EXPECT_EQ(result.residual, expected.residual) << name;
                }
            }
        }
    }
}

TEST_P(PageRank, RunsAsManyIterationsAsAsked) {
    // More than the host hands to a device at a time.
    const Graph graph = relabelled_graph_of(50, messy_edges(50, 300, 12));
    const PageRankOptions options{.tolerance = 0, .max_iterations = 75};
    const PageRankResult result = pagerank(placed(graph), options);
    EXPECT_EQ(result.iterations, 75);
    EXPECT_EQ(result.ranks, pagerank(place(graph, {.threads = 1}), options).ranks);
}

// The outside world.

TEST_P(PageRank, AgreesWithGraphalytics) {
    for (const bool undirected : {false, true}) {
        const std::string example = source_file(undirected ? "datasets/graphalytics/example-undirected"
                                                           : "datasets/graphalytics/example-directed");
        const EdgeFile file = read_edge_file(example + ".e", {.undirected = undirected, .accounts = example + ".v"});
        const PageRankResult result =
            pagerank(placed(file.graph), {.damping = 0.85, .tolerance = 0, .max_iterations = 2});
        const auto expected = read_table(example + "-PR");
        ASSERT_EQ(expected.size(), result.ranks.size());
        for (const std::vector<double>& row : expected) {
            const AccountId account = file.account(static_cast<std::uint64_t>(row[0]));
            EXPECT_NEAR(result.ranks[account], row[1], 1e-4 * row[1]) << row[0];
        }
    }
}

struct Golden {
    std::string name;
    std::string edges;
    EdgeFileOptions options = {};
    bool personalised = false;
};

void expect_golden(const Golden& golden, const std::string& path, Backend backend) {
    const EdgeFile file = read_edge_file(path, golden.options);
    std::vector<double> teleport;
    if (golden.personalised)
        for (const std::uint64_t id : file.ids_by_account()) teleport.push_back(static_cast<double>(id * id % 9 % 3));
    const PageRankResult result = pagerank(place(file.graph, {.backend = backend, .threads = 2}),
                                           {.tolerance = 1e-10, .max_iterations = 300, .teleport = teleport});
    std::vector<double> expected(result.ranks.size(), nan);
    for (const std::vector<double>& row : read_table(source_file("tests/golden/pagerank_" + golden.name + ".csv")))
        expected.at(file.account(static_cast<std::uint64_t>(row[0]))) = row[1];
    EXPECT_LT(distance(result.ranks, expected), 1e-9) << golden.name;
}

TEST_P(PageRank, AgreesWithNetworkXOnTheFollowersOfABrand) {
    expect_golden({"brand_hershey", ""}, source_file("datasets/follow/brand_hersheycareers_edges.csv"), GetParam());
}

TEST_P(PageRank, AgreesWithNetworkX) {
    if (shared_data("truth").empty()) GTEST_SKIP() << no_data;
    const std::vector<Golden> all = {
        {"karate", "truth/karate_edges.csv", {.undirected = true}},
        {"weighted_karate", "truth/karate_edges.csv", {.undirected = true, .weighted = true}},
        {"football", "truth/football_edges.csv", {.undirected = true}},
        {"polbooks", "truth/polbooks_edges.csv", {.undirected = true}},
        {"lfr_mu0.3", "truth/lfr_mu0.3_edges.csv", {.undirected = true}},
        {"polblogs", "truth/polblogs_edges.csv", {.accounts = shared_data("truth/polblogs_labels.csv")}},
        {"personalised_polblogs",
         "truth/polblogs_edges.csv",
         {.accounts = shared_data("truth/polblogs_labels.csv")},
         true},
        {"email-eu-core", "truth/email-Eu-core.txt"},
        {"personalised_email-eu-core", "truth/email-Eu-core.txt", {}, true},
        {"blockmodel_1000", "truth/simulated_blockmodel_graph_1000_nodes.tsv"},
        {"blockmodel_5000", "truth/simulated_blockmodel_graph_5000_nodes.tsv"},
    };
    for (const Golden& golden : all) expect_golden(golden, shared_data(golden.edges), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Backends, PageRank, ::testing::Values(Backend::openmp, Backend::cuda), backend_name);

}  // namespace

}  // namespace coterie::testing
