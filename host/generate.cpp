#include "host/generate.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
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

/// All rows of `edges`, each thread making blocks of them.
template <class Edges>
EdgeList all_rows(const Edges& edges, int threads) {
    constexpr EdgeOffset block = 1U << 14U;
    const EdgeOffset num_rows = edges.num_rows();
    EdgeList list;
    list.sources.resize(num_rows);
    list.targets.resize(num_rows);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (EdgeOffset first = 0; first < num_rows; first += block) {
        const EdgeOffset count = std::min(block, num_rows - first);
        edges.rows(first, std::span(list.sources).subspan(first, count), std::span(list.targets).subspan(first, count));
    }
    return list;
}

}  // namespace

KroneckerEdges::KroneckerEdges(int scale, int degree, std::uint64_t seed)
    : scale_(scale), degree_(degree), seed_(seed) {
    if (scale < 1 || scale > 31)
        throw std::invalid_argument(fmt::format("kronecker: scale must be in [1, 31], got {}", scale));
    if (degree < 1) throw std::invalid_argument(fmt::format("kronecker: degree must be at least 1, got {}", degree));
}

void KroneckerEdges::rows(EdgeOffset first_row, std::span<AccountId> sources, std::span<AccountId> targets) const {
    const Scramble scramble(num_accounts(), seed_);
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const Ends ends = kronecker_ends(scale_, seed_, first_row + i);
        sources[i] = scramble(ends.source);
        targets[i] = scramble(ends.target);
    }
}

UniformEdges::UniformEdges(AccountId num_accounts, EdgeOffset num_edges, std::uint64_t seed)
    : num_accounts_(num_accounts), num_edges_(num_edges), seed_(seed) {
    if (num_accounts == 0 && num_edges != 0)
        throw std::invalid_argument(fmt::format("uniform: {} edges need at least one account, got none", num_edges));
}

void UniformEdges::rows(EdgeOffset first_row, std::span<AccountId> sources, std::span<AccountId> targets) const {
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const std::uint64_t bits = random_bits(seed_, first_row + i, 0);
        sources[i] = uniform_below(num_accounts_, static_cast<std::uint32_t>(bits));
        targets[i] = uniform_below(num_accounts_, static_cast<std::uint32_t>(bits >> 32U));
    }
}

EdgeList kronecker_edges(int scale, int degree, std::uint64_t seed, int threads) {
    return all_rows(KroneckerEdges(scale, degree, seed), threads_or_all(threads, "kronecker"));
}

EdgeList uniform_edges(AccountId num_accounts, EdgeOffset num_edges, std::uint64_t seed, int threads) {
    return all_rows(UniformEdges(num_accounts, num_edges, seed), threads_or_all(threads, "uniform"));
}

}  // namespace coterie
