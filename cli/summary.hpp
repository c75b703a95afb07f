#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "cli/layer_scores.hpp"
#include "io/store.hpp"

namespace coterie::cli {

/// How accounts are called in texts for people: by the joined column of names where that has one, else by original id.
class AccountNames {
  public:
    /// Takes the column called `name`, else the first whose name ends in `name`.
    explicit AccountNames(const Store& store);

    bool joined() const { return !column_.name.empty(); }
    const AccountColumn& column() const { return column_; }
    std::string operator()(AccountId account) const;

  private:
    std::shared_ptr<const Accounts> accounts_;
    AccountColumn column_;  ///< without a name: there is none
};

/// What a community is called: its leading accounts.
std::string community_name(const CommunityProfile& profile, const AccountNames& names);

/// One layer in words and tables, for people who are no engineers: the network in ten lines, the `top` accounts, the largest
/// communities, and what the words mean. Holds nothing that differs between machines or runs.
std::string layer_summary(const Store& store, const LayerScores& scores, const AccountNames& names,
                          std::span<const AccountId> order, const std::string& order_column, std::size_t top);

}  // namespace coterie::cli
