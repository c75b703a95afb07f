#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/trace.hpp"
#include "kernels/cuda/stream.cuh"

namespace coterie::cuda {

/// Notes when work on streams of the current device began and ended, by events. Does nothing without a trace.
class DeviceTrace {
  public:
    explicit DeviceTrace(Trace* trace) : trace_(trace) {
        if (trace_ == nullptr) return;
        int device = 0;
        check(cudaGetDevice(&device), "asking for the device");
        gpu_ = "GPU " + std::to_string(device) + " ";
        begin_again();
    }

    /// work(), which puts something on `stream`, is a span called `name` on the track `track` of this device.
    template <class Work>
    void span(cudaStream_t stream, const char* track, const std::string& name, Work work) {
        if (trace_ == nullptr) return work();
        spans_.push_back({gpu_ + track, name, std::make_unique<Event>(), std::make_unique<Event>()});
        const Span& span = spans_.back();
        span.begin->record(stream);
        work();
        span.end->record(stream);
    }
    /// work(), which the host does for this device.
    template <class Work>
    void host_span(const char* track, const std::string& name, Work work) {
        if (trace_ == nullptr) return work();
        const double begin = trace_->now();
        work();
        trace_->add(gpu_ + track, name, begin, trace_->now());
    }

    /// Waits for the device and hands over what was noted.
    void flush() {
        if (trace_ == nullptr || spans_.empty()) return;
        check(cudaDeviceSynchronize(), "waiting for what is traced");
        for (const Span& span : spans_) trace_->add(span.track, span.name, time_of(*span.begin), time_of(*span.end));
        spans_.clear();
        begin_again();
    }

  private:
    struct Span {
        std::string track;
        std::string name;
        std::unique_ptr<Event> begin;
        std::unique_ptr<Event> end;
    };

    /// A point of time that host and device share: anew each time, since the times of events are floats of milliseconds.
    void begin_again() {
        origin_ = std::make_unique<Event>();
        origin_->record(nullptr);
        origin_->wait();
        origin_time_ = trace_->now();
    }
    double time_of(const Event& event) const {
        float milliseconds = 0;
        check(cudaEventElapsedTime(&milliseconds, *origin_, event), "reading the time of an event");
        return origin_time_ + 1e3 * static_cast<double>(milliseconds);
    }

    Trace* trace_;
    std::string gpu_;
    std::unique_ptr<Event> origin_;
    double origin_time_ = 0;
    std::vector<Span> spans_;
};

}  // namespace coterie::cuda
