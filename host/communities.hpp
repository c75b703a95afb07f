#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/backend.hpp"
#include "host/progress.hpp"

namespace coterie {

enum class CommunityMethod {
    lpa,   ///< coterie's weighted label propagation, the default
    cdlp,  ///< LDBC Graphalytics, exactly
};

struct CommunitiesOptions {
    CommunityMethod method = CommunityMethod::lpa;
    Direction direction = Direction::either;  ///< either or mutual; cdlp takes either only (it is its definition)
    int max_rounds = 0;                       ///< 0: 50 for lpa, 10 for cdlp
    double stop_share = 0.01;                 ///< lpa ends when at most this share of the accounts change in a round
    std::uint64_t seed = 1;                   ///< lpa's pseudo-random choices
    Progress* progress = nullptr;
};

/// How good a partition is, over the edges as `Direction` reads them.
struct CommunityQuality {
    double modularity = 0.0;     ///< Newman's; directed (Leicht & Newman 2008) where the graph is
    double coverage = 0.0;       ///< share of the edge weight inside communities
    double largest_share = 0.0;  ///< share of the accounts in the largest community
};

struct CommunitiesResult {
    /// [n] by internal id. lpa: the community's number, 0 = largest. cdlp: the internal id of the account whose
    /// original id is the label.
    std::vector<AccountId> labels;
    std::vector<AccountId> sizes;  ///< accounts per community, descending (cdlp too, as a summary)
    AccountId num_communities = 0;
    int rounds = 0;
    bool converged = true;  ///< lpa: few enough changed in the last round; cdlp: nothing changed in it
    CommunityQuality quality;
};

/// Communities by label propagation. See DEFINITIONS in the README for both methods.
///
/// lpa: weighted; deterministic; does not oscillate on bipartite graphs; no label floods the graph; communities are
/// connected and numbered densely by descending size, ties by smallest original id.
/// cdlp: every account starts with its own original id; each round all accounts at once take the label most frequent among
/// in- and out-neighbors (an account that is both counts twice), the smallest among equals.
/// Same bytes on every backend and with any number of threads. Time O(rounds * m).
/// Throws std::invalid_argument on options out of range, GraphError on a negative weight (lpa).
/// Raghavan, Albert & Kumara 2007; LDBC Graphalytics specification 1.0.
CommunitiesResult communities(const PlacedGraph& graph, const CommunitiesOptions& options = {});

/// Quality of the partition `labels` [n] (any values < n). Sums are integers (a weight counts round(w * 2^20)), so the
/// result does not depend on threads. Time O(n + m).
CommunityQuality community_quality(const Graph& graph, std::span<const AccountId> labels, int threads);

}  // namespace coterie
