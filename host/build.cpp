#include "host/build.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <numeric>
#include <span>
#include <utility>

#include "host/degree_order.hpp"
#include "host/errors.hpp"

namespace coterie {

namespace {

// Everything here is one operation, done four times: entries (row, neighbor) are put into rows by a stable counting sort. Done by
// target and then by source, it leaves rows ascending and repeats side by side, without a comparison; done again with the final
// numbers of the accounts, it gives the in-rows and then, from these, the out-rows.

constexpr AccountId most_buckets = 1024;
constexpr AccountId narrowest_bucket = 16;
constexpr std::size_t chunks_a_thread = 8;
constexpr EdgeOffset worth_a_thread = EdgeOffset{1} << 15;

/// The threads of a build, and how far it is.
class Team {
  public:
    Team(int threads, Progress* progress, EdgeOffset work)
        : threads_(threads > 0 ? threads : omp_get_num_procs()),
          progress_(progress),
          work_(static_cast<double>(work)) {}

    int threads(EdgeOffset entries) const {
        return static_cast<int>(std::min<EdgeOffset>(static_cast<EdgeOffset>(threads_), 1 + entries / worth_a_thread));
    }
    bool cancelled() const { return progress_ != nullptr && progress_->cancelled(); }
    /// Throws Cancelled if somebody asked to stop.
    void finish(EdgeOffset entries) {
        done_ += static_cast<double>(entries);
        advance(progress_, "building", std::min(done_, work_), work_, "edges");
    }

  private:
    int threads_;
    Progress* progress_;
    double work_;
    double done_ = 0;
};

struct Neighbor {
    static constexpr bool weighted = false;
    AccountId account;

    static Neighbor of(AccountId account, const CsrArrays&, EdgeOffset) { return {account}; }
    void put(CsrArrays& rows, EdgeOffset place) const { rows.neighbors[place] = account; }
};

struct WeightedNeighbor {
    static constexpr bool weighted = true;
    AccountId account;
    float weight;

    static WeightedNeighbor of(AccountId account, const CsrArrays& rows, EdgeOffset edge) {
        return {account, rows.weights[edge]};
    }
    void put(CsrArrays& rows, EdgeOffset place) const {
        rows.neighbors[place] = account;
        rows.weights[place] = weight;
    }
};

/// The rows of the entries that `visit_chunk(chunk, entry)` passes to `entry(row, neighbor)`, chunk after chunk, in that order
/// within a row. Visited twice: to count, and to copy; then `release` may free what the entries came from.
///
/// Entries go to buckets of neighboring rows first, so that the second pass scatters within the cache.
/// Memory: 8 bytes an entry (12 weighted) beside the result.
template <class Value, class VisitChunk, class Release>
CsrArrays grouped(AccountId num_rows, std::size_t chunks, EdgeOffset about, Team& team, VisitChunk visit_chunk,
                  Release release) {
    struct Entry {
        AccountId row;
        Value value;
    };
    const AccountId width = std::max(narrowest_bucket, std::bit_ceil(num_rows / most_buckets + 1));
    const auto shift = static_cast<unsigned>(std::countr_zero(width));
    const std::size_t buckets = (std::size_t{num_rows} + width - 1) >> shift;
    const int threads = team.threads(about);

    std::vector<EdgeOffset> next(chunks * buckets, 0);
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
        if (team.cancelled()) continue;
        EdgeOffset* const counts = next.data() + chunk * buckets;
        visit_chunk(chunk, [=](AccountId row, Value) { ++counts[row >> shift]; });
    }
    team.finish(0);
    std::vector<EdgeOffset> bucket_begins(buckets + 1);
    EdgeOffset total = 0;
    for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
        bucket_begins[bucket] = total;
        for (std::size_t chunk = 0; chunk < chunks; ++chunk)
            total += std::exchange(next[chunk * buckets + bucket], total);
    }
    bucket_begins[buckets] = total;

