#pragma once

#include <array>
#include <cstdint>

namespace coterie {

/// Philox4x32-10: 128 random bits from a counter and a key, by arithmetic alone. The same on every backend,
/// in whatever order the numbers are drawn.
/// Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
constexpr std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t product0 = std::uint64_t{0xD2511F53U} * counter[0];
        const std::uint64_t product1 = std::uint64_t{0xCD9E8D57U} * counter[2];
        counter = {
            static_cast<std::uint32_t>(product1 >> 32U) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product1),
            static_cast<std::uint32_t>(product0 >> 32U) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(product0)};
        key[0] += 0x9E3779B9U;
        key[1] += 0xBB67AE85U;
    }
    return counter;
}

/// 64 random bits, keyed by (seed, item, draw) and never by thread.
constexpr std::uint64_t random_bits(std::uint64_t seed, std::uint64_t item, std::uint64_t draw) {
    const auto bits = philox4x32({static_cast<std::uint32_t>(item), static_cast<std::uint32_t>(item >> 32U),
                                  static_cast<std::uint32_t>(draw), static_cast<std::uint32_t>(draw >> 32U)},
                                 {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U)});
    return (std::uint64_t{bits[1]} << 32U) | bits[0];
}

/// Uniform in 0 … n − 1, to within n / 2^32.
constexpr std::uint32_t uniform_below(std::uint32_t n, std::uint32_t bits) {
    return static_cast<std::uint32_t>((std::uint64_t{bits} * n) >> 32U);
}

/// Uniform in [0, 1): the upper 53 of `bits`.
constexpr double unit_interval(std::uint64_t bits) {
    return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

}  // namespace coterie
