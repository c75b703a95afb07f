#include "io/store_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/run_report.hpp"
#include "cli/text_numbers.hpp"
#include "host/errors.hpp"

namespace coterie::cli {

namespace {

struct Arguments {
    std::string store;
    RunOptions run;
};

std::string described(const StoreCheck::Part& part) {
    std::string text = fmt::format("  {:<18}  {:>9}  {:>9}  {}", part.name,
                                   fmt::format("{} array{}", part.arrays, part.arrays == 1 ? "" : "s"),
                                   in_bytes(static_cast<double>(part.bytes)), part.rules);
    if (part.without_sum > 0) text += fmt::format(" ({} without a checksum)", part.without_sum);
    return text + "\n";
}

std::string damage_count(std::size_t count) {
    return count == 1 ? "one damage" : fmt::format("{} damages", count);
}

void tell(const std::string& store, const StoreCheck& check, double seconds) {
    std::string text = store + "\n";
    for (const StoreCheck::Part& part : check.parts) text += described(part);
    for (const Damage& damage : check.damages) text += fmt::format("damaged: {} {}\n", damage.object, damage.what);
    text += fmt::format(
        "{}: {} read in {} ({} a second), {} accounts\n", check.sound() ? "sound" : damage_count(check.damages.size()),
        in_bytes(static_cast<double>(check.bytes)), in_time(seconds),
        in_bytes(static_cast<double>(check.bytes) / std::max(seconds, 1e-9)), with_separators(check.accounts));
    print_text(text);
}

void add_facts(RunReport& report, const std::string& store, const StoreCheck& check) {
    report["store"] = store;
    report["sound"] = check.sound();
    report["accounts"] = check.accounts;
    report["bytes"] = check.bytes;
    report["parts"] = Json::array();
    for (const StoreCheck::Part& part : check.parts)
        report["parts"].push_back({{"name", part.name},
                                   {"arrays", part.arrays},
                                   {"bytes", part.bytes},
                                   {"without_checksum", part.without_sum},
                                   {"rules", part.rules}});
    report["damages"] = Json::array();
    for (const Damage& damage : check.damages)
        report["damages"].push_back({{"object", damage.object}, {"what", damage.what}});
}

void run_check(const Arguments& arguments) {
    ProgressDisplay display(arguments.run.progress);
    RunReport report("check", display);
    const StoreCheck check =
        report.step("check", [&] { return check_store(arguments.store, arguments.run.threads, &display); });
    if (arguments.run.json) {
        add_facts(report, arguments.store, check);
        print_json(report.json());
    } else {
        tell(arguments.store, check, report.seconds()["check"]);
    }
    if (!check.sound())
        throw DamagedStore(fmt::format("{}: must be sound, but has {}, the first: {} {}", arguments.store,
                                       damage_count(check.damages.size()), check.damages[0].object,
                                       check.damages[0].what));
}

}  // namespace

void add_check(CLI::App& app) {
    CLI::App* command = app.add_subcommand("check", "Read a store whole: checksums and every rule of its schema");
    command->footer("Exit code 0: sound; 5: damaged (each damage is printed); 1: it cannot be opened.");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("store", arguments->store, "The store")->required()->type_name("STORE");
    add_run_options(*command, arguments->run);
    command->callback([arguments] { run_check(*arguments); });
}

}  // namespace coterie::cli
