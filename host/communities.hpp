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

/// How good a partition is. With W the weight of all edges, out(c) and in(c) the weight of the edges from and to the
/// accounts of community c:
///
///   coverage   = (weight inside communities) / W
///   modularity = coverage - sum over c of out(c) in(c) / W²
///
/// An undirected graph counts each edge both ways, its self-loops too, so that this is Newman's modularity; a directed one
/// has that of Leicht & Newman (2008). Both are 0 without edges of positive weight.
struct CommunityQuality {
    double modularity = 0.0;
    double coverage = 0.0;
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

/// Communities by label propagation.
///
/// lpa: every account starts with a label of its own. In each round accounts move, a pseudo-random quarter at a time, to
/// the label with the highest score among those of their neighbors, and stay if none scores higher than their own:
///
///   score(v, l) = votes(v, l) - cost * s(v) * V(l without v) / S
///
/// votes: weight of v's edges to accounts with label l, either way, as integers round(w * 2^20); self-loops and edges whose
/// weight rounds to 0 cast none; s(v): all votes of v; V: sum of s over the accounts with the label; S: over all accounts.
/// The cost is 0, 2, 1, 0.75 in the first rounds and 0.5 from then on: plain votes first, then a label that floods the
/// graph breaks up, then what belongs together joins. It ends when at most `stop_share` of the accounts changed in a round
/// at the last cost. No graph makes it oscillate by its shape, since the quarters are drawn anew each round. Labels are
/// then split into connected communities, which are numbered densely by descending size, ties by smallest original id.
/// `mutual` does this on the graph of the edges that exist both ways.
///
/// cdlp: every account starts with its own original id; each round all accounts at once take the label most frequent among
/// in- and out-neighbors (an account that is both counts twice), the smallest among equals; without neighbors they keep
/// theirs. Weights are ignored, by its definition, also in the quality. It ends early only when a round changes nothing,
/// since those after it would not either.
///
/// Random choices depend on the seed and the order of original ids alone. Same bytes on every backend and with any number of
/// threads. Time O(rounds * m).
/// Memory beside the graph on openmp: at most 60n bytes for lpa and 54n for cdlp, and 4n (8n if weighted) a thread where an
/// account has more than 1,024 neighbors. On cuda 49n bytes for lpa and 33n for cdlp (4n more if weighted), and where an
/// account has more neighbors than the shared memory of a block can count (23,000 on an H100, 10,000 on the smallest), 16n
/// (24n if weighted) or what its own table takes, at most 10 (15) bytes a neighbor. If that does not
/// fit, rows are streamed: see row_blocks.hpp.
/// Throws std::invalid_argument on options out of range (and mutual for cdlp); for lpa GraphError if a weight is negative or
/// not a number, or all add up to 2^42 or more; OutOfDeviceMemory with the bytes needed.
/// Raghavan, Albert & Kumara 2007; Barber & Clark 2009 for the cost; LDBC Graphalytics specification 1.0 for cdlp.
CommunitiesResult communities(const PlacedGraph& graph, const CommunitiesOptions& options = {});

/// Quality of the partition `labels` [n] (any values < n; they need not be dense). Sums are integers (a weight counts
/// round(w * 2^20)) and modularity is rounded at the end, so the result does not depend on threads (0: all cores).
/// Time O(n + m), memory 20n bytes.
/// Throws std::invalid_argument on labels of a wrong number or size, GraphError on weights as `communities` does.
CommunityQuality community_quality(const Graph& graph, std::span<const AccountId> labels, int threads);

}  // namespace coterie
