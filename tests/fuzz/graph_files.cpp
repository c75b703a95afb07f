#include <array>
#include <set>
#include <string>

#include "io/formats/graph_xml.hpp"
#include "io/formats/matrix_market.hpp"
#include "io/formats/metis.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/targets.hpp"

namespace coterie::fuzz {

namespace {

GraphPlan plan_by(Choices& choices) {
    GraphPlan plan;
    plan.path = "fuzz";
    plan.ids = choices.below(2) == 0 ? IdKind::numeric : IdKind::handles;
    plan.layer_undirected = choices.below(2) == 1;
    plan.weights = choices.below(2) == 1;
    plan.id_name = std::array{"", "name", "label"}[choices.below(3)];
    return plan;
}

void require_sound(const GraphNodes& nodes) {
    const AccountsTable& table = nodes.table;
    require(table.ids.size() + table.rejects.size() == table.rows, "every node is an account or rejected");
    require(table.lines.size() == table.ids.size(), "every node has a line");
    require(table.columns.size() == table.column_names.size(), "every column has a name");
    for (const auto& column : table.columns) require(column.size() == table.ids.size(), "a column has a value a node");
    require(
        std::set<std::string>(table.column_names.begin(), table.column_names.end()).size() == table.column_names.size(),
        "columns have different names");
}

void graph_xml(XmlDialect dialect, std::string_view bytes) {
    Choices choices(bytes);
    GraphNodes nodes;
    GraphXmlFormat format(dialect, plan_by(choices), nodes);
    (void)xml_graph_is_undirected(dialect, bytes);
    read_as(format, 1, bytes);
    require_sound(nodes);
}

}  // namespace

void graphml(std::string_view bytes) {
    graph_xml(XmlDialect::graphml, bytes);
}

void gexf(std::string_view bytes) {
    graph_xml(XmlDialect::gexf, bytes);
}

void matrix_market(std::string_view bytes) {
    Choices choices(bytes);
    MatrixMarketFormat format(plan_by(choices));
    (void)matrix_market_is_symmetric(bytes, "fuzz");
    read_as(format, 1, bytes);
}

void metis(std::string_view bytes) {
    Choices choices(bytes);
    GraphNodes nodes;
    MetisFormat format(plan_by(choices), nodes);
    read_as(format, 1, bytes);
    require_sound(nodes);
}

}  // namespace coterie::fuzz
