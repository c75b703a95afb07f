#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/block_parser.hpp"
#include "io/edge_text.hpp"
#include "io/formats/json_scan.hpp"
#include "io/row_format.hpp"

namespace coterie {

/// Where the fields of a row stand in a JSON object: a name, or names with dots between them ("user.id").
struct JsonFields {
    enum Role : std::size_t { source, target, weight, time, kind, num_roles };
    std::array<std::string, num_roles> paths;  ///< empty: there is no such field
};

/// Files of JSON objects, one a row, such as {"from": 1, "to": 2, "ts": 1341100972, "type": "mention", "weight": 2}. Fields are
/// those that the options name as columns, else those that are called like the columns of a table (source and target, from and to,
/// …) in the first objects. Values are numbers or strings; weight and time may be missing. Rows go to layers as those of text do.
class JsonRowsFormat : public FileFormat {
  public:
    JsonRowsFormat(EdgeFilePlan plan, RowOptions options, bool events, JsonLayout layout, IdKind ids)
        : plan_(std::move(plan)), options_(std::move(options)), events_(events), layout_(layout), ids_(ids) {}

    BlockRules blocks() const override;
    bool recognise(std::string_view text) override;
    std::unique_ptr<BlockParser> parser(ThreadRows& into) override;
    bool weighted() const override { return !fields_.paths[JsonFields::weight].empty(); }
    const JsonFields& fields() const { return fields_; }

  private:
    EdgeFilePlan plan_;
    RowOptions options_;
    bool events_;
    JsonLayout layout_;
    IdKind ids_;
    JsonFields fields_;
};

}  // namespace coterie
