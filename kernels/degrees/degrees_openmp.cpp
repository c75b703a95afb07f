#include <algorithm>

#include "kernels/degrees/degrees_rule.hpp"
#include "kernels/kernels.hpp"

namespace coterie::openmp {

namespace {

using namespace degrees_rule;

/// Entries of one row for each of the other from which on looking up beats merging.
constexpr std::size_t lopsided = 16;

AccountId count_common(std::span<const AccountId> a, std::span<const AccountId> b) {
    if (a.size() > b.size()) std::swap(a, b);
    AccountId common = 0;
    if (b.size() / lopsided > a.size()) {
        for (const AccountId account : a) common += contains(b, account);
        return common;
    }
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        const AccountId left = a[i];
        const AccountId right = b[j];
        common += left == right;
        i += left <= right;
        j += right <= left;
    }
    return common;
}

double row_strength(const CsrView& rows, AccountId account) {
    if (!rows.weighted()) return static_cast<double>(rows.degree(account));
    std::int64_t units = 0;
    for (const float weight : rows.weights.subspan(rows.offsets[account], rows.degree(account)))
        units += weight_units(weight);
    return strength(units);
}

}  // namespace

DegreesResult degrees(const PlacedGraph& placed) {
    const Graph& graph = placed.graph();
    const CsrView& out = graph.out();
    const CsrView& in = graph.in();
    const AccountId n = graph.num_accounts();
    constexpr int chunk = 256;  // accounts handed to a thread at a time: hubs stand together at the front

    DegreesResult result;
    result.in_degree.resize(n);
    result.out_degree.resize(n);
    result.mutual_degree.resize(n);
    result.in_strength.resize(n);
    result.out_strength.resize(n);
    EdgeOffset mutual = 0;
    EdgeOffset self_loops = 0;
#pragma omp parallel for num_threads(placed.threads()) schedule(dynamic, chunk) reduction(+ : mutual, self_loops)
    for (AccountId v = 0; v < n; ++v) {
        result.in_degree[v] = static_cast<AccountId>(in.degree(v));
        result.out_degree[v] = static_cast<AccountId>(out.degree(v));
        result.mutual_degree[v] = graph.directed() ? count_common(out.row(v), in.row(v)) : result.out_degree[v];
        result.in_strength[v] = row_strength(in, v);
        result.out_strength[v] = row_strength(out, v);
        mutual += result.mutual_degree[v];
        self_loops += contains(out.row(v), v);
    }
    result.reciprocity = reciprocity(mutual, self_loops, graph.num_edges());
    return result;
}

}  // namespace coterie::openmp
