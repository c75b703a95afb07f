#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/run_report.hpp"
#include "cli/text_numbers.hpp"
#include "host/errors.hpp"
#include "host/generate.hpp"
#include "host/planted.hpp"
#include "io/result_table.hpp"
#include "io/temporary_file.hpp"
#include "io/text_rows.hpp"

namespace coterie::cli {

namespace {

// ---- edge lists

struct EdgesOptions {
    RunOptions run;
    std::string output = "-";
    std::string format = "text";
    std::uint64_t seed = 1;
    int scale = 16;
    int degree = 16;
    AccountId accounts = 0;
    EdgeOffset edges = 0;
};

char* append_number(char* place, std::uint64_t number) {
    constexpr int most_digits = 20;
    return std::to_chars(place, place + most_digits, number).ptr;
}

/// Appends "source<separator>target\n" for rows [begin, end).
template <class Edges>
void append_edges(std::string& text, const Edges& edges, char separator, EdgeOffset begin, EdgeOffset end) {
    constexpr std::size_t longest_row = 2 * 10 + 2;
    std::vector<AccountId> sources(end - begin);
    std::vector<AccountId> targets(end - begin);
    edges.rows(begin, sources, targets);
    text.resize(sources.size() * longest_row);
    char* place = text.data();
    for (std::size_t i = 0; i < sources.size(); ++i) {
        place = append_number(place, sources[i]);
        *place++ = separator;
        place = append_number(place, targets[i]);
        *place++ = '\n';
    }
    text.resize(static_cast<std::size_t>(place - text.data()));
}

/// Appends the records of rows [begin, end), as ingest reads them.
template <class Number, class Edges>
void append_records(std::string& bytes, const Edges& edges, EdgeOffset begin, EdgeOffset end) {
    static_assert(std::endian::native == std::endian::little);
    std::vector<AccountId> sources(end - begin);
    std::vector<AccountId> targets(end - begin);
    edges.rows(begin, sources, targets);
    std::vector<Number> ends;
    ends.reserve(2 * sources.size());
    for (std::size_t i = 0; i < sources.size(); ++i) {
        ends.push_back(sources[i]);
        ends.push_back(targets[i]);
    }
    bytes.append(reinterpret_cast<const char*>(ends.data()), ends.size() * sizeof(Number));
}

template <class Edges>
void write_edges(const EdgesOptions& options, const std::string& model, const Edges& edges) {
    if (options.run.json && options.output == "-")
        throw std::invalid_argument(
            "generate: --json takes standard output, where the edges would go; name a file with -o");
    require_writable(options.output);
    ProgressDisplay progress(options.run.progress);
    RunReport report("generate " + model, progress);
    const bool csv = options.format == "csv";
    TextRows rows;
    rows.head = csv ? "source,target\n" : "";
    rows.count = edges.num_rows();
    rows.append = [&](std::string& text, EdgeOffset begin, EdgeOffset end) {
        if (options.format == "binary32") {
            append_records<std::uint32_t>(text, edges, begin, end);
        } else if (options.format == "binary64") {
            append_records<std::uint64_t>(text, edges, begin, end);
        } else {
            append_edges(text, edges, csv ? ',' : ' ', begin, end);
        }
    };
    report.step("write", [&] { write_text_rows(options.output, rows, thread_count(options.run), &progress); });
    const std::string done = fmt::format("{} rows over {} accounts", with_separators(edges.num_rows()),
                                         with_separators(edges.num_accounts()));
    if (!options.run.json) return progress.say(fmt::format("{}: {} -> {}", model, done, options.output));
    report["model"] = model;
    report["accounts"] = edges.num_accounts();
    report["rows"] = edges.num_rows();
    report["seed"] = options.seed;
    report["output"] = options.output;
    print_json(report.json());
}

void add_edges_options(CLI::App& command, EdgesOptions& options) {
    command.add_option("-o,--output", options.output, "File to write; -: standard output")->capture_default_str();
    command
        .add_option(
            "--format", options.format,
            "text: two numbers a line, separated by a space; csv: a header source,target, then commas; binary32, "
            "binary64: records of two numbers, as ingest reads them")
        ->check(CLI::IsMember({"text", "csv", "binary32", "binary64"}))
        ->capture_default_str();
    add_seed_option(command, options.seed, "the edges and of the accounts' names");
    add_run_options(command, options.run);
}

void add_kronecker(CLI::App& generate) {
    auto* command = generate.add_subcommand(
        "kronecker",
        "Edges of a Kronecker (R-MAT) graph with Graph500's parameters: few hubs, many with hardly an edge");
    const auto options = std::make_shared<EdgesOptions>();
    command->add_option("--scale", options->scale, "2^scale accounts")->check(CLI::Range(1, 31))->capture_default_str();
    command->add_option("--degree", options->degree, "Rows per account, on average")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    add_edges_options(*command, *options);
    command->footer("Rows are drawn with repeats and self-loops, which `coterie ingest` merges and drops.");
    command->callback([options] {
        write_edges(*options, "kronecker", KroneckerEdges(options->scale, options->degree, options->seed));
    });
}

void add_uniform(CLI::App& generate) {
    auto* command = generate.add_subcommand("uniform", "Edges between accounts drawn with equal chance (Erdős–Rényi)");
    const auto options = std::make_shared<EdgesOptions>();
    command->add_option("--accounts", options->accounts, "Number of accounts")->required()->check(CLI::PositiveNumber);
    command->add_option("--edges", options->edges, "Number of rows")->required()->check(CLI::NonNegativeNumber);
    add_edges_options(*command, *options);
    command->footer("Rows are drawn with repeats and self-loops, which `coterie ingest` merges and drops.");
    command->callback([options] {
        write_edges(*options, "uniform", UniformEdges(options->accounts, options->edges, options->seed));
    });
}

// ---- planted networks

struct PlantedCommandOptions {
    RunOptions run;
    std::filesystem::path folder;
    PlantedOptions network;
};

using RowFormatter = std::function<std::string(std::uint64_t row)>;

void write_csv(const std::filesystem::path& path, const std::string& head, std::uint64_t count, const RowFormatter& row,
               int threads, Progress& progress) {
    TextRows rows;
    rows.head = head + "\n";
    rows.count = count;
    rows.append = [&](std::string& text, std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t i = begin; i < end; ++i) text += row(i);
    };
    write_text_rows(path, rows, threads, &progress);
}

std::string name_of_account(const PlantedNetwork& network, const PlantedOptions& options, AccountId account) {
    const AccountId community = network.community[account];
    const AccountId place = network.place[account];
    switch (network.role[account]) {
        case PlantedRole::leader:
            return fmt::format("leader {} of community {}", place + 1, community);
        case PlantedRole::mediator:
            return fmt::format("mediator {} of community {}", place + 1 - options.leaders, community);
        case PlantedRole::member:
            break;
    }
    return fmt::format("member {} of community {}", place + 1 - options.leaders - options.mediators, community);
}

/// What was planted: options, and by community its size, leaders (the greatest first) and mediators.
Json truth_of(const PlantedNetwork& network, const PlantedOptions& options) {
    std::vector<AccountId> sizes(options.num_communities, 0);
    std::vector<std::vector<AccountId>> leaders(options.num_communities, std::vector<AccountId>(options.leaders));
    std::vector<std::vector<AccountId>> mediators(options.num_communities, std::vector<AccountId>(options.mediators));
    for (AccountId account = 0; account < options.num_accounts; ++account) {
        const AccountId community = network.community[account];
        const AccountId place = network.place[account];
        ++sizes[community];
        if (network.role[account] == PlantedRole::leader) leaders[community][place] = account;
        if (network.role[account] == PlantedRole::mediator) mediators[community][place - options.leaders] = account;
    }
    Json truth;
    truth["generator"] = "coterie generate planted";
    truth["version"] = COTERIE_VERSION;
    truth["options"] = {{"accounts", options.num_accounts}, {"communities", options.num_communities},
                        {"mixing", options.mixing},         {"follows", options.mean_follows},
                        {"leaders", options.leaders},       {"mediators", options.mediators},
                        {"mentions", options.num_mentions}, {"start", options.first_time},
                        {"duration", options.duration},     {"seed", options.seed}};
    truth["follow_rows"] = network.follows.sources.size();
    truth["mention_rows"] = network.mentions.sources.size();
    truth["communities"] = Json::array();
    for (AccountId c = 0; c < options.num_communities; ++c)
        truth["communities"].push_back(
            {{"group", c}, {"size", sizes[c]}, {"leaders", leaders[c]}, {"mediators", mediators[c]}});
    return truth;
}

void make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) throw IoError(fmt::format("{}: making the folder failed: {}", folder.string(), error.message()));
}

