#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <utility>

#include "cli/commands.hpp"
#include "cli/device_options.hpp"
#include "cli/layer_run.hpp"
#include "cli/layer_scores.hpp"
#include "cli/options.hpp"
#include "cli/summary.hpp"
#include "cli/text_numbers.hpp"
#include "host/ranking.hpp"
#include "io/sha256.hpp"
#include "io/temporary_file.hpp"

namespace coterie::cli {

namespace {

namespace fs = std::filesystem;

struct Options {
    std::string store;
    bool no_verify = false;
    bool no_save = false;
    std::string folder;
    std::vector<std::string> layers;
    std::string backend = "auto";
    DeviceOptions device;
    std::string order_by = "pagerank";
    std::string direction = "either";
    std::size_t top = 20;
    ScoreSettings score;
    RunOptions run;
};

constexpr std::array score_algorithms{"degrees", "components", "cores", "pagerank", "communities", "betweenness"};

/// The column that orders the ranking: of one layer.
struct Order {
    std::size_t layer = 0;
    std::string column;
};

/// Throws unless `folder` can be filled later: before hours of work, not after them.
void require_folder(const fs::path& folder) {
    if (fs::exists(folder)) return require_writable(folder / "manifest.json");
    fs::path parent = fs::absolute(folder).lexically_normal();
    while (!fs::exists(parent)) parent = parent.parent_path();
    require_writable(parent / "manifest.json");
}

std::vector<LayerInfo> chosen_layers(const Store& store, const std::vector<std::string>& names) {
    if (names.empty()) return store.layers();
    std::vector<LayerInfo> layers;
    for (const std::string& name : names) layers.push_back(store.layer(name));
    return layers;
}

/// Splits `[LAYER.]COLUMN`. Without a layer it is follow if that is there, else the first.
Order parse_order(const std::string& text, const std::vector<LayerInfo>& layers) {
    Order order{.layer = 0, .column = text};
    for (std::size_t i = 0; i < layers.size(); ++i)
        if (layers[i].name == "follow") order.layer = i;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const std::string prefix = layers[i].name + ".";
        if (text.starts_with(prefix)) order = {.layer = i, .column = text.substr(prefix.size())};
    }
    constexpr std::array columns{"pagerank",    "betweenness",  "in_degree", "out_degree",
                                 "in_strength", "out_strength", "core"};
    if (std::ranges::find(columns, order.column) == columns.end())
        throw std::invalid_argument(fmt::format("--order-by: must be [LAYER.]COLUMN with one of the columns {}, got {}",
                                                fmt::join(columns, ", "), text));
    return order;
}

std::vector<double> order_values(const LayerScores& scores, const std::string& name) {
    for (const TableColumn& column : score_columns(scores, "")) {
        if (column.name != name) continue;
        if (const auto* numbers = std::get_if<std::span<const double>>(&column.cells))
            return {numbers->begin(), numbers->end()};
        const auto counts = std::get<std::span<const std::uint32_t>>(column.cells);
        return {counts.begin(), counts.end()};
    }
    throw std::invalid_argument("--order-by: there is no column " + name);
}

std::string communities_csv(const std::vector<LayerScores>& all, const AccountNames& names, const Accounts& accounts) {
    const bool several = all.size() > 1;
    std::string text = several ? "layer," : "";
    text += "community,name,size,share,internal_density,conductance,reciprocity,leaders\n";
    for (const LayerScores& scores : all) {
        for (std::size_t i = 0; i < scores.profiles.size(); ++i) {
            const CommunityProfile& profile = scores.profiles[i];
            std::string leaders;
            for (const AccountId leader : profile.leaders) {
                if (!leaders.empty()) leaders += ';';
                leaders += accounts.text(leader);
            }
            if (several) text += csv_cell(scores.layer.name) + ",";
            text += fmt::format("{},{},{},{},{},{},{},{}\n", i, csv_cell(community_name(profile, names)), profile.size,
                                profile.share, profile.internal_density, profile.conductance, profile.reciprocity,
                                csv_cell(leaders));
        }
    }
    return text;
}

void write_ranking(const fs::path& path, const Store& store, const std::vector<LayerScores>& all,
                   const AccountNames& names, std::span<const AccountId> order, int threads, Progress& progress) {
    ResultTable table{store.accounts(), order, {{"position", RowPosition{}}, {"account", AccountItself{}}}};
    if (names.joined()) table.columns.push_back({"name", std::span<const std::string>(names.column().values)});
    for (const LayerScores& scores : all)
        for (TableColumn& column : score_columns(scores, all.size() > 1 ? scores.layer.name + "." : ""))
            table.columns.push_back(std::move(column));
    write_table(path, TableFormat::csv, table, threads, &progress);
}

Json file_entry(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    Sha256 digest;
    std::vector<char> buffer(1U << 20U);
    while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0)
        digest.add(buffer.data(), static_cast<std::size_t>(file.gcount()));
    return {{"path", path.filename().string()}, {"bytes", fs::file_size(path)}, {"sha256", digest.hexadecimal()}};
}

