#include "io/formats/graph_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "io/fields.hpp"

namespace coterie {

namespace {

constexpr std::size_t shown_bytes = 80;
// Names that the store keeps for its own arrays beside the columns.
constexpr std::array<std::string_view, 3> taken_names{"ids", "handles", "by_id"};

}  // namespace

GraphRows::GraphRows(const GraphPlan& plan, GraphNodes& nodes, ThreadRows& into)
    : plan_(plan), nodes_(nodes), into_(into) {
    tally_.layers.resize(into.layers.size());
}

void GraphRows::add_node(std::string_view id, std::uint64_t line,
                         const std::vector<std::pair<std::string, std::string>>& attributes) {
    AccountsTable& table = nodes_.table;
    ++table.rows;
    const auto reject = [&](std::string reason) {
        table.rejects.push_back({line, std::move(reason), std::string(id)});
    };
    if (id.empty()) return reject("a node must have an id");
    std::string account(id);
    if (!plan_.id_name.empty()) {
        const auto found = std::find_if(attributes.begin(), attributes.end(),
                                        [&](const auto& attribute) { return attribute.first == plan_.id_name; });
        if (found == attributes.end() || found->second.empty())
            return reject(fmt::format("the node must have the attribute \"{}\", which names its account",
                                      printable(plan_.id_name, shown_bytes)));
        account = found->second;
    }
    const std::uint32_t number = ids_.number_of(id);
    if (number >= rows_.size()) rows_.resize(std::max<std::size_t>(number + 1, 2 * rows_.size()), undeclared);
    std::uint32_t& row = rows_[number];
    if (row != undeclared)
        return reject(fmt::format("a node must stand in the file once, but \"{}\" stands on line {} too",
                                  printable(id, shown_bytes), table.lines[row]));
    row = static_cast<std::uint32_t>(table.ids.size());
    table.ids.push_back(std::move(account));
    table.lines.push_back(line);
    for (auto& column : table.columns) column.emplace_back();
    for (const auto& [name, value] : attributes) {
        if (name == plan_.id_name) continue;
        auto found = columns_.find(name);
        if (found == columns_.end()) {
            found = columns_.emplace(name, table.columns.size()).first;
            const bool taken = std::find(taken_names.begin(), taken_names.end(), name) != taken_names.end();
            table.column_names.push_back(name.empty() ? "column" : taken ? name + "_column" : name);
            table.columns.emplace_back(table.ids.size());
        }
        table.columns[found->second].back() = value;
    }
}

std::uint32_t GraphRows::row_of(std::string_view node) {
    const std::uint32_t number = ids_.number_of(node);
    return number < rows_.size() ? rows_[number] : undeclared;
}

void GraphRows::add_edge(const GraphEdge& edge) {
    ++edges_;
    const std::uint32_t source = row_of(edge.source);
    const std::uint32_t target = row_of(edge.target);
    if (source != undeclared && target != undeclared) {
        add_row(edge, source, target);
    } else {
        waiting_.push_back({edge, std::string(edge.source), std::string(edge.target)});
    }
}

void GraphRows::reject_edge(std::uint64_t line, std::string reason, std::string_view text) {
    ++edges_;
    LayerTally& layer = tally_.layers[plan_.layer];
    ++layer.rows;
    ++layer.rejected;
    tally_.rejects.push_back({line, std::move(reason), std::string(text)});
}

/// The number of a node's account, 0 where accounts have handles. Says in `problem` why there is none.
std::uint64_t GraphRows::account(std::string_view node, std::uint32_t row, std::string& problem) {
    if (row == undeclared) {
        problem = fmt::format("the nodes of an edge must be declared, but \"{}\" is not", printable(node, shown_bytes));
        return 0;
    }
    if (plan_.ids == IdKind::handles) return 0;
    const std::string& text = nodes_.table.ids[row];
    const auto number = parse_id(text);
    if (!number)
        problem = fmt::format(
            "the account must be a whole number from 0 to 2^64 - 1, got \"{}\" (if accounts have "
            "names: --ids handles)",
            printable(text, shown_bytes));
    return number.value_or(0);
}

void GraphRows::add_row(const GraphEdge& edge, std::uint32_t source_row, std::uint32_t target_row) {
    std::string problem;
    std::uint64_t source = account(edge.source, source_row, problem);
    std::uint64_t target = problem.empty() ? account(edge.target, target_row, problem) : 0;
    if (source_row != undeclared && target_row != undeclared) {
        const bool numbers =
            looks_like_number(nodes_.table.ids[source_row]) && looks_like_number(nodes_.table.ids[target_row]);
        ++(numbers ? tally_.number_rows : tally_.word_rows);
    }
    if (problem.empty() && edge.directed && plan_.layer_undirected)
        problem = "an edge of an undirected layer must not be directed (the file says at its beginning that it is not)";
    if (!problem.empty()) {
        --edges_;  // reject_edge counts it again
        return reject_edge(edge.line, std::move(problem), fmt::format("{} {}", edge.source, edge.target));
    }
    if (plan_.ids == IdKind::handles) {
        source = into_.handles.number_of(nodes_.table.ids[source_row]);
        target = into_.handles.number_of(nodes_.table.ids[target_row]);
    }
    put(source, target, edge.weight);
    const bool both_ways = edge.reverse_too || (!edge.directed && !plan_.layer_undirected);
    if (both_ways && source != target) put(target, source, edge.weight);
}

void GraphRows::put(std::uint64_t source, std::uint64_t target, const std::optional<float>& weight) {
    ++tally_.layers[plan_.layer].rows;
    add_graph_row(into_.layers[plan_.layer], source, target,
                  plan_.weights ? std::optional(weight.value_or(1)) : std::nullopt);
}

void GraphRows::settle() {
    for (Waiting& waiting : waiting_) {
        waiting.edge.source = waiting.source;
        waiting.edge.target = waiting.target;
        add_row(waiting.edge, row_of(waiting.source), row_of(waiting.target));
    }
    waiting_.clear();
}

BlockTally GraphRows::take_tally() {
    // Rejects of edges that waited are found at the end, but stand on earlier lines.
    std::stable_sort(tally_.rejects.begin(), tally_.rejects.end(),
                     [](const Reject& a, const Reject& b) { return a.line < b.line; });
    BlockTally tally = std::move(tally_);
    tally_ = {};
    tally_.layers.resize(into_.layers.size());
    return tally;
}

}  // namespace coterie