    Array<Entry> entries(total);
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
        if (team.cancelled()) continue;
        EdgeOffset* const places = next.data() + chunk * buckets;
        Entry* const into = entries.data();
        visit_chunk(chunk, [=](AccountId row, Value value) { into[places[row >> shift]++] = {row, value}; });
    }
    team.finish(total / 2);
    release();

    CsrArrays rows;
    rows.offsets.resize(std::size_t{num_rows} + 1);
    rows.offsets[num_rows] = total;
    rows.neighbors.resize(total);
    if constexpr (Value::weighted) rows.weights.resize(total);
#pragma omp parallel num_threads(threads)
    {
        std::vector<EdgeOffset> places(width);
#pragma omp for schedule(dynamic, 1)
        for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
            if (team.cancelled()) continue;
            const AccountId first = static_cast<AccountId>(bucket << shift);
            const AccountId count = std::min(width, num_rows - first);
            const std::span<const Entry> mine(entries.data() + bucket_begins[bucket],
                                              bucket_begins[bucket + 1] - bucket_begins[bucket]);
            std::fill(places.begin(), places.end(), 0);
            for (const Entry& entry : mine) ++places[entry.row - first];
            EdgeOffset place = bucket_begins[bucket];
            for (AccountId row = 0; row < count; ++row) {
                rows.offsets[first + row] = place;
                place += std::exchange(places[row], place);
            }
            for (const Entry& entry : mine) entry.value.put(rows, places[entry.row - first]++);
        }
    }
    team.finish(total - total / 2);
    return rows;
}

/// `chunks` + 1 bounds that split `count` things evenly.
std::size_t even_bound(std::size_t count, std::size_t chunks, std::size_t chunk) {
    return count / chunks * chunk + std::min(chunk, count % chunks);
}

std::size_t chunks_for(EdgeOffset entries, const Team& team) {
    return static_cast<std::size_t>(team.threads(entries)) * chunks_a_thread;
}

/// The graph with all edges turned around. Rows come out ascending, whatever their order was.
template <class Value>
CsrArrays transposed(CsrArrays& rows, bool keep, Team& team) {
    const auto n = static_cast<AccountId>(rows.offsets.size() - 1);
    const EdgeOffset m = rows.neighbors.size();
    const std::size_t chunks = chunks_for(m, team);
    std::vector<AccountId> bounds(chunks + 1, n);
    for (std::size_t chunk = 0; chunk < chunks; ++chunk)
        bounds[chunk] = static_cast<AccountId>(
            std::lower_bound(rows.offsets.begin(), rows.offsets.end() - 1, even_bound(m, chunks, chunk)) -
            rows.offsets.begin());
    bounds[0] = 0;
    return grouped<Value>(
        n, chunks, m, team,
        [&](std::size_t chunk, auto entry) {
            for (AccountId row = bounds[chunk]; row < bounds[chunk + 1]; ++row)
                for (EdgeOffset e = rows.offsets[row]; e < rows.offsets[row + 1]; ++e)
                    entry(rows.neighbors[e], Value::of(row, rows, e));
        },
        [&] {
            if (!keep) rows = {};
        });
}

/// A part of what the weight of an edge lacks of the exact sum of its rows.
struct EdgeRemainder {
    AccountId source;
    AccountId target;
    double value;
};

/// The distinct edges of a layer: those of row u stand at the beginning of its place in `rows`, `lengths[u]` of them, ascending.
struct DistinctEdges {
    CsrArrays rows;
    Array<AccountId> lengths;
    EdgeOffset count = 0;
    std::vector<EdgeRemainder> remainders;  ///< the parts of one edge in their order, one after the other
};

