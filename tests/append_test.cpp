#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "host/errors.hpp"
#include "io/ingest.hpp"
#include "tests/support/ingested.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

/// Nights of a platform: files of rows, and stores made from them.
class Append : public ::testing::Test {
  protected:
    std::string file(const std::string& name, const std::string& content) {
        write_bytes(folder_ / name, content);
        return folder_ / name;
    }
    std::string path(const std::string& name) const { return folder_ / name; }

    IngestReport run(const std::string& store, const IngestOptions& options) {
        const IngestReport report = ingest(path(store), options);
        for (const LayerInfo& layer : report.layers)
            EXPECT_EQ(layer.rows, layer.kept + layer.merged + layer.self_loops + layer.rejected + layer.outside)
                << layer.name;
        for (const LayerInfo& layer : report.layers) Store::open(path(store)).verify(layer.name, 1);
        return report;
    }
    IngestReport append(const std::string& base, const std::string& store, IngestOptions options) {
        options.append_to = path(base);
        return run(store, options);
    }
    void expect_same_bytes(const std::string& a, const std::string& b) const {
        EXPECT_TRUE(read_bytes(path(a)) == read_bytes(path(b))) << a << " and " << b << " differ";
    }
    /// All but sources and the time.
    void expect_same_data(const std::string& a, const std::string& b) const {
        const Store one = Store::open(path(a));
        const Store other = Store::open(path(b));
        ASSERT_EQ(accounts_of(path(a)), accounts_of(path(b)));
        ASSERT_EQ(one.layers().size(), other.layers().size());
        for (std::size_t l = 0; l < one.layers().size(); ++l) {
            const LayerInfo& info = one.layers()[l];
            const LayerInfo& other_info = other.layers()[l];
            EXPECT_EQ(info.name, other_info.name);
            EXPECT_EQ(info.rows, other_info.rows);
            EXPECT_EQ(info.kept, other_info.kept);
            EXPECT_EQ(info.merged, other_info.merged);
            EXPECT_EQ(info.self_loops, other_info.self_loops);
            const Graph graph = one.graph(info.name);
            const Graph other_graph = other.graph(info.name);
            EXPECT_TRUE(std::ranges::equal(graph.by_id(), other_graph.by_id()));
            for (const auto& [csr, other_csr] :
                 {std::pair(graph.out(), other_graph.out()), std::pair(graph.in(), other_graph.in())}) {
                EXPECT_TRUE(std::ranges::equal(csr.offsets, other_csr.offsets));
                EXPECT_TRUE(std::ranges::equal(csr.neighbors, other_csr.neighbors));
                EXPECT_TRUE(std::ranges::equal(csr.weights, other_csr.weights));
            }
            EXPECT_EQ(one.remainders(info.name).edges, other.remainders(info.name).edges);
            EXPECT_EQ(one.remainders(info.name).values, other.remainders(info.name).values);
        }
    }
    void expect_refusal(const IngestOptions& options, const std::string& part) {
        try {
            append("s.h5", "t.h5", options);
            ADD_FAILURE() << "must throw: " << part;
        } catch (const std::exception& error) {
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
        }
        EXPECT_FALSE(std::filesystem::exists(path("t.h5")));
    }
    std::string rejects(const std::string& store) const { return read_bytes(path(store + ".rejects.csv")); }

    TemporaryFolder folder_;
};

/// Rows of text: ids or handles, perhaps weights, sometimes a line that is no row.
std::string random_text(std::size_t rows, unsigned ids, bool handles, bool weights, std::mt19937& random) {
    std::string text = weights ? "source,target,weight\n" : "source,target\n";
    const auto id = [&] {
        const auto number = std::min(random() % ids, random() % ids) * 7;
        return handles ? fmt::format("user_{}", number) : std::to_string(number);
    };
    for (std::size_t i = 0; i < rows; ++i) {
        text += id() + "," + id();
        if (weights)
            text += fmt::format(
                ",{}", random() % 3 == 0   ? fmt::format("{:.2f}", static_cast<double>(random() % 1000) / 7)
                       : random() % 5 == 0 ? fmt::format("{}e{}", random() % 100, static_cast<int>(random() % 60) - 30)
                                           : std::to_string(random() % 9));
        text += random() % 50 == 0 ? ",,x\nbroken\n" : "\n";
    }
    return text;
}

}  // namespace

TEST_F(Append, GivesTheFileThatAllRowsWouldHaveGiven) {
    std::mt19937 random(1);
    for (int round = 0; round < 12; ++round) {
        SCOPED_TRACE(round);
        const bool handles = round % 2 == 0;
        IngestOptions options;
        options.undirected = random() % 3 == 0;
        options.keep_self_loops = random() % 3 == 0;
        options.max_rejects = 1000000;
        options.threads = 1 + round % 3;
        IngestOptions all = options;
        const bool weights = random() % 2 == 0;
        std::string base;
        for (int night = 0; night < 4; ++night) {
            IngestOptions tonight = options;
            const unsigned ids = 40 + 20 * static_cast<unsigned>(night);
            const std::size_t rows = night == 0 ? 1500 : random() % 150;
            const auto add = [&](const std::string& layer, bool with_weights) {
                const std::string name = fmt::format("{}_{}_{}.csv", layer, round, night);
                tonight.files.push_back({layer, file(name, random_text(rows, ids, handles, with_weights, random))});
                all.files.push_back(tonight.files.back());
            };
            add("follow", false);
            // A layer may get weights later: until then each row counts 1.
            if (night != 1) add("mention", weights && night != 0);
            if (night >= 2) add("reply", weights);
            const std::string store = fmt::format("night{}.h5", night);
            if (night == 0)
                run(store, tonight);
            else
                append(base, store, tonight);
            base = store;
        }
        run("rebuilt.h5", all);
        expect_same_bytes(base, "rebuilt.h5");
    }
}

