#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "host/csr.hpp"

// How often each label stands in a list. Three ways, by the length of the list.

namespace coterie::openmp {

/// Lists of at most this many labels are compared all with all, in registers: no branch depends on the data.
inline constexpr std::size_t few = 64;

/// As many labels as the widest register holds; narrower ones take several.
using Labels16 [[gnu::vector_size(64)]] = AccountId;

/// sums[i] = how often labels[i] stands among the first `n`; returns the highest. Reads and writes whole registers of the
/// arrays: what lies behind `n` in `labels` counts for nothing.
template <std::size_t registers>
[[gnu::always_inline]] inline AccountId count_in_registers(const AccountId* labels, std::size_t n, AccountId* sums) {
    std::array<Labels16, registers> list;
    std::array<Labels16, registers> sum{};
    std::memcpy(list.data(), labels, sizeof list);
    for (std::size_t j = 0; j < n; ++j)
        for (std::size_t i = 0; i < registers; ++i) sum[i] -= static_cast<Labels16>(list[i] == labels[j]);
    std::memcpy(sums, sum.data(), sizeof sum);
    AccountId most = 0;
    for (std::size_t i = 0; i < 16 * registers; ++i) most = std::max(most, sums[i]);
    return most;
}

[[gnu::always_inline]] inline AccountId count_few_inline(const AccountId* labels, std::size_t n, AccountId* sums) {
    if (n <= 16) return count_in_registers<1>(labels, n, sums);
    if (n <= 32) return count_in_registers<2>(labels, n, sums);
    return count_in_registers<4>(labels, n, sums);
}

/// The same for each instruction set; all give the same.
using CountFew = AccountId (*)(const AccountId* labels, std::size_t n, AccountId* sums);
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] inline AccountId count_few_avx512(const AccountId* labels,
                                                                                        std::size_t n,
                                                                                        AccountId* sums) {
    return count_few_inline(labels, n, sums);
}
[[gnu::target("avx2")]] inline AccountId count_few_avx2(const AccountId* labels, std::size_t n, AccountId* sums) {
    return count_few_inline(labels, n, sums);
}
inline AccountId count_few_plain(const AccountId* labels, std::size_t n, AccountId* sums) {
    return count_few_inline(labels, n, sums);
}
/// Those that this processor can run, the fastest first.
inline std::vector<CountFew> usable_count_few() {
    std::vector<CountFew> usable;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq"))
        usable.push_back(count_few_avx512);
    if (__builtin_cpu_supports("avx2")) usable.push_back(count_few_avx2);
    usable.push_back(count_few_plain);
    return usable;
}

/// Counts longer lists: those of known length up to `most_in_table` in a hash table that stays in the first cache, any
/// others in an array over all labels. Both remember what they touched, and are empty again once they were read.
template <class Votes>
class LabelCount {
  public:
    static constexpr std::size_t most_in_table = 1024;

    explicit LabelCount(AccountId num_labels) : num_labels_(num_labels), keys_(num_slots), votes_(num_slots) {
        std::fill(keys_.begin(), keys_.end(), no_account);
        touched_.reserve(num_slots);
    }

    template <class Visit>
    void count_in_table(std::span<const AccountId> labels, const Votes* votes, Visit visit) {
        const int shift = 32 - std::bit_width(2 * static_cast<std::uint32_t>(labels.size()) - 1);
        const auto mask = static_cast<AccountId>((std::uint64_t{1} << (32 - shift)) - 1);
        for (std::size_t i = 0; i < labels.size(); ++i) {
            AccountId slot = (labels[i] * 0x9E37'79B1U) >> shift;
            while (keys_[slot] != labels[i]) {
                if (keys_[slot] == no_account) {
                    keys_[slot] = labels[i];
                    votes_[slot] = 0;
                    touched_.push_back(slot);
                    break;
                }
                slot = (slot + 1) & mask;
            }
            votes_[slot] += votes == nullptr ? Votes{1} : votes[i];
        }
        for (const AccountId slot : touched_) visit(std::exchange(keys_[slot], no_account), votes_[slot]);
        touched_.clear();
    }

    /// Adds to the array. Votes are above 0.
    void add(std::span<const AccountId> labels, const Votes* votes) {
        if (by_label_.empty()) by_label_.resize(num_labels_, 0);
        for (std::size_t i = 0; i < labels.size(); ++i) {
            Votes& sum = by_label_[labels[i]];
            if (sum == 0) touched_.push_back(labels[i]);
            sum += votes == nullptr ? Votes{1} : votes[i];
        }
    }
    /// Reads the array and empties it.
    template <class Visit>
    void take_all(Visit visit) {
        for (const AccountId label : touched_) visit(label, std::exchange(by_label_[label], Votes{0}));
        touched_.clear();
    }

  private:
    static constexpr std::size_t num_slots = 2 * most_in_table;

    AccountId num_labels_;
    std::vector<AccountId> keys_;
    std::vector<Votes> votes_;
    std::vector<Votes> by_label_;
    std::vector<AccountId> touched_;  ///< slots, or labels in the array
};

}  // namespace coterie::openmp
