#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "host/errors.hpp"
#include "io/ingest.hpp"
#include "tests/support/edge_files.hpp"
#include "tests/support/ingested.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

using Texts = std::map<std::string, std::string>;

class GraphFiles : public ::testing::Test {
  protected:
    std::string file(const std::string& name, const std::string& content) {
        write_bytes(folder_ / name, content);
        return folder_ / name;
    }
    std::string store() const { return folder_ / "s.h5"; }
    IngestReport read(const std::string& path, IngestOptions options = {}, const std::string& layer = "ties") {
        options.files = {{layer, path}};
        const IngestReport report = ingest(store(), options);
        for (const LayerInfo& info : report.layers)
            EXPECT_EQ(info.rows, info.kept + info.merged + info.self_loops + info.rejected);
        return report;
    }
    OriginalEdges edges(std::string_view layer = "ties") const { return edges_of(store(), layer); }
    std::string rejects() const { return read_bytes(store() + ".rejects.csv"); }
    void expect_error(const std::string& name, const std::string& content, const std::string& part) {
        try {
            read(file(name, content));
            ADD_FAILURE() << "must throw: " << part;
        } catch (const IoError& error) {
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
        }
    }

    TemporaryFolder folder_;
};

std::string fixture(const std::string& name) {
    return source_file("tests/data/formats/" + name);
}

std::string graphml(const std::string& content, const std::string& graph = "edgedefault=\"directed\"") {
    return "<?xml version=\"1.0\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
           "<key id=\"d0\" for=\"node\" attr.name=\"label\"/><key id=\"d1\" for=\"edge\" attr.name=\"weight\"/>\n"
           "<graph " +
           graph + ">\n" + content + "</graph></graphml>\n";
}

}  // namespace

TEST_F(GraphFiles, OfEveryFormatGiveTheSameNetwork) {
    read(fixture("karate.csv"), {.undirected = true});
    const OriginalEdges expected = edges();
    ASSERT_EQ(expected.size(), 156U);
    for (const std::string name : {"karate_networkx.graphml", "karate_networkx.gexf", "karate.mtx", "karate.graph"}) {
        const IngestReport report = read(fixture(name));
        EXPECT_EQ(edges(), expected) << name;
        EXPECT_FALSE(report.layers[0].directed) << name;
        EXPECT_EQ(report.layers[0].kept, 78U) << name;
    }
    IngestOptions by_name;
    by_name.accounts_id_column = "name";
    read(fixture("karate_igraph.graphml"), by_name);
    EXPECT_EQ(edges(), expected);
    EXPECT_EQ(column_of(store(), "club").at("34"), "Officer");
    read(fixture("karate_igraph.graphml"));
    EXPECT_EQ(accounts_of(store()).front(), "n0") << "by the ids of nodes";
    EXPECT_EQ(column_of(store(), "name").at("n0"), "1");
}

TEST_F(GraphFiles, GiveTheSameStoreCompressed) {
    read(fixture("karate_networkx.gexf"));
    const OriginalEdges expected = edges();
    read(file("k.gexf.gz", gzipped(read_bytes(fixture("karate_networkx.gexf")))));
    EXPECT_EQ(edges(), expected);
    read(file("k.graph.gz", gzipped(read_bytes(fixture("karate.graph")))));
    EXPECT_EQ(edges(), expected);
}

TEST_F(GraphFiles, OfFollowsHaveNoWeights) {
    const IngestReport report = read(fixture("karate.mtx"), {}, "follow");
    EXPECT_FALSE(report.layers[0].weighted);
    EXPECT_EQ(edges("follow").size(), 156U);
    EXPECT_TRUE(read(fixture("karate.mtx"), {.rows = {.weight_column = "value"}}, "follow").layers[0].weighted);
}

