#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "io/block_parser.hpp"
#include "io/formats/graph_rows.hpp"

namespace coterie {

/// The graph files of METIS (and of KaHIP, Chaco, the DIMACS challenge): a head "n m [fmt [ncon]]", then a line a vertex with its
/// neighbors, from 1; fmt 1: with the weight of each edge, 10: after ncon weights of the vertex, 100: after its size (these two are not used).
/// Lines that begin with % are comments. Undirected: each edge stands in the lines of both its ends, and comes in once.
/// Accounts are the numbers 1 … n, also those with an empty line.
/// Throws IoError unless there are n lines and 2 m neighbors, and every edge stands at both its ends with the same weight.
class MetisFormat : public FileFormat {
  public:
    MetisFormat(GraphPlan plan, GraphNodes& nodes) : plan_(std::move(plan)), nodes_(nodes) {}

    BlockRules blocks() const override {
        return {.longest_line = std::size_t{256} << 20, .at_lines = true, .in_order = true};
    }
    bool recognise(std::string_view text) override;
    std::unique_ptr<BlockParser> parser(ThreadRows& into) override;
    bool weighted() const override { return plan_.weights && has_weights_; }

  private:
    GraphPlan plan_;
    GraphNodes& nodes_;
    bool has_weights_ = false;
};

}  // namespace coterie
