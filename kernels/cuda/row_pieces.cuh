#pragma once

#include "kernels/cuda/device_buffer.cuh"
#include "kernels/cuda/launch.cuh"

namespace coterie::cuda {

/// Rows up to this length are walked by the thread that meets them.
inline constexpr EdgeOffset short_row = 32;
/// Longer ones are cut into pieces of this length, a warp each, so that nobody waits for a hub.
inline constexpr EdgeOffset piece_edges = 1024;

struct RowPiece {
    AccountId account;
    std::uint32_t index;
};

/// Pieces of long rows, listed by the kernel that meets them. Their order depends on the schedule.
class RowPieces {
  public:
    /// Room for all long rows of a graph of `num_edges`: a row of more than `short_row` edges has no more pieces than it
    /// has times that many edges.
    explicit RowPieces(EdgeOffset num_edges)
        : pieces_(num_edges / short_row, "pieces of long rows"), count_(1, "pieces of long rows") {}

    /// What kernels add through.
    class Adder {
      public:
        __device__ void add(AccountId account, EdgeOffset degree) const {
            const auto count = static_cast<std::uint32_t>((degree + piece_edges - 1) / piece_edges);
            const unsigned place = atomicAdd(count_, count);
            for (std::uint32_t i = 0; i < count; ++i) pieces_[place + i] = {account, i};
        }

      private:
        friend class RowPieces;
        Adder(RowPiece* pieces, unsigned* count) : pieces_(pieces), count_(count) {}
        RowPiece* pieces_;
        unsigned* count_;
    };

    /// Empties the list.
    Adder start() {
        count_.fill_bytes(0);
        return {pieces_.data(), count_.data()};
    }
    /// What has been added. Waits for the kernels that add.
    std::span<const RowPiece> added() const { return pieces_.span().first(count_.to_host()[0]); }

  private:
    DeviceBuffer<RowPiece> pieces_;
    DeviceBuffer<unsigned> count_;
};

template <class Visit>
__global__ void __launch_bounds__(block_size)
    walk_pieces_kernel(CsrView rows, std::span<const RowPiece> pieces, Visit visit) {
    const std::uint64_t warp = grid_thread() / warp_size;
    if (warp >= pieces.size()) return;
    const auto [account, index] = pieces[warp];
    const EdgeOffset first = rows.offsets[account] + index * piece_edges;
    const EdgeOffset last = min(rows.offsets[account + 1], first + piece_edges);
    for (EdgeOffset edge = first + threadIdx.x % warp_size; edge < last; edge += warp_size)
        visit(account, rows.neighbors[edge]);
}

/// visit(account, neighbor) for each edge of the pieces, a warp a piece.
template <class Visit>
void walk_pieces(std::string_view name, const CsrView& rows, const RowPieces& pieces, const Visit& visit) {
    const auto added = pieces.added();
    launch(name, blocks_for(added.size(), block_size / warp_size), block_size, walk_pieces_kernel<Visit>, rows, added,
           visit);
}

}  // namespace coterie::cuda
