#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/device_options.hpp"
#include "cli/progress_display.hpp"
#include "cli/run_report.hpp"
#include "host/backend.hpp"
#include "host/betweenness.hpp"
#include "host/communities.hpp"
#include "host/community_profile.hpp"
#include "host/components.hpp"
#include "host/cores.hpp"
#include "host/degrees.hpp"
#include "host/pagerank.hpp"
#include "io/result_table.hpp"
#include "io/store.hpp"

namespace coterie::cli {

struct ScoreSettings {
    double damping = PageRankOptions{}.damping;
    std::string sources;  ///< all, a number, or empty: by `default_sources`
    std::uint64_t seed = 1;
    Direction direction = Direction::either;  ///< of communities
    bool resume = false;  ///< take what the store holds of the same data, options and version, rather than compute it
};

/// Where each algorithm of a layer is computed, by name: degrees, components, cores, pagerank, communities, betweenness.
using ScoreBackends = std::map<std::string, ChosenBackend>;

/// The plans of each algorithm for the GPUs that it runs on, by name.
std::map<std::string, std::vector<DevicePlan>> score_device_plans(const Store& store, const LayerInfo& layer,
                                                                  const ScoreSettings& settings, int devices);

/// Everything that `coterie score` knows about one layer. Arrays are [n] by internal id.
struct LayerScores {
    LayerInfo layer;
    DegreesResult degrees;
    PageRankResult pagerank;
    std::vector<double> percentiles;  ///< of the ranks
    CommunitiesResult communities;
    std::vector<AccountId> order;             ///< by descending rank
    std::vector<AccountId> community_places;  ///< within the community, by rank, from 1
    std::vector<CommunityProfile> profiles;   ///< of the communities, by number
    BetweennessResult betweenness;            ///< in hops, along edges; pairs count once in an undirected layer
    ComponentsResult components;
    CoresResult cores;
    std::string data_checksum;
    std::vector<std::string> reused;  ///< algorithms whose results were taken from the store
    Json device_use;                  ///< how each algorithm went on GPUs; null if none was used
    std::vector<std::string> gpu_failures;
};

/// Sources of betweenness where none are asked for: all accounts, if n * (n + m) is at most 2e10, which takes seconds to
/// minutes; else as many as keep k * (n + m) at 2e10, but at least 256. By the size of the graph alone, so that the same
/// input gives the same answer on every machine.
AccountId default_sources(AccountId num_accounts, EdgeOffset num_edges);

/// Computes all of it; the seconds go to steps named "<layer>.pagerank" and so on.
/// `options` are those of GPUs; the threads are as many as the machine has cores for 0.
LayerScores score_layer(const Store& store, const LayerInfo& layer, const ScoreSettings& settings,
                        const ScoreBackends& backends, int threads, const DeviceOptions& options, RunReport& report,
                        ProgressDisplay& progress);

/// The columns that an account has in ranking.csv for this layer, each name after `prefix`.
std::vector<TableColumn> score_columns(const LayerScores& scores, const std::string& prefix);

/// What is kept in the store: "<layer>.pagerank", "<layer>.communities", …; nothing that differs between machines or runs.
std::vector<StoredResult> score_results(const LayerScores& scores, const ScoreSettings& settings);

}  // namespace coterie::cli
