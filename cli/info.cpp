#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/run_report.hpp"
#include "cli/text_numbers.hpp"
#include "host/errors.hpp"
#include "io/store.hpp"

namespace coterie::cli {

namespace {

struct Arguments {
    std::string store;
    bool verify = false;
    RunOptions run;
};

/// Distinct edges: an undirected one counts once. Another writer's store may not say how many rows were kept.
EdgeOffset distinct_edges(const LayerInfo& layer) {
    return layer.kept > 0 ? layer.kept : layer.num_edges;
}

Json to_json(const LayerInfo& layer) {
    Json object{{"name", layer.name},
                {"kind", layer.kind},
                {"directed", layer.directed},
                {"weighted", layer.weighted},
                {"edges", distinct_edges(layer)},
                {"stored_edges", layer.num_edges},
                {"rows", layer.rows},
                {"kept", layer.kept},
                {"merged", layer.merged},
                {"self_loops", layer.self_loops},
                {"rejected", layer.rejected}};
    if (layer.first_time) object["first_time"] = *layer.first_time;
    if (layer.last_time) object["last_time"] = *layer.last_time;
    if (layer.half_life > 0) object["half_life"] = layer.half_life;
    object["sources"] = Json::array();
    for (const SourceFile& source : layer.sources)
        object["sources"].push_back({{"path", source.path}, {"sha256", source.sha256}});
    return object;
}

Json to_json(const Attributes& attributes) {
    Json object = Json::object();
    for (const auto& [name, value] : attributes)
        std::visit([&, &key = name](const auto& held) { object[key] = held; }, value);
    return object;
}

void add_facts(RunReport& report, const Store& store, bool verified) {
    report["store"] = store.path().string();
    report["schema"] = 1;
    report["written_by"] = store.version();
    report["created"] = store.created();
    report["accounts"] = store.accounts()->size();
    report["ids"] = store.accounts()->numeric() ? "numeric" : "handles";
    add_naming(report, store.accounts()->naming());
    report["columns"] = store.column_names();
    report["layers"] = Json::array();
    for (const LayerInfo& layer : store.layers()) report["layers"].push_back(to_json(layer));
    report["results"] = Json::array();
    for (const std::string& name : store.result_names())
        report["results"].push_back({{"name", name}, {"attributes", to_json(store.result_attributes(name))}});
    if (verified) report["verified"] = true;
}

std::string date(double unix_seconds) {
    const auto seconds = static_cast<std::time_t>(std::floor(unix_seconds));
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string described(const LayerInfo& layer) {
    std::string text =
        fmt::format("\nlayer {} ({}{}{})\n", layer.name, layer.kind == layer.name ? "" : layer.kind + ", ",
                    layer.directed ? "directed" : "undirected", layer.weighted ? ", weighted" : "");
    text += fmt::format("  edges       {}\n", with_separators(distinct_edges(layer)));
    text += fmt::format("  rows        {} = {} kept + {} merged + {} self-loops + {} rejected\n",
                        with_separators(layer.rows), with_separators(layer.kept), with_separators(layer.merged),
                        with_separators(layer.self_loops), with_separators(layer.rejected));
    if (layer.first_time && layer.last_time)
        text += fmt::format("  time        {} to {} UTC\n", date(*layer.first_time), date(*layer.last_time));
    if (layer.half_life > 0) text += fmt::format("  half-life   {}\n", in_time(layer.half_life));
    for (const SourceFile& source : layer.sources)
        text += fmt::format("  source      {} (sha256 {})\n", source.path, source.sha256.substr(0, 12));
    return text;
}

std::string described(const AttributeValue& value) {
    if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "yes" : "no";
    return std::visit([](const auto& held) { return fmt::format("{}", held); }, value);
}

void tell(const Store& store, bool verified) {
    const auto& accounts = *store.accounts();
    std::string text = fmt::format("{}\n", store.path().string());
    text += fmt::format("  created     {} by coterie {} (schema 1)\n", store.created(), store.version());
    text += fmt::format("  accounts    {} ({})\n", with_separators(accounts.size()),
                        described(accounts.naming(), accounts.numeric()));
    if (const auto columns = store.column_names(); !columns.empty())
        text += fmt::format("  columns     {}\n", fmt::join(columns, ", "));
    for (const LayerInfo& layer : store.layers()) text += described(layer);
    for (const std::string& name : store.result_names()) {
        text += fmt::format("\nresult {}\n", name);
        for (const auto& [key, value] : store.result_attributes(name))
            text += fmt::format("  {:<11} {}\n", key, described(value));
    }
    if (verified) text += "\nverified: all checksums agree, every layer is a sound graph\n";
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        throw IoError("standard output: must take the answer, but writing failed");
}

void run_info(const Arguments& arguments) {
    ProgressDisplay display(arguments.run.progress);
    RunReport report("info", display);
    const Store store = report.step("open", [&] { return Store::open(arguments.store); });
    if (arguments.verify)
        report.step("verify", [&] {
            for (const LayerInfo& layer : store.layers()) {
                display.within(layer.name);
                store.verify(layer.name, arguments.run.threads, &display);
            }
            display.within("");
            (void)store.columns();
            for (const std::string& name : store.result_names()) (void)store.result(name);
        });
    if (!arguments.run.json) {
        tell(store, arguments.verify);
        return;
    }
    add_facts(report, store, arguments.verify);
    print_json(report.json());
}

}  // namespace

void add_info(CLI::App& app) {
    CLI::App* command = app.add_subcommand("info", "Show what is in a store");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("store", arguments->store, "The store")->required()->type_name("STORE");
    command->add_flag("--verify", arguments->verify,
                      "Read all of it: checksums, and that every layer is a sound graph");
    add_run_options(*command, arguments->run);
    command->callback([arguments] { run_info(*arguments); });
}

}  // namespace coterie::cli
