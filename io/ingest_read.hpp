#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/formats/open_format.hpp"
#include "io/ingest_plan.hpp"
#include "io/joined_accounts.hpp"
#include "io/raw_rows.hpp"
#include "io/rejects.hpp"
#include "io/row_spill.hpp"

namespace coterie {

/// What stands in all files of edges.
struct ReadInputs {
    IdKind ids = IdKind::numeric;
    std::vector<ThreadRows> rows;  ///< [threads]; empty if they were spilled
    std::unique_ptr<RowSpill> spill;
    std::shared_ptr<HandleDictionary> handles;  ///< whose numbers stand in the rows, where ids are handles
    std::vector<RowFormat> formats;             ///< [files]
    std::vector<SourceFile> sources;            ///< [files]
    ReadBeside beside;                          ///< what the files tell of accounts
    std::optional<PostsReport> posts;
};

/// Reads all files of `plan`, and fills the tallies and sources of its layers. Whether ids are numbers is guessed from the
/// beginning of the first file; if the whole input and `table` (the counts of the table of accounts) say otherwise, everything
/// is read again and `rejects` begun anew.
ReadInputs read_inputs(IngestPlan& plan, const IngestOptions& options, const IdCounts& table, int threads,
                       RejectsFile& rejects);

/// Options that name a column of some files must name one of at least one, else IoError; a weight that is not used is told of.
std::vector<std::string> notes_on_columns(const IngestPlan& plan, const ReadInputs& read, const IngestOptions& options);

}  // namespace coterie