void write_planted(PlantedCommandOptions options) {
    const std::filesystem::path& folder = options.folder;
    const int threads = thread_count(options.run);
    options.network.threads = threads;
    ProgressDisplay progress(options.run.progress);
    RunReport report("generate planted", progress);
    const PlantedNetwork network = report.step("plant", [&] { return planted_network(options.network); });
    const auto& [follows, mentions, communities, roles, places] = network;

    report.step("write", [&] {
        make_folder(folder);
        write_csv(
            folder / "follow.csv", "source,target", follows.sources.size(),
            [&](std::uint64_t i) { return fmt::format("{},{}\n", follows.sources[i], follows.targets[i]); }, threads,
            progress);
        write_csv(
            folder / "mentions.csv", "source,target,time,kind", mentions.sources.size(),
            [&](std::uint64_t i) {
                return fmt::format("{},{},{},{}\n", mentions.sources[i], mentions.targets[i], mentions.times[i],
                                   name_of(mentions.kinds[i]));
            },
            threads, progress);
        write_csv(
            folder / "accounts.csv", "id,name,group,role", communities.size(),
            [&](std::uint64_t i) {
                const auto account = static_cast<AccountId>(i);
                return fmt::format("{},{},{},{}\n", account, name_of_account(network, options.network, account),
                                   communities[account], name_of(roles[account]));
            },
            threads, progress);
        constexpr int indent = 1;
        write_file(folder / "truth.json", truth_of(network, options.network).dump(indent) + "\n");
    });

    if (!options.run.json)
        return progress.say(fmt::format(
            "planted: {} accounts in {} communities, {} follow rows, {} mentions -> {}",
            with_separators(options.network.num_accounts), with_separators(options.network.num_communities),
            with_separators(follows.sources.size()), with_separators(mentions.sources.size()), folder.string()));
    report["model"] = "planted";
    report["accounts"] = options.network.num_accounts;
    report["communities"] = options.network.num_communities;
    report["follow_rows"] = follows.sources.size();
    report["mention_rows"] = mentions.sources.size();
    report["seed"] = options.network.seed;
    report["output"] = folder.string();
    print_json(report.json());
}

