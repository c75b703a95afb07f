#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "io/fields.hpp"
#include "io/formats/graph_xml.hpp"

namespace coterie {

namespace {

class Gexf final : public GraphXml {
  public:
    using GraphXml::GraphXml;

  private:
    using Columns = std::map<std::string, std::string, std::less<>>;  ///< titles by id
    struct OpenNode {
        std::string id;
        std::uint64_t line;
        std::vector<std::pair<std::string, std::string>> attributes;
        bool told = false;
    };

    void begin_element(std::string_view name, const XmlAttributes& attributes) override {
        if (name == "graph") {
            has_graph_ = true;
            default_type_ = attributes["defaultedgetype"].empty() ? "undirected" : attributes["defaultedgetype"];
        } else if (name == "attributes") {
            titles_ = attributes["class"] == "edge" ? &edge_titles_ : &node_titles_;
        } else if (name == "attribute" && titles_ != nullptr) {
            attribute_id_ = attributes["id"];
            (*titles_)[attribute_id_] = attributes["title"].empty() ? attribute_id_ : std::string(attributes["title"]);
        } else if (name == "default" && titles_ != nullptr) {
            want_text();
        } else if (name == "nodes" && nodes_.empty()) {
            declared_nodes_ = attributes["count"];
        } else if (name == "edges" && nodes_.empty()) {
            declared_edges_ = attributes["count"];
        } else if (name == "node") {
            if (!nodes_.empty()) tell(nodes_.back());
            OpenNode& node = nodes_.emplace_back(OpenNode{std::string(attributes["id"]), line(), {}});
            if (!attributes["label"].empty()) node.attributes.emplace_back("label", attributes["label"]);
        } else if (name == "edge") {
            begin_edge(attributes);
        } else if (name == "attvalue") {
            // GEXF 1.1 says id where later versions say for.
            const std::string_view column = attributes["for"].empty() ? attributes["id"] : attributes["for"];
            add_value(column, attributes["value"]);
        }
    }

    void end_element(std::string_view name) override {
        if (name == "attributes") {
            titles_ = nullptr;
        } else if (name == "default" && titles_ == &node_titles_) {
            node_defaults_[node_titles_[attribute_id_]] = take_text();
        } else if (name == "node" && !nodes_.empty()) {
            tell(nodes_.back());
            nodes_.pop_back();
        } else if (name == "edge" && in_edge_) {
            end_edge();
        } else if (name == "nodes" && nodes_.empty()) {
            check_count(std::exchange(declared_nodes_, {}), rows_.nodes(), "nodes");
        } else if (name == "edges" && nodes_.empty()) {
            check_count(std::exchange(declared_edges_, {}), rows_.edges(), "edges");
        }
    }

    void at_end() override {
        if (!has_graph_) fail("GEXF must hold a graph, but there is none");
    }

    void tell(OpenNode& node) {
        if (std::exchange(node.told, true)) return;
        for (const auto& fallback : node_defaults_) {
            const bool has = std::any_of(node.attributes.begin(), node.attributes.end(),
                                         [&](const auto& attribute) { return attribute.first == fallback.first; });
            if (!has) node.attributes.emplace_back(fallback.first, fallback.second);
        }
        rows_.add_node(node.id, node.line, node.attributes);
    }

    void begin_edge(const XmlAttributes& attributes) {
        in_edge_ = true;
        edge_line_ = line();
        source_ = attributes["source"];
        target_ = attributes["target"];
        type_ = attributes["type"].empty() ? default_type_ : attributes["type"];
        weight_.reset();
        if (plan_.weight_name == "weight" && !attributes["weight"].empty()) weight_ = attributes["weight"];
    }

    void add_value(std::string_view column, std::string_view value) {
        if (in_edge_) {
            const auto title = edge_titles_.find(column);
            if (title != edge_titles_.end() && title->second == plan_.weight_name && !weight_) weight_ = value;
        } else if (!nodes_.empty()) {
            const auto title = node_titles_.find(column);
            if (title != node_titles_.end()) nodes_.back().attributes.emplace_back(title->second, value);
        }
    }

    void end_edge() {
        in_edge_ = false;
        if (source_.empty() || target_.empty())
            return rows_.reject_edge(edge_line_, "an edge must have a source and a target", source_ + target_);
        GraphEdge edge{source_, target_, std::nullopt, type_ != "undirected", type_ == "mutual", edge_line_};
        if (plan_.weights && weight_) {
            const auto number = parse_number(*weight_);
            edge.weight = static_cast<float>(number.value_or(0));
            if (!number || !std::isfinite(*edge.weight))
                return rows_.reject_edge(
                    edge_line_, fmt::format("the weight must be a finite number, got \"{}\"", printable(*weight_, 80)),
                    fmt::format("{} {}", source_, target_));
        }
        rows_.add_edge(edge);
    }

    bool has_graph_ = false;
    std::string default_type_ = "undirected";
    Columns node_titles_;
    Columns edge_titles_;
    Columns node_defaults_;  ///< by title
    Columns* titles_ = nullptr;
    std::string attribute_id_;
    std::vector<OpenNode> nodes_;  ///< the one in work and those around it
    std::string declared_nodes_;
    std::string declared_edges_;
    bool in_edge_ = false;
    std::uint64_t edge_line_ = 0;
    std::string source_;
    std::string target_;
    std::string type_;
    std::optional<std::string> weight_;
};

}  // namespace

std::unique_ptr<BlockParser> gexf_parser(const GraphPlan& plan, GraphNodes& nodes, ThreadRows& into) {
    return std::make_unique<Gexf>(plan, nodes, into);
}

}  // namespace coterie
