#include "host/degrees.hpp"

#include <fmt/format.h>

#include <cmath>

#include "host/run_placed.hpp"
#include "kernels/kernels.hpp"

namespace coterie {

namespace {

/// 2^42 × 2^20 units stay inside 64 bits.
constexpr double strength_limit = 0x1.0p42;

/// Throws unless the sum of the absolute weights of every row stays below the limit.
void check_strengths(const CsrView& rows, int threads) {
    if (!rows.weighted()) return;
    double largest = 0.0;
    bool all_numbers = true;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1024) reduction(max : largest) reduction(&& : all_numbers)
    for (AccountId v = 0; v < rows.num_accounts(); ++v) {
        double sum = 0.0;
        for (const float weight : rows.weights.subspan(rows.offsets[v], rows.degree(v)))
            sum += std::abs(static_cast<double>(weight));
        largest = std::max(largest, sum);
        all_numbers = all_numbers && !std::isnan(sum);
    }
    if (!all_numbers) throw GraphError("degrees: weights must be numbers, got nan");
    if (largest >= strength_limit)
        throw GraphError(
            fmt::format("degrees: the absolute weights of an account must sum to less than 2^42 ({:g}), got {:g}",
                        strength_limit, largest));
}

}  // namespace

DegreesResult degrees(const PlacedGraph& graph) {
    check_strengths(graph.graph().out(), graph.threads());
    if (graph.graph().directed()) check_strengths(graph.graph().in(), graph.threads());
    return run_placed(
        graph, [&] { return openmp::degrees(graph); }, [&] { return cuda::degrees(graph); });
}

}  // namespace coterie
