#include "kernels/cuda/peers.cuh"

namespace coterie::cuda {

void connect_peers(int devices) {
    for (int device = 0; device < devices; ++device) {
        const OnDevice current(device);
        for (int other = 0; other < devices; ++other) {
            int can = 0;
            if (other == device) continue;
            check(cudaDeviceCanAccessPeer(&can, device, other), "asking which devices reach each other");
            if (can == 0) continue;
            const cudaError_t code = cudaDeviceEnablePeerAccess(other, 0);
            if (code == cudaErrorPeerAccessAlreadyEnabled)
                cudaGetLastError();  // by an earlier run: take it off
            else
                check(code, "connecting devices");
        }
    }
}

void copy_to_peer(void* to, int to_device, const void* from, int from_device, std::size_t bytes, cudaStream_t stream) {
    if (bytes == 0) return;
    const OnDevice current(from_device);
    check(cudaMemcpyPeerAsync(to, to_device, from, from_device, bytes, stream), "copying to another device");
}

}  // namespace coterie::cuda
