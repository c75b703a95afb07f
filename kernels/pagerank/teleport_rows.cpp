#include "kernels/pagerank/teleport_rows.hpp"

#include <algorithm>

namespace coterie {

TeleportRows::TeleportRows(std::span<const Topic> topics, std::size_t lanes, AccountId num_accounts, int threads)
    : row_of_(num_accounts) {
#pragma omp parallel for num_threads(threads) schedule(static)
    for (AccountId account = 0; account < num_accounts; ++account) {
        const bool any =
            std::any_of(topics.begin(), topics.end(), [=](const Topic& topic) { return topic.starts_at(account); });
        row_of_[account] = any ? 0 : none;
    }
    std::uint32_t count = 0;
    for (std::uint32_t& row : row_of_)
        if (row != none) row = count++;

    rows_.resize(count * lanes);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (AccountId account = 0; account < num_accounts; ++account) {
        if (row_of_[account] == none) continue;
        double* const row = rows_.data() + row_of_[account] * lanes;
        for (std::size_t lane = 0; lane < lanes; ++lane)
            row[lane] = lane < topics.size() ? topics[lane].teleport(account) : 0.0;
    }
}

}  // namespace coterie