void check_accounts(const EdgeList& edges, AccountId num_accounts, const Team& team) {
    const EdgeOffset rows = edges.sources.size();
    if (edges.targets.size() != rows || (!edges.weights.empty() && edges.weights.size() != rows))
        throw GraphError(fmt::format(
            "build: each row must have a source, a target and, if any has one, a weight, but there are {}, {} and {}",
            rows, edges.targets.size(), edges.weights.size()));
    AccountId most = 0;
#pragma omp parallel for num_threads(team.threads(rows)) reduction(max : most)
    for (EdgeOffset i = 0; i < rows; ++i) most = std::max({most, edges.sources[i], edges.targets[i]});
    if (rows == 0 || most < num_accounts) return;
    for (EdgeOffset i = 0; i < rows; ++i)
        if (std::max(edges.sources[i], edges.targets[i]) >= num_accounts)
            throw GraphError(fmt::format("build: accounts must be below {}, but row {} is {} -> {}", num_accounts, i,
                                         edges.sources[i], edges.targets[i]));
}

/// Rows with repeats side by side, from the list of edges, which is freed on the way. `arrivals` [n] becomes the number of entries
/// by target.
template <class Value>
CsrArrays sorted_rows(AccountId n, EdgeList& edges, bool undirected, bool keep_loops, Array<EdgeOffset>& arrivals,
                      Team& team) {
    const EdgeOffset num_rows = edges.sources.size();
    const std::size_t chunks = chunks_for(num_rows, team);
    CsrArrays by_target = grouped<Value>(
        n, chunks, num_rows, team,
        [&](std::size_t chunk, auto entry) {
            for (std::size_t i = even_bound(num_rows, chunks, chunk); i < even_bound(num_rows, chunks, chunk + 1);
                 ++i) {
                AccountId source = edges.sources[i];
                AccountId target = edges.targets[i];
                if (source == target && !keep_loops) continue;
                if (undirected && source > target) std::swap(source, target);
                if constexpr (Value::weighted) {
                    entry(target, Value{source, edges.weights[i]});
                } else {
                    entry(target, Value{source});
                }
            }
        },
        [&] { edges = {}; });
    arrivals.resize(n);
    for (AccountId v = 0; v < n; ++v) arrivals[v] = by_target.offsets[v + 1] - by_target.offsets[v];
    return transposed<Value>(by_target, false, team);
}

/// Merges the repeats of every row in place, and takes them off `arrivals`.
DistinctEdges merged(CsrArrays rows, bool count_rows, Array<EdgeOffset>& arrivals, Team& team) {
    const auto n = static_cast<AccountId>(rows.offsets.size() - 1);
    DistinctEdges distinct;
    distinct.lengths.resize(n);
    if (count_rows) rows.weights.resize(rows.neighbors.size());
    EdgeOffset count = 0;
#pragma omp parallel num_threads(team.threads(rows.neighbors.size())) reduction(+ : count)
    {
        std::vector<EdgeRemainder> remainders;
#pragma omp for schedule(dynamic, 1024)
        for (AccountId row = 0; row < n; ++row) {
            const EdgeOffset end = rows.offsets[row + 1];
            EdgeOffset kept = rows.offsets[row];
            for (EdgeOffset e = rows.offsets[row]; e < end;) {
                const AccountId neighbor = rows.neighbors[e];
                EdgeOffset repeats_end = e + 1;
                while (repeats_end < end && rows.neighbors[repeats_end] == neighbor) ++repeats_end;
                const EdgeOffset repeats = repeats_end - e;
                if (repeats > 1)
                    std::atomic_ref<EdgeOffset>(arrivals[neighbor]).fetch_sub(repeats - 1, std::memory_order_relaxed);
                if (repeats == 1) {
                    if (!rows.weights.empty()) rows.weights[kept] = count_rows ? 1.0F : rows.weights[e] + 0.0F;
                } else if (!rows.weights.empty()) {
                    ExactSum sum;
                    if (count_rows)
                        sum.add(static_cast<double>(repeats));
                    else
                        sum = exact_sum({rows.weights.data() + e, repeats});
                    rows.weights[kept] = sum.rounded();
                    if (sum.has_remainder())
                        for (const double part : sum.remainder()) remainders.push_back({row, neighbor, part});
                }
                rows.neighbors[kept++] = neighbor;
                e = repeats_end;
            }
            distinct.lengths[row] = static_cast<AccountId>(kept - rows.offsets[row]);
            count += kept - rows.offsets[row];
        }
#pragma omp critical(build_remainders)
        distinct.remainders.insert(distinct.remainders.end(), remainders.begin(), remainders.end());
    }
    distinct.rows = std::move(rows);
    distinct.count = count;
    return distinct;
}

