#include "io/time_rules.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "host/errors.hpp"
#include "io/ingest.hpp"
#include "tests/support/ingested.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

constexpr double day = 86400;
constexpr double today = 1000 * day;

/// Events: source, target, and how many days before `today`.
struct Event {
    int source;
    int target;
    double age;
};

class TimesOfRows : public ::testing::Test {
  protected:
    std::string events(const std::string& name, const std::vector<Event>& rows) {
        std::string text = "source,target,time\n";
        for (const Event& row : rows) text += fmt::format("{},{},{}\n", row.source, row.target, today - row.age * day);
        return file(name, text);
    }
    std::string file(const std::string& name, const std::string& text) {
        write_bytes(folder_ / name, text);
        return folder_ / name;
    }
    IngestReport run(const IngestOptions& options) {
        const IngestReport report = ingest(store(), options);
        for (const LayerInfo& layer : report.layers) {
            EXPECT_EQ(layer.rows, layer.kept + layer.merged + layer.self_loops + layer.rejected + layer.outside)
                << layer.name;
            Store::open(store()).verify(layer.name, 1);
        }
        return report;
    }
    std::string store() const { return folder_ / "s.h5"; }
    OriginalEdges edges(const std::string& layer) const { return edges_of(store(), layer); }

    TemporaryFolder folder_;
};

}  // namespace

TEST_F(TimesOfRows, CountOnlyInsideTheWindow) {
    IngestOptions options;
    options.files = {
        {"mention", events("m.csv", {{1, 2, 10}, {1, 2, 5}, {2, 3, 4.999}, {3, 3, 6}, {4, 1, 1}, {5, 6, 0}})},
        {"follow", file("f.csv", "1,2\n")}};
    options.since = today - 10 * day;
    options.until = today - 1 * day;
    const IngestReport report = run(options);
    EXPECT_EQ(edges("mention"), (OriginalEdges{{"1", "2", 2.0F}, {"2", "3", 1.0F}}));
    EXPECT_EQ(edges("follow").size(), 1U);
    const LayerInfo& layer = report.layers[0];
    EXPECT_EQ(layer.rows, 6U);
    EXPECT_EQ(layer.outside, 2U);
    EXPECT_EQ(layer.self_loops, 1U);
    EXPECT_EQ(layer.first_time, today - 10 * day);
    EXPECT_EQ(layer.last_time, today - 4.999 * day);
    // A row outside names no account.
    EXPECT_EQ(accounts_of(store()), (std::vector<std::string>{"1", "2", "3"}));
    const LayerInfo stored = Store::open(store()).layer("mention");
    EXPECT_EQ(stored.outside, 2U);
    EXPECT_EQ(stored.since, options.since);
    EXPECT_EQ(stored.until, options.until);
    EXPECT_EQ(report.layers[1].outside, 0U);
    EXPECT_FALSE(report.layers[1].since.has_value());
}

TEST_F(TimesOfRows, GiveEachWindowALayer) {
    IngestOptions options;
    options.files = {{"mention", events("m.csv", {{1, 2, 100}, {1, 2, 29}, {2, 3, 7}, {2, 3, 6}, {3, 1, 0}})}};
    options.as_of = today;
    options.windows = {{"7d", 7 * day}, {"30d", 30 * day}, {"all", std::numeric_limits<double>::infinity()}};
    const IngestReport report = run(options);
    ASSERT_EQ(report.layers.size(), 3U);
    EXPECT_EQ(edges("mention_7d"), (OriginalEdges{{"2", "3", 2.0F}}));
    EXPECT_EQ(edges("mention_30d"), (OriginalEdges{{"1", "2", 1.0F}, {"2", "3", 2.0F}}));
    EXPECT_EQ(edges("mention"), (OriginalEdges{{"1", "2", 2.0F}, {"2", "3", 2.0F}}));
    for (const LayerInfo& layer : report.layers) {
        EXPECT_EQ(layer.rows, 5U);
        EXPECT_EQ(layer.as_of, today);
        EXPECT_EQ(layer.sources.size(), 1U);
    }
    EXPECT_EQ(report.layers[0].outside, 3U);
    EXPECT_EQ(report.layers[1].outside, 2U);
    EXPECT_EQ(report.layers[2].outside, 1U);
}

