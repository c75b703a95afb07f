#include <atomic>
#include <utility>
#include <vector>

#include "host/array.hpp"
#include "kernels/components/components_rule.hpp"
#include "kernels/kernels.hpp"

namespace coterie::openmp {

namespace {

using namespace components_rule;

constexpr int chunk = 1024;  ///< accounts handed to a thread at a time: hubs stand together at the front

class Parents {
  public:
    explicit Parents(std::vector<AccountId>& parents) : parents_(parents.data()) {}

    AccountId load(AccountId v) const { return at(v).load(std::memory_order_relaxed); }
    void store(AccountId v, AccountId parent) const { at(v).store(parent, std::memory_order_relaxed); }
    bool hook(AccountId root, AccountId below) const {
        return at(root).compare_exchange_strong(root, below, std::memory_order_relaxed);
    }

  private:
    std::atomic_ref<AccountId> at(AccountId v) const { return std::atomic_ref<AccountId>(parents_[v]); }
    AccountId* parents_;
};

void join_row(const Parents& parents, AccountId v, std::span<const AccountId> neighbors,
              std::span<const AccountId> within) {
    for (const AccountId neighbor : neighbors)
        if (connects(within, v, neighbor)) join(parents, v, neighbor);
}

/// The first `sampled_neighbors` that connect.
void join_sample(const Parents& parents, AccountId v, std::span<const AccountId> neighbors,
                 std::span<const AccountId> within) {
    EdgeOffset left = sampled_neighbors;
    for (auto neighbor = neighbors.begin(); neighbor != neighbors.end() && left > 0; ++neighbor)
        if (connects(within, v, *neighbor)) {
            join(parents, v, *neighbor);
            --left;
        }
}

/// Of each group of equal `within` [n], the smallest root [n by group]: most often the one that most of the group is
/// below. Any root would do, as for the largest component.
Array<AccountId> smallest_roots(const Parents& parents, std::span<const AccountId> within, int threads) {
    const auto n = static_cast<AccountId>(within.size());
    Array<AccountId> smallest(n, no_account);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (AccountId v = 0; v < n; ++v) {
        const AccountId candidate = parents.load(v);
        const std::atomic_ref<AccountId> best(smallest[within[v]]);
        AccountId present = best.load(std::memory_order_relaxed);
        while (candidate < present && !best.compare_exchange_weak(present, candidate, std::memory_order_relaxed)) {
        }
    }
    return smallest;
}

}  // namespace

std::vector<AccountId> components(const PlacedGraph& placed, std::span<const AccountId> within) {
    const Graph& graph = placed.graph();
    const CsrView& out = graph.out();
    const CsrView& in = graph.in();
    const AccountId n = graph.num_accounts();
    const int threads = placed.threads();
    std::vector<AccountId> labels(n);
    if (n == 0) return labels;
    const Parents parents(labels);

#pragma omp parallel for num_threads(threads) schedule(static)
    for (AccountId v = 0; v < n; ++v) parents.store(v, v);

#pragma omp parallel for num_threads(threads) schedule(dynamic, chunk)
    for (AccountId v = 0; v < n; ++v) join_sample(parents, v, out.row(v), within);
#pragma omp parallel for num_threads(threads) schedule(dynamic, chunk)
    for (AccountId v = 0; v < n; ++v) parents.store(v, root(parents, v));

    AccountId largest = no_account;
    Array<AccountId> roots;  // by group, where there are groups
    if (within.empty()) {
        std::vector<AccountId> guesses(num_guesses);
        for (unsigned i = 0; i < num_guesses; ++i) guesses[i] = parents.load(guessed_account(i, n));
        largest = most_frequent(std::move(guesses));
    } else {
        roots = smallest_roots(parents, within, threads);
    }

#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(dynamic, chunk)
        for (AccountId v = 0; v < n; ++v) {
            if (parents.load(v) == (within.empty() ? largest : roots[within[v]])) continue;
            join_row(parents, v, out.row(v), within);
            if (graph.directed()) join_row(parents, v, in.row(v), within);
        }
#pragma omp for schedule(dynamic, chunk)
        for (AccountId v = 0; v < n; ++v) parents.store(v, root(parents, v));
    }
    return labels;
}

}  // namespace coterie::openmp
