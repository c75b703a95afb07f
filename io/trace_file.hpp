#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/trace.hpp"

namespace coterie {

/// Collects a trace and writes it in the Chrome trace format, which chrome://tracing and https://ui.perfetto.dev show.
class TraceFile final : public Trace {
  public:
    double now() const override;
    void add(std::string_view track, std::string_view name, double begin, double end) override;

    /// Throws IoError if it cannot.
    void write(const std::filesystem::path& path) const;

  private:
    using Clock = std::chrono::steady_clock;
    struct Span {
        std::size_t track;
        std::string name;
        double begin;
        double end;
    };
    Clock::time_point began_ = Clock::now();
    std::vector<std::string> tracks_;
    std::vector<Span> spans_;
};

}  // namespace coterie
