#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "host/csr.hpp"

// How often each label stands in a list. Three ways, by the length of the list; all visit each label with its votes.

namespace coterie::openmp {

/// Lists of at most this many labels are compared all with all: no branch depends on the data.
inline constexpr std::size_t few = 32;

namespace detail {

template <std::size_t width, class Votes, class Visit>
void count_few(std::span<const AccountId> labels, const Votes* votes, Visit visit) {
    std::array<AccountId, width> list;
    for (std::size_t i = 0; i < width; ++i) list[i] = i < labels.size() ? labels[i] : no_account;
    std::array<Votes, width> sums{};
    for (std::size_t j = 0; j < labels.size(); ++j) {
        const AccountId label = labels[j];
        const Votes added = votes == nullptr ? Votes{1} : votes[j];
        for (std::size_t i = 0; i < width; ++i) sums[i] += list[i] == label ? added : Votes{0};
    }
    for (std::size_t i = 0; i < labels.size(); ++i) visit(labels[i], sums[i]);
}

}  // namespace detail

/// `votes` [labels.size()], or null: each counts 1. A label is visited as often as it is listed.
template <class Votes, class Visit>
void count_few(std::span<const AccountId> labels, const Votes* votes, Visit visit) {
    if (labels.size() <= few / 4) return detail::count_few<few / 4>(labels, votes, visit);
    if (labels.size() <= few / 2) return detail::count_few<few / 2>(labels, votes, visit);
    detail::count_few<few>(labels, votes, visit);
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
