#pragma once

// One function per subcommand: it adds its options to `app` and what to do when it is chosen. Each stands in a file of its
// own name. `main` holds the only catch.

#include <CLI/CLI.hpp>

namespace coterie::cli {

void add_ingest(CLI::App& app);
void add_info(CLI::App& app);
void add_check(CLI::App& app);
void add_estimate(CLI::App& app);
void add_estimate_ingest(CLI::App& estimate);  ///< `coterie estimate ingest`
void add_estimate_memory(CLI::App& estimate);  ///< `coterie estimate STORE pagerank|communities|betweenness|score`
void add_account(CLI::App& app);
void add_generate(CLI::App& app);
void add_pagerank(CLI::App& app);
void add_communities(CLI::App& app);
void add_betweenness(CLI::App& app);
void add_degrees(CLI::App& app);
void add_components(CLI::App& app);
void add_cores(CLI::App& app);
void add_score(CLI::App& app);
void add_erase(CLI::App& app);

}  // namespace coterie::cli
