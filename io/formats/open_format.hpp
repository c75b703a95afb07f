#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/edge_text.hpp"
#include "io/formats/graph_rows.hpp"
#include "io/formats/post_format.hpp"
#include "io/ingest.hpp"
#include "io/ingest_plan.hpp"

namespace coterie {

/// What files tell beside their rows, in one reading of all of them.
struct ReadBeside {
    std::shared_ptr<PostCollection> posts;  ///< if there are files of posts
    std::vector<GraphNodes> nodes;          ///< [files]
};

/// How the file `number` of `plan` is read, wherever what it tells beside its rows goes to. `beside.nodes` must be as long as the files
/// are, and outlive the format.
std::unique_ptr<FileFormat> open_format(const IngestPlan& plan, std::size_t number, const IngestOptions& options,
                                        IdKind ids, ReadBeside& beside);

}  // namespace coterie
