#pragma once

#include "host/graph.hpp"
#include "kernels/cuda/device_buffer.cuh"

namespace coterie::cuda {

/// Both directions of a graph in device memory. An undirected graph is held once.
class DeviceGraph {
  public:
    explicit DeviceGraph(const Graph& graph);

    /// Views of device memory: for kernels, not for the host.
    CsrView out() const { return out_.view(); }
    CsrView in() const { return directed_ ? in_.view() : out_.view(); }
    AccountId num_accounts() const { return num_accounts_; }
    EdgeOffset num_edges() const { return out_.neighbors.size(); }
    bool directed() const { return directed_; }

    /// Bytes that `graph` takes on the device.
    static std::size_t bytes_needed(const Graph& graph);

  private:
    struct Rows {
        DeviceBuffer<EdgeOffset> offsets;
        DeviceBuffer<AccountId> neighbors;
        DeviceBuffer<float> weights;
        Rows() = default;
        explicit Rows(const CsrView& host);
        CsrView view() const { return {offsets.span(), neighbors.span(), weights.span()}; }
    };

    Rows out_;
    Rows in_;
    AccountId num_accounts_;
    bool directed_;
};

}  // namespace coterie::cuda
