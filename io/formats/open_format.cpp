#include "io/formats/open_format.hpp"

#include <fmt/format.h>

#include "host/errors.hpp"
#include "io/formats/binary_edges.hpp"
#include "io/formats/graph_xml.hpp"
#include "io/formats/json_rows.hpp"
#include "io/formats/matrix_market.hpp"
#include "io/formats/metis.hpp"

namespace coterie {

namespace {

/// The edges of a Graphalytics graph: text whose columns are known, and whose number may be.
class GraphalyticsFormat : public TextFormat {
  public:
    GraphalyticsFormat(const EdgeFilePlan& file, RowOptions rows, bool events, IdKind ids)
        : TextFormat(file, std::move(rows), events, {}, ids),
          path_(file.path),
          declared_(file.graphalytics->num_edges) {}

    void check(std::uint64_t rows) const override {
        if (declared_ && *declared_ != rows)
            throw IoError(fmt::format("{}: must have the {} edges that its properties declare, but has {}{}", path_,
                                      *declared_, rows, rows < *declared_ ? ": is it truncated?" : ""));
    }

  private:
    std::string path_;
    std::optional<std::uint64_t> declared_;
};

RowOptions graphalytics_rows(const EdgeFilePlan& file, const RowOptions& given, bool events) {
    const bool weights = file.graphalytics->weighted && (events || !given.weight_column.empty());
    return {.separator = blanks,
            .header = HeaderChoice::no,
            .comments = "#",
            .source_column = "1",
            .target_column = "2",
            .weight_column = weights && given.weight_column != "none" ? "3" : "none",
            .time_column = "none",
            .kind_column = "none"};
}

GraphPlan graph_plan(const IngestPlan& plan, const EdgeFilePlan& file, const IngestOptions& options, IdKind ids) {
    GraphPlan graph;
    graph.path = file.path;
    graph.layer = file.layer;
    graph.ids = ids;
    graph.layer_undirected = plan.layers[file.layer].undirected;
    const std::string& weight = options.rows.weight_column;
    graph.weights = weight.empty() ? plan.layers[file.layer].events() : weight != "none";
    if (!weight.empty()) graph.weight_name = weight;
    graph.id_name = options.accounts_id_column;
    return graph;
}

}  // namespace

std::unique_ptr<FileFormat> open_format(const IngestPlan& plan, std::size_t number, const IngestOptions& options,
                                        IdKind ids, ReadBeside& beside) {
    const EdgeFilePlan& file = plan.files[number];
    const bool events = plan.layers[file.layer].events();
    GraphNodes& nodes = beside.nodes[number];
    switch (file.input) {
        case InputFormat::twitter_v2:
            return std::make_unique<PostFormat>(PostPlatform::twitter_v2, file.json, plan.post_layers, *beside.posts);
        case InputFormat::twitter_v1:
            return std::make_unique<PostFormat>(PostPlatform::twitter_v1, file.json, plan.post_layers, *beside.posts);
        case InputFormat::json:
            return std::make_unique<JsonRowsFormat>(file, options.rows, events, file.json, ids);
        case InputFormat::graphml:
            return std::make_unique<GraphXmlFormat>(XmlDialect::graphml, graph_plan(plan, file, options, ids), nodes);
        case InputFormat::gexf:
            return std::make_unique<GraphXmlFormat>(XmlDialect::gexf, graph_plan(plan, file, options, ids), nodes);
        case InputFormat::matrix_market:
            return std::make_unique<MatrixMarketFormat>(graph_plan(plan, file, options, ids));
        case InputFormat::metis:
            return std::make_unique<MetisFormat>(graph_plan(plan, file, options, ids), nodes);
        case InputFormat::graphalytics:
            return std::make_unique<GraphalyticsFormat>(file, graphalytics_rows(file, options.rows, events), events,
                                                        ids);
        case InputFormat::binary32:
        case InputFormat::binary64:
            return std::make_unique<BinaryEdges>(record_bytes(file.input), file.layer, ids);
        default:
            break;
    }
    return std::make_unique<TextFormat>(file, options.rows, events, file.layer_of_kind.empty() ? Kinds{} : plan.kinds,
                                        ids);
}

}  // namespace coterie
