#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "host/progress.hpp"

namespace coterie::cli {

enum class ProgressFormat {
    automatic,  ///< a line that is rewritten, if stderr is a terminal; else nothing
    json,       ///< one JSON object a line and second, on stderr
    never,
};

/// Shows on stderr how far a run is: step, fraction, rate, time left. Only for steps that take longer than a second.
/// Also tells the computation when somebody asked to stop (Ctrl+C).
///
/// Reports are only noted; a thread of its own prints five times a second, so reporting often costs little and a step that
/// never reports is shown too, by its name and seconds.
class ProgressDisplay final : public Progress {
  public:
    explicit ProgressDisplay(ProgressFormat format);
    ~ProgressDisplay() override;
    ProgressDisplay(const ProgressDisplay&) = delete;
    ProgressDisplay& operator=(const ProgressDisplay&) = delete;

    void report(std::string_view step, double done, double total, std::string_view unit) override;
    bool cancelled() const override;

    /// A step begins that may never report.
    void begin(std::string_view step);
    /// What the following steps are part of (such as a layer): shown before the step's name. Empty: nothing.
    void within(std::string_view scope);
    /// Prints a line of text to stderr, clear of the progress line.
    void say(std::string_view line);

  private:
    using Clock = std::chrono::steady_clock;
    struct Step {
        std::string name;
        std::string unit;
        double first = 0.0;  ///< done at the first report
        double done = 0.0;
        double total = 0.0;
        Clock::time_point began = Clock::now();
    };

    void print_regularly(const std::stop_token& stop);
    void print_line();
    void print_json() const;
    void clear_line();

    ProgressFormat format_;
    std::mutex mutex_;  ///< guards what follows, and stderr
    std::string scope_;
    Step step_;
    bool line_shown_ = false;
    std::condition_variable_any wake_;
    std::jthread printer_;  ///< last: it ends before what it reads
};

}  // namespace coterie::cli
