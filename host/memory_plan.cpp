#include "host/memory_plan.hpp"

#include <algorithm>
#include <numeric>

#include "host/row_blocks.hpp"
#include "kernels/kernels.hpp"

namespace coterie {

namespace {

constexpr std::uint64_t bytes_of(const CsrView& rows) {
    return rows.offsets.size_bytes() + rows.neighbors.size_bytes() + rows.weights.size_bytes();
}

/// Large arrays stand in huge pages, of which the last is half used on average.
constexpr std::uint64_t with_slack(std::uint64_t bytes) {
    constexpr std::uint64_t huge_page = std::uint64_t{2} << 20;
    return bytes + (bytes >= huge_page ? huge_page / 2 : 0);
}

/// The undirected reading of a directed graph: each edge at both of its ends.
void add_undirected(MemoryPlan& plan, const Graph& graph, Direction direction) {
    if (!graph.directed()) return;
    const std::uint64_t per_edge = sizeof(AccountId) + (graph.weighted() ? sizeof(float) : 0);
    const std::uint64_t edges = direction == Direction::mutual ? graph.num_edges() : 2 * graph.num_edges();
    plan.add("the graph without directions, at most",
             sizeof(EdgeOffset) * (std::uint64_t{graph.num_accounts()} + 1) + per_edge * edges);
}

/// In-edges laid out on a device: what has 16-bit ids there depends on how many shares a block of the card holds; counted are
/// the edges from the first 2^17 accounts. A start a row in each of up to four segments.
std::uint64_t device_segment_bytes(const Graph& graph) {
    const CsrView& in = graph.in();
    const AccountId n = in.num_accounts();
    const EdgeOffset narrow = graph.out().offsets[std::min(n, AccountId{1} << 17U)];
    const std::uint64_t segments = std::min<std::uint64_t>(4, n / (1U << 16U) + 1);
    return sizeof(std::uint16_t) * narrow + sizeof(std::uint32_t) * (in.num_edges() - narrow) +
           (in.weighted() ? sizeof(float) * in.num_edges() : 0) + sizeof(std::uint32_t) * segments * n;
}

}  // namespace

void MemoryPlan::add(std::string name, std::uint64_t bytes) {
    if (bytes > 0) uses.push_back({std::move(name), bytes});
}

void MemoryPlan::add_arrays(std::string name, std::uint64_t count, std::uint64_t bytes) {
    add(std::move(name), count * with_slack(bytes));
}

void MemoryPlan::add_arrays(std::string name, std::span<const std::uint64_t> bytes) {
    std::uint64_t all = 0;
    for (const std::uint64_t array : bytes) all += with_slack(array);
    add(std::move(name), all);
}

std::uint64_t MemoryPlan::bytes() const {
    return std::accumulate(uses.begin(), uses.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const MemoryUse& use) { return sum + use.bytes; });
}

std::uint64_t graph_bytes(const Graph& graph) {
    return bytes_of(graph.out()) + (graph.directed() ? bytes_of(graph.in()) : 0);
}

std::uint64_t pagerank_graph_bytes(const Graph& graph) {
    if (!graph.directed() || graph.weighted()) return graph_bytes(graph);
    const CsrView& out = graph.out();
    const EdgeOffset not_pushed = out.offsets[std::min(out.num_accounts(), openmp::pagerank_pulled_accounts)];
    return graph_bytes(graph) - sizeof(AccountId) * not_pushed;
}

MemoryPlan pagerank_memory(const Graph& graph, const PageRankOptions& options, int threads) {
    MemoryPlan plan;
    const std::uint64_t n = graph.num_accounts();
    if (n == 0) return plan;
    const std::uint64_t share = options.precision == Precision::single ? sizeof(float) : sizeof(std::uint64_t);
    plan.add_arrays("edges by segments of accounts, and sums of threads",
                    openmp::pagerank_edge_arrays(graph, options, threads));
    plan.add_arrays("ranks", 1, 8 * n);
    plan.add_arrays("shares, twice", 2, share * n);
    plan.add("the result", 8 * n);
    if (graph.weighted()) plan.add("out-weights", 8 * n);
    if (!options.teleport.empty()) plan.add("the teleport vector, as given and normalised", 16 * n);
    if (!options.start.empty()) plan.add("the ranks to start from, as given and normalised", 16 * n);
    return plan;
}

