#include <fmt/format.h>

#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "io/fields.hpp"
#include "io/formats/graph_xml.hpp"

namespace coterie {

namespace {

class GraphMl final : public GraphXml {
  public:
    using GraphXml::GraphXml;

  private:
    struct Key {
        std::string name;
        bool of_nodes = false;
        bool of_edges = false;
        std::optional<std::string> fallback;
    };
    struct Graph {
        bool undirected = false;
        std::string nodes;  ///< declared
        std::string edges;
        std::uint64_t nodes_before = 0;
        std::uint64_t edges_before = 0;
    };
    enum class Inside { nothing, node, edge };

    void begin_element(std::string_view name, const XmlAttributes& attributes) override {
        if (name == "key") {
            key_id_ = attributes["id"];
            Key& key = keys_[key_id_];
            key.name = attributes["attr.name"].empty() ? key_id_ : std::string(attributes["attr.name"]);
            const std::string_view domain = attributes["for"];
            key.of_nodes = domain.empty() || domain == "node" || domain == "all";
            key.of_edges = domain.empty() || domain == "edge" || domain == "all";
        } else if (name == "default") {
            want_text();
        } else if (name == "graph") {
            if (inside_ == Inside::node) tell_node();
            graphs_.push_back({attributes["edgedefault"] == "undirected", std::string(attributes["parse.nodes"]),
                               std::string(attributes["parse.edges"]), rows_.nodes(), rows_.edges()});
            has_graph_ = true;
        } else if (name == "node") {
            if (inside_ == Inside::node) tell_node();
            begin_thing(Inside::node, attributes);
        } else if (name == "edge") {
            if (inside_ == Inside::node) tell_node();
            begin_thing(Inside::edge, attributes);
            source_ = attributes["source"];
            target_ = attributes["target"];
            const std::string_view directed = attributes["directed"];
            directed_ = directed.empty() ? graphs_.empty() || !graphs_.back().undirected : directed == "true";
        } else if (name == "hyperedge") {
            rows_.reject_edge(line(), "an edge must have two ends, but this is a hyperedge", attributes["id"]);
        } else if (name == "data" && inside_ != Inside::nothing) {
            data_key_ = attributes["key"];
            want_text();
        }
    }

    void end_element(std::string_view name) override {
        if (name == "default") {
            keys_[key_id_].fallback = take_text();
        } else if (name == "data" && inside_ != Inside::nothing) {
            const auto key = keys_.find(data_key_);
            std::string text = take_text();
            if (key != keys_.end()) data_.emplace_back(&key->second, std::move(text));
        } else if (name == "node" && inside_ == Inside::node) {
            tell_node();
        } else if (name == "edge" && inside_ == Inside::edge) {
            tell_edge();
        } else if (name == "graph" && !graphs_.empty()) {
            const Graph& graph = graphs_.back();
            check_count(graph.nodes, rows_.nodes() - graph.nodes_before, "nodes");
            check_count(graph.edges, rows_.edges() - graph.edges_before, "edges");
            graphs_.pop_back();
        }
    }

    void at_end() override {
        if (!has_graph_) fail("GraphML must hold a graph, but there is none");
    }

    void begin_thing(Inside what, const XmlAttributes& attributes) {
        inside_ = what;
        id_ = attributes["id"];
        line_ = line();
        data_.clear();
    }

    void tell_node() {
        inside_ = Inside::nothing;
        std::vector<std::pair<std::string, std::string>> attributes;
        for (auto& [key, text] : data_)
            if (key->of_nodes) attributes.emplace_back(key->name, std::move(text));
        for (const auto& [id, key] : keys_)
            if (key.of_nodes && key.fallback && !has_data(key)) attributes.emplace_back(key.name, *key.fallback);
        rows_.add_node(id_, line_, attributes);
    }

    void tell_edge() {
        inside_ = Inside::nothing;
        if (source_.empty() || target_.empty())
            return rows_.reject_edge(line_, "an edge must have a source and a target", id_);
        GraphEdge edge{source_, target_, std::nullopt, directed_, false, line_};
        if (const std::string* text = plan_.weights ? weight_text() : nullptr) {
            const auto number = parse_number(*text);
            edge.weight = static_cast<float>(number.value_or(0));
            if (!number || !std::isfinite(*edge.weight))
                return rows_.reject_edge(
                    line_, fmt::format("the weight must be a finite number, got \"{}\"", printable(*text, 80)),
                    fmt::format("{} {}", source_, target_));
        }
        rows_.add_edge(edge);
    }

    const std::string* weight_text() const {
        for (const auto& [key, text] : data_)
            if (key->of_edges && key->name == plan_.weight_name) return &text;
        for (const auto& [id, key] : keys_)
            if (key.of_edges && key.name == plan_.weight_name && key.fallback) return &*key.fallback;
        return nullptr;
    }

    bool has_data(const Key& key) const {
        for (const auto& [other, text] : data_)
            if (other == &key) return true;
        return false;
    }

    std::map<std::string, Key, std::less<>> keys_;
    std::string key_id_;
    std::vector<Graph> graphs_;
    bool has_graph_ = false;
    Inside inside_ = Inside::nothing;
    std::string id_;
    std::string source_;
    std::string target_;
    bool directed_ = true;
    std::uint64_t line_ = 0;
    std::string data_key_;
    std::vector<std::pair<const Key*, std::string>> data_;
};

}  // namespace

std::unique_ptr<BlockParser> graphml_parser(const GraphPlan& plan, GraphNodes& nodes, ThreadRows& into) {
    return std::make_unique<GraphMl>(plan, nodes, into);
}

}  // namespace coterie
