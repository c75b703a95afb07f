#include "tests/support/ingested.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "io/store.hpp"

namespace coterie::testing {

OriginalEdges edges_of(const std::string& store_path, std::string_view layer) {
    const Store store = Store::open(store_path);
    store.verify(layer, 1);
    const Graph graph = store.graph(layer);
    OriginalEdges edges;
    for (AccountId u = 0; u < graph.num_accounts(); ++u)
        for (EdgeOffset e = graph.out().offsets[u]; e < graph.out().offsets[u + 1]; ++e)
            edges.emplace_back(store.accounts()->text(u), store.accounts()->text(graph.out().neighbors[e]),
                               graph.out().weight(e));
    std::sort(edges.begin(), edges.end());
    return edges;
}

std::vector<std::string> accounts_of(const std::string& store_path) {
    const Store store = Store::open(store_path);
    std::vector<std::string> ids;
    for (const AccountId account : store.accounts()->by_id()) ids.push_back(store.accounts()->text(account));
    return ids;
}

std::map<std::string, std::string> column_of(const std::string& store_path, std::string_view name) {
    const Store store = Store::open(store_path);
    std::map<std::string, std::string> values;
    for (const AccountColumn& column : store.columns())
        if (column.name == name)
            for (AccountId account = 0; account < store.accounts()->size(); ++account)
                values[store.accounts()->text(account)] = column.values[account];
    return values;
}

std::string gzipped(std::string_view content) {
    z_stream stream{};
    if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("zlib cannot start");
    std::string compressed(deflateBound(&stream, content.size()), '\0');
    std::string copy(content);
    stream.next_in = reinterpret_cast<Bytef*>(copy.data());
    stream.avail_in = static_cast<uInt>(copy.size());
    stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
    stream.avail_out = static_cast<uInt>(compressed.size());
    deflate(&stream, Z_FINISH);
    compressed.resize(stream.total_out);
    deflateEnd(&stream);
    return compressed;
}

std::string zstd_compressed(std::string_view content) {
    const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    std::string compressed(ZSTD_compressBound(content.size()), '\0');
    const std::size_t size =
        ZSTD_compress2(context.get(), compressed.data(), compressed.size(), content.data(), content.size());
    if (ZSTD_isError(size) != 0) throw std::runtime_error(ZSTD_getErrorName(size));
    compressed.resize(size);
    return compressed;
}

}  // namespace coterie::testing
