#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>

#include "host/errors.hpp"
#include "io/formats/post_events.hpp"
#include "io/formats/twitter_v1.hpp"
#include "io/ingest.hpp"
#include "tests/support/edge_files.hpp"
#include "tests/support/ingested.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

using Texts = std::map<std::string, std::string>;

/// Files of posts in a folder of their own, and a store made from them.
class Posts : public ::testing::Test {
  protected:
    std::string file(const std::string& name, const std::string& content) {
        write_bytes(folder_ / name, content);
        return folder_ / name;
    }
    std::string store() const { return folder_ / "s.h5"; }
    IngestReport run(IngestOptions options) {
        const IngestReport report = ingest(store(), options);
        for (const LayerInfo& layer : report.layers)
            EXPECT_EQ(layer.rows, layer.kept + layer.merged + layer.self_loops + layer.rejected) << layer.name;
        return report;
    }
    IngestReport posts(const std::string& content, IngestOptions options = {}) {
        options.posts = {file("posts.jsonl", content)};
        return run(options);
    }
    std::string rejects() const { return read_bytes(store() + ".rejects.csv"); }
    OriginalEdges edges(std::string_view layer) const { return edges_of(store(), layer); }

    TemporaryFolder folder_;
};

std::string fixture(const std::string& name) {
    return read_bytes(source_file("tests/data/formats/" + name));
}

const LayerInfo& layer(const IngestReport& report, std::string_view name) {
    return *std::find_if(report.layers.begin(), report.layers.end(),
                         [&](const LayerInfo& layer) { return layer.name == name; });
}

/// A post of API v2 as twarc flattens it.
std::string flattened(int post, int author, const std::string& rest) {
    return fmt::format(R"({{"id":"{}","author_id":"{}","author":{{"id":"{}","username":"u{}"}}{}}})", post, author,
                       author, author, rest);
}

}  // namespace

TEST_F(Posts, OfVersion2GiveTheirLinksToLayers) {
    const IngestReport report = posts(fixture("twitter_v2_pages.jsonl"));
    EXPECT_EQ(edges("mention"), (OriginalEdges{{"11", "22", 1.0F}, {"11", "33", 1.0F}, {"22", "33", 1.0F}}));
    EXPECT_EQ(edges("reply"), (OriginalEdges{{"22", "11", 1.0F}}));
    EXPECT_EQ(edges("retweet"), (OriginalEdges{{"22", "99", 1.0F}, {"33", "11", 1.0F}}));
    EXPECT_EQ(edges("quote"), (OriginalEdges{{"33", "11", 1.0F}}));
    EXPECT_EQ(edges("follow"), (OriginalEdges{{"11", "22", 1.0F}, {"55", "22", 1.0F}}));
    EXPECT_EQ(layer(report, "reply").self_loops, 1U) << "a reply to oneself";
    EXPECT_EQ(layer(report, "mention").rejected, 3U);
    EXPECT_EQ(layer(report, "mention").first_time, 1672646400.0);
    EXPECT_EQ(layer(report, "mention").last_time, 1672646700.0);
    EXPECT_EQ(accounts_of(store()), (std::vector<std::string>{"11", "22", "33", "44", "55", "99"}));
    ASSERT_TRUE(report.posts.has_value());
    EXPECT_EQ(report.posts->posts, 8U);
    EXPECT_EQ(report.posts->repeated_posts, 1U);
    EXPECT_EQ(report.posts->posts_without_events, 2U);
    EXPECT_EQ(report.posts->mentions_in_links, 1U);
    EXPECT_EQ(report.posts->rejected_profiles, 1U);
    EXPECT_EQ(report.posts->unknown[static_cast<std::size_t>(PostLink::quote)], 1U);
    for (const std::string reason :
         {"posts.jsonl\",2,\"a post must have an author_id (was it asked for with tweet.fields?), got none in post "
          "1610000000000000009\"",
          "posts.jsonl\",2,\"author_id must be", "posts.jsonl\",2,\"of a profile, followers_count must be",
          "posts.jsonl\",4,\"the JSON object must be closed"})
        EXPECT_NE(rejects().find(reason), std::string::npos) << reason << "\n" << rejects();
}

