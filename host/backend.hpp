#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "host/graph.hpp"
#include "host/trace.hpp"

namespace coterie {

namespace cuda {
class DeviceGraph;
}

/// Where kernels run. All give the same bytes.
enum class Backend { openmp, cuda };

std::string_view name_of(Backend backend);
std::ostream& operator<<(std::ostream& stream, Backend backend);

/// Why `backend` cannot run on this machine, or empty: it can.
std::string why_unavailable(Backend backend);

/// The device that `backend` computes on, in words: the processor's or the GPU's name.
std::string device_name(Backend backend);

/// What happens when a GPU fails in the middle: it runs out of memory, or is lost.
enum class OnGpuFailure {
    stop,               ///< DeviceFailure is thrown
    openmp_if_no_room,  ///< what has no room on the GPU is computed by openmp; a GPU that is lost is an error
    openmp,             ///< openmp computes it from the beginning: the same bytes; DeviceUse::failure says so
};

/// Share of the free memory of a GPU that is given out: the driver and fragmentation need some.
inline constexpr double usable_device_share = 0.92;

struct Placement {
    Backend backend = Backend::openmp;
    int threads = 0;  ///< of openmp and of host work; 0: as many as the machine has cores

    // Of cuda alone.
    std::uint64_t memory_limit = 0;  ///< bytes that this process holds of each GPU at most; 0: what is free
    int devices = 1;                 ///< GPUs that share the rows, where an algorithm can (PageRank, labels)
    OnGpuFailure on_gpu_failure = OnGpuFailure::stop;
    Trace* trace = nullptr;  ///< told of the copies and kernels of streamed rows; must live as long as graphs placed so
};

/// How the last algorithm on a graph that was placed on cuda went.
struct DeviceUse {
    bool streamed = false;          ///< blocks of rows came from host memory in each pass
    int devices = 1;                ///< GPUs that took part
    std::uint64_t blocks = 0;       ///< of rows, over all devices; 0: the graph lay on the device as a whole
    double resident_share = 1.0;    ///< of the bytes of rows: what stayed on the devices
    std::uint64_t peak_memory = 0;  ///< the most bytes that were held of one device
    std::string failure = {};       ///< why openmp finished it; empty: it did not have to
};

/// A graph on one backend. Placing uploads once (cuda) or notes the views (openmp); cheap to copy.
class PlacedGraph {
  public:
    const Graph& graph() const { return graph_; }
    Backend backend() const { return placement_.backend; }
    int threads() const { return placement_.threads; }
    /// The resolved placement: pass it on to place a graph derived from this one on the same backend.
    const Placement& placement() const { return placement_; }
    /// A graph derived from this one, where this one is. If the device has no room for both, this one leaves it.
    PlacedGraph place_derived(Graph derived) const;

    // Only on cuda.
    /// The whole graph on the device, put there if it is not. Throws OutOfDeviceMemory if it does not fit.
    const cuda::DeviceGraph& device_graph() const;
    /// Takes it off the device. It comes back when it is asked for.
    void leave_device() const;
    /// How the last algorithm went, on this graph or on one derived from it.
    const DeviceUse& last_use() const { return *on_cuda_->use; }
    /// The same, for the algorithm that runs to write.
    DeviceUse& use() const { return *on_cuda_->use; }

  private:
    friend PlacedGraph place(Graph graph, Placement placement);
    /// What copies of a placed graph share.
    struct OnCuda {
        std::shared_ptr<const cuda::DeviceGraph> graph;
        std::shared_ptr<DeviceUse> use = std::make_shared<DeviceUse>();
    };
    bool upload_if_it_fits() const;

    Graph graph_;
    Placement placement_;
    std::shared_ptr<OnCuda> on_cuda_;
};

/// Puts `graph` on a backend. On cuda a graph that does not fit the device stays in host memory: PageRank and label
/// propagation then stream its rows, and what needs the whole graph throws OutOfDeviceMemory with the bytes needed and free.
/// Throws BackendUnavailable if that backend cannot run here (never a silent fallback) or has fewer devices,
/// std::invalid_argument if `threads` is negative or `devices` below 1.
PlacedGraph place(Graph graph, Placement placement = {});

}  // namespace coterie
