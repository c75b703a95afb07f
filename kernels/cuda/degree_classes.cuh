#pragma once

#include <array>
#include <span>
#include <vector>

#include "kernels/cuda/device_buffer.cuh"
#include "kernels/cuda/device_graph.cuh"

namespace coterie::cuda {

/// Accounts grouped by degree, so that each group gets as many threads per account as its rows can feed: a warp whose
/// lanes walk rows of unlike lengths waits for the longest.
///
/// Class c holds, in ascending order, the accounts whose degree lies in (bounds[c − 1], bounds[c]]; class 0 starts at
/// degree 0, and one more class holds those above the last bound.
class DegreeClasses {
  public:
    DegreeClasses() = default;
    /// `rows` is device memory. Each bound must be above the one before.
    DegreeClasses(const CsrView& rows, std::span<const EdgeOffset> bounds);

    std::size_t size() const { return begins_.size() - 1; }
    /// Device memory.
    std::span<const AccountId> accounts(std::size_t degree_class) const {
        return accounts_.span().subspan(begins_[degree_class], begins_[degree_class + 1] - begins_[degree_class]);
    }

    /// Device memory that stays taken; the scratch space of building is small beside it.
    static std::size_t bytes_needed(AccountId num_accounts) { return std::size_t{num_accounts} * sizeof(AccountId); }

  private:
    DeviceBuffer<AccountId> accounts_;
    std::vector<std::size_t> begins_ = {0};
};

/// A piece of a long row, the work of one block.
struct RowChunk {
    EdgeOffset begin;    ///< first edge
    std::uint32_t size;  ///< edges
    std::uint32_t row;   ///< position of the account in the list of accounts that was cut
};

/// Cuts the rows of `accounts` (device memory) into chunks of at most `chunk_size` edges, in order. `host_rows` is host memory.
DeviceBuffer<RowChunk> row_chunks(const CsrView& host_rows, std::span<const AccountId> accounts,
                                  std::uint32_t chunk_size);

}  // namespace coterie::cuda
