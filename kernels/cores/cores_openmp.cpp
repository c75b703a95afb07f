#include <omp.h>

#include <algorithm>
#include <atomic>

#include "kernels/cores/cores_rule.hpp"
#include "kernels/kernels.hpp"

namespace coterie::openmp {

namespace {

using namespace cores_rule;

class Counts {
  public:
    explicit Counts(std::vector<AccountId>& counts) : counts_(counts.data()) {}

    AccountId load(AccountId v) const { return at(v).load(std::memory_order_relaxed); }
    bool replace(AccountId v, AccountId& expected, AccountId count) const {
        return at(v).compare_exchange_weak(expected, count, std::memory_order_relaxed);
    }

  private:
    std::atomic_ref<AccountId> at(AccountId v) const { return std::atomic_ref<AccountId>(counts_[v]); }
    AccountId* counts_;
};

}  // namespace

std::vector<AccountId> cores(const PlacedGraph& undirected) {
    const CsrView& rows = undirected.graph().out();
    const AccountId n = rows.num_accounts();
    std::vector<AccountId> neighbors_left(n);
    const Counts counts(neighbors_left);
    AccountId level = 0;
    AccountId next_level = 0;

#pragma omp parallel num_threads(undirected.threads())
    {
        // Accounts are dealt out in small hands, since those of high degree, which stay longest, stand together.
        constexpr int hand = 64;
        std::vector<AccountId> alive;
        std::vector<AccountId> going;
#pragma omp for schedule(static, hand)
        for (AccountId v = 0; v < n; ++v) {
            neighbors_left[v] = static_cast<AccountId>(rows.degree(v));
            alive.push_back(v);
        }

        while (true) {
            // Empty levels are skipped: the next is the lowest count of those left.
            AccountId lowest = no_account;
            for (const AccountId v : alive) lowest = std::min(lowest, neighbors_left[v]);
#pragma omp single
            next_level = no_account;
#pragma omp critical(coterie_cores)
            next_level = std::min(next_level, lowest);
#pragma omp barrier
#pragma omp single
            level = next_level;
            if (level == no_account) break;

            std::erase_if(alive, [&](AccountId v) {
                if (neighbors_left[v] != level) return false;
                going.push_back(v);
                return true;
            });
#pragma omp barrier
            while (!going.empty()) {
                const AccountId v = going.back();
                going.pop_back();
                for (const AccountId neighbor : rows.row(v))
                    if (lose_neighbor(counts, neighbor, level)) going.push_back(neighbor);
            }
#pragma omp barrier
            std::erase_if(alive, [&](AccountId v) { return neighbors_left[v] <= level; });
        }
    }
    return neighbors_left;
}

}  // namespace coterie::openmp
