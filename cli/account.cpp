#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/run_report.hpp"
#include "cli/text_numbers.hpp"
#include "io/account_facts.hpp"
#include "io/account_names.hpp"
#include "io/store.hpp"
#include "io/text_table.hpp"

namespace coterie::cli {

namespace {

struct Arguments {
    std::string store;
    std::vector<std::string> names;
    std::string key;
    bool no_results = false;
    RunOptions run;
};

struct LayerDegrees {
    const LayerInfo* layer;
    AccountDegrees degrees;
};

/// What the store knows of one account.
struct Facts {
    AccountId account = 0;
    std::vector<std::pair<std::string, std::string>> columns;
    std::vector<LayerDegrees> layers;
    std::vector<AccountResult> results;
};

Json to_json(const LayerDegrees& of) {
    return {{"layer", of.layer->name},
            {"in_degree", of.degrees.in_degree},
            {"out_degree", of.degrees.out_degree},
            {"mutual_degree", of.degrees.mutual_degree},
            {"in_strength", of.degrees.in_strength},
            {"out_strength", of.degrees.out_strength}};
}

Json to_json(const AccountResult& of, const Store& store) {
    Json object{{"result", of.result}};
    if (of.array != "values") object["array"] = of.array;
    if (of.label)
        object["value"] = store.accounts()->text(*of.label);
    else if (of.group_size)
        object["value"] = static_cast<std::uint64_t>(of.value);
    else
        object["value"] = of.value;
    if (of.rank) object["rank"] = *of.rank;
    if (of.group_size) object["accounts"] = *of.group_size;
    return object;
}

Json to_json(const Facts& facts, const Store& store) {
    Json object{{"account", store.accounts()->text(facts.account)}};
    object["columns"] = Json::object();
    for (const auto& [name, value] : facts.columns) object["columns"][name] = value;
    object["layers"] = Json::array();
    for (const LayerDegrees& layer : facts.layers) object["layers"].push_back(to_json(layer));
    object["results"] = Json::array();
    for (const AccountResult& result : facts.results) object["results"].push_back(to_json(result, store));
    return object;
}

std::string described(const Facts& facts, const Store& store) {
    const Accounts& accounts = *store.accounts();
    std::string text = printable(accounts.text(facts.account)) + "\n";
    for (const auto& [name, value] : facts.columns)
        if (!value.empty()) text += fmt::format("  {}  {}\n", printable(name), printable(value));
    using Align = TextTable::Align;
    TextTable layers({{"layer", Align::left}, {"in"}, {"out"}, {"both ways"}, {"weight in"}, {"weight out"}});
    for (const LayerDegrees& of : facts.layers)
        layers.add({of.layer->name, with_separators(of.degrees.in_degree), with_separators(of.degrees.out_degree),
                    with_separators(of.degrees.mutual_degree),
                    of.layer->weighted ? fmt::format("{}", of.degrees.in_strength) : "",
                    of.layer->weighted ? fmt::format("{}", of.degrees.out_strength) : ""});
    text += '\n' + layers.text("  ");
    if (facts.results.empty()) return text;
    TextTable results({{"result", Align::left}, {"value"}, {"", Align::left}});
    for (const AccountResult& of : facts.results) {
        std::string place;
        if (of.rank) place = fmt::format("rank {} of {}", with_separators(*of.rank), with_separators(accounts.size()));
        if (of.group_size)
            place = fmt::format("{} {}", with_separators(*of.group_size), *of.group_size == 1 ? "account" : "accounts");
        results.add({of.array == "values" ? of.result : of.result + " " + of.array,
                     of.label ? accounts.text(*of.label) : fmt::format("{}", of.value), place});
    }
    return text + '\n' + results.text("  ");
}

void run_account(const Arguments& arguments) {
    ProgressDisplay display(arguments.run.progress);
    RunReport report("account", display);
    const Store store = report.step("open", [&] { return Store::open(arguments.store); });
    const AccountNames names(store, read_key(arguments.key));
    std::vector<AccountId> accounts;
    report.step("look_up", [&] {
        for (const std::string& name : arguments.names) accounts.push_back(names.at(name));
    });
    std::vector<Facts> all(accounts.size());
    report.step("edges", [&] {
        for (std::size_t i = 0; i < accounts.size(); ++i) {
            all[i].account = accounts[i];
            all[i].columns = store.column_values(accounts[i]);
            for (const LayerInfo& layer : store.layers())
                all[i].layers.push_back({&layer, degrees_in(store, layer.name, accounts[i])});
        }
    });
    if (!arguments.no_results)
        report.step("results", [&] {
            std::vector<std::vector<AccountResult>> results = results_of(store, accounts);
            for (std::size_t i = 0; i < accounts.size(); ++i) all[i].results = std::move(results[i]);
        });

    if (arguments.run.json) {
        report["store"] = arguments.store;
        report["num_accounts"] = store.accounts()->size();
        report["accounts"] = Json::array();
        for (const Facts& facts : all) report["accounts"].push_back(to_json(facts, store));
        print_json(report.json());
        return;
    }
    std::string text;
    for (const Facts& facts : all) text += (text.empty() ? "" : "\n") + described(facts, store);
    print_text(text);
}

}  // namespace

void add_account(CLI::App& app) {
    CLI::App* command = app.add_subcommand("account", "Show what a store knows of single accounts");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("store", arguments->store, "The store")->required()->type_name("STORE");
    command
        ->add_option("names", arguments->names,
                     "Accounts: by original id or handle (case and @ as the store was made), or by pseudonym")
        ->required()
        ->type_name("NAME");
    add_key_option(*command, arguments->key);
    command->add_flag("--no-results", arguments->no_results,
                      "Leave out values and ranks in stored results, for which these are read whole");
    add_run_options(*command, arguments->run);
    command->callback([arguments] { run_account(*arguments); });
}

}  // namespace coterie::cli