TEST_F(Posts, OfVersion2GiveColumnsOfTheLatestProfiles) {
    posts(fixture("twitter_v2_pages.jsonl"));
    EXPECT_EQ(column_of(store(), "username"),
              (Texts{{"11", "ann"}, {"22", "bo_b"}, {"33", "cyd"}, {"44", "dee"}, {"55", "eve"}, {"99", "zed"}}));
    EXPECT_EQ(column_of(store(), "followers_count"),
              (Texts{{"11", "125"}, {"22", "7"}, {"33", ""}, {"44", ""}, {"55", "1"}, {"99", ""}}));
    EXPECT_EQ(column_of(store(), "name").at("22"), "Bo \"B\" Bell");
    EXPECT_EQ(column_of(store(), "created_at").at("11"), "2010-05-06T07:08:09Z");
    EXPECT_EQ(column_of(store(), "verified").at("11"), "true");
}

TEST_F(Posts, OfVersion2NameAccountsByUsernames) {
    const IngestReport report = posts(fixture("twitter_v2_pages.jsonl"), {.ids = IdChoice::handles});
    EXPECT_EQ(edges("mention"), (OriginalEdges{{"ann", "bo_b", 1.0F}, {"ann", "cyd", 1.0F}, {"bo_b", "cyd", 1.0F}}));
    EXPECT_EQ(edges("retweet"), (OriginalEdges{{"bo_b", "zed", 1.0F}, {"cyd", "ann", 1.0F}}));
    EXPECT_EQ(column_of(store(), "account_id").at("ann"), "11");
    EXPECT_EQ(report.posts->unknown[static_cast<std::size_t>(PostLink::follow)], 2U)
        << "the page does not tell the username of the one who is followed";
}

TEST_F(Posts, AreReadFlattenedOrInOneDocument) {
    const std::string mention = R"(,"entities":{"mentions":[{"start":0,"end":3,"username":"u2","id":"2"}]})";
    const std::string one = flattened(7, 1, mention);
    const std::string two = flattened(8, 2, R"(,"referenced_tweets":[{"type":"quoted","id":"7","author_id":"1"}])");
    std::string spread = "{\n  \"data\": [\n    " + one + ",\n    " + two + "\n  ]\n}\n";
    for (const std::string& text :
         {one + "\n" + two + "\n", one + two, "[" + one + ",\n" + two + "]", spread, spread + spread,
          "\n\n" + one + "\r\n\r\n" + two, "\xef\xbb\xbf[\n" + one + ", " + two + "]"}) {
        const IngestReport report = posts(text, {.format = InputFormat::twitter_v2});
        EXPECT_EQ(edges("mention"), (OriginalEdges{{"1", "2", 1.0F}})) << text;
        EXPECT_EQ(edges("quote"), (OriginalEdges{{"2", "1", 1.0F}})) << text;
        EXPECT_EQ(report.layers.size(), 2U) << "layers without a row are not there";
        EXPECT_EQ(report.rejected, 0U) << text;
        EXPECT_EQ(column_of(store(), "username"), (Texts{{"1", "u1"}, {"2", "u2"}}));
    }
}

TEST_F(Posts, GoOnBehindADocumentThatIsCutOff) {
    const std::string spread =
        "{\n  \"data\": [\n    " + flattened(7, 1, R"(,"in_reply_to_user_id":"2")") + "\n  ]\n}\n";
    const IngestReport report =
        posts("{\n  \"data\": [\n    {\"id\": \"5\",\n" + spread, {.format = InputFormat::twitter_v2});
    EXPECT_EQ(edges("reply"), (OriginalEdges{{"1", "2", 1.0F}}));
    EXPECT_EQ(layer(report, "mention").rejected, 1U);
    EXPECT_NE(rejects().find("posts.jsonl\",1,\"the JSON object must be closed (is the file truncated?)"),
              std::string::npos)
        << rejects();
}

