#include <gtest/gtest.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "io/store.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

/// What `coterie info` prints on stdout, and its exit code.
std::pair<std::string, int> info(const std::string& arguments) {
    FILE* pipe = popen((COTERIE_PROGRAM " info " + arguments + " 2>/dev/null").c_str(), "r");
    if (pipe == nullptr) return {"", -1};
    std::string output;
    char buffer[4096];
    for (std::size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, got);
    const int status = pclose(pipe);
    return {output, WEXITSTATUS(status)};
}

}  // namespace

TEST(Info, ListsAccountsLayersAndResultsAsJson) {
    const TemporaryFolder folder;
    const SampleStore sample(20);
    write_store(folder / "s.h5", sample.contents());
    add_results(folder / "s.h5", {sample_result("pagerank", 20, 0.5)});
    const auto [text, code] = info((folder / "s.h5").string() + " --verify --json");
    ASSERT_EQ(code, 0);
    const nlohmann::json got = nlohmann::json::parse(text);
    EXPECT_EQ(got["accounts"], 20);
    EXPECT_EQ(got["ids"], "numeric");
    EXPECT_EQ(got["schema"], 1);
    EXPECT_EQ(got["created"], "2026-02-03T04:05:06Z");
    EXPECT_EQ(got["columns"][1], sample.columns[1].name);
    EXPECT_EQ(got["verified"], true);
    ASSERT_EQ(got["layers"].size(), 3U);
    const LayerInfo mention = sample.contents().layers[1].info;
    EXPECT_EQ(got["layers"][1]["name"], "mention");
    EXPECT_EQ(got["layers"][1]["edges"], mention.kept);
    EXPECT_EQ(got["layers"][1]["rows"], mention.rows);
    EXPECT_EQ(got["layers"][1]["merged"], 5);
    EXPECT_EQ(got["layers"][1]["self_loops"], 3);
    EXPECT_EQ(got["layers"][1]["rejected"], 2);
    EXPECT_EQ(got["layers"][1]["weighted"], true);
    EXPECT_EQ(got["layers"][1]["first_time"], 1341100972.25);
    EXPECT_EQ(got["layers"][1]["sources"][1]["sha256"], "abcd");
    EXPECT_EQ(got["layers"][2]["directed"], false);
    EXPECT_EQ(got["layers"][2]["stored_edges"], sample.graphs[2].num_edges());
    EXPECT_EQ(got["layers"][2]["edges"], sample.graphs[2].num_edges() / 2);
    EXPECT_EQ(got["results"][0]["name"], "pagerank");
    EXPECT_EQ(got["results"][0]["attributes"]["converged"], true);
    EXPECT_EQ(got["results"][0]["attributes"]["iterations"], -42);
}

TEST(Info, IsReadableByPeople) {
    const TemporaryFolder folder;
    write_store(folder / "s.h5", SampleStore(1500).contents());
    const auto [text, code] = info((folder / "s.h5").string());
    ASSERT_EQ(code, 0);
    for (const char* part : {"accounts    1,500 (numeric ids)", "layer mention (directed, weighted)",
                             "layer friend (follow, undirected)", "2012-07-01 00:02:52 to 2012-07-07 23:59:53 UTC"})
        EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
}

TEST(Info, FailsOnWhatIsDamagedOrMissing) {
    const TemporaryFolder folder;
    EXPECT_EQ(info((folder / "none.h5").string()).second, 1);
    const SampleStore sample(2000);
    write_store(folder / "s.h5", sample.contents());
    std::string bytes = read_bytes(folder / "s.h5");
    // The neighbors, which opening does not read.
    const CsrView out = sample.graphs[0].out();
    const std::string neighbors(reinterpret_cast<const char*>(out.neighbors.data()), out.neighbors.size_bytes());
    const std::size_t at = bytes.find(neighbors);
    ASSERT_NE(at, std::string::npos);
    bytes[at + 100] = static_cast<char>(bytes[at + 100] ^ 1);
    write_bytes(folder / "s.h5", bytes);
    EXPECT_EQ(info((folder / "s.h5").string()).second, 0);
    EXPECT_EQ(info((folder / "s.h5").string() + " --verify").second, 1);
}

}  // namespace coterie::testing
