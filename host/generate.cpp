#include "host/generate.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <array>
#include <stdexcept>

#include "host/random.hpp"
#include "host/scramble.hpp"

namespace coterie {

namespace {

/// Share `probability` of the 2^32 values of a random word.
constexpr std::uint32_t threshold(double probability) {
    return static_cast<std::uint32_t>(probability * 0x1.0p32);
}

// Graph500's initiator: where an edge goes at each of the `scale` levels, as cumulated shares of a random word.
constexpr std::uint32_t until_a = threshold(0.57);
constexpr std::uint32_t until_b = threshold(0.57 + 0.19);
constexpr std::uint32_t until_c = threshold(0.57 + 0.19 + 0.19);

struct Ends {
    AccountId source;
    AccountId target;
};

/// Row `row` of a Kronecker graph, before its ids are scrambled.
constexpr Ends kronecker_ends(int scale, std::uint64_t seed, std::uint64_t row) {
    // A draw of random words settles four levels. Always all four: the levels too many are cut off at the end.
    const auto draws = (static_cast<unsigned>(scale) + 3) / 4;
    Ends ends{0, 0};
    for (unsigned draw = 0; draw < draws; ++draw) {
        const auto words =
            philox4x32({static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(row >> 32U), draw, 0},
                       {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U)});
        for (const std::uint32_t word : words) {
            const bool past_a = word >= until_a;
            const bool past_b = word >= until_b;
            const bool past_c = word >= until_c;
            ends.source = 2 * ends.source + past_b;
            ends.target = 2 * ends.target + (past_a ^ past_b ^ past_c);
        }
    }
    const unsigned excess = 4 * draws - static_cast<unsigned>(scale);
    return {ends.source >> excess, ends.target >> excess};
}

int threads_or_all(int threads, const char* where) {
    if (threads < 0)
        throw std::invalid_argument(fmt::format("{}: threads must be 0 (all) or more, got {}", where, threads));
    return threads == 0 ? omp_get_num_procs() : threads;
}

/// A list of `num_edges` rows, row i being `ends(i)`.
template <class EndsOfRow>
EdgeList rows_of(EdgeOffset num_edges, int threads, EndsOfRow ends_of_row) {
    EdgeList edges;
    edges.sources.resize(num_edges);
    edges.targets.resize(num_edges);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (EdgeOffset row = 0; row < num_edges; ++row) {
        const Ends ends = ends_of_row(row);
        edges.sources[row] = ends.source;
        edges.targets[row] = ends.target;
    }
    return edges;
}

}  // namespace

EdgeList kronecker_edges(int scale, int degree, std::uint64_t seed, int threads) {
    if (scale < 1 || scale > 31)
        throw std::invalid_argument(fmt::format("kronecker_edges: scale must be in [1, 31], got {}", scale));
    if (degree < 1)
        throw std::invalid_argument(fmt::format("kronecker_edges: degree must be at least 1, got {}", degree));
    const AccountId n = AccountId{1} << static_cast<unsigned>(scale);
    const Scramble scramble(n, seed);
    return rows_of(EdgeOffset{n} * static_cast<EdgeOffset>(degree), threads_or_all(threads, "kronecker_edges"),
                   [&](EdgeOffset row) {
                       const Ends ends = kronecker_ends(scale, seed, row);
                       return Ends{scramble(ends.source), scramble(ends.target)};
                   });
}

EdgeList uniform_edges(AccountId num_accounts, EdgeOffset num_edges, std::uint64_t seed, int threads) {
    if (num_accounts == 0 && num_edges != 0)
        throw std::invalid_argument(
            fmt::format("uniform_edges: {} edges need at least one account, got none", num_edges));
    return rows_of(num_edges, threads_or_all(threads, "uniform_edges"), [&](EdgeOffset row) {
        const std::uint64_t bits = random_bits(seed, row, 0);
        // The upper half of word × n: uniform to within n / 2^32.
        return Ends{static_cast<AccountId>(((bits >> 32U) * num_accounts) >> 32U),
                    static_cast<AccountId>(((bits & 0xffff'ffffU) * num_accounts) >> 32U)};
    });
}

}  // namespace coterie
