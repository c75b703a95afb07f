#include "host/without_accounts.hpp"

#include <omp.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "host/degree_order.hpp"
#include "host/errors.hpp"
#include "host/nearly_sorted.hpp"

namespace coterie {

namespace {

/// The edges that remain, by the numbers of the store: how many in each row that remains.
Array<EdgeOffset> lengths_of(const CsrView& csr, std::span<const std::uint8_t> gone, int threads) {
    Array<EdgeOffset> lengths(gone.size());
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1024)
    for (AccountId account = 0; account < csr.num_accounts(); ++account) {
        EdgeOffset length = 0;
        if (gone[account] == 0)
            for (const AccountId neighbor : csr.row(account)) length += gone[neighbor] == 0 ? 1 : 0;
        lengths[account] = length;
    }
    return lengths;
}

struct Placed {
    EdgeOffset edge;
    double value;
};

/// What leads from the numbers of the store to the new ones and back.
struct Numbers {
    Array<AccountId> of_old;     ///< no_account for those that are gone
    std::vector<AccountId> old;  ///< by new number
};

class OneDirection {
  public:
    OneDirection(const CsrView& csr, bool weighted, const Array<EdgeOffset>& lengths, const Numbers& numbers)
        : csr_(csr), weighted_(weighted), lengths_(lengths), numbers_(numbers) {}

    CsrArrays rows(const WeightRemainders* remainders, WeightRemainders* new_remainders, int threads,
                   Progress* progress) const {
        const auto n = static_cast<AccountId>(numbers_.old.size());
        CsrArrays rows;
        rows.offsets.resize(std::size_t{n} + 1);
        EdgeOffset total = 0;
        for (AccountId account = 0; account < n; ++account) {
            rows.offsets[account] = total;
            total += lengths_[numbers_.old[account]];
        }
        rows.offsets[n] = total;
        rows.neighbors.resize(total);
        if (weighted_) rows.weights.resize(total);
        std::vector<Placed> placed;
#pragma omp parallel num_threads(threads)
        {
            std::vector<std::uint64_t> entries;
            std::vector<std::uint64_t> dropped;
            std::vector<Placed> mine;
#pragma omp for schedule(dynamic, 1024)
            for (AccountId account = 0; account < n; ++account) {
                if (progress != nullptr && progress->cancelled()) continue;
                const AccountId old = numbers_.old[account];
                gather(old, entries);
                sort_nearly_sorted(std::span(entries), dropped);
                EdgeOffset edge = rows.offsets[account];
                for (const std::uint64_t entry : entries) {
                    rows.neighbors[edge] = static_cast<AccountId>(entry >> 32U);
                    if (weighted_) rows.weights[edge] = std::bit_cast<float>(static_cast<std::uint32_t>(entry));
                    ++edge;
                }
                if (remainders != nullptr) place(old, rows, account, *remainders, mine);
            }
#pragma omp critical(without_accounts)
            placed.insert(placed.end(), mine.begin(), mine.end());
        }
        if (progress != nullptr && progress->cancelled()) throw Cancelled();
        // The parts of one edge were found by one thread, in their order.
        std::stable_sort(placed.begin(), placed.end(),
                         [](const Placed& a, const Placed& b) { return a.edge < b.edge; });
        if (new_remainders != nullptr)
            for (const Placed& one : placed) {
                new_remainders->edges.push_back(one.edge);
                new_remainders->values.push_back(one.value);
            }
        return rows;
    }

  private:
    /// New neighbors in the upper half, weights in the lower.
    void gather(AccountId old, std::vector<std::uint64_t>& entries) const {
        entries.clear();
        for (EdgeOffset edge = csr_.offsets[old]; edge < csr_.offsets[old + 1]; ++edge) {
            const AccountId neighbor = numbers_.of_old[csr_.neighbors[edge]];
            if (neighbor == no_account) continue;
            const std::uint32_t weight = weighted_ ? std::bit_cast<std::uint32_t>(csr_.weights[edge]) : 0;
            entries.push_back(std::uint64_t{neighbor} << 32U | weight);
        }
    }

