// PageRank of a triangle, through a store and back: a third each.

#include <cmath>
#include <cstdio>
#include <vector>

#include "host/build.hpp"
#include "host/pagerank.hpp"
#include "io/store.hpp"

int main(int argc, char** argv) {
    using namespace coterie;
    if (argc != 2) return 2;

    std::vector<LayerEdges> edges(1);
    edges[0].edges.sources = {0, 1, 2};
    edges[0].edges.targets = {1, 2, 0};
    const BuiltLayers built = build_layers(3, std::move(edges));
    const std::vector<std::uint64_t> ids{10, 20, 30};

    StoreContents contents;
    contents.ids = ids;
    contents.by_id = built.by_id;
    contents.layers.resize(1);
    contents.layers[0].info.name = "follow";
    contents.layers[0].out = built.layers[0].out.view();
    contents.layers[0].in = built.layers[0].in.view();
    write_store(argv[1], contents);

    const Store store = Store::open(argv[1]);
    const PageRankResult result = pagerank(place(store.graph("follow")));
    for (AccountId account = 0; account < 3; ++account) {
        std::printf("%s %.17g\n", store.accounts()->text(account).c_str(), result.ranks[account]);
        if (std::abs(result.ranks[account] - 1.0 / 3) > 1e-12) return 1;
    }
    return 0;
}
