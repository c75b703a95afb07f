#include "host/merge_layers.hpp"

#include <omp.h>

#include <algorithm>
#include <utility>

#include "host/degree_order.hpp"
#include "host/errors.hpp"
#include "host/merge_rows.hpp"

namespace coterie {

namespace {

constexpr EdgeOffset edges_of_a_chunk = EdgeOffset{1} << 18U;

/// A layer on its way.
struct Layer {
    ChangedEdges changed;
    std::vector<RowChanges> rows;            ///< by out-edges, and by in-edges if directed
    std::vector<Array<EdgeOffset>> lengths;  ///< of the rows, by position
};

void count_lengths(const CsrView& old, const RowChanges& changes, const AccountPositions& accounts, int threads,
                   Array<EdgeOffset>& lengths) {
    lengths.resize(accounts.count);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (AccountId position = 0; position < accounts.count; ++position) {
        const AccountId account = accounts.old_account[position];
        const auto length = account == no_account ? std::int64_t{0} : static_cast<std::int64_t>(old.degree(account));
        lengths[position] = static_cast<EdgeOffset>(length + changes.growth(position));
    }
}

Renumbering renumbered(const AccountPositions& accounts, const std::vector<Layer>& layers, bool by_degree,
                       int threads) {
    Renumbering numbers;
    Array<EdgeOffset> degrees(accounts.count);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (AccountId position = 0; position < accounts.count; ++position) {
        EdgeOffset degree = 0;
        // An undirected layer stands both ways in one direction, and each of its ends counts twice.
        for (const Layer& layer : layers) degree += layer.lengths.front()[position] + layer.lengths.back()[position];
        degrees[position] = by_degree ? degree : 0;
    }
    numbers.order = degree_order(degrees);
    numbers.by_id.resize(accounts.count);
    numbers.number_of_old.resize(accounts.position.size());
#pragma omp parallel for num_threads(threads) schedule(static)
    for (AccountId account = 0; account < accounts.count; ++account) numbers.by_id[numbers.order[account]] = account;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (std::size_t old = 0; old < accounts.position.size(); ++old)
        numbers.number_of_old[old] = numbers.by_id[accounts.position[old]];
    return numbers;
}

/// The merge of all layers; holds what its steps share.
class Merge {
  public:
    Merge(const AccountPositions& accounts, const BuildOptions& options)
        : accounts_(accounts),
          threads_(options.threads > 0 ? options.threads : omp_get_num_procs()),
          progress_(options.progress) {}

    int threads() const { return threads_; }
    bool cancelled() const { return progress_ != nullptr && progress_->cancelled(); }
    void plan_work(EdgeOffset edges) { work_ = static_cast<double>(edges); }

    /// One direction of a layer; `remainders` is null, or takes those of its edges.
    CsrArrays direction(const CsrView& old, bool weighted, const RowChanges& changes, const Array<EdgeOffset>& lengths,
                        const Renumbering& numbers, const WeightRemainders* old_remainders,
                        const std::vector<std::vector<double>>& parts, WeightRemainders* remainders) {
        const AccountId n = accounts_.count;
        CsrArrays rows;
        rows.offsets.resize(std::size_t{n} + 1);
        EdgeOffset total = 0;
        for (AccountId account = 0; account < n; ++account) {
            rows.offsets[account] = total;
            total += lengths[numbers.order[account]];
        }
        rows.offsets[n] = total;
        rows.neighbors.resize(total);
        if (weighted) rows.weights.resize(total);

        const std::size_t chunks = total / edges_of_a_chunk + 1;
        std::vector<AccountId> bounds(chunks + 1, n);
        for (std::size_t chunk = 0; chunk < chunks; ++chunk)
            bounds[chunk] = static_cast<AccountId>(
                std::lower_bound(rows.offsets.begin(), rows.offsets.end() - 1, total * chunk / chunks) -
                rows.offsets.begin());
        bounds[0] = 0;
        std::vector<std::vector<PlacedRemainder>> placed(remainders != nullptr ? chunks : 1);
#pragma omp parallel num_threads(threads_)
        {
            RowMerger merger(old, weighted, changes, accounts_, numbers, old_remainders, parts);
#pragma omp for schedule(dynamic, 1)
            for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
                if (cancelled()) continue;
                for (AccountId account = bounds[chunk]; account < bounds[chunk + 1]; ++account) {
                    const EdgeOffset first = rows.offsets[account];
                    merger.write(account, rows.neighbors.data() + first,
                                 weighted ? rows.weights.data() + first : nullptr, first,
                                 placed[remainders != nullptr ? chunk : 0]);
                }
            }
        }
        if (remainders != nullptr)
            for (const std::vector<PlacedRemainder>& some : placed)
                for (const PlacedRemainder& one : some) {
                    remainders->edges.push_back(one.edge);
                    remainders->values.push_back(one.value);
                }
        done_ += static_cast<double>(total);
        advance(progress_, "merging", std::min(done_, work_), work_, "edges");
        return rows;
    }

