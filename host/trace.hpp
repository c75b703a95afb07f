#pragma once

#include <string_view>

namespace coterie {

/// Where a run says what it did when. Called from one thread at a time.
class Trace {
  public:
    virtual ~Trace() = default;
    /// Microseconds since the trace began.
    virtual double now() const = 0;
    /// `name` went on from `begin` to `end` on `track` (the host, a stream of a device).
    virtual void add(std::string_view track, std::string_view name, double begin, double end) = 0;
};

}  // namespace coterie
