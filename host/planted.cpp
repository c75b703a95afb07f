#include "host/planted.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "host/random.hpp"
#include "host/scramble.hpp"

namespace coterie {

namespace {

constexpr double leader_share = 0.5;       ///< of the follows within a community
constexpr double mediator_share = 0.8;     ///< of the follows that leave a community
constexpr double bridge_share = 0.5;       ///< of the follows of a mediator: those in the community it bridges to
constexpr double mentioned_leaders = 0.6;  ///< share of the mentions that go to a leader of the author's community
constexpr double retweets = 0.5;
constexpr double replies = 0.2;
constexpr double most_follows = 50.0;  ///< times the least number

using Words = std::array<std::uint32_t, 4>;

/// What random words are drawn for: independent streams of one seed.
enum class Stream : std::uint32_t { counts = 1, follows, mentions };

Words words_of(std::uint64_t seed, Stream stream, std::uint64_t item, std::uint32_t draw) {
    return philox4x32({static_cast<std::uint32_t>(item), static_cast<std::uint32_t>(item >> 32U), draw,
                       static_cast<std::uint32_t>(stream)},
                      {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U)});
}

double unit(std::uint32_t word) {
    return word * 0x1.0p-32;
}

/// Sizes of communities, descending, that fall as 1/(c + 3) and add up to n.
std::vector<AccountId> community_sizes(const PlantedOptions& options) {
    std::vector<double> weights(options.num_communities);
    for (AccountId c = 0; c < options.num_communities; ++c) weights[c] = 1.0 / (c + 3.0);
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<AccountId> sizes;
    AccountId left = options.num_accounts;
    for (const double weight : weights) {
        sizes.push_back(static_cast<AccountId>(options.num_accounts * (weight / total)));
        left -= sizes.back();
    }
    for (AccountId c = 0; left > 0; ++c, --left) ++sizes[c];  // fewer are left than there are communities
    return sizes;
}

/// Where everybody stands before accounts are renamed: community by community, leaders first, then mediators.
class Plan {
  public:
    explicit Plan(const PlantedOptions& options) : options_(options), sizes_(community_sizes(options)) {
        first_.push_back(0);
        for (const AccountId size : sizes_) first_.push_back(first_.back() + size);
    }

    AccountId num_accounts() const { return options_.num_accounts; }
    AccountId smallest_size() const { return sizes_.back(); }
    AccountId community_of(AccountId spot) const {
        return static_cast<AccountId>(std::upper_bound(first_.begin(), first_.end(), spot) - first_.begin() - 1);
    }
    AccountId place_of(AccountId spot) const { return spot - first_[community_of(spot)]; }
    PlantedRole role_of(AccountId spot) const {
        const AccountId place = place_of(spot);
        if (place < options_.leaders) return PlantedRole::leader;
        return place < options_.leaders + options_.mediators ? PlantedRole::mediator : PlantedRole::member;
    }

    /// How many follow rows the account at `spot` has.
    EdgeOffset num_follows(AccountId spot) const {
        const Words words = words_of(options_.seed, Stream::counts, spot, 0);
        // The mean of least / sqrt(1 - u), cut at most_follows times the least, is (2 - 1/most_follows) times the least.
        const double least = options_.mean_follows / (2.0 - 1.0 / most_follows);
        const double follows = least * std::min(most_follows, 1.0 / std::sqrt(1.0 - unit(words[0])));
        return static_cast<EdgeOffset>(follows + unit(words[1]));
    }

    /// Whom the account at `spot` follows in its row `row`.
    AccountId followed(AccountId spot, std::uint32_t row) const {
        const Words words = words_of(options_.seed, Stream::follows, spot, row);
        const AccountId own = community_of(spot);
        if (role_of(spot) == PlantedRole::mediator) {
            const bool bridges = unit(words[0]) < bridge_share;
            return someone_in(bridges ? bridged_community(spot) : own, spot, words);
        }
        if (unit(words[0]) >= options_.mixing) return someone_in(own, spot, words);
        const AccountId outside = anyone_outside(own, words[1]);
        if (options_.mediators == 0 || unit(words[2]) >= mediator_share) return outside;
        return first_[community_of(outside)] + options_.leaders + uniform_below(options_.mediators, words[3]);
    }

    /// Whom the account at `spot` mentions.
    AccountId mentioned(AccountId spot, const Words& words) const {
        const AccountId own = community_of(spot);
        if (unit(words[0]) < mentioned_leaders) return leader_of(own, spot, words[1]);
        if (unit(words[1]) < options_.mixing)
            return leader_of(community_of(anyone_outside(own, words[2])), spot, words[3]);
        return member_of(own, spot, words[2]);
    }

  private:
    /// A leader or anybody, half and half.
    AccountId someone_in(AccountId community, AccountId spot, const Words& words) const {
        return unit(words[1]) < leader_share ? leader_of(community, spot, words[2])
                                             : member_of(community, spot, words[2]);
    }
    /// The lower its place, the likelier. Nobody is given himself: his neighbor stands in.
    AccountId leader_of(AccountId community, AccountId spot, std::uint32_t word) const {
        const auto squared = static_cast<std::uint32_t>((std::uint64_t{word} * word) >> 32U);
        const AccountId leader = first_[community] + uniform_below(options_.leaders, squared);
        return leader == spot ? leader + 1 : leader;
    }
    AccountId member_of(AccountId community, AccountId spot, std::uint32_t word) const {
        const bool own = community_of(spot) == community;
        const AccountId member = first_[community] + uniform_below(sizes_[community] - (own ? 1U : 0U), word);
        return own && member >= spot ? member + 1 : member;
    }
    AccountId anyone_outside(AccountId community, std::uint32_t word) const {
        const AccountId other = uniform_below(options_.num_accounts - sizes_[community], word);
        return other < first_[community] ? other : other + sizes_[community];
    }
    /// The mediators of a community bridge to the next one, the one after it, and so on.
    AccountId bridged_community(AccountId spot) const {
        const AccountId mediator = place_of(spot) - options_.leaders;
        return (community_of(spot) + 1 + mediator % (options_.num_communities - 1)) % options_.num_communities;
    }

