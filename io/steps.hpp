#pragma once

#include <chrono>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace coterie {

using StepSeconds = std::vector<std::pair<std::string, double>>;

/// Calls `work` and notes how long it took, whether or not it throws.
template <class Work>
std::invoke_result_t<Work> timed(StepSeconds& seconds, const std::string& step, Work work) {
    const auto began = std::chrono::steady_clock::now();
    struct Note {
        const decltype(began)& start;
        StepSeconds& seconds;
        const std::string& name;
        ~Note() {
            seconds.emplace_back(name, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        }
    } note{began, seconds, step};
    return work();
}

}  // namespace coterie