TEST_F(GraphFiles, InGraphMlKeepDirectionsWeightsAndNodes) {
    const IngestReport report =
        read(file("g.graphml", graphml("<node id=\"a\"><data key=\"d0\">Ann &amp; Co</data></node>\n"
                                       "<edge source=\"a\" target=\"b\"><data key=\"d1\">2.5</data></edge>\n"
                                       "<edge source=\"a\" target=\"c\" directed=\"false\"/>\n"
                                       "<edge source=\"a\" target=\"x\"/>\n"
                                       "<edge source=\"a\" target=\"b\"><data key=\"d1\">much</data></edge>\n"
                                       "<hyperedge id=\"h\"><endpoint node=\"a\"/></hyperedge>\n"
                                       "<node id=\"b\"/><node id=\"c\"/><node id=\"alone\"/>\n")));
    EXPECT_EQ(edges(), (OriginalEdges{{"a", "b", 2.5F}, {"a", "c", 1.0F}, {"c", "a", 1.0F}}));
    EXPECT_EQ(column_of(store(), "label"), (Texts{{"a", "Ann & Co"}, {"alone", ""}, {"b", ""}, {"c", ""}}));
    EXPECT_EQ(report.layers[0].rejected, 3U);
    EXPECT_NE(rejects().find("g.graphml\",8,\"the nodes of an edge must be declared, but \"\"x\"\" is not"),
              std::string::npos)
        << rejects();
    EXPECT_NE(rejects().find("g.graphml\",9,\"the weight must be a finite number, got \"\"much\"\""),
              std::string::npos);
}

TEST_F(GraphFiles, InXmlThatEndTooEarlyOrLieAreRefused) {
    const std::string whole = graphml("<node id=\"a\"/><node id=\"b\"/><edge source=\"a\" target=\"b\"/>\n");
    expect_error("g.graphml", whole.substr(0, whole.size() - 12), "is the file truncated?");
    expect_error("g.graphml", "<graphml></graphml>", "must hold a graph");
    expect_error("g.graphml", graphml("<node id=\"a\"></edge>"), "g.graphml:5: the file must be sound XML");
    expect_error("g.graphml", graphml("<node id=\"a\"/>", "edgedefault=\"directed\" parse.nodes=\"2\""),
                 "declares 2 and has 1");
    expect_error("g.gexf", "<gexf><graph><nodes count=\"1\"></nodes></graph></gexf>", "declares 1 and has 0");
}

TEST_F(GraphFiles, InGexfKeepDirectionsWeightsAndNodes) {
    const std::string text =
        "<?xml version=\"1.0\"?><gexf xmlns=\"http://gexf.net/1.3\" version=\"1.3\"><graph "
        "defaultedgetype=\"directed\">\n"
        "<attributes class=\"node\"><attribute id=\"0\" "
        "title=\"kind\"><default>person</default></attribute></attributes>\n"
        "<nodes count=\"3\"><node id=\"1\" label=\"Ann\"><attvalues><attvalue for=\"0\" "
        "value=\"brand\"/></attvalues></node>\n"
        "<node id=\"2\" label=\"Bo\"/><node id=\"3\"/></nodes>\n"
        "<edges count=\"3\"><edge source=\"1\" target=\"2\" weight=\"0.5\"/><edge source=\"2\" target=\"3\" "
        "type=\"mutual\"/>\n"
        "<edge source=\"3\" target=\"1\" type=\"undirected\"/></edges></graph></gexf>";
    read(file("g.gexf", text));
    EXPECT_EQ(edges(), (OriginalEdges{
                           {"1", "2", 0.5F}, {"1", "3", 1.0F}, {"2", "3", 1.0F}, {"3", "1", 1.0F}, {"3", "2", 1.0F}}));
    EXPECT_EQ(column_of(store(), "label"), (Texts{{"1", "Ann"}, {"2", "Bo"}, {"3", ""}}));
    EXPECT_EQ(column_of(store(), "kind"), (Texts{{"1", "brand"}, {"2", "person"}, {"3", "person"}}));
}

