#include "host/edge_changes.hpp"

#include <algorithm>
#include <utility>

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
template <class T, class Less>
void sort_in_parallel(std::vector<T>& values, int threads, Less less) {
    const auto pieces =
        static_cast<std::size_t>(std::clamp<std::size_t>(values.size() >> 14U, 1, static_cast<std::size_t>(threads)));
    const auto bound = [&](std::size_t piece) {
        return values.begin() + static_cast<std::ptrdiff_t>(values.size() * std::min(piece, pieces) / pieces);
    };
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::size_t piece = 0; piece < pieces; ++piece) std::sort(bound(piece), bound(piece + 1), less);
    for (std::size_t width = 1; width < pieces; width *= 2) {
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
        for (std::size_t piece = 0; piece < pieces; piece += 2 * width)
            std::inplace_merge(bound(piece), bound(piece + width), bound(piece + 2 * width), less);
    }
}

std::vector<Row> sorted_rows(LayerChanges& layer, EdgeOffset& self_loops, int threads) {
    EdgeList& added = layer.added;
    std::vector<Row> rows;
    rows.reserve(added.sources.size());
    for (std::size_t i = 0; i < added.sources.size(); ++i) {
        if (added.sources[i] == added.targets[i] && !layer.keep_self_loops) {
            ++self_loops;
            continue;
        }
        rows.push_back({edge_of(added.sources[i], added.targets[i], layer.undirected),
                        added.weights.empty() ? 1.0F : added.weights[i]});
    }
    added = {};
    // Weights add exactly: the order of rows of one edge does not matter.
    sort_in_parallel(rows, threads, [](const Row& a, const Row& b) { return a.edge < b.edge; });
    return rows;
}

/// The changes of some edges, in their order.
class Changing {
  public:
    Changing(const LayerChanges& layer, const AccountPositions& accounts) : layer_(layer), accounts_(accounts) {}

    void change(std::uint64_t edge, std::span<const Row> added, std::span<const Removal> removed) {
        const auto source = static_cast<AccountId>(edge >> 32U);
        const auto target = static_cast<AccountId>(edge);
        EdgeChange change{source, target, 1.0F, false, false};
        ExactSum sum;
        change.was = find(source, target, sum);
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
    /// Whether the store has the edge; its weight is added to `sum`.
    bool find(AccountId source, AccountId target, ExactSum& sum) const {
        if (source >= accounts_.count || target >= accounts_.count) return false;
        const AccountId from = accounts_.old_account[source];
        const AccountId to = accounts_.old_account[target];
        if (from == no_account || to == no_account) return false;
        const std::span<const AccountId> row = layer_.out.row(from);
        const auto place = std::lower_bound(row.begin(), row.end(), to);
        if (place == row.end() || *place != to) return false;
        if (!layer_.weighted) return true;
        const EdgeOffset edge = layer_.out.offsets[from] + static_cast<EdgeOffset>(place - row.begin());
        sum.add(static_cast<double>(layer_.out.weights[edge]));
        if (layer_.remainders == nullptr) return true;
        const Array<EdgeOffset>& edges = layer_.remainders->edges;
        const auto [begin, end] = std::equal_range(edges.begin(), edges.end(), edge);
        for (auto i = begin; i != end; ++i)
            sum.add(layer_.remainders->values[static_cast<std::size_t>(i - edges.begin())]);
        return true;
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
    const AccountPositions& accounts_;
    ChangedEdges found_;
};

}  // namespace

ChangedEdges changed_edges(LayerChanges& layer, const AccountPositions& accounts, int threads) {
    ChangedEdges result;
    const std::vector<Row> rows = sorted_rows(layer, result.self_loops, threads);
    std::vector<Removal> removals = std::move(layer.removed);
    const auto key = [&](const Removal& removal) { return edge_of(removal.source, removal.target, layer.undirected); };
    sort_in_parallel(removals, threads, [&](const Removal& a, const Removal& b) {
        return std::pair(key(a), a.number) < std::pair(key(b), b.number);
    });

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
        Changing changing(layer, accounts);
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
        while (row != rows_end || removal != removals_end) {
            const std::uint64_t edge = removal == removals_end                        ? row->edge
                                       : row == rows_end || key(*removal) < row->edge ? key(*removal)
                                                                                      : row->edge;
            auto next_row = row;
            while (next_row != rows_end && next_row->edge == edge) ++next_row;
            auto next_removal = removal;
            while (next_removal != removals_end && key(*next_removal) == edge) ++next_removal;
            changing.change(edge, {row, next_row}, {removal, next_removal});
            row = next_row;
            removal = next_removal;
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
