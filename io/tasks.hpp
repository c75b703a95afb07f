#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "host/progress.hpp"

namespace coterie {

/// A piece of work on part of the data, which may throw.
struct Task {
    std::uint64_t bytes = 0;  ///< what it reads: its share of the progress
    std::function<void()> run;
};

/// Runs tasks on `threads` threads (0: all cores), begun in their order. Throws what the first of them, in their order,
/// throws: the same for any number of threads. Throws Cancelled if `progress` asks to stop.
void run_tasks(const std::vector<Task>& tasks, int threads, std::string_view step, Progress* progress);

}  // namespace coterie