    PlantedOptions options_;
    std::vector<AccountId> sizes_;
    std::vector<AccountId> first_;  ///< [communities + 1]
};

void check_options(const PlantedOptions& options) {
    if (options.threads < 0)
        throw std::invalid_argument(fmt::format("planted: threads must be 0 (all) or more, got {}", options.threads));
    if (options.num_communities < 2 || options.num_communities > options.num_accounts)
        throw std::invalid_argument(fmt::format("planted: communities must be in [2, accounts], got {} of {} accounts",
                                                options.num_communities, options.num_accounts));
    if (options.leaders < 1) throw std::invalid_argument("planted: a community must have at least 1 leader, got 0");
    if (!(options.mixing >= 0.0 && options.mixing <= 1.0))
        throw std::invalid_argument(fmt::format("planted: mixing must be in [0, 1], got {}", options.mixing));
    if (!(options.mean_follows >= 2.0 && options.mean_follows <= options.num_accounts))
        throw std::invalid_argument(
            fmt::format("planted: mean_follows must be in [2, accounts], got {}", options.mean_follows));
    if (options.duration < 0)
        throw std::invalid_argument(fmt::format("planted: duration must not be negative, got {}", options.duration));
    const AccountId smallest = community_sizes(options).back();
    const auto needed = std::uint64_t{options.leaders} + options.mediators + 2;
    if (smallest < needed)
        throw std::invalid_argument(
            fmt::format("planted: the smallest community must hold {} leaders, {} mediators and 2 members, got {} "
                        "accounts; plant more accounts or fewer communities",
                        options.leaders, options.mediators, smallest));
}

EdgeList follows_of(const Plan& plan, const Scramble& scramble, int threads) {
    const AccountId n = plan.num_accounts();
    std::vector<EdgeOffset> first_row(std::size_t{n} + 1, 0);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (AccountId spot = 0; spot < n; ++spot) first_row[spot + 1] = plan.num_follows(spot);
    std::partial_sum(first_row.begin(), first_row.end(), first_row.begin());

    EdgeList follows;
    follows.sources.resize(first_row[n]);
    follows.targets.resize(first_row[n]);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (AccountId spot = 0; spot < n; ++spot)
        for (EdgeOffset row = first_row[spot]; row < first_row[spot + 1]; ++row) {
            follows.sources[row] = scramble(spot);
            follows.targets[row] = scramble(plan.followed(spot, static_cast<std::uint32_t>(row - first_row[spot])));
        }
    return follows;
}

MentionStream mentions_of(const Plan& plan, const Scramble& scramble, const PlantedOptions& options, int threads) {
    const EdgeOffset count = options.num_mentions;
    MentionStream stream;
    stream.sources.resize(count);
    stream.targets.resize(count);
    stream.times.resize(count);
    stream.kinds.resize(count);
    const double seconds_each = static_cast<double>(options.duration) / static_cast<double>(count);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (EdgeOffset i = 0; i < count; ++i) {
        const Words who = words_of(options.seed, Stream::mentions, i, 0);
        const Words how = words_of(options.seed, Stream::mentions, i, 1);
        const AccountId author = uniform_below(plan.num_accounts(), how[0]);
        stream.sources[i] = scramble(author);
        stream.targets[i] = scramble(plan.mentioned(author, who));
        // One mention in each slot of the time, somewhere in it: so the stream is in order.
        stream.times[i] =
            options.first_time + static_cast<std::int64_t>((static_cast<double>(i) + unit(how[1])) * seconds_each);
        const double kind = unit(how[2]);
        stream.kinds[i] = kind < retweets             ? MentionKind::retweet
                          : kind < retweets + replies ? MentionKind::reply
                                                      : MentionKind::mention;
    }
    return stream;
}

}  // namespace

std::string_view name_of(PlantedRole role) {
    switch (role) {
        case PlantedRole::leader:
            return "leader";
        case PlantedRole::mediator:
            return "mediator";
        case PlantedRole::member:
            break;
    }
    return "member";
}

std::string_view name_of(MentionKind kind) {
    switch (kind) {
        case MentionKind::reply:
            return "reply";
        case MentionKind::retweet:
            return "retweet";
        case MentionKind::mention:
            break;
    }
    return "mention";
}

PlantedNetwork planted_network(const PlantedOptions& options) {
    check_options(options);
    const int threads = options.threads == 0 ? omp_get_num_procs() : options.threads;
    const Plan plan(options);
    const Scramble scramble(options.num_accounts, options.seed);

    PlantedNetwork network;
    network.follows = follows_of(plan, scramble, threads);
    network.mentions = mentions_of(plan, scramble, options, threads);
    network.community.resize(options.num_accounts);
    network.role.resize(options.num_accounts);
    network.place.resize(options.num_accounts);
    for (AccountId spot = 0; spot < options.num_accounts; ++spot) {
        const AccountId account = scramble(spot);
        network.community[account] = plan.community_of(spot);
        network.role[account] = plan.role_of(spot);
        network.place[account] = plan.place_of(spot);
    }
    return network;
}

}  // namespace coterie
