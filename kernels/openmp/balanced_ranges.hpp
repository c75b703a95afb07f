#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "host/csr.hpp"

namespace coterie::openmp {

/// Cuts the accounts [`first`, `end`) into `parts` consecutive ranges of about equal work, where an edge costs 1 and
/// an account `account_cost`, and those that have more than `most_accounts` accounts again: range r is
/// [bounds[r], bounds[r + 1]). A row is never cut. O(parts * log n).
/// Static, so that a thread meets the same accounts in each pass and finds them in its cache.
inline std::vector<AccountId> balanced_ranges(const CsrView& rows, AccountId first, AccountId end, int parts,
                                              EdgeOffset account_cost = 4,
                                              AccountId most_accounts = std::numeric_limits<AccountId>::max()) {
    const auto work_before = [&](AccountId account) { return rows.offsets[account] + account_cost * account; };
    std::vector<AccountId> bounds{first};
    const EdgeOffset work_before_all = first < end ? work_before(first) : 0;
    const EdgeOffset work = first < end ? work_before(end) - work_before_all : 0;
    for (int part = 1; part <= parts; ++part) {
        const auto share = static_cast<EdgeOffset>(static_cast<unsigned __int128>(work) * static_cast<unsigned>(part) /
                                                   static_cast<unsigned>(parts));
        AccountId low = bounds.back();
        AccountId high = end;
        while (part < parts && low < high) {
            const AccountId middle = low + (high - low) / 2;
            if (work_before(middle) - work_before_all < share)
                low = middle + 1;
            else
                high = middle;
        }
        const AccountId bound = part < parts ? low : end;
        while (bound - bounds.back() > most_accounts) bounds.push_back(bounds.back() + most_accounts);
        bounds.push_back(bound);
    }
    return bounds;
}

}  // namespace coterie::openmp
