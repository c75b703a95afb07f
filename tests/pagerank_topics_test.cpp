#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "host/pagerank.hpp"
#include "tests/support/backends.hpp"
#include "tests/support/shapes.hpp"

namespace coterie::testing {

namespace {

using Teleports = std::vector<std::vector<double>>;

/// Topics of all kinds: one account, a few, all of them unevenly, and none named (uniform).
Teleports topics_of(std::size_t count, AccountId n) {
    Teleports teleports(count);
    for (std::size_t topic = 0; topic < count; ++topic) {
        if (topic % 7 == 3) continue;
        std::vector<double>& weights = teleports[topic];
        weights.assign(n, 0.0);
        if (topic % 7 == 5)
            for (AccountId account = 0; account < n; ++account)
                weights[account] = static_cast<double>(1 + (account + topic) % 3);
        for (std::size_t i = 0; i <= topic % 7; ++i) weights[(topic * 31 + i * 17) % n] += 1.5 + static_cast<double>(i);
    }
    return teleports;
}

void expect_single_runs(const PlacedGraph& graph, const Teleports& teleports, const PageRankOptions& options,
                        const std::string& name) {
    const std::vector<PageRankResult> results = pagerank_topics(graph, teleports, options);
    ASSERT_EQ(results.size(), teleports.size()) << name;
    for (std::size_t topic = 0; topic < teleports.size(); ++topic) {
        PageRankOptions alone = options;
        alone.teleport = teleports[topic];
        const PageRankResult expected = pagerank(graph, alone);
        const std::string where = name + ", topic " + std::to_string(topic) + " of " + std::to_string(teleports.size());
        EXPECT_EQ(results[topic].ranks, expected.ranks) << where;
        EXPECT_EQ(results[topic].iterations, expected.iterations) << where;
        EXPECT_EQ(results[topic].residual, expected.residual) << where;
        EXPECT_EQ(results[topic].converged, expected.converged) << where;
    }
}

class PageRankTopics : public OnEveryBackend {};

TEST_P(PageRankTopics, AreTheSingleRunsToTheLastBit) {
    for (const NamedGraph& named : assorted_graphs()) {
        const AccountId n = named.graph.num_accounts();
        for (const Precision precision : {Precision::full, Precision::single})
            expect_single_runs(placed(named.graph), n == 0 ? Teleports(3) : topics_of(5, n),
                               {.tolerance = 1e-4, .max_iterations = 6, .precision = precision}, named.name);
    }
}

TEST_P(PageRankTopics, OfAnyNumberAreTheSingleRuns) {
    for (const bool weighted : {false, true}) {
        const Graph graph = relabelled_graph_of(150, messy_edges(150, 1200, 21, weighted), false, weighted);
        for (const std::size_t count : {1U, 8U, 9U, 17U, 32U, 41U})
            expect_single_runs(placed(graph), topics_of(count, 150), {.tolerance = 1e-5, .max_iterations = 9},
                               weighted ? "weighted" : "unweighted");
    }
}

TEST_P(PageRankTopics, GatherRowsThatAreCut) {
    // Hubs of more edges than a piece, whose sums come together from several.
    for (const bool weighted : {false, true}) {
        std::vector<Edge> edges = messy_edges(3000, 20'000, 5, weighted);
        for (const Edge& edge : star(2500)) edges.push_back(edge);
        const Graph graph = relabelled_graph_of(3000, edges, false, weighted);
        EdgeOffset longest = 0;
        for (AccountId account = 0; account < 3000; ++account) longest = std::max(longest, graph.in().degree(account));
        ASSERT_GT(longest, 2048);
        for (const Precision precision : {Precision::full, Precision::single})
            expect_single_runs(placed(graph), topics_of(9, 3000),
                               {.tolerance = 0, .max_iterations = 3, .precision = precision}, "hubs");
    }
}

TEST_P(PageRankTopics, StopEachAtItsOwnTime) {
    // Where a walk cannot leave the account at which it always starts anew, the ranks stand still from the beginning;
    // around a cycle they take long.
    std::vector<Edge> edges = cycle(40);
    edges.push_back({40, 40});
    const Graph graph = graph_of(42, edges);
    Teleports teleports(3, std::vector<double>(42, 0.0));
    teleports[0][0] = 1;
    teleports[1][41] = 1;
    teleports[2][40] = teleports[2][41] = 1;
    const PageRankOptions options{.tolerance = 1e-6, .max_iterations = 60};
    const std::vector<PageRankResult> results = pagerank_topics(placed(graph), teleports, options);
    EXPECT_GT(results[0].iterations, 40);
    EXPECT_EQ(results[1].iterations, 1);
    EXPECT_EQ(results[2].iterations, 1);
    EXPECT_EQ(results[1].ranks[41], 1.0);
    EXPECT_EQ(results[2].ranks[40], 0.5);
    expect_single_runs(placed(graph), teleports, options, "a cycle and two dangling accounts");
}

TEST_P(PageRankTopics, MayStartFromRanksGiven) {
    const Graph graph = relabelled_graph_of(200, messy_edges(200, 1500, 6));
    std::vector<double> start(200);
    for (AccountId account = 0; account < 200; ++account) start[account] = 1 + account % 5;
    expect_single_runs(placed(graph), topics_of(4, 200), {.tolerance = 1e-3, .max_iterations = 20, .start = start},
                       "warm");
}

TEST_P(PageRankTopics, DoNotDependOnThreads) {
    const Graph graph = relabelled_graph_of(700, messy_edges(700, 9000, 3));
    const Teleports teleports = topics_of(20, 700);
    const PageRankOptions options{.tolerance = 0, .max_iterations = 4};
    const std::vector<PageRankResult> expected = pagerank_topics(place(graph, {.threads = 1}), teleports, options);
    const std::vector<PageRankResult> results = pagerank_topics(placed(graph, 7), teleports, options);
    for (std::size_t topic = 0; topic < teleports.size(); ++topic) {
        EXPECT_EQ(results[topic].ranks, expected[topic].ranks);
        EXPECT_EQ(results[topic].residual, expected[topic].residual);
    }
}

TEST_P(PageRankTopics, OfNoneAreNone) {
    EXPECT_TRUE(pagerank_topics(placed(graph_of(3, cycle(3))), {}).empty());
}

TEST_P(PageRankTopics, RefuseWhatPageRankRefuses) {
    const PlacedGraph graph = placed(graph_of(3, cycle(3)));
    const auto refused = [&](const Teleports& teleports, const PageRankOptions& options) -> std::string {
        try {
            pagerank_topics(graph, teleports, options);
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "nothing was thrown";
    };
    const std::vector<double> ones = {1, 1, 1};
    EXPECT_EQ(refused({ones, {1, 1}}, {}), "pagerank: teleport 1 must have one entry per account, 3, but has 2");
    EXPECT_EQ(refused({{0, 0, 0}, ones}, {}), "pagerank: teleport 0 must have a positive entry, but all are 0");
    EXPECT_EQ(refused({ones, {0, -2, 1}}, {}),
              "pagerank: entries of teleport 1 must be finite and 0 or more, but entry 1 is -2");
    EXPECT_EQ(refused({ones}, {.teleport = ones}),
              "pagerank: teleport must be empty where topics bring their own, but has 3 entries");
    EXPECT_EQ(refused({ones}, {.damping = 1}), "pagerank: damping must be in [0, 1), got 1");
}

TEST_P(PageRankTopics, ReportEachIterationAndStopWhenAsked) {
    struct Recorder : Progress {
        std::vector<double> done;
        double total = 0;
        void report(std::string_view step, double count, double of, std::string_view unit) override {
            EXPECT_EQ(step, "pagerank");
            EXPECT_EQ(unit, "iterations");
            done.push_back(count);
            total = of;
        }
        bool cancelled() const override { return done.size() == 7; }
    } recorder;
    const PlacedGraph graph = placed(graph_of(4, cycle(4)));
    EXPECT_THROW(pagerank_topics(graph, topics_of(70, 4), {.tolerance = 0, .max_iterations = 5, .progress = &recorder}),
                 Cancelled);
    EXPECT_EQ(recorder.done, (std::vector<double>{1, 2, 3, 4, 5, 6, 7}));
    EXPECT_GE(recorder.total, 15);
}

INSTANTIATE_TEST_SUITE_P(Backends, PageRankTopics, ::testing::Values(Backend::openmp, Backend::cuda), backend_name);

}  // namespace

}  // namespace coterie::testing
