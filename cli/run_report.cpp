#include "cli/run_report.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "host/errors.hpp"
#include "io/result_table.hpp"

namespace coterie::cli {

std::uint64_t peak_memory_bytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;  // Linux counts in kibibytes
}

RunReport::RunReport(std::string_view command, ProgressDisplay& progress) : progress_(progress) {
    facts_["command"] = command;
    facts_["version"] = COTERIE_VERSION;
}

Json RunReport::json() const {
    Json object = facts_;
    object["seconds"] = seconds_;
    object["peak_memory_bytes"] = peak_memory_bytes();
    return object;
}

RunReport::Stopwatch::Stopwatch(RunReport& report, const std::string& name) : report_(report), name_(name) {
    report_.progress_.begin(name_);
    trace_began_ = report_.trace_.now();
}

RunReport::Stopwatch::~Stopwatch() {
    const double before = report_.seconds_.value(name_, 0.0);
    report_.seconds_[name_] = before + std::chrono::duration<double>(Clock::now() - began_).count();
    report_.progress_.begin("");
    if (report_.trace() != nullptr) report_.trace_.add("host", name_, trace_began_, report_.trace_.now());
}

void RunReport::trace_to(const std::string& path) {
    if (!path.empty()) require_writable(path);
    trace_path_ = path;
}

void RunReport::write_trace() const {
    if (!trace_path_.empty()) trace_.write(trace_path_);
}

std::vector<std::string> command_line() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::vector<std::string> arguments;
    for (std::string argument; std::getline(file, argument, '\0');) arguments.push_back(argument);
    return arguments;
}

void add_naming(RunReport& report, const Naming& naming) {
    if (naming.rules.fold_case) report["fold_case"] = true;
    if (naming.rules.strip_at) report["strip_at"] = true;
    if (naming.pseudonyms)
        report["pseudonyms"] = {{"scheme", pseudonym_scheme},
                                {"key", naming.pseudonyms->key},
                                {"of", naming.pseudonyms->of_numbers ? "numbers" : "handles"}};
}

void print_text(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
        throw IoError(fmt::format("standard output: writing failed: {}", std::strerror(errno)));
}

void print_json(const Json& object) {
    // Handles may be any bytes: what is not UTF-8 is replaced.
    print_text(object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace coterie::cli
