#include "host/edge_changes.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <tuple>
#include <utility>

#include "host/sorting.hpp"

namespace coterie {

namespace {

struct Row {
    std::uint64_t edge;  ///< source and target, so that rows of one edge come together
    float weight;
};

std::uint64_t edge_of(AccountId source, AccountId target, bool undirected) {
    if (undirected && source > target) std::swap(source, target);
    return std::uint64_t{source} << 32U | target;
}

/// Sorts on `threads` threads: pieces alone, then merged in pairs.
template <class T, class Sort, class Less>
void sort_in_parallel(std::vector<T>& values, int threads, Sort sort, Less less) {
    const auto pieces =
        static_cast<std::size_t>(std::clamp<std::size_t>(values.size() >> 14U, 1, static_cast<std::size_t>(threads)));
    const auto bound = [&](std::size_t piece) {
        return values.begin() + static_cast<std::ptrdiff_t>(values.size() * std::min(piece, pieces) / pieces);
    };
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::size_t piece = 0; piece < pieces; ++piece) sort(bound(piece), bound(piece + 1));
    for (std::size_t width = 1; width < pieces; width *= 2) {
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
        for (std::size_t piece = 0; piece < pieces; piece += 2 * width)
            std::inplace_merge(bound(piece), bound(piece + width), bound(piece + 2 * width), less);
    }
}

std::vector<Row> sorted_rows(LayerChanges& layer, EdgeOffset& self_loops, int threads) {
    EdgeList& added = layer.added;
    std::vector<Row> rows;
    std::vector<std::uint64_t> edges;  // of rows without weights
    if (added.weights.empty())
        edges.reserve(added.sources.size());
    else
        rows.reserve(added.sources.size());
    for (std::size_t i = 0; i < added.sources.size(); ++i) {
        if (added.sources[i] == added.targets[i] && !layer.keep_self_loops) {
            ++self_loops;
            continue;
        }
        const std::uint64_t edge = edge_of(added.sources[i], added.targets[i], layer.undirected);
        if (added.weights.empty())
            edges.push_back(edge);
        else
            rows.push_back({edge, added.weights[i]});
    }
    if (added.weights.empty()) {
        sort_in_parallel(
            edges, threads, [](auto begin, auto end) { sort_ascending(std::span(begin, end)); }, std::less<>());
        rows.reserve(edges.size());
        for (const std::uint64_t edge : edges) rows.push_back({edge, 1.0F});
    } else {
        // Weights add exactly: the order of rows of one edge does not matter.
        const auto less = [](const Row& a, const Row& b) { return a.edge < b.edge; };
        sort_in_parallel(
            rows, threads, [&](auto begin, auto end) { std::sort(begin, end, less); }, less);
    }
    added = {};
    return rows;
}

constexpr EdgeOffset nowhere = ~EdgeOffset{0};

/// Where edges stand in the store, or nowhere. Several are searched together, since each waits for memory at every step.
std::vector<EdgeOffset> places_of(const std::vector<std::uint64_t>& edges, const CsrView& out,
                                  const AccountPositions& accounts) {
    struct Search {
        EdgeOffset first = 0;
        EdgeOffset left = 0;
        AccountId target = 0;
    };
    constexpr std::size_t together = 16;
    std::array<Search, together> searches;
    std::vector<EdgeOffset> places(edges.size(), nowhere);
    const auto old = [&](std::uint64_t position) {
        return position < accounts.count ? accounts.old_account[position] : no_account;
    };
    for (std::size_t begin = 0; begin < edges.size() && out.num_edges() > 0; begin += together) {
        const std::size_t count = std::min(together, edges.size() - begin);
        EdgeOffset longest = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const AccountId source = old(edges[begin + i] >> 32U);
            const AccountId target = old(edges[begin + i] & 0xffff'ffffU);
            searches[i] = {};
            if (source != no_account && target != no_account && out.degree(source) > 0)
                searches[i] = {out.offsets[source], out.degree(source), target};
            longest = std::max(longest, searches[i].left);
        }
        // Those that have found their place stay there: half of 1 is 0.
        for (; longest > 1; longest -= longest / 2)
            for (std::size_t i = 0; i < count; ++i) {
                Search& search = searches[i];
                const EdgeOffset half = search.left / 2;
                search.first += out.neighbors[search.first + half] <= search.target ? half : 0;
                search.left -= half;
            }
        for (std::size_t i = 0; i < count; ++i)
            if (searches[i].left > 0 && out.neighbors[searches[i].first] == searches[i].target)
                places[begin + i] = searches[i].first;
    }
    return places;
}

/// The changes of some edges, in their order.
class Changing {
  public:
    explicit Changing(const LayerChanges& layer) : layer_(layer) {}

    /// `place`: where the edge stands in the store.
    void change(std::uint64_t edge, EdgeOffset place, std::span<const Row> added, std::span<const Removal> removed) {
        const auto source = static_cast<AccountId>(edge >> 32U);
        const auto target = static_cast<AccountId>(edge);
        EdgeChange change{source, target, 1.0F, false, false};
        ExactSum sum;
        change.was = place != nowhere;
        if (change.was && layer_.weighted) add_weight(place, sum);
        change.is = change.was || !added.empty();
        if (layer_.weighted)
            for (const Row& row : added) sum.add(static_cast<double>(row.weight));
        for (const Removal& removal : removed) take(removal, change, sum);
        if (change.was == change.is && !(layer_.weighted && change.is)) return;
        if (layer_.weighted && change.is) {
            change.weight = sum.rounded();
            if (sum.has_remainder()) {
                change.remainder = static_cast<std::uint32_t>(found_.remainders.size());
                found_.remainders.push_back(sum.remainder());
            }
        }
        found_.changes.push_back(change);
    }