Json layer_entry(const LayerScores& scores) {
    Json sources = Json::array();
    for (const SourceFile& source : scores.layer.sources)
        sources.push_back({{"path", source.path}, {"sha256", source.sha256}});
    Json entry{{"name", scores.layer.name},
               {"kind", scores.layer.kind},
               {"edges", scores.layer.num_edges},
               {"data_checksum", scores.data_checksum},
               {"inputs", std::move(sources)},
               {"pagerank",
                {{"iterations", scores.pagerank.iterations},
                 {"residual", scores.pagerank.residual},
                 {"converged", scores.pagerank.converged}}},
               {"communities",
                {{"count", scores.communities.num_communities},
                 {"rounds", scores.communities.rounds},
                 {"converged", scores.communities.converged},
                 {"modularity", scores.communities.quality.modularity},
                 {"coverage", scores.communities.quality.coverage}}},
               {"betweenness", {{"sources", scores.betweenness.sources.size()}, {"exact", scores.betweenness.exact}}}};
    if (!scores.reused.empty()) entry["reused"] = scores.reused;
    if (!scores.device_use.is_null()) entry["device_use"] = scores.device_use;
    return entry;
}

void warn_if_unsettled(const LayerScores& scores, ProgressDisplay& progress) {
    if (!scores.pagerank.converged)
        progress.say(fmt::format("warning: {}: pagerank did not converge in {} iterations (change {:.3g})",
                                 scores.layer.name, scores.pagerank.iterations, scores.pagerank.residual));
    for (const std::string& failure : scores.gpu_failures) progress.say("warning: " + failure);
    if (!scores.communities.converged)
        progress.say(fmt::format("warning: {}: communities did not settle in {} rounds", scores.layer.name,
                                 scores.communities.rounds));
}

ScoreBackends score_backends(const Options& options, const Machine& machine, const Store& store, const LayerInfo& layer,
                             const ScoreSettings& settings) {
    ScoreBackends backends;
    const bool weigh = options.backend == "auto" && machine.why_no_gpu.empty();
    const auto plans = weigh ? score_device_plans(store, layer, settings, options.device.devices)
                             : std::map<std::string, std::vector<DevicePlan>>{};
    for (const char* name : score_algorithms)
        backends[name] = chosen_backend(options.backend, machine, [&] { return plans.at(name); });
    return backends;
}

/// One backend for all layers, cuda if it computes any of it; with the reason if that is the same for all.
ChosenBackend of_the_whole(const std::vector<ScoreBackends>& layers) {
    ChosenBackend whole = layers.front().begin()->second;
    for (const ScoreBackends& backends : layers)
        for (const auto& [name, chosen] : backends) {
            if (chosen.backend == Backend::cuda) whole.backend = Backend::cuda;
            if (chosen.reason != whole.reason)
                whole.reason = "each algorithm where it suits it, see backends of layers";
        }
    return whole;
}

Json backends_entry(const ScoreBackends& backends) {
    Json entry;
    for (const char* name : score_algorithms)
        entry[name] = {{"backend", name_of(backends.at(name).backend)}, {"reason", backends.at(name).reason}};
    return entry;
}

void say_where(const LayerInfo& layer, const ScoreBackends& backends, ProgressDisplay& progress) {
    for (const char* name : score_algorithms)
        progress.say(fmt::format("{}: {} on {} (chosen since {})", layer.name, name, name_of(backends.at(name).backend),
                                 backends.at(name).reason));
}

