#include "kernels/pagerank/pagerank_edges.hpp"

#include "kernels/openmp/balanced_ranges.hpp"

namespace coterie::openmp {

namespace {

/// Ranges a thread: enough that a thread which the system holds up leaves its share of the rows to others.
constexpr int ranges_per_thread = 16;
/// Of a row, in edges: its loops and what an account has to be read and written.
constexpr EdgeOffset row_cost = 16;

std::vector<AccountId> ranges_of(const CsrView& rows, AccountId first, AccountId end, int threads) {
    return balanced_ranges(rows, first, end, threads * ranges_per_thread, row_cost, SegmentedRows::narrow_width);
}

}  // namespace

PageRankEdges::PageRankEdges(const Graph& graph, AccountId active, int threads)
    : near_(std::min(active, SegmentedRows::narrow_columns)),
      near_to_near_(graph.in(), ranges_of(graph.in(), 0, near_, threads), near_, threads),
      pushed_(static_cast<std::size_t>(threads)),
      sums_(static_cast<std::size_t>(threads)) {
    if (near_ < active) {
        to_far_ = SegmentedRows(graph.in(), ranges_of(graph.in(), near_, active, threads), active, threads);
        far_to_near_ = SegmentedRows(graph.out(), ranges_of(graph.out(), near_, active, threads), near_, threads);
    }
    most_rows_ = std::max(near_to_near_.most_rows(), to_far_.most_rows());
}

std::vector<std::uint64_t> PageRankEdges::predicted_arrays(const Graph& graph, AccountId active, int threads) {
    const CsrView& in = graph.in();
    const CsrView& out = graph.out();
    const AccountId near = std::min(active, SegmentedRows::narrow_columns);
    std::vector<std::uint64_t> arrays;
    AccountId most_rows = 0;
    const auto add = [&](const CsrView& rows, const CsrView& transposed, AccountId first, AccountId end,
                         AccountId columns) {
        const std::vector<AccountId> bounds = ranges_of(rows, first, end, threads);
        SegmentedRows::predict(rows, transposed, bounds, columns, arrays);
        most_rows = std::max(most_rows, SegmentedRows::most_rows(bounds));
    };
    add(in, out, 0, near, near);
    if (near < active) {
        add(in, out, near, active, active);
        add(out, in, near, active, near);
        arrays.insert(arrays.end(), static_cast<std::size_t>(threads), sizeof(Fixed) * near);
    }
    arrays.insert(arrays.end(), static_cast<std::size_t>(threads), sizeof(Fixed) * most_rows);
    return arrays;
}

}  // namespace coterie::openmp
