#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "host/csr.hpp"

namespace coterie::openmp {

/// Cuts the accounts [0, `num_accounts`) into `parts` consecutive ranges of about equal work, where an edge costs 1 and
/// an account `account_cost`: part p is [bounds[p], bounds[p + 1]). A row is never cut. O(parts * log n).
/// Static, so that a thread meets the same accounts in each pass and finds them in its cache.
inline std::vector<AccountId> balanced_ranges(const CsrView& rows, AccountId num_accounts, int parts,
                                              EdgeOffset account_cost = 4) {
    const auto work_before = [&](AccountId account) { return rows.offsets[account] + account_cost * account; };
    std::vector<AccountId> bounds(static_cast<std::size_t>(parts) + 1, 0);
    if (num_accounts == 0) return bounds;
    const EdgeOffset work = work_before(num_accounts);
    for (int part = 1; part <= parts; ++part) {
        const auto share = static_cast<EdgeOffset>(static_cast<unsigned __int128>(work) * static_cast<unsigned>(part) /
                                                   static_cast<unsigned>(parts));
        AccountId low = bounds[static_cast<std::size_t>(part) - 1];
        AccountId high = num_accounts;
        while (low < high) {
            const AccountId middle = low + (high - low) / 2;
            if (work_before(middle) < share)
                low = middle + 1;
            else
                high = middle;
        }
        bounds[static_cast<std::size_t>(part)] = low;
    }
    bounds.back() = num_accounts;
    return bounds;
}

}  // namespace coterie::openmp
