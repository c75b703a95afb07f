#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "host/array.hpp"
#include "kernels/kernels.hpp"

namespace coterie {

/// The normalised teleport vectors of a batch of topics, side by side: a row of `lanes` entries for each account where one
/// of them starts. Topics are mostly narrow, so that most accounts have none.
class TeleportRows {
  public:
    /// Lanes beyond the topics start nowhere.
    TeleportRows(std::span<const Topic> topics, std::size_t lanes, AccountId num_accounts, int threads);

    static constexpr std::uint32_t none = 0xffff'ffff;
    std::span<const std::uint32_t> row_of() const { return row_of_; }  ///< [n] its row, or none
    std::span<const double> rows() const { return rows_; }             ///< [rows][lanes]

  private:
    Array<std::uint32_t> row_of_;
    Array<double> rows_;
};

}  // namespace coterie