TEST_F(Append, ReplacesTheStoreThatItAppendsTo) {
    IngestOptions first;
    first.files = {{"mention", file("a.csv", "1,2\n2,3\n")}};
    run("s.h5", first);
    IngestOptions second;
    second.files = {{"mention", file("b.csv", "1,2\n4,1\n")}};
    const IngestReport report = append("s.h5", "s.h5", second);
    EXPECT_EQ(edges_of(path("s.h5"), "mention"), (OriginalEdges{{"1", "2", 2.0F}, {"2", "3", 1.0F}, {"4", "1", 1.0F}}));
    EXPECT_EQ(report.layers[0].rows, 4U);
    EXPECT_EQ(report.layers[0].merged, 1U);
    EXPECT_EQ(report.accounts, 4U);
    first.files.push_back(second.files[0]);
    run("t.h5", first);
    expect_same_bytes("s.h5", "t.h5");
}

TEST_F(Append, TakesRowsOutAsIfTheyHadNeverCome) {
    IngestOptions first;
    first.files = {{"follow", file("f.csv", "1,2\n2,3\n3,1\n5,1\n")},
                   {"mention", file("m.csv", "src,dst,weight\n1,2,0.1\n1,2,0.7\n2,3,1e9\n2,3,0.3\n3,1,5\n")}};
    run("s.h5", first);
    IngestOptions less;
    less.removals = {{"follow", file("fx.csv", "2,3\n5,1\n")},
                     {"mention", file("mx.csv", "src,dst,weight\n1,2,0.7\n2,3,1e9\n3,1,5\n")}};
    const IngestReport report = append("s.h5", "t.h5", less);
    EXPECT_EQ(report.layers[0].rows, 2U);
    EXPECT_EQ(report.layers[1].rows, 2U);
    EXPECT_EQ(report.layers[1].kept, 2U);
    EXPECT_EQ(report.rejected, 0U);
    ASSERT_EQ(report.layers[1].sources.size(), 2U);
    EXPECT_TRUE(report.layers[1].sources[1].removed);

    IngestOptions remaining;
    remaining.files = {{"follow", file("f2.csv", "1,2\n3,1\n")},
                       {"mention", file("m2.csv", "src,dst,weight\n1,2,0.1\n2,3,0.3\n")}};
    remaining.accounts = file("names.csv", "id\n1\n2\n3\n5\n");
    run("u.h5", remaining);
    expect_same_data("t.h5", "u.h5");
}

TEST_F(Append, AddsAndTakesOutInOneNight) {
    IngestOptions first;
    first.files = {{"mention", file("m.csv", "1,2\n1,2\n2,3\n")}};
    run("s.h5", first);
    IngestOptions tonight;
    tonight.files = {{"mention", file("n.csv", "3,4\n2,3\n")}};
    tonight.removals = {{"mention", file("x.csv", "3,4\n1,2\n")}};
    append("s.h5", "t.h5", tonight);
    EXPECT_EQ(edges_of(path("t.h5"), "mention"), (OriginalEdges{{"1", "2", 1.0F}, {"2", "3", 2.0F}}));
    EXPECT_EQ(accounts_of(path("t.h5")), (std::vector<std::string>{"1", "2", "3", "4"}));

    tonight = {};
    tonight.removals = {{"mention", path("x.csv")}};
    tonight.remove_whole_edges = true;
    tonight.removals[0].path = file("y.csv", "2,3\n");
    append("t.h5", "u.h5", tonight);
    EXPECT_EQ(edges_of(path("u.h5"), "mention"), (OriginalEdges{{"1", "2", 1.0F}}));
}

