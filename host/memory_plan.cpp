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

/// All rows of each of `devices` GPUs on it beside `state(own)`, or passing through it. `own` is how many accounts it works on.
template <class StateOf>
std::vector<DevicePlan> plans_by_rows(const RowSet& rows, int devices, StateOf state, StreamedPass pass) {
    const std::vector<AccountId> bounds = shares_of_devices(rows, rows.front().num_accounts(), devices);
    DevicePlan resident{"resident", {}};
    DevicePlan streamed{"streamed", {}};
    for (std::size_t d = 0; d + 1 < bounds.size(); ++d) {
        const BlockPlan least = plan_blocks(rows, bounds[d], bounds[d + 1], 0);
        MemoryPlan beside;
        for (const BufferBytes& buffer : state(bounds[d + 1] - bounds[d]))
            beside.add(std::string(buffer.name), buffer.bytes);
        const std::uint64_t all = block_bytes(rows, bounds[d], bounds[d + 1]);
        if (beside.bytes() + all <= resident.memory.bytes()) continue;
        resident.memory = beside;
        resident.memory.add("rows", all);
        streamed.memory = std::move(beside);
        streamed.memory.add("two blocks of rows, at least", least.bytes());
        pass.rows = all;
        pass.longest_row = least.bytes() / 2;
    }
    pass.devices = devices;
    streamed.streamed = pass;
    return {resident, streamed};
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

std::vector<DevicePlan> pagerank_device_plans(const Graph& graph, const PageRankOptions& options, int devices) {
    const AccountId n = graph.num_accounts();
    const bool single = options.precision == Precision::single;
    const std::uint64_t edges = device_segment_bytes(graph);
    const std::uint64_t share = single ? sizeof(float) : sizeof(std::uint64_t);
    // Ids, a share for each edge, and ranks, scales and shares of the accounts.
    const std::uint64_t openmp_bytes = edges + share * graph.num_edges() + (40 + 2 * share) * n;
    const auto state = [&](AccountId own) {
        return pagerank_state(n, own, options.precision, !options.teleport.empty());
    };
    std::vector<DevicePlan> plans = plans_by_rows({graph.in()}, devices, state, {.openmp_bytes = openmp_bytes});
    if (devices > 1) return plans;
    MemoryPlan& resident = plans.front().memory;
    resident = {};
    resident.add("the graph", graph_bytes(graph));
    resident.add("in-edges by segments of sources", edges);
    resident.add("ranks, scales, shares and the sums of split rows", (single ? 36 : 44) * std::uint64_t{n});
    resident.add("the teleport vector, ranks to start from and out-weights",
                 8 * std::uint64_t{n} * (!options.teleport.empty() + !options.start.empty() + graph.weighted()));
    return plans;
}

std::vector<DevicePlan> pagerank_topics_device_plans(const Graph& graph, const PageRankOptions& options,
                                                     std::size_t topics, AccountId starts) {
    const std::uint64_t n = graph.num_accounts();
    const std::uint64_t share = options.precision == Precision::single ? sizeof(float) : sizeof(std::uint64_t);
    std::vector<DevicePlan> plans;
    for (const std::uint64_t lanes : {32, 8}) {
        if (lanes == 32 && topics <= 8) continue;
        DevicePlan plan{"resident, " + std::to_string(lanes) + " topics at a time", {}};
        plan.memory.add("the graph", graph_bytes(graph));
        plan.memory.add("ranks and shares of each topic", lanes * (8 + 2 * share) * n);
        plan.memory.add("teleport vectors", 8 * lanes * std::min<std::uint64_t>(starts, n) + 4 * n);
        plan.memory.add("scales, classes of degree, ranks to start from and out-weights",
                        (12 + 8 * (!options.start.empty() + graph.weighted())) * n);
        plans.push_back(std::move(plan));
    }
    return plans;
}

std::vector<DevicePlan> communities_device_plans(const Graph& graph, const CommunitiesOptions& options, int devices) {
    const std::uint64_t n = graph.num_accounts();
    const bool lpa = options.method == CommunityMethod::lpa;
    const bool mutual = graph.directed() && options.direction == Direction::mutual;
    const Graph read = lpa ? graph : graph.unweighted();
    RowSet rows{read.out()};
    if (graph.directed() && !mutual) rows.push_back(read.in());
    const AccountId num_accounts = graph.num_accounts();
    std::uint64_t row_bytes = 0;
    std::uint64_t entries = 0;
    for (const CsrView& direction : rows) {
        row_bytes += bytes_of(direction);
        entries += direction.num_edges();
    }
    // Rows, a line of the cache for each label, and labels, votes and draws of the accounts.
    const StreamedPass pass{.passes = lpa ? 4 : 1, .openmp_bytes = row_bytes + 64 * entries + 40 * n};
    const VoteTables tables = vote_tables(rows, 0, num_accounts);
    std::vector<DevicePlan> plans = plans_by_rows(
        rows, devices, [&](AccountId) { return communities_state(num_accounts, options.method, tables); }, pass);
    if (devices > 1) return plans;
    MemoryPlan& resident = plans.front().memory;
    resident = {};
    if (mutual)
        add_undirected(resident, graph, Direction::mutual);
    else
        resident.add("the graph", graph_bytes(graph));
    resident.add("labels, margins, votes that changed, classes of degree",
                 ((lpa ? 57 : 33) + (graph.weighted() ? 4 : 0)) * n);
    return plans;
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

std::vector<DevicePlan> degrees_device_plans(const Graph& graph) {
    DevicePlan resident{"resident", {}};
    resident.memory.add("the graph", graph_bytes(graph));
    resident.memory.add("classes and sums of rows", 12 * std::uint64_t{graph.num_accounts()});
    return {resident};
}

std::vector<DevicePlan> components_device_plans(const Graph& graph) {
    DevicePlan resident{"resident", {}};
    resident.memory.add("the graph", graph_bytes(graph));
    resident.memory.add("components, and pieces of long rows",
                        4 * std::uint64_t{graph.num_accounts()} + graph.num_edges() / 4);
    return {resident};
}

std::vector<DevicePlan> cores_device_plans(const Graph& graph) {
    const std::uint64_t entries = (graph.directed() ? 2 : 1) * graph.num_edges();
    DevicePlan resident{"resident", {}};
    if (graph.directed())
        add_undirected(resident.memory, graph.unweighted(), Direction::either);
    else
        resident.memory.add("the graph", graph_bytes(graph.unweighted()));
    resident.memory.add("neighbors left, lists of accounts, and pieces of long rows",
                        16 * std::uint64_t{graph.num_accounts()} + entries / 4);
    return {resident};
}

}  // namespace coterie