TEST_F(GraphFiles, OfMatricesAreReadByTheirSymmetry) {
    const std::string head = "%%MatrixMarket matrix coordinate ";
    read(file("m.mtx", head + "pattern general\n% c\n3 3 2\n1 2\n\n3 1\n"));
    EXPECT_EQ(edges(), (OriginalEdges{{"1", "2", 1.0F}, {"3", "1", 1.0F}}));
    read(file("m.mtx", head + "real skew-symmetric\n3 3 1\n2 1 0.5\n"));
    EXPECT_EQ(edges(), (OriginalEdges{{"1", "2", -0.5F}, {"2", "1", 0.5F}}));
    const IngestReport report = read(file("m.mtx", head + "Integer General\n3 3 4\n1 2 7\n0 1 1\n1 4 1\n1 3 x\n"));
    EXPECT_EQ(report.layers[0].rejected, 3U);
    EXPECT_NE(rejects().find("m.mtx\",4,\"row and column must be whole numbers from 1 to 3"), std::string::npos);
    expect_error("m.mtx", head + "pattern general\n3 3 2\n1 2\n",
                 "must have the 2 entries that it declares, but has 1");
    expect_error("m.mtx", head + "pattern general\n3 4 1\n1 2\n", "must be square, got 3 rows and 4 columns");
    expect_error("m.mtx", "%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n4\n", "must be sparse (coordinate)");
    expect_error("m.mtx", head + "complex general\n2 2 1\n1 2 1 0\n", "must be pattern, integer or real");
}

TEST_F(GraphFiles, OfMetisAreChecked) {
    EXPECT_EQ(read(file("g.graph", "% c\n4 2\n2 3\n1\n1\n\n")).accounts, 4U);
    EXPECT_EQ(edges(), (OriginalEdges{{"1", "2", 1.0F}, {"1", "3", 1.0F}, {"2", "1", 1.0F}, {"3", "1", 1.0F}}));
    read(file("g.graph", "2 1 111 2\n9 8 7 2 5\n9 8 7 1 5\n"));
    EXPECT_EQ(edges(), (OriginalEdges{{"1", "2", 5.0F}, {"2", "1", 5.0F}}));
    expect_error("g.graph", "3 1\n2\n1\n", "ends after 2");
    expect_error("g.graph", "2 2\n2\n1\n", "4 neighbors in all, but has 2");
    expect_error("g.graph", "3 1\n2\n\n2\n", "must stand at both its ends");
    expect_error("g.graph", "2 1 1\n2 5\n1 6\n", "must stand at both its ends");
    expect_error("g.graph", "2 1\n3\n1\n", "must be a whole number from 1 to 2");
    expect_error("g.graph", "2 1\n2\n1\n1\n", "has more");
}

TEST_F(GraphFiles, OfGraphalyticsAreReadWithTheirVerticesAndProperties) {
    IngestReport report = read(source_file("datasets/graphalytics/example-undirected.e"));
    EXPECT_FALSE(report.layers[0].directed);
    EXPECT_TRUE(report.layers[0].weighted);
    report = read(source_file("datasets/graphalytics/example-directed.e"), {}, "follow");
    EXPECT_EQ(report.accounts, 10U);
    EXPECT_EQ(report.layers[0].kept, 17U);
    EXPECT_FALSE(report.layers[0].weighted);
    file("x.v", "1\n2\n9\n");
    EXPECT_EQ(read(file("x.e", "1 2\n")).accounts, 3U);
    file("x.properties", "graph.x.meta.vertices = 3\ngraph.x.meta.edges = 2\n");
    expect_error("x.e", "1 2\n", "must have the 2 edges that its properties declare, but has 1");
    file("x.properties", "graph.x.meta.vertices = 4\n");
    expect_error("x.e", "1 2\n", "must have the 4 vertices that its properties declare, but has 3");
}

}  // namespace coterie::testing
