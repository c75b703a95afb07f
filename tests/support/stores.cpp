#include "tests/support/stores.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "tests/support/shapes.hpp"

namespace coterie::testing {

TemporaryFolder::TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "coterie-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder can be made");
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string read_bytes(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

SampleStore::SampleStore(AccountId n, bool handles) {
    const auto edges = [&](std::uint64_t seed, bool weighted) {
        return n == 0 ? std::vector<Edge>{} : messy_edges(n, std::size_t{4} * n, seed, weighted);
    };
    graphs.push_back(graph_of(n, edges(1, false)));
    graphs.push_back(graph_of(n, edges(2, true), false, true));
    graphs.push_back(graph_of(n, edges(3, false), true));

    // The account at position p of the original order is n - 1 - p.
    by_id.resize(n);
    for (AccountId position = 0; position < n; ++position) by_id[position] = n - 1 - position;
    if (handles) handle_offsets.push_back(0);
    for (AccountId account = 0; account < n; ++account) {
        const AccountId position = n - 1 - account;
        if (handles) {
            handle_bytes += fmt::format("konto-ä-{:06}", position);
            handle_offsets.push_back(handle_bytes.size());
        } else {
            ids.push_back(position + 1 == n ? std::numeric_limits<std::uint64_t>::max()
                                            : std::uint64_t{position} * 10 + 7);
        }
    }
    columns = {{"name", {}}, {"Ländergruppe/ids", {}}, {"ids", {}}};
    for (AccountId account = 0; account < n; ++account) {
        columns[0].values.push_back(account % 5 == 0 ? "" : fmt::format("Zoë „{}“, 東京", account));
        columns[1].values.push_back(account % 2 == 0 ? "brand" : "perſon");
        columns[2].values.push_back(fmt::to_string(account));
    }
}

StoreContents SampleStore::contents() const {
    StoreContents contents;
    contents.ids = ids;
    contents.handle_offsets = handle_offsets;
    contents.handle_bytes = handle_bytes;
    contents.by_id = by_id;
    contents.columns = columns;
    contents.created = "2026-02-03T04:05:06Z";
    const char* names[] = {"follow", "mention", "friend"};
    for (std::size_t i = 0; i < graphs.size(); ++i) {
        LayerInfo info;
        info.name = names[i];
        info.kind = i == 1 ? "mention" : "follow";
        info.directed = graphs[i].directed();
        info.weighted = i == 1;
        info.num_edges = graphs[i].num_edges();
        info.kept = info.directed ? info.num_edges : info.num_edges / 2;
        info.merged = 5;
        info.self_loops = 3;
        info.rejected = 2;
        info.rows = info.kept + info.merged + info.self_loops + info.rejected;
        if (i == 1) {
            info.first_time = 1341100972.25;
            info.last_time = 1341705593;
            info.half_life = 86400;
        }
        info.sources = {{"data/fällt auf.csv", "00ff"}, {"-", "abcd"}};
        contents.layers.push_back({info, graphs[i].out(), graphs[i].in()});
    }
    return contents;
}

StoredResult sample_result(const std::string& name, AccountId n, double first) {
    StoredResult result;
    result.name = name;
    std::vector<double> ranks(n);
    std::iota(ranks.begin(), ranks.end(), first);
    std::vector<std::uint32_t> communities(n);
    std::iota(communities.begin(), communities.end(), 7U);
    result.arrays["ranks"] = ranks;
    result.arrays["communities"] = communities;
    result.arrays["sizes"] = std::vector<std::uint32_t>{};
    result.attributes = {{"algorithm", std::string("pagerank")}, {"damping", 0.85},        {"converged", true},
                         {"iterations", std::int64_t{-42}},      {"empty", std::string()}, {"first", first}};
    return result;
}

}  // namespace coterie::testing
