#include "cli/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <utility>

#include "cli/text_numbers.hpp"
#include "io/text_table.hpp"

namespace coterie::cli {

namespace {

constexpr std::size_t max_communities = 12;
constexpr std::size_t leaders_in_name = 3;
constexpr std::size_t max_name_width = 32;
constexpr std::size_t max_leaders_width = 60;

/// How the edges of a layer are spoken of.
struct Wording {
    std::string edge;     ///< what one edge says
    std::string in;       ///< head of the column of in-degrees
    std::string out;      ///< of out-degrees
    std::string most_in;  ///< who has the most in-edges
    std::string by;       ///< in words: 12 `by`
};

Wording wording(const LayerInfo& layer) {
    if (!layer.directed) return {"two accounts are tied", "ties", "ties", "most ties", "ties"};
    if (layer.kind == "follow")
        return {"one account follows another", "followers", "follows", "most followed", "followers"};
    if (layer.kind == "mention")
        return {"one account mentions another", "mentioned by", "mentions", "most mentioned", "accounts mention it"};
    if (layer.kind == "reply")
        return {"one account replies to another", "replied by", "replies to", "most replied to",
                "accounts reply to it"};
    if (layer.kind == "retweet")
        return {"one account retweets another", "retweeted by", "retweets", "most retweeted", "accounts retweet it"};
    if (layer.kind == "quote")
        return {"one account quotes another", "quoted by", "quotes", "most quoted", "accounts quote it"};
    return {"one account points to another", "in", "out", "most pointed to", "accounts point to it"};
}

/// Share of the sum of `values` that the largest hundredth of them holds, at least one.
double share_of_top_percent(std::vector<double> values) {
    if (values.empty()) return 0.0;
    std::sort(values.begin(), values.end(), std::greater<>());
    const std::size_t top = (values.size() + 99) / 100;
    double all = 0.0;
    double held = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        all += values[i];
        if (i < top) held += values[i];
    }
    return all > 0.0 ? held / all : 0.0;
}

std::string modularity_in_words(double modularity) {
    if (modularity < 0.1) return "hardly apart";
    if (modularity < 0.3) return "weakly apart";
    return modularity < 0.6 ? "clearly apart" : "strongly apart";
}

std::string line(const std::string& label, const std::string& text) {
    return fmt::format("  {:<13}  {}\n", label, text);
}

/// The files that the layer was read from, without their folders.
std::string origin(const LayerInfo& layer) {
    std::string names;
    for (const SourceFile& source : layer.sources) {
        names += names.empty() ? ", read from " : ", ";
        names +=
            source.path == "-" ? "standard input" : printable(std::filesystem::path(source.path).filename().string());
    }
    return names;
}

std::string network_lines(const LayerScores& scores, const AccountNames& names) {
    const LayerInfo& layer = scores.layer;
    const Wording words = wording(layer);
    const std::size_t n = scores.pagerank.ranks.size();
    const EdgeOffset edges = layer.directed ? layer.num_edges : layer.kept;
    const double average = n == 0 ? 0.0 : static_cast<double>(layer.num_edges) / static_cast<double>(n);
    std::string text = line("Accounts", with_separators(n));
    text += line("Edges", fmt::format("{}; an edge: {}", with_separators(edges), words.edge));
    text += line("Input",
                 fmt::format("{} rows = {} kept + {} repeated + {} to oneself + {} rejected",
                             with_separators(layer.rows), with_separators(layer.kept), with_separators(layer.merged),
                             with_separators(layer.self_loops), with_separators(layer.rejected)));
    if (n == 0) return text;

    const auto& in_degree = scores.degrees.in_degree;
    AccountId most = scores.order.front();
    for (const AccountId account : scores.order)
        if (in_degree[account] > in_degree[most]) most = account;
    text += line("Attention", fmt::format("{:.1f} edges an account; {}: {}, {} {}", average, words.most_in,
                                          shortened(printable(names(most)), max_name_width),
                                          with_separators(in_degree[most]), words.by));
    text += line("Concentration", fmt::format("the top 1 % of the accounts hold {} of all PageRank",
                                              in_percent(share_of_top_percent(scores.pagerank.ranks))));
    if (layer.directed)
        text += line("Returned", fmt::format("{} of the edges go both ways", in_percent(scores.degrees.reciprocity)));
    const AccountId largest = scores.components.sizes.front();
    const std::size_t parts = scores.components.sizes.size();
    text +=
        line("In one piece", parts == 1 ? std::string("all accounts are connected to each other")
                                        : fmt::format("{} of the accounts are connected to each other; {} parts in all",
                                                      in_percent(static_cast<double>(largest) / static_cast<double>(n)),
                                                      with_separators(parts)));
    const auto& cores = scores.cores.cores;
    text += line("Inner circle", fmt::format("{} accounts with at least {} ties among themselves",
                                             with_separators(static_cast<std::uint64_t>(
                                                 std::count(cores.begin(), cores.end(), scores.cores.degeneracy))),
                                             with_separators(scores.cores.degeneracy)));
    const CommunityQuality& quality = scores.communities.quality;
    text += line("Communities", fmt::format("{}, {} (modularity {:.2f}); {} of the edges stay inside one",
                                            with_separators(scores.communities.num_communities),
                                            modularity_in_words(quality.modularity), quality.modularity,
                                            in_percent(quality.coverage)));
    const BetweennessResult& between = scores.betweenness;
    text += line("Bridges", fmt::format("the top 1 % of the accounts hold {} of all betweenness ({})",
                                        in_percent(share_of_top_percent(between.values)),
                                        between.exact ? std::string("exact")
                                                      : fmt::format("estimated from {} of the accounts",
                                                                    with_separators(between.sources.size()))));
    return text;
}

std::string top_table(const Store& store, const LayerScores& scores, const AccountNames& names,
                      std::span<const AccountId> order, std::size_t top) {
    using Align = TextTable::Align;
    const Wording words = wording(scores.layer);
    std::vector<TextTable::Column> columns{{"#"}, {"account", Align::left, max_name_width}};
    if (names.joined()) columns.push_back({"name", Align::left, max_name_width});
    columns.insert(columns.end(), {{"PageRank"}, {"percentile"}, {words.in}});
    if (scores.layer.directed) columns.push_back({words.out});
    columns.insert(columns.end(), {{"betweenness"}, {"core"}, {"community"}});

    TextTable table(std::move(columns));
    for (std::size_t i = 0; i < std::min(top, order.size()); ++i) {
        const AccountId account = order[i];
        std::vector<std::string> cells{with_separators(i + 1), store.accounts()->text(account)};
        if (names.joined()) cells.push_back(names.column().values[account]);
        cells.push_back(fmt::format("{:.3f} %", 100.0 * scores.pagerank.ranks[account]));
        cells.push_back(fmt::format("{:.2f}", scores.percentiles[account]));
        cells.push_back(with_separators(scores.degrees.in_degree[account]));
        if (scores.layer.directed) cells.push_back(with_separators(scores.degrees.out_degree[account]));
        cells.push_back(in_short(std::round(scores.betweenness.values[account])));
        cells.push_back(with_separators(scores.cores.cores[account]));
        cells.push_back(fmt::format("{} ({})", scores.communities.labels[account],
                                    fmt::format("no. {}", with_separators(scores.community_places[account]))));
        table.add(std::move(cells));
    }
    return table.text("  ");
}

std::string community_table(const LayerScores& scores, const AccountNames& names) {
    using Align = TextTable::Align;
    TextTable table({{"id"},
                     {"accounts"},
                     {"share"},
                     {"density"},
                     {"conductance"},
                     {"returned"},
                     {"leading accounts", Align::left, max_leaders_width}});
    const std::size_t shown = std::min(max_communities, scores.profiles.size());
    for (std::size_t i = 0; i < shown; ++i) {
        const CommunityProfile& profile = scores.profiles[i];
        table.add({std::to_string(i), with_separators(profile.size), in_percent(profile.share),
                   fmt::format("{:.4f}", profile.internal_density), fmt::format("{:.3f}", profile.conductance),
                   in_percent(profile.reciprocity), community_name(profile, names)});
    }
    std::string text = table.text("  ");
    if (shown < scores.profiles.size()) {
        AccountId accounts = 0;
        for (std::size_t i = shown; i < scores.profiles.size(); ++i) accounts += scores.profiles[i].size;
        text += fmt::format("  and {} smaller ones with {} accounts in all\n",
                            with_separators(scores.profiles.size() - shown), with_separators(accounts));
    }
    return text;
}

std::string explanations(const LayerScores& scores) {
    std::string text = "What the words mean\n";
    text += line("PageRank", "how often you are at the account if you follow edges at random, forever");
    text += line("percentile", "how many percent of the other accounts have a lower PageRank");
    text += line("betweenness", "how many shortest paths between two others lead through the account: a go-between");
    text += line("core", "how deep in the dense middle: k means a circle where everyone has k ties or more");
    text += line("community", "accounts with more edges among each other than to others; 0 is the largest");
    text += line("no. 3", "third in its community by PageRank");
    text += line("density", "edges inside, as a share of all that could be there");
    text += line("conductance", "how much of the community's edges leave it: 0 none, 1 all");
    text += line("returned", "edges that go both ways");
    text += line("modularity", "more edges inside communities than chance would put there: 0 none, 1 all");
    if (scores.layer.weighted)
        text += "  PageRank and communities weigh an edge by its events; paths of betweenness are counted in hops.\n";
    return text;
}

}  // namespace

