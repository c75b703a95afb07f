#pragma once

#include <bit>
#include <cstdint>

#include "host/csr.hpp"
#include "host/random.hpp"

namespace coterie {

/// A pseudo-random permutation of 0 … n − 1 that needs no memory.
///
/// Rounds of x → a·x + b (a odd) and x → x ^ (x >> s), each of which permutes the numbers of so many bits; a number
/// that falls beyond n goes round again, which permutes the rest (cycle walking, Black & Rogaway 2002).
class Scramble {
  public:
    constexpr Scramble(AccountId n, std::uint64_t seed) : n_(n) {
        const int bits = n < 2 ? 1 : std::bit_width(n - 1U);
        mask_ = static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1);
        shift_ = bits / 2 + bits % 2;
        for (std::uint32_t round = 0; round < rounds; ++round) {
            const std::uint64_t random = random_bits(seed, round, draw);
            factors_[round] = static_cast<std::uint32_t>(random) | 1U;
            terms_[round] = static_cast<std::uint32_t>(random >> 32U);
        }
    }

    /// Where `x` < n goes.
    constexpr AccountId operator()(AccountId x) const {
        do {
            for (std::uint32_t round = 0; round < rounds; ++round) {
                x = (x * factors_[round] + terms_[round]) & mask_;
                x ^= x >> shift_;
            }
        } while (x >= n_);
        return x;
    }

  private:
    static constexpr std::uint32_t rounds = 4;
    static constexpr std::uint64_t draw = 0x5c4a3b1eU;  ///< apart from the draws of whoever shares the seed

    AccountId n_;
    std::uint32_t mask_ = 0;
    int shift_ = 1;
    std::uint32_t factors_[rounds] = {};
    std::uint32_t terms_[rounds] = {};
};

}  // namespace coterie
