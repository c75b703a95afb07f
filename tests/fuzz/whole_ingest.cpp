#include <array>
#include <string>

#include "io/ingest.hpp"
#include "io/store_check.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/support/stores.hpp"

namespace coterie::fuzz {

namespace {

/// The bytes before the next record separator, which are taken off.
std::string next_file(std::string_view& bytes) {
    const std::size_t end = std::min(bytes.find('\x1e'), bytes.size());
    std::string file(bytes.substr(0, end));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    return file;
}

}  // namespace

/// An ingest from files of any format into a store: of edges or posts, of accounts (the vertices of Graphalytics), and of properties. Whatever comes in, the counts
/// add up and the store is sound.
void whole_ingest(std::string_view bytes) {
    static const testing::TemporaryFolder folder;
    static const std::string edges = folder / "g.e";
    Choices choices(bytes);
    IngestOptions options;
    options.format = static_cast<InputFormat>(choices.below(12));
    options.ids = std::array{IdChoice::automatic, IdChoice::numeric, IdChoice::handles}[choices.below(3)];
    options.undirected = choices.below(2) == 1;
    const std::size_t what = choices.below(3);
    if (what == 0)
        options.posts = {edges};
    else
        options.files = {{what == 1 ? "follow" : "mention", edges}};
    if (choices.below(2) == 1) options.since = 0;
    const bool vertices = choices.below(2) == 1;
    testing::write_bytes(edges, next_file(bytes));
    testing::write_bytes(folder / "g.v", next_file(bytes));
    testing::write_bytes(folder / "g.properties", next_file(bytes));
    if (!vertices) std::filesystem::remove(folder / "g.v");
    if (vertices && options.format != InputFormat::graphalytics) options.accounts = folder / "g.v";
    options.max_rejects = 1U << 20U;
    options.threads = 1;
    options.memory_limit = std::uint64_t{1} << 28U;
    const IngestReport report = ingest(folder / "s.h5", options);
    for (const LayerInfo& layer : report.layers)
        require(layer.rows == layer.kept + layer.merged + layer.self_loops + layer.rejected + layer.outside,
                "every row is kept, merged, a self-loop, rejected or outside");
    const StoreCheck check = check_store(folder / "s.h5", 1);
    require(check.sound(), "an ingest gives a sound store");
    require(check.accounts == report.accounts, "the store has the accounts that the report tells of");
}

}  // namespace coterie::fuzz
