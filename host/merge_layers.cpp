#include "host/merge_layers.hpp"

#include <omp.h>

#include <algorithm>
#include <utility>

#include "host/degree_order.hpp"
#include "host/errors.hpp"

namespace coterie {

namespace {

Array<EdgeOffset> old_lengths(const CsrView& old, const AccountPositions& accounts, int threads) {
    Array<EdgeOffset> lengths(accounts.count);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (AccountId position = 0; position < accounts.count; ++position) {
        const AccountId account = accounts.old_account[position];
        lengths[position] = account == no_account ? 0 : old.degree(account);
    }
    return lengths;
}

void change_length(Array<EdgeOffset>& lengths, AccountId position, const EdgeChange& change) {
    lengths[position] += static_cast<EdgeOffset>(change.is);
    lengths[position] -= static_cast<EdgeOffset>(change.was);
}

CsrArrays in_memory(const MergedRows& rows, bool weighted, int threads) {
    CsrArrays arrays;
    arrays.offsets = rows.offsets();
    arrays.neighbors.resize(rows.offsets().back());
    arrays.weights.resize(weighted ? rows.offsets().back() : 0);
#pragma omp parallel num_threads(threads)
    {
        MergedRows::Desk desk;
#pragma omp for schedule(dynamic, 1)
        for (std::size_t chunk = 0; chunk < rows.num_chunks(); ++chunk) {
            const EdgeOffset begin = rows.make(chunk, desk);
            std::copy(desk.neighbors.begin(), desk.neighbors.end(), arrays.neighbors.data() + begin);
            std::copy(desk.weights.begin(), desk.weights.end(), arrays.weights.data() + begin);
        }
    }
    return arrays;
}

}  // namespace

LayerMerge::LayerMerge(const AccountPositions& accounts, std::vector<LayerChanges> layers, const BuildOptions& options)
    : accounts_(accounts), threads_(options.threads > 0 ? options.threads : omp_get_num_procs()) {
    merged_.resize(layers.size());
    for (std::size_t l = 0; l < layers.size(); ++l) {
        if (options.progress != nullptr && options.progress->cancelled()) throw Cancelled();
        merged_[l].old = std::move(layers[l]);
        find_changes(merged_[l]);
    }
    renumber(options.relabel_by_degree);
    for (Merged& layer : merged_) {
        const LayerChanges& old = layer.old;
        std::vector<std::vector<RowChange>> changes(layer.lengths.size());
#pragma omp parallel for num_threads(threads_) schedule(dynamic, 1)
        for (std::size_t direction = 0; direction < changes.size(); ++direction)
            changes[direction] = row_changes(layer.changed.changes, numbers_.by_id, direction == 1, old.undirected);
        layer.changed.changes = {};
        for (std::size_t direction = 0; direction < changes.size(); ++direction)
            layer.rows.emplace_back(direction == 0 ? old.out : old.in, old.weighted, std::move(changes[direction]),
                                    layer.lengths[direction], accounts_, numbers_);
        layer.lengths = {};
    }
}

void LayerMerge::find_changes(Merged& layer) {
    LayerChanges& old = layer.old;
    layer.changed = changed_edges(old, accounts_, threads_);
    MergeCounts& counts = layer.counts;
    counts.self_loops = layer.changed.self_loops;
    counts.removed = layer.changed.removed;
    counts.rejected = std::move(layer.changed.rejected);
    layer.lengths.push_back(old_lengths(old.out, accounts_, threads_));
    if (!old.undirected) layer.lengths.push_back(old_lengths(old.in, accounts_, threads_));
    for (const EdgeChange& change : layer.changed.changes) {
        if (change.is == change.was) continue;
        ++(change.is ? counts.inserted : counts.gone);
        change_length(layer.lengths.front(), change.source, change);
        if (!old.undirected || change.source != change.target)
            change_length(layer.lengths.back(), change.target, change);
    }
}

void LayerMerge::renumber(bool by_degree) {
    const AccountId n = accounts_.count;
    Array<EdgeOffset> degrees(n);
#pragma omp parallel for num_threads(threads_) schedule(static)
    for (AccountId position = 0; position < n; ++position) {
        EdgeOffset degree = 0;
        // An undirected layer stands both ways in one direction, and each of its ends counts twice.
        for (const Merged& layer : merged_) degree += layer.lengths.front()[position] + layer.lengths.back()[position];
        degrees[position] = by_degree ? degree : 0;
    }
    numbers_.order = degree_order(degrees);
    numbers_.by_id.resize(n);
    numbers_.number_of_old.resize(accounts_.position.size());
#pragma omp parallel for num_threads(threads_) schedule(static)
    for (AccountId account = 0; account < n; ++account) numbers_.by_id[numbers_.order[account]] = account;
#pragma omp parallel for num_threads(threads_) schedule(static)
    for (std::size_t old = 0; old < accounts_.position.size(); ++old)
        numbers_.number_of_old[old] = numbers_.by_id[accounts_.position[old]];
}

std::vector<EdgeRemainder> LayerMerge::remainders(std::size_t layer) const {
    const LayerChanges& old = merged_[layer].old;
    const std::vector<RowChange>& changes = out(layer).changes();
    std::vector<EdgeRemainder> found;
    for (const RowChange& change : changes)
        if (change.is && change.remainder != EdgeChange::none)
            for (const double part : merged_[layer].changed.remainders[change.remainder])
                found.push_back({change.row, change.neighbor, part});
    if (old.remainders != nullptr) {
        std::size_t source = 0;
        for (std::size_t i = 0; i < old.remainders->edges.size(); ++i) {
            const EdgeOffset edge = old.remainders->edges[i];
            while (old.out.offsets[source + 1] <= edge) ++source;
            const EdgeRemainder kept{numbers_.number_of_old[source], numbers_.number_of_old[old.out.neighbors[edge]],
                                     old.remainders->values[i]};
            const auto ends = [](const auto& a) { return std::pair(a.row, a.neighbor); };
            const auto change = std::lower_bound(
                changes.begin(), changes.end(), std::pair(kept.source, kept.target),
                [&](const RowChange& a, const std::pair<AccountId, AccountId>& b) { return ends(a) < b; });
            if (change == changes.end() || ends(*change) != std::pair(kept.source, kept.target)) found.push_back(kept);
        }
    }
    // The parts of one edge come from one of the two, in their order.
    std::stable_sort(found.begin(), found.end(), [](const EdgeRemainder& a, const EdgeRemainder& b) {
        return std::pair(a.source, a.target) < std::pair(b.source, b.target);
    });
    return found;
}

MergedLayers merge_layers(const AccountPositions& accounts, std::vector<LayerChanges> layers,
                          const BuildOptions& options) {
    const std::size_t count = layers.size();
    std::vector<std::pair<bool, bool>> kinds;
    for (const LayerChanges& layer : layers) kinds.emplace_back(layer.undirected, layer.weighted);
    const LayerMerge merge(accounts, std::move(layers), options);
    const int threads = options.threads > 0 ? options.threads : omp_get_num_procs();
    MergedLayers merged;
    for (std::size_t l = 0; l < count; ++l) {
        const auto& [undirected, weighted] = kinds[l];
        merged.counts.push_back(merge.counts(l));
        BuiltLayer& built = merged.built.layers.emplace_back();
        built.undirected = undirected;
        built.out = in_memory(merge.out(l), weighted, threads);
        if (!undirected) built.in = in_memory(merge.in(l), weighted, threads);
        for (const EdgeRemainder& one : merge.remainders(l)) {
            const auto begin = built.out.neighbors.begin();
            const auto row = begin + static_cast<std::ptrdiff_t>(built.out.offsets[one.source]);
            const auto end = begin + static_cast<std::ptrdiff_t>(built.out.offsets[one.source + 1]);
            built.remainders.edges.push_back(static_cast<EdgeOffset>(std::lower_bound(row, end, one.target) - begin));
            built.remainders.values.push_back(one.value);
        }
        if (options.progress != nullptr && options.progress->cancelled()) throw Cancelled();
    }
    merged.built.by_id = merge.by_id();
    return merged;
}

}  // namespace coterie
