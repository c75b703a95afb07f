#pragma once

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/block_parser.hpp"
#include "io/formats/graph_rows.hpp"

namespace coterie {

/// Attributes of an XML element.
class XmlAttributes {
  public:
    explicit XmlAttributes(const char** pairs) : pairs_(pairs) {}
    /// Empty if it is not there.
    std::string_view operator[](std::string_view name) const;

  private:
    const char** pairs_;
};

/// Reads a graph in XML as its blocks come: the frame of GraphML and GEXF. A file that is not well-formed, or ends too early, throws
/// IoError with its line.
class GraphXml : public BlockParser {
  public:
    GraphXml(const GraphPlan& plan, GraphNodes& nodes, ThreadRows& into);
    ~GraphXml() override;

    BlockTally parse(const LineBlock& block) override;
    BlockTally finish() override;

  protected:
    /// An element begins or ends; its name is without a namespace's prefix.
    virtual void begin_element(std::string_view name, const XmlAttributes& attributes) = 0;
    virtual void end_element(std::string_view name) = 0;
    virtual void at_end() = 0;

    std::uint64_t line() const;
    [[noreturn]] void fail(const std::string& problem) const;
    /// Text directly in the element that begins now is wanted from here on.
    void want_text();
    std::string take_text();
    /// Throws unless `declared` (empty: nothing declared) is the number of `what` that was `read`.
    void check_count(std::string_view declared, std::uint64_t read, std::string_view what) const;

    const GraphPlan& plan_;
    GraphRows rows_;

  private:
    struct Expat;
    friend struct Expat;

    void feed(std::string_view text, bool last);
    BlockTally tally();

    std::unique_ptr<Expat> expat_;
    std::exception_ptr failure_;
    std::string text_;
    int depth_ = 0;
    int text_depth_ = -1;
};

/// GraphML (graphml.graphdrawing.org) and GEXF 1.1 to 1.3 (gexf.net). Edges without a direction of their own take the graph's.
///
/// - A weight is the edge's data of that name (GraphML), or its attribute `weight`, else its attvalue of that name (GEXF).
/// - Data of nodes become columns by their names, and the label of GEXF the column label.
/// - Declared numbers of nodes and edges (parse.nodes, parse.edges; count) are checked.
/// - Hyperedges and ports are not read: a hyperedge is rejected. Nested graphs are read as if they were not nested. Times are not read.
enum class XmlDialect { graphml, gexf };

class GraphXmlFormat : public FileFormat {
  public:
    GraphXmlFormat(XmlDialect dialect, GraphPlan plan, GraphNodes& nodes)
        : dialect_(dialect), plan_(std::move(plan)), nodes_(nodes) {}

    BlockRules blocks() const override { return {.at_lines = false, .in_order = true}; }
    std::unique_ptr<BlockParser> parser(ThreadRows& into) override;
    bool weighted() const override { return plan_.weights; }

  private:
    XmlDialect dialect_;
    GraphPlan plan_;
    GraphNodes& nodes_;
};

std::unique_ptr<BlockParser> graphml_parser(const GraphPlan& plan, GraphNodes& nodes, ThreadRows& into);
std::unique_ptr<BlockParser> gexf_parser(const GraphPlan& plan, GraphNodes& nodes, ThreadRows& into);

/// Whether a graph in XML that begins with `head` says that its edges have no direction.
bool xml_graph_is_undirected(XmlDialect dialect, std::string_view head);

}  // namespace coterie
