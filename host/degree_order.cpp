#include "host/degree_order.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace coterie {

std::vector<AccountId> degree_order(const Array<EdgeOffset>& degrees) {
    const auto n = static_cast<AccountId>(degrees.size());
    std::vector<AccountId> order(n);
    const EdgeOffset most = n == 0 ? 0 : *std::max_element(degrees.begin(), degrees.end());
    if (most > (EdgeOffset{1} << 22U) + 4 * EdgeOffset{n}) {
        std::iota(order.begin(), order.end(), AccountId{0});
        std::stable_sort(order.begin(), order.end(), [&](AccountId a, AccountId b) { return degrees[a] > degrees[b]; });
        return order;
    }
    std::vector<AccountId> next(most + 1, 0);
    for (const EdgeOffset degree : degrees) ++next[degree];
    AccountId place = 0;
    for (EdgeOffset degree = most + 1; degree-- > 0;) place += std::exchange(next[degree], place);
    for (AccountId v = 0; v < n; ++v) order[next[degrees[v]]++] = v;
    return order;
}

}  // namespace coterie