/// Adds the degrees of a layer: both ends of an edge count it, twice if it is stored both ways.
void add_degrees(const DistinctEdges& edges, const Array<EdgeOffset>& arrivals, bool undirected,
                 Array<EdgeOffset>& degrees, const Team& team) {
    const auto n = static_cast<AccountId>(degrees.size());
#pragma omp parallel for num_threads(team.threads(n)) schedule(static)
    for (AccountId v = 0; v < n; ++v) {
        EdgeOffset degree = edges.lengths[v] + arrivals[v];
        if (undirected) {
            const AccountId* const row = edges.rows.neighbors.data() + edges.rows.offsets[v];
            const bool loop = std::binary_search(row, row + edges.lengths[v], v);
            degree = 2 * degree - (loop ? 2 : 0);
        }
        degrees[v] += degree;
    }
}

/// The remainders by the edges of `out`.
WeightRemainders placed_remainders(const std::vector<EdgeRemainder>& found, const Array<AccountId>& by_id,
                                   const CsrArrays& out, bool both_ways) {
    struct Placed {
        EdgeOffset edge;
        double value;
    };
    std::vector<Placed> placed;
    const auto place = [&](AccountId source, AccountId target, double value) {
        const AccountId* const row = out.neighbors.data() + out.offsets[source];
        const AccountId* const end = out.neighbors.data() + out.offsets[source + 1];
        placed.push_back({static_cast<EdgeOffset>(std::lower_bound(row, end, target) - out.neighbors.data()), value});
    };
    for (const EdgeRemainder& one : found) {
        place(by_id[one.source], by_id[one.target], one.value);
        if (both_ways && one.source != one.target) place(by_id[one.target], by_id[one.source], one.value);
    }
    std::stable_sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) { return a.edge < b.edge; });
    WeightRemainders remainders;
    for (const Placed& one : placed) {
        remainders.edges.push_back(one.edge);
        remainders.values.push_back(one.value);
    }
    return remainders;
}

/// The final rows of a layer, by final numbers: `order` lists the accounts by them, `by_id` is its inverse.
template <class Value>
void finish_layer(DistinctEdges edges, const std::vector<AccountId>& order, const Array<AccountId>& by_id,
                  BuiltLayer& layer, Team& team) {
    const auto n = static_cast<AccountId>(order.size());
    const std::size_t chunks = chunks_for(edges.count, team);
    std::vector<AccountId> bounds{0};
    EdgeOffset passed = 0;
    for (AccountId account = 0; account < n; ++account) {
        while (bounds.size() < chunks && passed >= even_bound(edges.count, chunks, bounds.size()))
            bounds.push_back(account);
        passed += edges.lengths[order[account]];
    }
    bounds.resize(chunks + 1, n);

#pragma omp parallel for num_threads(team.threads(edges.count)) schedule(dynamic, 1024)
    for (AccountId old = 0; old < n; ++old) {
        AccountId* const row = edges.rows.neighbors.data() + edges.rows.offsets[old];
        for (AccountId i = 0; i < edges.lengths[old]; ++i) row[i] = by_id[row[i]];
    }
    const bool both_ways = layer.undirected;
    const std::vector<EdgeRemainder> remainders = std::move(edges.remainders);
    CsrArrays in = grouped<Value>(
        n, chunks, edges.count, team,
        [&](std::size_t chunk, auto entry) {
            for (AccountId account = bounds[chunk]; account < bounds[chunk + 1]; ++account) {
                const EdgeOffset begin = edges.rows.offsets[order[account]];
                const EdgeOffset end = begin + edges.lengths[order[account]];
                for (EdgeOffset e = begin; e < end; ++e) {
                    const AccountId neighbor = edges.rows.neighbors[e];
                    entry(neighbor, Value::of(account, edges.rows, e));
                    if (both_ways && neighbor != account) entry(account, Value::of(neighbor, edges.rows, e));
                }
            }
        },
        [&] { edges = {}; });
    layer.out = transposed<Value>(in, !both_ways, team);
    layer.remainders = placed_remainders(remainders, by_id, layer.out, both_ways);
    if (!both_ways) layer.in = std::move(in);
}

}  // namespace