MemoryPlan communities_memory(const Graph& graph, const CommunitiesOptions& options, int threads) {
    MemoryPlan plan;
    const std::uint64_t n = graph.num_accounts();
    const bool lpa = options.method == CommunityMethod::lpa;
    if (options.direction == Direction::mutual) add_undirected(plan, graph, Direction::mutual);
    const std::uint64_t votes = lpa && graph.weighted() ? sizeof(std::uint64_t) : sizeof(std::uint32_t);
    plan.add_arrays("labels, at the start and now", 2, 4 * n);
    plan.add_arrays("votes for their own labels", 1, votes * n);
    plan.add("what accounts know of their neighbors", n);
    if (graph.directed() && options.direction != Direction::mutual)
        plan.add_arrays("degrees of both directions", 1, 8 * n);
    if (lpa) plan.add_arrays("strengths and volumes", 2, 8 * n);
    if (lpa) plan.add_arrays("draws", 1, 4 * n);
    plan.add("votes by label, a thread each", static_cast<std::uint64_t>(threads) * votes * n);
    plan.add("moves of a turn, and lists of them that grow", (lpa ? 12 : 24) * n);
    return plan;
}

MemoryPlan betweenness_memory(const Graph& graph, const BetweennessOptions& options, int threads) {
    MemoryPlan plan;
    const std::uint64_t n = graph.num_accounts();
    if (n == 0) return plan;
    if (options.direction == Direction::either) add_undirected(plan, graph, Direction::either);
    const std::uint64_t sources = options.num_sources == 0 ? n : std::min<std::uint64_t>(options.num_sources, n);
    const openmp::BetweennessBatches batches = openmp::betweenness_batches(graph.num_accounts(), sources, threads);
    const auto lanes = static_cast<std::uint64_t>(batches.lanes);
    plan.add_arrays("path counts and dependencies of " + std::to_string(lanes * batches.at_once) + " sources",
                    2 * batches.at_once, 8 * lanes * n);
    plan.add_arrays("masks of who was reached", 3 * batches.at_once, lanes / 8 * n);
    plan.add_arrays("accounts by level", 2 * batches.at_once, (4 + lanes / 8) * n / 2);
    plan.add("sums, values and the draw of sources", (sources < n ? 36 : 28) * n);
    return plan;
}

std::vector<DevicePlan> pagerank_device_plans(const Graph& graph, const PageRankOptions& options) {
    const std::uint64_t n = graph.num_accounts();
    const bool single = options.precision == Precision::single;
    DevicePlan resident{"resident", {}};
    resident.memory.add("the graph", graph_bytes(graph));
    resident.memory.add("in-edges by segments of sources", device_segment_bytes(graph));
    resident.memory.add("ranks, scales, shares and the sums of split rows", (single ? 36 : 44) * n);
    resident.memory.add("the teleport vector, ranks to start from and out-weights",
                        8 * n * (!options.teleport.empty() + !options.start.empty() + graph.weighted()));

    const RowSet rows{graph.in()};
    DevicePlan streamed{"streamed", {}};
    for (const BufferBytes& buffer :
         pagerank_state(graph.num_accounts(), graph.num_accounts(), options.precision, !options.teleport.empty()))
        streamed.memory.add(std::string(buffer.name), buffer.bytes);
    streamed.memory.add("two blocks of rows, at least", plan_blocks(rows, 0, graph.num_accounts(), 0).bytes());
    return {resident, streamed};
}

std::vector<DevicePlan> communities_device_plans(const Graph& graph, const CommunitiesOptions& options) {
    const std::uint64_t n = graph.num_accounts();
    const bool lpa = options.method == CommunityMethod::lpa;
    DevicePlan resident{"resident", {}};
    resident.memory.add("the graph", graph_bytes(graph));
    resident.memory.add("labels, margins, votes that changed, classes of degree",
                        ((lpa ? 57 : 33) + (graph.weighted() ? 4 : 0)) * n);

    RowSet rows{graph.out()};
    if (graph.directed()) rows.push_back(graph.in());
    DevicePlan streamed{"streamed", {}};
    for (const BufferBytes& buffer : communities_state(graph.num_accounts(), options.method, {}))
        streamed.memory.add(std::string(buffer.name), buffer.bytes);
    streamed.memory.add("two blocks of rows, at least", plan_blocks(rows, 0, graph.num_accounts(), 0).bytes());
    return {resident, streamed};
}

std::vector<DevicePlan> betweenness_device_plans(const Graph& graph, const BetweennessOptions& options) {
    const std::uint64_t n = graph.num_accounts();
    const std::uint64_t sources = options.num_sources == 0 ? n : std::min<std::uint64_t>(options.num_sources, n);
    std::vector<DevicePlan> plans;
    for (const std::uint64_t lanes : {64, 32}) {
        if (lanes == 64 && sources <= 32) continue;
        DevicePlan plan{"resident, " + std::to_string(lanes) + " sources at a time", {}};
        plan.memory.add("the graph", graph_bytes(graph));
        if (options.direction == Direction::either) add_undirected(plan.memory, graph, Direction::either);
        plan.memory.add("path counts and dependencies", 16 * lanes * n);
        plan.memory.add("masks, levels and sums", (5 * lanes / 8 + (lanes == 64 ? 100 : 72)) * n);
        plans.push_back(std::move(plan));
    }
    return plans;
}

}  // namespace coterie