TEST_F(TimesOfRows, LetWeightsDecay) {
    IngestOptions options;
    options.files = {{"mention", file("m.csv", fmt::format("source,target,weight,time\n1,2,8,{}\n1,2,4,{}\n2,3,1,{}\n",
                                                           today - 60 * day, today - 30 * day, today - 15 * day))}};
    options.as_of = today;
    options.half_life = 30 * day;
    run(options);
    EXPECT_EQ(edges("mention"), (OriginalEdges{{"1", "2", 4.0F}, {"2", "3", static_cast<float>(std::sqrt(0.5))}}));
    EXPECT_EQ(Store::open(store()).layer("mention").half_life, 30 * day);
}

TEST_F(TimesOfRows, DecayByPowersOfTwo) {
    EXPECT_EQ(decay(0, 5), 1.0);
    EXPECT_EQ(decay(5, 5), 0.5);
    EXPECT_EQ(decay(-10, 5), 4.0);
    EXPECT_EQ(decay(1e300, 1e-3), 0.0);
    for (int i = -4000; i < 4000; ++i) {
        const double age = i * 0.01;
        EXPECT_NEAR(decay(age, 1) / std::exp2(-age), 1.0, 4e-16) << age;
    }
}

TEST_F(TimesOfRows, RejectRowsWithoutOne) {
    IngestOptions options;
    options.files = {
        {"mention", file("m.csv", fmt::format("source,target,time\n1,2,{}\n1,2,\n1,2,soon\n", today - day))}};
    options.until = today;
    EXPECT_EQ(run(options).layers[0].rejected, 2U);
    options.files = {{"mention", file("n.csv", "1,2\n2,3\n")}};
    const IngestReport none = run(options);
    EXPECT_EQ(none.layers[0].rejected, 2U);
    EXPECT_NE(read_bytes(store() + ".rejects.csv").find("a row of events must have a time"), std::string::npos);
}

TEST_F(TimesOfRows, RefuseOptionsThatCannotBe) {
    IngestOptions options;
    options.files = {{"mention", events("m.csv", {{1, 2, 1}})}};
    options.half_life = day;
    EXPECT_THROW(run(options), std::invalid_argument);
    options.half_life = 0;
    options.windows = {{"7d", 7 * day}};
    EXPECT_THROW(run(options), std::invalid_argument);
    options.as_of = today;
    options.since = 0;
    EXPECT_THROW(run(options), std::invalid_argument);
    options.since = {};
    options.windows = {{"7d", 7 * day}, {"7d", 7 * day}};
    EXPECT_THROW(run(options), std::invalid_argument);
    EXPECT_EQ(parse_duration("1.5d", ""), 1.5 * day);
    for (const std::string text : {"", "7", "d", "-1d", "7 years", "0d"})
        EXPECT_THROW(parse_duration(text, "--half-life"), std::invalid_argument) << text;
}

TEST_F(TimesOfRows, HoldForRowsThatComeLater) {
    IngestOptions options;
    options.as_of = today;
    options.half_life = 9 * day;
    options.windows = {{"7d", 7 * day}, {"all", std::numeric_limits<double>::infinity()}};
    IngestOptions first = options;
    first.files = {{"mention", events("a.csv", {{1, 2, 3}, {2, 3, 20}, {3, 1, 0}, {1, 2, 5.1}})}};
    ingest(folder_ / "a.h5", first);
    IngestOptions second = options;
    second.files = {{"mention", events("b.csv", {{1, 2, 1.7}, {9, 3, 2}, {2, 3, 8}})}};
    second.append_to = folder_ / "a.h5";
    run(second);
    IngestOptions all = options;
    all.files = {first.files[0], second.files[0]};
    ingest(folder_ / "all.h5", all);
    EXPECT_TRUE(read_bytes(store()) == read_bytes(folder_ / "all.h5"));
    second.as_of = today + day;
    EXPECT_THROW(run(second), std::invalid_argument);
}

}  // namespace coterie::testing
