#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "host/build.hpp"

namespace coterie {

/// What an account was made to be.
enum class PlantedRole : std::uint8_t {
    member,
    leader,    ///< whom the members of its community follow and mention
    mediator,  ///< through whom other communities reach its own
};
std::string_view name_of(PlantedRole role);

enum class MentionKind : std::uint8_t { mention, reply, retweet };
std::string_view name_of(MentionKind kind);

struct PlantedOptions {
    AccountId num_accounts = 10'000;
    AccountId num_communities = 20;
    double mixing = 0.1;         ///< share of the follows of a member or leader that leave its community
    double mean_follows = 15.0;  ///< rows an account, on average
    AccountId leaders = 3;       ///< of each community
    AccountId mediators = 2;     ///< of each community
    EdgeOffset num_mentions = 100'000;
    std::int64_t first_time = 1'700'000'000;  ///< Unix seconds
    std::int64_t duration = 30 * 86'400;      ///< seconds that the mentions span
    std::uint64_t seed = 1;
    int threads = 0;  ///< 0: as many as there are cores
};

/// Who mentions whom, in order of time.
struct MentionStream {
    std::vector<AccountId> sources;
    std::vector<AccountId> targets;
    std::vector<std::int64_t> times;
    std::vector<MentionKind> kinds;
};

/// A network whose answers are known. Accounts are 0 … n − 1 in no meaningful order.
struct PlantedNetwork {
    EdgeList follows;  ///< source follows target; repeats are possible, self-loops are not
    MentionStream mentions;
    std::vector<AccountId> community;  ///< [n] 0 = largest
    std::vector<PlantedRole> role;     ///< [n]
    std::vector<AccountId>
        place;  ///< [n] position within the community: leaders first (the greatest first), then mediators
};

/// A network with communities, leaders and mediators planted into it.
///
/// Community sizes fall as 1/(c + 3) (Zipf–Mandelbrot). The number of follows of an account has a tail of exponent 3
/// (at most 50 times the least). A member or leader follows within its community, half of the time one of its leaders, except
/// for a share `mixing`; of these follows outside, four of five go to a mediator of another community, and the rest anywhere
/// outside. A mediator follows leaders and members of its own community and, half of the time, those of the next one.
/// So the shortest paths between communities lead through mediators. A mention goes to a leader of the author's
/// community (6 of 10), to a fellow member (else, less `mixing`), or to a leader elsewhere. Each row depends on the options and
/// its own number alone: same bytes for any number of threads. Time O(n + follows + mentions).
/// Throws std::invalid_argument if there are fewer than two communities, a community would have fewer than two members
/// beside its leaders and mediators or no leader, mixing is outside [0, 1], mean_follows outside [2, n], or duration is negative.
PlantedNetwork planted_network(const PlantedOptions& options);

}  // namespace coterie
