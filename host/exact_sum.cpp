#include "host/exact_sum.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace coterie {

namespace {

/// The exponent of the unit: the least bit of a float.
constexpr int unit_exponent = -149;
constexpr int float_bits = 24;
constexpr int double_bits = 53;

}  // namespace

void ExactSum::widen() {
    wide_ = true;
    units_ = {};
    add_to(units_, sum_);
}

void ExactSum::add_wide(double term) {
    add_to(units_, term);
}

void ExactSum::add_to(Units& units, double term) {
    if (term == 0) return;
    int exponent = 0;
    const double fraction = std::frexp(std::fabs(term), &exponent);
    // |term| = mantissa * 2^(exponent - 53); its bits below the unit are zeros, since it is a sum of floats.
    auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, double_bits));
    int shift = exponent - double_bits - unit_exponent;
    if (shift < 0) {
        mantissa >>= -shift;
        shift = 0;
    }
    const auto limb = static_cast<std::size_t>(shift) / 64;
    const auto within = static_cast<unsigned>(shift) % 64;
    const std::uint64_t low = mantissa << within;
    const std::uint64_t high = within == 0 ? 0 : mantissa >> (64 - within);
    Units addend{};
    addend[limb] = low;
    if (limb + 1 < limbs) addend[limb + 1] = high;
    // Two's complement: -x is ~x + 1.
    std::uint64_t carry = 0;
    if (term < 0) {
        for (std::uint64_t& word : addend) word = ~word;
        carry = 1;
    }
    for (std::size_t i = 0; i < limbs; ++i) {
        const std::uint64_t partial = units[i] + addend[i];
        const std::uint64_t total = partial + carry;
        carry = static_cast<std::uint64_t>(partial < addend[i]) | static_cast<std::uint64_t>(total < partial);
        units[i] = total;
    }
}

int ExactSum::sign_of_units() const {
    if (units_[limbs - 1] >> 63U != 0) return -1;
    for (const std::uint64_t word : units_)
        if (word != 0) return 1;
    return 0;
}

/// The nearest number of `bits` significant bits, ties to even.
double ExactSum::nearest(const Units& units, int bits) {
    Units magnitude = units;
    const bool negative = units[limbs - 1] >> 63U != 0;
    if (negative) {
        std::uint64_t carry = 1;
        for (std::uint64_t& word : magnitude) {
            word = ~word + carry;
            carry = static_cast<std::uint64_t>(carry == 1 && word == 0);
        }
    }
    int top = -1;
    for (int i = limbs - 1; i >= 0 && top < 0; --i)
        if (magnitude[static_cast<std::size_t>(i)] != 0)
            top = 64 * i + static_cast<int>(std::bit_width(magnitude[static_cast<std::size_t>(i)])) - 1;
    if (top < 0) return 0;
    const auto bit = [&](int place) {
        return magnitude[static_cast<std::size_t>(place) / 64] >> (static_cast<unsigned>(place) % 64) & 1U;
    };
    const int lowest = std::max(0, top - bits + 1);
    std::uint64_t mantissa = 0;
    for (int place = top; place >= lowest; --place) mantissa = mantissa << 1U | bit(place);
    if (lowest > 0 && bit(lowest - 1) != 0) {
        bool beyond_half = false;
        for (int place = lowest - 2; place >= 0 && !beyond_half; --place) beyond_half = bit(place) != 0;
        if (beyond_half || mantissa % 2 == 1) ++mantissa;
    }
    const double result = std::ldexp(static_cast<double>(mantissa), lowest + unit_exponent);
    return negative ? -result : result;
}

float ExactSum::rounded() const {
    constexpr double most = static_cast<double>(std::numeric_limits<float>::max());
    const double near = wide_ ? nearest(units_, float_bits) : sum_;
    if (near > most) return std::numeric_limits<float>::max();
    if (near < -most) return -std::numeric_limits<float>::max();
    return static_cast<float>(near) + 0.0F;
}

std::vector<double> ExactSum::remainder() const {
    Units left = units_;
    if (!wide_) {
        left = {};
        add_to(left, sum_);
    }
    add_to(left, -static_cast<double>(rounded()));
    std::vector<double> parts;
    for (double part = nearest(left, double_bits); part != 0; part = nearest(left, double_bits)) {
        parts.push_back(part);
        add_to(left, -part);
    }
    return parts;
}

}  // namespace coterie
