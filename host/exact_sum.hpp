#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "host/array.hpp"
#include "host/csr.hpp"

namespace coterie {

/// The sum of any number of float weights, without any rounding. So the order and the grouping of the terms cannot matter,
/// terms can be taken out again, and what is kept of a sum (rounded() and remainder()) goes on exactly where it ended.
///
/// A double holds the sum as long as that is exact, which the error term of Knuth's TwoSum tells; then a number of 384 bits
/// in units of 2^-149 does, enough for 2^64 terms. Cost of a term: seven additions; beyond a double some twenty operations.
class ExactSum {
  public:
    ExactSum() = default;

    /// Adds a finite weight, or a part of a remainder.
    void add(double term) {
        if (!wide_) {
            const double sum = sum_ + term;
            const double added = sum - sum_;
            if ((sum_ - (sum - added)) + (term - added) == 0) {
                sum_ = sum;
                return;
            }
            widen();
        }
        add_wide(term);
    }

    bool zero() const { return wide_ ? sign_of_units() == 0 : sum_ == 0; }
    /// -1, 0 or 1.
    int sign() const { return wide_ ? sign_of_units() : (sum_ > 0) - (sum_ < 0); }

    /// The nearest float, ties to even, the largest finite one where the sum is beyond; never -0.
    float rounded() const;
    /// What the sum exceeds rounded() by, as doubles that add to it: each the nearest to what those before it leave. Empty if
    /// rounded() is exact; more than one only where sums of terms of very different size meet.
    std::vector<double> remainder() const;
    /// False if remainder() is empty; cheaper.
    bool has_remainder() const { return wide_ || static_cast<double>(rounded()) != sum_; }

  private:
    static constexpr std::size_t limbs = 6;
    using Units = std::array<std::uint64_t, limbs>;  ///< two's complement, lowest first

    void widen();
    void add_wide(double term);
    int sign_of_units() const;
    static double nearest(const Units& units, int bits);
    static void add_to(Units& units, double term);

    double sum_ = 0;
    bool wide_ = false;
    Units units_{};
};

/// The weight of an edge whose rows weigh `weights`.
inline ExactSum exact_sum(std::span<const float> weights) {
    ExactSum sum;
    for (const float weight : weights) sum.add(static_cast<double>(weight));
    return sum;
}

/// What the weights of a layer's out-edges lack of the exact sums of their rows, where they lack anything: edge `edges[i]` weighs
/// exactly its float and all `values` of that edge. `edges` ascends; the values of one edge stand in the order of
/// ExactSum::remainder. With it, rows that come later lead to the same weights as if all had come at once.
struct WeightRemainders {
    Array<EdgeOffset> edges;
    Array<double> values;

    bool empty() const { return edges.empty(); }
};

}  // namespace coterie
