#pragma once

#include <span>

#include "host/csr.hpp"
#include "kernels/cuda/stream.cuh"

namespace coterie::cuda {

/// Lets the first `devices` devices read and write each other's memory where the hardware can; elsewhere copies between them
/// go through the host.
void connect_peers(int devices);

/// What one device has of an array that all hold whole: it wrote the entries of its own accounts.
template <class T>
struct PeerArray {
    T* data;
    cudaStream_t stream;  ///< on which it wrote
};

void copy_to_peer(void* to, int to_device, const void* from, int from_device, std::size_t bytes, cudaStream_t stream);

/// Every device's part to every other one: device d wrote the entries [bounds[d], bounds[d + 1]). The copies follow on each
/// writer's stream: nobody may read before all of these are done.
template <class T>
void exchange(std::span<const PeerArray<T>> arrays, std::span<const AccountId> bounds) {
    for (std::size_t from = 0; from < arrays.size(); ++from)
        for (std::size_t to = 0; to < arrays.size(); ++to)
            if (from != to)
                copy_to_peer(arrays[to].data + bounds[from], static_cast<int>(to), arrays[from].data + bounds[from],
                             static_cast<int>(from), (bounds[from + 1] - bounds[from]) * sizeof(T),
                             arrays[from].stream);
}

}  // namespace coterie::cuda