  private:
    const AccountPositions& accounts_;
    int threads_;
    Progress* progress_;
    double work_ = 0;
    double done_ = 0;
};

}  // namespace

MergedLayers merge_layers(const AccountPositions& accounts, std::vector<LayerChanges> layers,
                          const BuildOptions& options) {
    const WeightRemainders none;
    Merge merge(accounts, options);
    MergedLayers merged;
    merged.counts.resize(layers.size());
    merged.built.layers.resize(layers.size());
    std::vector<Layer> work(layers.size());
    EdgeOffset edges = 0;
    for (std::size_t l = 0; l < layers.size(); ++l) {
        Layer& layer = work[l];
        const bool undirected = layers[l].undirected;
        layer.changed = changed_edges(layers[l], accounts, merge.threads());
        MergeCounts& counts = merged.counts[l];
        counts.self_loops = layer.changed.self_loops;
        counts.removed = layer.changed.removed;
        counts.rejected = std::move(layer.changed.rejected);
        for (const EdgeChange& change : layer.changed.changes) {
            counts.inserted += static_cast<EdgeOffset>(change.is && !change.was);
            counts.gone += static_cast<EdgeOffset>(change.was && !change.is);
        }
        layer.rows.emplace_back(layer.changed.changes, accounts.count, false, undirected);
        if (!undirected) layer.rows.emplace_back(layer.changed.changes, accounts.count, true, false);
        layer.changed.changes = {};
        layer.lengths.resize(layer.rows.size());
        count_lengths(layers[l].out, layer.rows[0], accounts, merge.threads(), layer.lengths[0]);
        if (!undirected) count_lengths(layers[l].in, layer.rows[1], accounts, merge.threads(), layer.lengths[1]);
        edges += layer.rows.size() * layers[l].out.num_edges();
    }
    merge.plan_work(edges);

    Renumbering numbers = renumbered(accounts, work, options.relabel_by_degree, merge.threads());
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const LayerChanges& old = layers[l];
        Layer& layer = work[l];
        BuiltLayer& built = merged.built.layers[l];
        const bool inexact =
            (old.remainders != nullptr && !old.remainders->empty()) || !layer.changed.remainders.empty();
        const WeightRemainders* remainders = !inexact ? nullptr : old.remainders != nullptr ? old.remainders : &none;
        built.undirected = old.undirected;
        built.out = merge.direction(old.out, old.weighted, layer.rows[0], layer.lengths[0], numbers, remainders,
                                    layer.changed.remainders, inexact ? &built.remainders : nullptr);
        if (!old.undirected)
            built.in = merge.direction(old.in, old.weighted, layer.rows[1], layer.lengths[1], numbers, nullptr,
                                       layer.changed.remainders, nullptr);
        layer = {};
        if (merge.cancelled()) throw Cancelled();
    }
    merged.built.by_id = std::move(numbers.by_id);
    return merged;
}

}  // namespace coterie
