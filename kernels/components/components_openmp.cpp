#include <atomic>

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
    for (AccountId v = 0; v < n; ++v) {
        const auto row = out.row(v);
        join_row(parents, v, row.first(std::min<std::size_t>(row.size(), sampled_neighbors)), within);
    }

    std::vector<AccountId> guesses(num_guesses);
    for (unsigned i = 0; i < num_guesses; ++i) guesses[i] = root(parents, guessed_account(i, n));
    const AccountId largest = most_frequent(std::move(guesses));

#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(dynamic, chunk)
        for (AccountId v = 0; v < n; ++v) parents.store(v, root(parents, v));
#pragma omp for schedule(dynamic, chunk)
        for (AccountId v = 0; v < n; ++v) {
            if (parents.load(v) == largest) continue;
            const auto row = out.row(v);
            join_row(parents, v, row.subspan(std::min<std::size_t>(row.size(), sampled_neighbors)), within);
            if (graph.directed()) join_row(parents, v, in.row(v), within);
        }
#pragma omp for schedule(dynamic, chunk)
        for (AccountId v = 0; v < n; ++v) parents.store(v, root(parents, v));
    }
    return labels;
}

}  // namespace coterie::openmp