TEST_F(Posts, OfVersion1GiveTheirLinksToLayers) {
    const IngestReport report = posts(fixture("twitter_v1.jsonl"));
    EXPECT_EQ(edges("mention"), (OriginalEdges{{"11", "22", 1.0F}, {"11", "33", 1.0F}, {"22", "33", 1.0F}}));
    EXPECT_EQ(edges("reply"), (OriginalEdges{{"22", "11", 1.0F}}));
    EXPECT_EQ(edges("retweet"), (OriginalEdges{{"33", "11", 1.0F}}));
    EXPECT_EQ(edges("quote"), (OriginalEdges{{"33", "11", 1.0F}}));
    EXPECT_EQ(layer(report, "quote").first_time, 1539207000.0);
    EXPECT_EQ(report.posts->posts, 5U);
    EXPECT_EQ(report.posts->repeated_posts, 1U);
    EXPECT_EQ(report.posts->posts_without_events, 1U);
    EXPECT_EQ(report.posts->notices, 1U);
    EXPECT_EQ(report.posts->unknown[static_cast<std::size_t>(PostLink::quote)], 1U);
    EXPECT_EQ(layer(report, "mention").rejected, 2U);
    EXPECT_NE(rejects().find("posts.jsonl\",7,\"status 1050118621198921733: must have a user"), std::string::npos);
    EXPECT_NE(rejects().find("posts.jsonl\",8,\"created_at must be a time such as"), std::string::npos);
    EXPECT_EQ(column_of(store(), "followers_count").at("11"), "121");
    EXPECT_EQ(column_of(store(), "created_at").at("22"), "2012-01-01T00:00:00Z");
    posts(fixture("twitter_v1.jsonl"), {.ids = IdChoice::handles});
    EXPECT_EQ(edges("reply"), (OriginalEdges{{"bo_b", "ann", 1.0F}}));
}

TEST(TwitterTime, IsReadExactly) {
    EXPECT_EQ(parse_twitter_time("Wed Oct 10 20:19:24 +0000 2018"), 1539202764.0);
    EXPECT_EQ(parse_twitter_time("Wed Oct 10 20:19:24 +0200 2018"), 1539195564.0);
    for (const std::string text : {"", "Wed Oct 10 20:19:24 2018", "Wed Oxt 10 20:19:24 +0000 2018",
                                   "Wed Oct 32 20:19:24 +0000 2018", "Wed Oct 10 20:19:24 +0000 20x8"})
        EXPECT_FALSE(parse_twitter_time(text).has_value()) << text;
}

TEST_F(Posts, AreRowsWithNamedFieldsToo) {
    const IngestReport report =
        posts(R"({"from": 1, "to": {"id": "2"}, "ts": "2023-01-02T08:00:00Z", "type": "mention", "weight": 2.5})"
              "\n"
              R"({"from": "1", "to": {"id": 2}, "ts": 1672646401, "type": "mention"})"
              "\n"
              R"({"from": 2, "to": {"id": 1}, "type": "like"})"
              "\n"
              R"({"from": 2, "to": {"id": 1}, "type": "fav"})"
              "\n"
              R"({"from": 2, "to": {}, "type": "reply"})"
              "\n"
              R"({"from": [2], "to": {"id": 1}, "type": "reply"})"
              "\n"
              R"({"from": 2, "to": {"id": 1}, "type": "reply")"
              "\n",
              {.format = InputFormat::json, .kinds = {{"like", "likes"}}, .rows = {.target_column = "to.id"}});
    EXPECT_EQ(edges("mention"), (OriginalEdges{{"1", "2", 3.5F}}));
    EXPECT_EQ(edges("likes"), (OriginalEdges{{"2", "1", 1.0F}}));
    EXPECT_EQ(report.rejected, 4U);
    EXPECT_EQ(layer(report, "mention").first_time, 1672646400.0);
    for (const std::string reason :
         {",4,\"the kind must be that of a layer (see --kinds), got \"\"fav\"\"", ",5,\"the target must be there",
          ",6,\"the source must be a string or a number", ",7,\"the JSON object must be closed"})
        EXPECT_NE(rejects().find(reason), std::string::npos) << reason << "\n" << rejects();
    IngestOptions options;
    options.files = {
        {"trust", file("trust.json", R"([{"source":"ann","target":"bo"},{"source":"bo","target":"ann"}])")}};
    run(options);
    EXPECT_EQ(edges("trust"), (OriginalEdges{{"ann", "bo", 1.0F}, {"bo", "ann", 1.0F}}));
}