    ChangedEdges take_found() { return std::move(found_); }

  private:
    void add_weight(EdgeOffset edge, ExactSum& sum) const {
        sum.add(static_cast<double>(layer_.out.weights[edge]));
        if (layer_.remainders == nullptr) return;
        const Array<EdgeOffset>& edges = layer_.remainders->edges;
        const auto [begin, end] = std::equal_range(edges.begin(), edges.end(), edge);
        for (auto i = begin; i != end; ++i)
            sum.add(layer_.remainders->values[static_cast<std::size_t>(i - edges.begin())]);
    }

    void take(const Removal& removal, EdgeChange& change, ExactSum& sum) {
        if (!change.is) {
            found_.rejected.push_back({removal.number, true, 0});
            return;
        }
        if (layer_.weighted && !layer_.whole_edges) {
            ExactSum left = sum;
            left.add(-static_cast<double>(removal.weight));
            if (!left.zero() && left.sign() != sum.sign()) {
                found_.rejected.push_back({removal.number, false, sum.rounded()});
                return;
            }
            sum = left;
            change.is = !sum.zero();
        } else {
            sum = {};
            change.is = false;
        }
        ++found_.removed;
    }

    const LayerChanges& layer_;
    ChangedEdges found_;
};

}  // namespace

ChangedEdges changed_edges(LayerChanges& layer, const AccountPositions& accounts, int threads) {
    ChangedEdges result;
    const std::vector<Row> rows = sorted_rows(layer, result.self_loops, threads);
    std::vector<Removal> removals = std::move(layer.removed);
    const auto key = [&](const Removal& removal) { return edge_of(removal.source, removal.target, layer.undirected); };
    const auto before = [&](const Removal& a, const Removal& b) {
        return std::pair(key(a), a.number) < std::pair(key(b), b.number);
    };
    sort_in_parallel(
        removals, threads, [&](auto begin, auto end) { std::sort(begin, end, before); }, before);

    // Pieces of about as many rows each, cut between edges.
    const std::size_t pieces =
        std::clamp<std::size_t>((rows.size() + removals.size()) >> 12U, 1, static_cast<std::size_t>(threads) * 8);
    std::vector<std::uint64_t> bounds{0};
    const bool by_rows = rows.size() >= removals.size();
    for (std::size_t piece = 1; piece < pieces; ++piece)
        bounds.push_back(by_rows ? rows[rows.size() * piece / pieces].edge
                                 : key(removals[removals.size() * piece / pieces]));
    std::vector<ChangedEdges> parts(pieces);
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::size_t piece = 0; piece < pieces; ++piece) {
        const auto row_begin = [&](std::uint64_t edge) {
            return std::lower_bound(rows.begin(), rows.end(), edge,
                                    [](const Row& row, std::uint64_t bound) { return row.edge < bound; });
        };
        const auto removal_begin = [&](std::uint64_t edge) {
            return std::lower_bound(removals.begin(), removals.end(), edge,
                                    [&](const Removal& removal, std::uint64_t bound) { return key(removal) < bound; });
        };
        auto row = row_begin(bounds[piece]);
        auto removal = removal_begin(bounds[piece]);
        const auto rows_end = piece + 1 < pieces ? row_begin(bounds[piece + 1]) : rows.end();
        const auto removals_end = piece + 1 < pieces ? removal_begin(bounds[piece + 1]) : removals.end();
        const auto next_edge = [&] {
            return removal == removals_end                        ? row->edge
                   : row == rows_end || key(*removal) < row->edge ? key(*removal)
                                                                  : row->edge;
        };
        const auto pass = [&](std::uint64_t edge) {
            while (row != rows_end && row->edge == edge) ++row;
            while (removal != removals_end && key(*removal) == edge) ++removal;
        };
        const auto [first_row, first_removal] = std::pair(row, removal);
        std::vector<std::uint64_t> edges;
        while (row != rows_end || removal != removals_end) {
            edges.push_back(next_edge());
            pass(edges.back());
        }
        const std::vector<EdgeOffset> places = places_of(edges, layer.out, accounts);
        std::tie(row, removal) = std::pair(first_row, first_removal);
        Changing changing(layer);
        for (std::size_t i = 0; i < edges.size(); ++i) {
            const auto [from_row, from_removal] = std::pair(row, removal);
            pass(edges[i]);
            changing.change(edges[i], places[i], {from_row, row}, {from_removal, removal});
        }
        parts[piece] = changing.take_found();
    }

    for (ChangedEdges& part : parts) {
        const auto first = static_cast<std::uint32_t>(result.remainders.size());
        for (EdgeChange& change : part.changes)
            if (change.remainder != EdgeChange::none) change.remainder += first;
        result.changes.insert(result.changes.end(), part.changes.begin(), part.changes.end());
        std::move(part.remainders.begin(), part.remainders.end(), std::back_inserter(result.remainders));
        result.rejected.insert(result.rejected.end(), part.rejected.begin(), part.rejected.end());
        result.removed += part.removed;
    }
    std::sort(result.rejected.begin(), result.rejected.end(),
              [](const RejectedRemoval& a, const RejectedRemoval& b) { return a.number < b.number; });
    return result;
}

}  // namespace coterie
