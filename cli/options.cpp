#include "cli/options.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <charconv>
#include <map>
#include <stdexcept>

namespace coterie::cli {

void add_run_options(CLI::App& command, RunOptions& options) {
    command.add_option("--threads", options.threads, "Threads to compute with; 0: one per core")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command.add_flag("--json", options.json, "Print one JSON object on stdout: what was done, seconds by step, memory");
    static const std::map<std::string, ProgressFormat> formats{
        {"auto", ProgressFormat::automatic}, {"json", ProgressFormat::json}, {"never", ProgressFormat::never}};
    command
        .add_option_function<std::string>(
            "--progress", [&options](const std::string& name) { options.progress = formats.at(name); },
            "Progress of long steps, on stderr: auto (a line on a terminal), json (an object a line) or never")
        ->check(CLI::IsMember(&formats))
        ->default_str("auto");
}

int thread_count(const RunOptions& options) {
    return options.threads > 0 ? options.threads : omp_get_num_procs();
}

void add_backend_option(CLI::App& command, std::string& backend) {
    command
        .add_option("--backend", backend,
                    "What computes; auto: a GPU where the work has room on it, or passes through it faster than openmp "
                    "computes; else openmp")
        ->check(CLI::IsMember({"auto", "openmp", "cuda"}))
        ->capture_default_str();
}

void add_key_option(CLI::App& command, std::string& key) {
    command
        .add_option("--pseudonyms", key,
                    "The key of a store with pseudonyms: accounts can be named by their original ids or handles")
        ->type_name("KEYFILE");
}

void add_seed_option(CLI::App& command, std::uint64_t& seed, const std::string& of_what) {
    command.add_option("--seed", seed, "Seed of " + of_what)->capture_default_str();
}

AccountId parse_sources(const std::string& text) {
    if (text == "all") return 0;
    AccountId sources = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sources);
    if (error != std::errc() || end != text.data() + text.size() || sources == 0)
        throw std::invalid_argument(
            fmt::format("--sources: must be all or a whole number of at least 1, got {}", text));
    return sources;
}

}  // namespace coterie::cli