AccountNames::AccountNames(const Store& store) : accounts_(store.accounts()) {
    const std::vector<AccountColumn> columns = store.columns();
    const auto called = std::ranges::find(columns, "name", &AccountColumn::name);
    const auto found =
        called != columns.end()
            ? called
            : std::ranges::find_if(columns, [](const AccountColumn& column) { return column.name.ends_with("name"); });
    if (found != columns.end()) column_ = *found;
}

std::string AccountNames::operator()(AccountId account) const {
    const bool named = joined() && !column_.values[account].empty();
    return named ? column_.values[account] : accounts_->text(account);
}

std::string community_name(const CommunityProfile& profile, const AccountNames& names) {
    std::string name;
    for (std::size_t i = 0; i < std::min(leaders_in_name, profile.leaders.size()); ++i)
        name += (i == 0 ? "" : ", ") + names(profile.leaders[i]);
    return name;
}

std::string layer_summary(const Store& store, const LayerScores& scores, const AccountNames& names,
                          std::span<const AccountId> order, const std::string& order_column, std::size_t top) {
    std::string text = fmt::format("The network: layer {}{}\n", scores.layer.name, origin(scores.layer));
    text += network_lines(scores, names);
    if (order.empty()) return text;
    text += fmt::format("\nThe top {} of {} accounts by {}\n", std::min(top, order.size()),
                        with_separators(order.size()), order_column);
    text += top_table(store, scores, names, order, top);
    text += "\nThe communities, largest first\n";
    text += community_table(scores, names);
    text += "\n" + explanations(scores);
    return text;
}

}  // namespace coterie::cli
