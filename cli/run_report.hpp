#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "cli/options.hpp"
#include "cli/progress_display.hpp"
#include "io/name_rules.hpp"
#include "io/trace_file.hpp"

namespace coterie::cli {

using Json = nlohmann::ordered_json;

/// The most memory that this process has held so far, in bytes: resident pages, those of a mapped store included.
std::uint64_t peak_memory_bytes();

/// What a command did: facts in the order in which they were set, seconds by step, peak memory.
///
///   {"command": "pagerank", "version": "0.1.0", …, "seconds": {"open": 0.002, "compute": 1.3}, "peak_memory_bytes": 123}
class RunReport {
  public:
    RunReport(std::string_view command, ProgressDisplay& progress);

    /// The fact called `key`, to be read or set.
    Json& operator[](const std::string& key) { return facts_[key]; }
    /// Seconds by step, in the order in which steps were first run.
    const Json& seconds() const { return seconds_; }

    /// For others to add to what is traced: the steps, on the track "host". Null without `trace_to`.
    Trace* trace() { return trace_path_.empty() ? nullptr : &trace_; }
    /// Steps are traced from now on, and `write_trace` writes that to `path`; empty: nothing is.
    void trace_to(const std::string& path);
    void write_trace() const;

    /// Runs `work` as a step. The seconds of steps of the same name add up.
    template <class Work>
    std::invoke_result_t<Work> step(const std::string& name, Work&& work) {
        const Stopwatch watch(*this, name);
        return std::forward<Work>(work)();
    }

    /// All of it as one JSON object, with the memory as it is now.
    Json json() const;

  private:
    using Clock = std::chrono::steady_clock;
    class Stopwatch {
      public:
        Stopwatch(RunReport& report, const std::string& name);
        ~Stopwatch();
        Stopwatch(const Stopwatch&) = delete;
        Stopwatch& operator=(const Stopwatch&) = delete;

      private:
        RunReport& report_;
        std::string name_;
        Clock::time_point began_ = Clock::now();
        double trace_began_ = 0;
    };

    ProgressDisplay& progress_;
    Json facts_;
    Json seconds_ = Json::object();
    std::string trace_path_;
    TraceFile trace_;
};

/// Sets what `naming` says: fold_case, strip_at and pseudonyms, each if it holds.
void add_naming(RunReport& report, const Naming& naming);

/// The program's arguments as they were given, the program's own name first.
std::vector<std::string> command_line();

/// Prints `text` on stdout. Throws IoError if stdout cannot take it.
void print_text(std::string_view text);
/// Prints `object` on stdout, alone on its lines. Throws IoError if stdout cannot take it.
void print_json(const Json& object);

}  // namespace coterie::cli
