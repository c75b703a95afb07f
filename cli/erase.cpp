#include "io/erase.hpp"
#include "io/account_names.hpp"

#include <fmt/format.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/run_report.hpp"
#include "cli/text_numbers.hpp"

namespace coterie::cli {

namespace {

struct Arguments {
    std::string store;
    std::vector<std::string> accounts;
    std::string list;
    std::string key;
    bool overwrite = false;
    RunOptions run;
};

void run_erase(const Arguments& arguments) {
    ProgressDisplay display(arguments.run.progress);
    RunReport report("erase", display);
    std::vector<std::string> accounts = arguments.accounts;
    if (!arguments.list.empty())
        for (std::string& account : read_account_list(arguments.list)) accounts.push_back(std::move(account));
    if (accounts.empty())
        throw std::invalid_argument("erase: at least one account must be named: --account or --accounts");
    if (!arguments.key.empty()) {
        const Store store = Store::open(arguments.store);
        const AccountNames names(store, read_key(arguments.key));
        for (std::string& account : accounts)
            if (const auto found = names.find(account)) account = store.accounts()->text(*found);
    }
    const EraseReport done = report.step("total", [&] {
        return erase_accounts(
            arguments.store, accounts,
            {.overwrite = arguments.overwrite, .threads = arguments.run.threads, .progress = &display});
    });
    for (const std::string& account : done.absent)
        display.say(fmt::format("{}: has no account {}", arguments.store, account));
    display.say(fmt::format("{}: erased {} accounts and {} edges; {} results changed, {} lines of the rejects dropped",
                            arguments.store, with_separators(done.erased.size()), with_separators(done.edges),
                            done.results.size(), with_separators(done.reject_lines)));
    for (const std::string& note : done.notes) display.say("note: " + note);
    if (!arguments.run.json) return;
    report["store"] = arguments.store;
    report["erased"] = done.erased.size();
    report["absent"] = done.absent.size();
    report["edges"] = done.edges;
    report["results"] = done.results;
    report["reject_lines"] = done.reject_lines;
    report["notes"] = done.notes;
    print_json(report.json());
}

}  // namespace

void add_erase(CLI::App& app) {
    const auto arguments = std::make_shared<Arguments>();
    Arguments& given = *arguments;
    CLI::App* command = app.add_subcommand("erase", "Take accounts, their edges and their values out of a store");
    command->add_option("store", given.store, "The store: replaced by a version without them")
        ->required()
        ->type_name("STORE");
    command->add_option("--account", given.accounts, "An account by id or handle; may be given often")->type_name("ID");
    command->add_option("--accounts", given.list, "A file that names an account a line")->type_name("FILE");
    add_key_option(*command, given.key);
    command->add_flag(
        "--overwrite", given.overwrite,
        "Write zeros over the old version before its blocks are freed. Who still reads it sees zeros too");
    add_run_options(*command, given.run);
    command->callback([arguments] { run_erase(*arguments); });
}

}  // namespace coterie::cli