void run_score(const Options& options) {
    ProgressDisplay progress(options.run.progress);
    RunReport report("score", progress);
    if (!options.score.sources.empty()) parse_sources(options.score.sources);  // wrong options are told at once
    require_folder(options.folder);
    report.trace_to(options.device.trace);
    const Store store = report.step("open", [&] { return Store::open(options.store); });
    if (!options.no_save) require_writable(options.store);
    const std::vector<LayerInfo> layers = chosen_layers(store, options.layers);
    if (layers.empty()) throw IoError(fmt::format("{}: must have a layer, and has none", options.store));
    const Order order_by = parse_order(options.order_by, layers);
    const int threads = thread_count(options.run);
    if (!options.no_verify)
        report.step("verify", [&] {
            for (const LayerInfo& layer : layers) store.verify(layer.name, threads, &progress);
        });

    ScoreSettings settings = options.score;
    settings.direction = options.direction == "mutual" ? Direction::mutual : Direction::either;
    const Machine machine = options.backend == "auto" ? machine_for(threads, options.device) : Machine{};
    std::vector<ScoreBackends> backends;
    for (const LayerInfo& layer : layers) backends.push_back(score_backends(options, machine, store, layer, settings));
    const ChosenBackend chosen = of_the_whole(backends);
    const bool each_its_own = chosen.automatic && machine.why_no_gpu.empty();
    report["arguments"] = command_line();
    report["options"] = {{"order_by", options.order_by},
                         {"damping", settings.damping},
                         {"sources", settings.sources.empty() ? "default" : settings.sources},
                         {"seed", settings.seed},
                         {"direction", options.direction}};
    report["store"] = options.store;
    report["accounts"] = store.accounts()->size();
    report["backend"] = name_of(chosen.backend);
    if (!chosen.reason.empty()) report["backend_reason"] = chosen.reason;
    report["threads"] = threads;
    const std::string device = device_of(chosen.backend);

    if (const std::string idle = without_meaning(chosen, machine, options.device); !idle.empty())
        progress.say(fmt::format("warning: {}", idle));

    std::vector<LayerScores> all;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const LayerInfo& layer = layers[i];
        if (each_its_own && !options.run.json) say_where(layer, backends[i], progress);
        all.push_back(score_layer(store, layer, settings, backends[i], threads, options.device, report, progress));
        report["layers"].push_back(layer_entry(all.back()));
        if (each_its_own) report["layers"].back()["backends"] = backends_entry(backends[i]);
        warn_if_unsettled(all.back(), progress);
        // Layer by layer, so that a crash loses no layer that is done.
        if (!options.no_save && all.back().reused.size() < score_algorithms.size())
            report.step("save", [&] { add_results(options.store, score_results(all.back(), settings), &progress); });
    }
    report["device"] = device;

    const AccountNames names(store);
    const std::vector<AccountId> order =
        ranking(store.graph(layers[order_by.layer].name), order_values(all[order_by.layer], order_by.column));
    const fs::path folder = options.folder;
    std::string summary;
    report.step("write", [&] {
        fs::create_directories(folder);
        fs::remove(folder / "manifest.json");  // it vouches for files that are now replaced
        write_ranking(folder / "ranking.csv", store, all, names, order, threads, progress);
        write_file(folder / "communities.csv", communities_csv(all, names, *store.accounts()));
        // Each layer's own best, by the same column.
        for (const LayerScores& scores : all) {
            const std::vector<AccountId> best =
                ranking(store.graph(scores.layer.name), order_values(scores, order_by.column));
            if (!summary.empty()) summary += "\n\n";
            summary += layer_summary(store, scores, names, best, order_by.column, options.top);
        }
        write_file(folder / "summary.txt", summary);
    });
    report.step("checksum", [&] {
        for (const char* name : {"ranking.csv", "communities.csv", "summary.txt"})
            report["outputs"].push_back(file_entry(folder / name));
    });
    const Json manifest = report.json();
    write_file(folder / "manifest.json", manifest.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");

    report.write_trace();
    if (options.run.json) return print_json(manifest);
    print_text(summary);
    progress.say(fmt::format("{} on {}{}; everything is in {}", name_of(chosen.backend), device,
                             chosen.reason.empty() ? "" : fmt::format(" ({})", chosen.reason), (folder / "").string()));
}

}  // namespace

void add_score(CLI::App& app) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("score", "Everything about a store: ranking, communities, summary");
    add_store_options(*command, options->store, options->no_verify);
    command
        ->add_option("-o,--output", options->folder,
                     "Folder for ranking.csv, communities.csv, summary.txt, manifest.json")
        ->required()
        ->type_name("DIR");
    command->add_option("--layer", options->layers, "Layers to score; by default all of them")->type_name("NAME");
    command
        ->add_option(
            "--order-by", options->order_by,
            "Column that orders the ranking, descending: pagerank, betweenness, in_degree, out_degree, in_strength, "
            "out_strength or core; of several layers as LAYER.COLUMN")
        ->type_name("COLUMN")
        ->capture_default_str();
    command
        ->add_option("--sources", options->score.sources,
                     "Sources of betweenness: all (exact) or how many to draw; by default all if n(n + m) <= 2e10, "
                     "else max(256, 2e10 / (n + m))")
        ->type_name("all|K");
    add_seed_option(*command, options->score.seed, "the draw of sources and of the communities' choices");
    command->add_option("--damping", options->score.damping, "PageRank's chance to go on along an edge, in [0, 1)")
        ->capture_default_str();
    command
        ->add_option("--direction", options->direction,
                     "Communities by edges in either direction, or by mutual ones only")
        ->check(CLI::IsMember({"either", "mutual"}))
        ->capture_default_str();
    command->add_option("--top", options->top, "Accounts in the summary")->capture_default_str();
    command->add_flag("--no-save", options->no_save, "Do not keep the results in the store");
    command->add_flag("--resume", options->score.resume,
                      "Take what the store holds of the same data, options and version, rather than compute it again");
    add_backend_option(*command, options->backend);
    add_device_options(*command, options->device);
    add_run_options(*command, options->run);
    command->callback([options] { run_score(*options); });
}

}  // namespace coterie::cli
