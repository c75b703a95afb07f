#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/accounts_table.hpp"
#include "io/block_parser.hpp"
#include "io/raw_rows.hpp"

namespace coterie {

/// How the edges of a graph file (GraphML, GEXF, Matrix Market, METIS) come into a layer.
struct GraphPlan {
    std::string path;
    std::size_t layer = 0;
    IdKind ids = IdKind::numeric;
    bool layer_undirected = false;       ///< a row of the layer is an edge both ways
    bool weights = false;                ///< the edges' weights are used, if there are any
    std::string weight_name = "weight";  ///< the attribute of edges that is the weight
    std::string id_name = {};            ///< the attribute of nodes that names the account; empty: the node's own id
};

/// What a graph file says of its nodes: a table of accounts, and whether there was anything to tell.
struct GraphNodes {
    AccountsTable table;
    std::vector<std::uint64_t> numbers;  ///< nodes without edge of a file that numbers its nodes
};

/// One edge of a graph file.
struct GraphEdge {
    std::string_view source;
    std::string_view target;
    std::optional<float> weight;
    bool directed = true;
    bool reverse_too = false;  ///< directed, and there is one back
    std::uint64_t line = 0;
};

/// Rows of one graph file that names its nodes, from its nodes and edges in their order. An edge may name a node that is declared
/// later: it waits for the end of the file; if no node is declared then, it is rejected. Memory: the nodes, and the edges that wait.
class GraphRows {
  public:
    GraphRows(const GraphPlan& plan, GraphNodes& nodes, ThreadRows& into);

    /// `attributes`: by name. Values of names that were not met before make a new column.
    void add_node(std::string_view id, std::uint64_t line,
                  const std::vector<std::pair<std::string, std::string>>& attributes);
    void add_edge(const GraphEdge& edge);
    void reject_edge(std::uint64_t line, std::string reason, std::string_view text);
    /// At the end of the file: the edges that waited.
    void settle();

    BlockTally take_tally();
    std::uint64_t nodes() const { return nodes_.table.rows; }
    std::uint64_t edges() const { return edges_; }  ///< rejected ones included

  private:
    struct Waiting {
        GraphEdge edge;
        std::string source;
        std::string target;
    };
    static constexpr std::uint32_t undeclared = 0xffff'ffffU;

    std::uint32_t row_of(std::string_view node);
    void add_row(const GraphEdge& edge, std::uint32_t source, std::uint32_t target);
    std::uint64_t account(std::string_view node, std::uint32_t row, std::string& problem);
    void put(std::uint64_t source, std::uint64_t target, const std::optional<float>& weight);

    const GraphPlan& plan_;
    GraphNodes& nodes_;
    ThreadRows& into_;
    HandleDictionary ids_;             ///< of nodes
    std::vector<std::uint32_t> rows_;  ///< in the table of nodes, by the dictionary's number
    std::map<std::string, std::size_t, std::less<>> columns_;
    std::vector<Waiting> waiting_;
    std::uint64_t edges_ = 0;
    BlockTally tally_;
};

/// Adds a row to a layer; a layer takes weights with all of its rows or with none.
inline void add_graph_row(LayerRows& rows, std::uint64_t source, std::uint64_t target,
                          const std::optional<float>& weight) {
    if (weight) {
        rows.add(source, target, *weight);
    } else {
        rows.add(source, target);
    }
}

}  // namespace coterie