TEST_F(Append, RejectsRemovalsOfWhatIsNotThere) {
    IngestOptions first;
    first.files = {{"mention", file("m.csv", "a,b\na,b\nb,c\nc,c\n")}};
    run("s.h5", first);
    IngestOptions less;
    less.removals = {{"mention", file("x.csv", "# gone\nb,c\nb,c\n\nc,a\na,b,7\nz,a\nonly\nc,c\n")}};
    less.rows.weight_column = "none";
    const IngestReport report = append("s.h5", "t.h5", less);
    EXPECT_EQ(report.rejected, 5U);
    EXPECT_EQ(edges_of(path("t.h5"), "mention"), (OriginalEdges{{"a", "b", 1.0F}}));
    const std::string list = rejects("t.h5");
    for (const std::string part : {"x.csv\",3,\"what is removed must be there, but layer mention has no edge b -> c\"",
                                   "x.csv\",5,", "x.csv\",7,", "x.csv\",8,", "x.csv\",9,"})
        EXPECT_NE(list.find(part), std::string::npos) << part << " in\n" << list;
    less.rows.weight_column = "3";
    less.removals[0].path = file("w.csv", "a,b,7\n");
    append("s.h5", "t.h5", less);
    EXPECT_NE(rejects("t.h5").find("edge a -> b of layer mention weighs 2, got 7"), std::string::npos)
        << rejects("t.h5");
    less.max_rejects = 0;
    std::filesystem::remove(path("t.h5"));
    EXPECT_THROW(append("s.h5", "t.h5", less), TooManyRejects);
    EXPECT_FALSE(std::filesystem::exists(path("t.h5")));
}

TEST_F(Append, KeepsColumnsAndTakesNewOnes) {
    IngestOptions first;
    first.files = {{"follow", file("f.csv", "1,2\n2,3\n")}};
    first.accounts = file("a.csv", "id,name,city\n1,Ann,Rome\n2,Bob,Oslo\n9,Zoe,\n");
    run("s.h5", first);
    IngestOptions second;
    second.files = {{"follow", file("g.csv", "3,4\n4,5\n4,1\n4,2\n")}};
    append("s.h5", "t.h5", second);
    EXPECT_EQ(
        column_of(path("t.h5"), "city"),
        (std::map<std::string, std::string>{{"1", "Rome"}, {"2", "Oslo"}, {"3", ""}, {"4", ""}, {"5", ""}, {"9", ""}}));
    second.accounts = file("b.csv", "id,city,age\n2,Bonn,40\n6,Bern,50\n");
    append("s.h5", "t.h5", second);
    EXPECT_EQ(column_of(path("t.h5"), "city"),
              (std::map<std::string, std::string>{
                  {"1", "Rome"}, {"2", "Bonn"}, {"3", ""}, {"4", ""}, {"5", ""}, {"6", "Bern"}, {"9", ""}}));
    EXPECT_EQ(column_of(path("t.h5"), "age").at("6"), "50");
    EXPECT_EQ(column_of(path("t.h5"), "name").at("2"), "Bob");
}

TEST_F(Append, RefusesWhatContradictsTheStore) {
    IngestOptions first;
    first.files = {{"follow", file("f.csv", "1,2\n")}};
    run("s.h5", first);
    IngestOptions wrong;
    wrong.files = {{"follow", file("g.csv", "2,3,4\n")}};
    wrong.ids = IdChoice::handles;
    expect_refusal(wrong, "its accounts have numeric ids, but --ids handles was given");
    wrong.ids = IdChoice::automatic;
    wrong.undirected = true;
    expect_refusal(wrong, "its layer 'follow' is directed, but --undirected was given");
    wrong.undirected = false;
    wrong.keep_self_loops = true;
    expect_refusal(wrong, "without self-loops");
    wrong.keep_self_loops = false;
    wrong.rows.weight_column = "3";
    expect_refusal(wrong, "must be built anew");
    wrong.rows.weight_column = "";
    wrong.removals = {{"mention", path("g.csv")}};
    expect_refusal(wrong, "layer must be one of [follow]");
    wrong.removals = {};
    wrong.append_to = path("absent.h5");
    EXPECT_THROW(ingest(path("t.h5"), wrong), IoError);
    IngestOptions alone;
    alone.removals = {{"follow", path("g.csv")}};
    EXPECT_THROW(run("t.h5", alone), std::invalid_argument);
}

TEST_F(Append, SaysWhatMemoryItWants) {
    IngestOptions first;
    std::string rows;
    for (int i = 0; i < 30000; ++i) rows += fmt::format("{},{}\n", i, i + 1);
    first.files = {{"follow", file("f.csv", rows)}};
    run("s.h5", first);
    IngestOptions second;
    second.files = {{"follow", file("g.csv", "1,3\n")}};
    second.memory_limit = std::uint64_t{1} << 20U;
    expect_refusal(second, "must fit into the memory limit of 1 MB");
}

TEST_F(Append, RefusesADamagedStore) {
    IngestOptions first;
    first.files = {{"follow", file("f.csv", "1,2\n2,3\n3,4\n4,1\n")}};
    run("s.h5", first);
    std::string bytes = read_bytes(path("s.h5"));
    const Store store = Store::open(path("s.h5"));
    const Graph graph = store.graph("follow");
    const std::string neighbors(reinterpret_cast<const char*>(graph.out().neighbors.data()), 16);
    bytes[bytes.find(neighbors)] ^= 1;
    write_bytes(path("d.h5"), bytes);
    IngestOptions second;
    second.files = {{"follow", file("g.csv", "1,3\n")}};
    try {
        append("d.h5", "t.h5", second);
        ADD_FAILURE() << "must throw";
    } catch (const IoError& error) {
        EXPECT_NE(std::string(error.what()).find("must have the checksum"), std::string::npos) << error.what();
    }
}

}  // namespace coterie::testing
