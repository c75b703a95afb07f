#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "host/graph.hpp"

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

struct Placement {
    Backend backend = Backend::openmp;
    int threads = 0;  ///< of openmp and of host work; 0: as many as the machine has cores
};

/// A graph on one backend. Placing uploads once (cuda) or notes the views (openmp); cheap to copy.
class PlacedGraph {
  public:
    const Graph& graph() const { return graph_; }
    Backend backend() const { return placement_.backend; }
    int threads() const { return placement_.threads; }
    /// The resolved placement: pass it on to place a graph derived from this one on the same backend.
    const Placement& placement() const { return placement_; }
    /// Only on cuda.
    const cuda::DeviceGraph& device_graph() const { return *device_graph_; }

  private:
    friend PlacedGraph place(Graph graph, Placement placement);
    Graph graph_;
    Placement placement_;
    std::shared_ptr<const cuda::DeviceGraph> device_graph_;
};

/// Puts `graph` on a backend.
/// Throws BackendUnavailable if that backend cannot run here (never a silent fallback), OutOfDeviceMemory with the bytes
/// needed and free if the graph does not fit, std::invalid_argument if `threads` is negative.
PlacedGraph place(Graph graph, Placement placement = {});

}  // namespace coterie
