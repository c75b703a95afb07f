#include "kernels/cuda/degree_classes.cuh"

#include <thrust/iterator/counting_iterator.h>
#include <algorithm>
#include <cub/device/device_select.cuh>
#include <limits>

namespace coterie::cuda {

namespace {

struct DegreeBetween {
    std::span<const EdgeOffset> offsets;
    EdgeOffset least;
    EdgeOffset most;

    __device__ bool operator()(AccountId account) const {
        const EdgeOffset degree = offsets[account + 1] - offsets[account];
        return least <= degree && degree <= most;
    }
};

}  // namespace

DegreeClasses::DegreeClasses(const CsrView& rows, std::span<const EdgeOffset> bounds)
    : accounts_(rows.num_accounts(), "the accounts by degree"), begins_(1, 0) {
    constexpr const char* doing = "sorting accounts by degree";
    const AccountId n = rows.num_accounts();
    DeviceBuffer<std::uint64_t> selected(1, doing);
    DeviceBuffer<char> scratch;
    EdgeOffset least = 0;
    for (std::size_t c = 0; c <= bounds.size(); ++c) {
        const EdgeOffset most = c < bounds.size() ? bounds[c] : std::numeric_limits<EdgeOffset>::max();
        const auto select = [&](void* memory, std::size_t& bytes) {
            return cub::DeviceSelect::If(memory, bytes, thrust::counting_iterator<AccountId>(0),
                                         accounts_.data() + begins_.back(), selected.data(), std::int64_t{n},
                                         DegreeBetween{rows.offsets, least, most});
        };
        std::uint64_t count = 0;
        if (n > 0) {
            std::size_t bytes = 0;
            check(select(nullptr, bytes), doing);
            if (bytes > scratch.size()) scratch = DeviceBuffer<char>(bytes, doing);
            check(select(scratch.data(), bytes), doing);
            selected.copy_to({&count, 1});
        }
        begins_.push_back(begins_.back() + count);
        least = most + 1;
    }
}

DeviceBuffer<RowChunk> row_chunks(const CsrView& host_rows, std::span<const AccountId> accounts,
                                  std::uint32_t chunk_size) {
    constexpr const char* doing = "cutting long rows";
    std::vector<AccountId> host_accounts(accounts.size());
    if (!accounts.empty())
        check(cudaMemcpy(host_accounts.data(), accounts.data(), accounts.size_bytes(), cudaMemcpyDeviceToHost), doing);
    std::vector<RowChunk> chunks;
    for (std::size_t row = 0; row < host_accounts.size(); ++row) {
        const EdgeOffset end = host_rows.offsets[host_accounts[row] + 1];
        for (EdgeOffset begin = host_rows.offsets[host_accounts[row]]; begin < end; begin += chunk_size)
            chunks.push_back({begin, static_cast<std::uint32_t>(std::min<EdgeOffset>(chunk_size, end - begin)),
                              static_cast<std::uint32_t>(row)});
    }
    return {std::span<const RowChunk>(chunks), doing};
}

}  // namespace coterie::cuda
