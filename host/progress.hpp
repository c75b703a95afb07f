#pragma once

#include <string_view>

#include "host/errors.hpp"

namespace coterie {

/// Where a long computation says how far it is, and asks whether it should go on.
/// Called from one thread at a time, often (an implementation decides how rarely it prints).
class Progress {
  public:
    virtual ~Progress() = default;

    /// `done` of `total` `unit`s ("edges", "iterations", …) of `step` are done; `total` 0: not known beforehand.
    virtual void report(std::string_view step, double done, double total, std::string_view unit) = 0;

    /// True once somebody asked to stop. May be called from any thread.
    virtual bool cancelled() const = 0;
};

/// Reports to `progress`, if there is one, and throws Cancelled if it asks to stop.
inline void advance(Progress* progress, std::string_view step, double done, double total, std::string_view unit) {
    if (progress == nullptr) return;
    progress->report(step, done, total, unit);
    if (progress->cancelled()) throw Cancelled();
}

}  // namespace coterie