BuiltLayers build_layers(AccountId num_accounts, std::vector<LayerEdges> layers, const BuildOptions& options) {
    const RecycledArrays recycled;  // the groupings need the same room one after the other
    EdgeOffset all_rows = 0;
    for (const LayerEdges& layer : layers) all_rows += layer.edges.sources.size();
    Team team(options.threads, options.progress, 4 * all_rows);

    BuiltLayers result;
    result.layers.resize(layers.size());
    std::vector<DistinctEdges> distinct(layers.size());
    std::vector<bool> weighted(layers.size());
    Array<EdgeOffset> degrees;
    degrees.resize(num_accounts);
    std::fill(degrees.begin(), degrees.end(), 0);
    for (std::size_t l = 0; l < layers.size(); ++l) {
        EdgeList& edges = layers[l].edges;
        BuiltLayer& built = result.layers[l];
        check_accounts(edges, num_accounts, team);
        const bool has_weights = !edges.weights.empty();
        const bool count_rows = layers[l].count_rows && !has_weights;
        weighted[l] = has_weights || count_rows;
        built.undirected = layers[l].undirected;
        built.counts.rows = edges.sources.size();
        Array<EdgeOffset> arrivals;
        CsrArrays rows = has_weights ? sorted_rows<WeightedNeighbor>(num_accounts, edges, built.undirected,
                                                                     options.keep_self_loops, arrivals, team)
                                     : sorted_rows<Neighbor>(num_accounts, edges, built.undirected,
                                                             options.keep_self_loops, arrivals, team);
        built.counts.self_loops = built.counts.rows - rows.neighbors.size();
        distinct[l] = merged(std::move(rows), count_rows, arrivals, team);
        built.counts.kept = distinct[l].count;
        built.counts.merged = built.counts.rows - built.counts.self_loops - built.counts.kept;
        add_degrees(distinct[l], arrivals, built.undirected, degrees, team);
    }

    std::vector<AccountId> order;
    if (options.relabel_by_degree) {
        order = degree_order(degrees);
    } else {
        order.resize(num_accounts);
        std::iota(order.begin(), order.end(), AccountId{0});
    }
    degrees = {};
    result.by_id.resize(num_accounts);
    for (AccountId account = 0; account < num_accounts; ++account) result.by_id[order[account]] = account;

    for (std::size_t l = 0; l < layers.size(); ++l) {
        if (weighted[l]) {
            finish_layer<WeightedNeighbor>(std::move(distinct[l]), order, result.by_id, result.layers[l], team);
        } else {
            finish_layer<Neighbor>(std::move(distinct[l]), order, result.by_id, result.layers[l], team);
        }
    }
    return result;
}

Graph build_graph(AccountId num_accounts, EdgeList edges, bool undirected, const BuildOptions& options) {
    std::vector<LayerEdges> layers(1);
    layers[0].edges = std::move(edges);
    layers[0].undirected = undirected;
    BuiltLayers built = build_layers(num_accounts, std::move(layers), options);
    return own_graph(std::move(built.layers[0].out), std::move(built.layers[0].in), std::move(built.by_id),
                     !undirected);
}

}  // namespace coterie