    void place(AccountId old, const CsrArrays& rows, AccountId account, const WeightRemainders& remainders,
               std::vector<Placed>& placed) const {
        const auto begin = std::lower_bound(remainders.edges.begin(), remainders.edges.end(), csr_.offsets[old]);
        const auto end = std::lower_bound(begin, remainders.edges.end(), csr_.offsets[old + 1]);
        const AccountId* const row = rows.neighbors.data() + rows.offsets[account];
        const AccountId* const row_end = rows.neighbors.data() + rows.offsets[account + 1];
        for (auto edge = begin; edge != end; ++edge) {
            const AccountId neighbor = numbers_.of_old[csr_.neighbors[*edge]];
            if (neighbor == no_account) continue;
            const AccountId* const at = std::lower_bound(row, row_end, neighbor);
            placed.push_back({static_cast<EdgeOffset>(at - rows.neighbors.data()),
                              remainders.values[static_cast<std::size_t>(edge - remainders.edges.begin())]});
        }
    }

    const CsrView& csr_;
    bool weighted_;
    const Array<EdgeOffset>& lengths_;
    const Numbers& numbers_;
};

}  // namespace

RemainingLayers without_accounts(std::span<const AccountId> by_id, const std::vector<StoredLayer>& layers,
                                 std::span<const std::uint8_t> gone, const BuildOptions& options) {
    const int threads = options.threads > 0 ? options.threads : omp_get_num_procs();
    std::vector<std::pair<Array<EdgeOffset>, Array<EdgeOffset>>> lengths(layers.size());
    for (std::size_t l = 0; l < layers.size(); ++l) {
        lengths[l].first = lengths_of(layers[l].out, gone, threads);
        if (!layers[l].undirected) lengths[l].second = lengths_of(layers[l].in, gone, threads);
    }

    std::vector<AccountId> remaining;  // in ascending order of id
    for (const AccountId account : by_id)
        if (gone[account] == 0) remaining.push_back(account);
    Array<EdgeOffset> degrees(remaining.size(), 0);
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const Array<EdgeOffset>& in = layers[l].undirected ? lengths[l].first : lengths[l].second;
        for (std::size_t i = 0; i < remaining.size(); ++i)
            degrees[i] += lengths[l].first[remaining[i]] + in[remaining[i]];
    }
    std::vector<AccountId> order = degree_order(degrees);
    RemainingLayers result;
    Numbers numbers;
    numbers.of_old.assign(by_id.size(), no_account);
    result.built.by_id.resize(remaining.size());
    for (AccountId account = 0; account < order.size(); ++account) {
        result.built.by_id[order[account]] = account;
        numbers.of_old[remaining[order[account]]] = account;
        numbers.old.push_back(remaining[order[account]]);
    }

    for (std::size_t l = 0; l < layers.size(); ++l) {
        const StoredLayer& layer = layers[l];
        BuiltLayer& built = result.built.layers.emplace_back();
        built.undirected = layer.undirected;
        const bool inexact = layer.remainders != nullptr && !layer.remainders->empty();
        built.out = OneDirection(layer.out, layer.weighted, lengths[l].first, numbers)
                        .rows(inexact ? layer.remainders : nullptr, inexact ? &built.remainders : nullptr, threads,
                              options.progress);
        if (!layer.undirected)
            built.in = OneDirection(layer.in, layer.weighted, lengths[l].second, numbers)
                           .rows(nullptr, nullptr, threads, options.progress);
        built.counts.kept = built.out.neighbors.size();
        if (layer.undirected) {
            EdgeOffset loops = 0;
            for (AccountId account = 0; account < numbers.old.size(); ++account) {
                const AccountId* const row = built.out.neighbors.data();
                loops +=
                    std::binary_search(row + built.out.offsets[account], row + built.out.offsets[account + 1], account)
                        ? 1
                        : 0;
            }
            built.counts.kept = (built.counts.kept + loops) / 2;
        }
        advance(options.progress, "erasing", static_cast<double>(l + 1), static_cast<double>(layers.size()), "layers");
    }
    result.number_of_old = std::move(numbers.of_old);
    return result;
}

}  // namespace coterie