void add_planted(CLI::App& generate) {
    auto* command = generate.add_subcommand(
        "planted",
        "A network with known answers: communities, their leaders, mediators between them, and a mention stream");
    const auto options = std::make_shared<PlantedCommandOptions>();
    PlantedOptions& network = options->network;
    command->add_option("-o,--output", options->folder, "Folder to write into; made if it is not there")->required();
    command->add_option("--accounts", network.num_accounts, "Number of accounts")->capture_default_str();
    command->add_option("--communities", network.num_communities, "Number of communities, of falling size")
        ->capture_default_str();
    command->add_option("--mixing", network.mixing, "Share of the follows that leave the follower's community, 0 to 1")
        ->capture_default_str();
    command->add_option("--follows", network.mean_follows, "Follows per account, on average")->capture_default_str();
    command->add_option("--leaders", network.leaders, "Leaders of each community")->capture_default_str();
    command->add_option("--mediators", network.mediators, "Mediators of each community")->capture_default_str();
    command->add_option("--mentions", network.num_mentions, "Number of mentions, replies and retweets")
        ->capture_default_str();
    command->add_option("--start", network.first_time, "Time of the first mention, in Unix seconds")
        ->capture_default_str();
    command->add_option("--duration", network.duration, "Seconds that the mentions span")->capture_default_str();
    add_seed_option(*command, network.seed, "everything that is drawn");
    add_run_options(*command, options->run);
    command->footer(
        "Writes follow.csv (source,target), mentions.csv (source,target,time,kind), accounts.csv (id,name,group,role) "
        "and\n"
        "truth.json (options; size, leaders and mediators of every community). Then, for instance:\n"
        "  coterie ingest --follow DIR/follow.csv --mention DIR/mentions.csv --accounts DIR/accounts.csv -o "
        "network.h5");
    command->callback([options] { write_planted(*options); });
}

}  // namespace

void add_generate(CLI::App& app) {
    auto* generate = app.add_subcommand("generate", "Make a network: same options, same version, same bytes");
    generate->require_subcommand(1);
    add_kronecker(*generate);
    add_uniform(*generate);
    add_planted(*generate);
}

}  // namespace coterie::cli
