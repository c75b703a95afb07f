#pragma once

#include <memory>

#include "host/backend.hpp"
#include "host/errors.hpp"

namespace coterie {

namespace cuda {
class RunScope;
}

// For the sources in host/: chooses among the ways to run an algorithm by where its graph is placed.

/// Holds what the placement says of devices while an algorithm runs on them, and notes the memory that it took.
class DeviceRun {
  public:
    explicit DeviceRun(const PlacedGraph& graph);
    ~DeviceRun();
    DeviceRun(const DeviceRun&) = delete;
    DeviceRun& operator=(const DeviceRun&) = delete;

  private:
    const PlacedGraph& graph_;
    std::unique_ptr<cuda::RunScope> scope_;
};

/// Notes that openmp finishes what failed. Throws `failure` on unless the placement says so.
void note_failure(const PlacedGraph& graph, const DeviceFailure& failure);

/// `on_openmp()` or `on_cuda()`; the former too when devices fail and the placement wants it.
template <class OnOpenmp, class OnCuda>
auto run_placed(const PlacedGraph& graph, OnOpenmp on_openmp, OnCuda on_cuda) {
    if (graph.backend() == Backend::openmp) return on_openmp();
    graph.use() = {};
    try {
        const DeviceRun run(graph);
        return on_cuda();
    } catch (const DeviceFailure& failure) {
        note_failure(graph, failure);
    }
    return on_openmp();
}

/// `whole()` if graph and state fit one device together, else `streamed()`. A kernel over the whole graph says so before it
/// begins to work.
template <class Whole, class Streamed>
auto whole_or_streamed(const PlacedGraph& graph, Whole whole, Streamed streamed) {
    if (graph.placement().devices == 1) {
        try {
            return whole();
        } catch (const OutOfDeviceMemory&) {
            graph.leave_device();
        }
    }
    return streamed();
}

}  // namespace coterie