TEST_F(Posts, GiveTheSameStoreInAnyOrderOnAnyThreads) {
    std::mt19937_64 random(5);
    std::vector<std::string> lines;
    for (int i = 0; i < 3000; ++i) {
        const auto post = static_cast<int>(random() % 2000);  // many stand in the files again, some with other texts
        const auto author = static_cast<int>(post * 7919 % 300);
        lines.push_back(flattened(
            post, author,
            fmt::format(
                R"(,"created_at":"2023-01-{:02}T00:00:00Z","entities":{{"mentions":[{{"username":"u{}","id":"{}"}}]}})",
                random() % 28 + 1, random() % 300, random() % 300)));
    }
    ::setenv("SOURCE_DATE_EPOCH", "1341100972", 1);
    for (const IdChoice ids : {IdChoice::numeric, IdChoice::handles}) {
        std::string expected;
        for (const int threads : {1, 2, 7}) {
            std::shuffle(lines.begin(), lines.end(), random);
            std::string text;
            for (const std::string& line : lines) text += line + "\n";
            posts(text, {.ids = ids, .threads = threads});
            std::string got;
            for (const auto& [source, target, weight] : edges("mention"))
                got += fmt::format("{} {} {}\n", source, target, weight);
            for (const std::string name : {"name", "created_at", ids == IdChoice::numeric ? "username" : "account_id"})
                for (const auto& [account, value] : column_of(store(), name)) got += account + "=" + value + "\n";
            if (expected.empty()) expected = got;
            EXPECT_EQ(got, expected) << threads;
        }
        EXPECT_GT(expected.size(), 10000U);
    }
    ::unsetenv("SOURCE_DATE_EPOCH");
}

TEST_F(Posts, SurviveAnyTextAndAccountForIt) {
    std::mt19937_64 random(17);
    const std::string good = fixture("twitter_v2_pages.jsonl");
    const std::string old = fixture("twitter_v1.jsonl");
    const std::vector<std::string> pieces{"{",          "}",
                                          "[",          "]",
                                          "\"",         "\\",
                                          ":",          ",",
                                          "null",       "1e999",
                                          "-1",         "\xff",
                                          "\n",         "\\u12",
                                          "true",       std::string(1, '\0'),
                                          "{\"data\":", "18446744073709551616"};
    for (int round = 0; round < 120; ++round) {
        std::string text = round % 2 == 0 ? good : old;
        for (std::uint64_t edits = 1 + random() % 6; edits > 0; --edits) {
            const std::size_t place = random() % text.size();
            if (random() % 2 == 0) text.erase(place, random() % 40);
            text.insert(std::min(place, text.size()), pieces[random() % pieces.size()]);
        }
        if (random() % 4 == 0) text.resize(random() % text.size());
        if (random() % 4 == 0) std::replace(text.begin(), text.end(), ',', '\n');
        IngestOptions options{.format = round % 2 == 0 ? InputFormat::twitter_v2 : InputFormat::twitter_v1,
                              .max_rejects = 100000};
        options.ids = round % 3 == 0 ? IdChoice::handles : IdChoice::numeric;
        options.threads = 1 + static_cast<int>(random() % 2);
        SCOPED_TRACE(round);
        const IngestReport report = posts(text, options);
        std::uint64_t rejected = report.posts->rejected_profiles;
        for (const LayerInfo& info : report.layers) rejected += info.rejected;
        EXPECT_EQ(report.rejected, rejected);
    }
}

TEST(PostEvents, CountOnceThroughFilesToo) {
    const TemporaryFolder folder;
    for (const std::size_t memory : {std::size_t{1} << 30, std::size_t{1}}) {
        std::vector<ThreadRows> rows(2);
        for (ThreadRows& thread : rows) thread.layers.resize(num_post_links);
        PostEvents events(IdKind::numeric, {}, 2, memory, folder.path());
        for (int copy = 0; copy < 2; ++copy) {
            PostEvents::Writer& writer = events.writer();
            for (std::uint64_t post = 1; post <= 2000; ++post) {
                writer.add(Post{post, {post % 10, true, {}}, 5.0});
                if (post % 4 == 0) continue;
                PostEdge edge{.link = PostLink::reply, .post = post, .time = static_cast<double>(post)};
                edge.source = {post % 10, true, {}};
                edge.target = {10 + post % 3, true, {}};
                writer.add(edge);
            }
        }
        const PostTally tally = events.drain({0, 1, 2, 3, 4}, rows);
        EXPECT_EQ(tally.posts, 2000U) << memory;
        EXPECT_EQ(tally.posts_without_events, 500U);
        EXPECT_EQ(tally.layers[static_cast<std::size_t>(PostLink::reply)].rows, 1500U);
        EXPECT_EQ(tally.layers[static_cast<std::size_t>(PostLink::reply)].last_time, 1999.0);
    }
}

}  // namespace coterie::testing
