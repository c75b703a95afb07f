#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/block_parser.hpp"
#include "io/input_file.hpp"
#include "io/name_rules.hpp"
#include "io/rejects.hpp"
#include "io/row_format.hpp"

namespace coterie {

/// Rows to be taken out of a layer, as they stand in a file.
struct RemovalRows {
    struct Row {
        std::uint64_t line = 0;
        std::string source;  ///< as ids are printed
        std::string target;
        float weight = 1;
    };
    std::vector<Row> rows;
    std::vector<Reject> rejects;  ///< lines that cannot be read, in their order
    std::uint64_t num_rows = 0;   ///< rejected ones included
    std::string sha256;
};

/// Reads a file of delimited text like one of edges; handles are read by `names`; `events` as there: whether a column of weights is recognised by itself.
/// One thread; memory: about 100 bytes a row. Throws IoError as InputFile and recognise_rows do.
RemovalRows read_removals(InputFile& file, const RowOptions& options, bool events, IdKind ids, const NameRules& names);

}  // namespace coterie
