#include "cli/progress_display.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/interrupt.hpp"
#include "cli/text_numbers.hpp"

namespace coterie::cli {

namespace {

constexpr double shown_from_seconds = 1.0;
constexpr std::chrono::milliseconds line_interval{200};
constexpr std::chrono::milliseconds json_interval{1000};
constexpr std::string_view erase_line = "\r\x1b[K";

std::size_t terminal_width() {
    winsize size{};
    constexpr std::size_t usual = 80;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

std::string amount(double number, std::string_view unit) {
    return unit == "bytes" ? in_bytes(number) : fmt::format("{} {}", in_short(number), unit);
}

void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

}  // namespace

ProgressDisplay::ProgressDisplay(ProgressFormat format) : format_(format) {
    if (format_ == ProgressFormat::automatic && isatty(STDERR_FILENO) == 0) format_ = ProgressFormat::never;
    if (format_ != ProgressFormat::never)
        printer_ = std::jthread([this](const std::stop_token& stop) { print_regularly(stop); });
}

ProgressDisplay::~ProgressDisplay() {
    printer_ = {};  // asks the thread to stop, and joins it
    clear_line();
}

void ProgressDisplay::report(std::string_view step, double done, double total, std::string_view unit) {
    if (format_ == ProgressFormat::never) return;
    const std::scoped_lock lock(mutex_);
    if (step != step_.name || unit != step_.unit) {
        step_ = {};
        step_.name = step;
        step_.unit = unit;
        step_.first = done;
    }
    step_.done = done;
    step_.total = total;
}

bool ProgressDisplay::cancelled() const {
    return interrupted();
}

void ProgressDisplay::begin(std::string_view step) {
    const std::scoped_lock lock(mutex_);
    step_ = {};
    step_.name = step;
    clear_line();
}

void ProgressDisplay::within(std::string_view scope) {
    const std::scoped_lock lock(mutex_);
    scope_ = scope;
}

void ProgressDisplay::say(std::string_view line) {
    const std::scoped_lock lock(mutex_);
    clear_line();
    print(fmt::format("{}\n", line));
}

void ProgressDisplay::print_regularly(const std::stop_token& stop) {
    const auto interval = format_ == ProgressFormat::json ? json_interval : line_interval;
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); })) {
        const std::chrono::duration<double> age = Clock::now() - step_.began;
        if (step_.name.empty() || age.count() < shown_from_seconds) {
            clear_line();
        } else if (format_ == ProgressFormat::json) {
            print_json();
        } else {
            print_line();
        }
    }
}

void ProgressDisplay::print_line() {
    const double seconds = std::chrono::duration<double>(Clock::now() - step_.began).count();
    const double rate = (step_.done - step_.first) / seconds;
    std::string text = scope_.empty() ? step_.name : fmt::format("{}: {}", scope_, step_.name);
    if (step_.total > 0.0)
        text += fmt::format("  {:3.0f} %  {} of {}", 100.0 * std::min(1.0, step_.done / step_.total),
                            in_short(step_.done), amount(step_.total, step_.unit));
    else if (!step_.unit.empty())
        text += fmt::format("  {}", amount(step_.done, step_.unit));
    if (rate > 0.0) text += fmt::format("  {}/s", amount(rate, step_.unit));
    if (rate > 0.0 && step_.total > 0.0)
        text += fmt::format("  {} left", in_time(std::max(0.0, step_.total - step_.done) / rate));
    else
        text += fmt::format("  {}", in_time(seconds));
    // A line that wraps could not be rewritten.
    text.resize(std::min(text.size(), terminal_width() - 1));
    print(fmt::format("{}{}", erase_line, text));
    line_shown_ = true;
}

void ProgressDisplay::print_json() const {
    const double seconds = std::chrono::duration<double>(Clock::now() - step_.began).count();
    const double rate = (step_.done - step_.first) / seconds;
    nlohmann::ordered_json line{{"step", step_.name}};
    if (!scope_.empty()) line["within"] = scope_;
    if (!step_.unit.empty()) {
        line["done"] = step_.done;
        if (step_.total > 0.0) {
            line["total"] = step_.total;
            line["fraction"] = std::min(1.0, step_.done / step_.total);
        }
        line["unit"] = step_.unit;
        line["rate"] = rate;
    }
    line["seconds"] = seconds;
    if (rate > 0.0 && step_.total > 0.0) line["seconds_left"] = std::max(0.0, step_.total - step_.done) / rate;
    print(line.dump() + "\n");
}

void ProgressDisplay::clear_line() {
    if (!line_shown_) return;
    print(erase_line);
    line_shown_ = false;
}

}  // namespace coterie::cli
