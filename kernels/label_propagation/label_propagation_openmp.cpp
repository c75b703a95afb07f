#include <omp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <span>
#include <utility>
#include <vector>

#include "host/array.hpp"
#include "kernels/label_propagation/label_count.hpp"
#include "kernels/label_propagation/label_propagation_loop.hpp"
#include "kernels/label_propagation/label_propagation_rule.hpp"
#include "kernels/openmp/balanced_ranges.hpp"

namespace coterie::openmp {

namespace {

using namespace label_propagation;

/// Ranges of accounts a thread, so that one which was held up does not hold up the others.
constexpr int ranges_per_thread = 32;
/// Longer rows are read in parts of so many edges.
constexpr EdgeOffset long_row = 1024;
/// Rows are asked for so many accounts ahead, and the labels of the first neighbors in them a little later: a label comes
/// from anywhere.
constexpr std::size_t rows_ahead = 16;
constexpr std::size_t labels_ahead = 5;
constexpr EdgeOffset neighbors_ahead = 32;
/// Where those who moved in a turn have at most this part of all edges, their neighbors are told. With more, hardly an
/// account would be spared by it.
constexpr EdgeOffset part_worth_telling = 32;

/// What is known of an account when it has its turn. Nothing: it is `aware` of all.
enum Unaware : std::uint8_t {
    aware = 0,
    of_own_votes = 1,  ///< the votes for its label must be counted anew
    of_moves = 2,      ///< neighbors moved since it voted last
};

/// Whether an account stays by what is known of it: `own` votes for its label, the others against it.
/// cdlp votes the same again if no neighbor moved; lpa might not, since volumes moved.
bool stays(const MostFrequent& rule, unsigned unaware, AccountId, AccountId, std::uint64_t own, std::uint64_t all) {
    return unaware == aware || ((unaware & of_own_votes) == 0 && rule.unbeatable(own, all - own));
}
bool stays(const PricedVotes& rule, unsigned unaware, AccountId account, AccountId present, std::uint64_t own,
           std::uint64_t all) {
    return (unaware & of_own_votes) == 0 && rule.unbeatable(rule.score(account, present, present, own), all - own);
}

template <class Votes>
class Steps {
  public:
    Steps(const Graph& graph, const Array<AccountId>& start, const CommunitiesOptions& options, int threads)
        : graph_(graph), start_(start), seed_(options.seed), threads_(threads), labels_(start) {
        const AccountId n = graph.num_accounts();
        if (graph.directed()) {
            // The sum of two prefix sums is the prefix sum of both degrees.
            both_offsets_.resize(std::size_t{n} + 1);
#pragma omp parallel for num_threads(threads) schedule(static)
            for (std::size_t i = 0; i <= n; ++i) both_offsets_[i] = graph.out().offsets[i] + graph.in().offsets[i];
            offsets_ = both_offsets_;
        } else {
            offsets_ = graph.out().offsets;
        }
        ranges_ = balanced_ranges({offsets_, {}, {}}, 0, n, ranges_per_thread * threads);
        unaware_.resize(n, of_own_votes);
        own_.resize(n);
        for (int thread = 0; thread < threads; ++thread) voters_.emplace_back(n);
    }

    /// Strengths and volumes, which only lpa needs.
    void measure() {
        const AccountId n = graph_.num_accounts();
        strengths_.resize(n);
        volumes_.resize(n);
        draws_.resize(n);
#pragma omp parallel for num_threads(threads_) schedule(dynamic, 1) reduction(+ : total_)
        for (std::size_t range = 0; range < num_ranges(); ++range)
            for (AccountId v = ranges_[range]; v < ranges_[range + 1]; ++v) {
                std::uint64_t strength = 0;
                for_each_row(v, [&](const CsrView& rows, EdgeOffset begin, EdgeOffset end) {
                    for (EdgeOffset edge = begin; edge < end; ++edge)
                        strength += rows.neighbors[edge] == v ? 0 : votes_of(rows, edge);
                });
                strengths_[v] = strength;
                volumes_[labels_[v]] = strength;
                total_ += strength;
            }
    }

    /// The winning label of each account that has its turn; nobody sees what others choose in this turn.
    template <class Rule>
    void relabel(const Rule& rule) {
        EdgeOffset moved_edges = 0;
#pragma omp parallel num_threads(threads_)
        {
            Voter& me = voters_[static_cast<std::size_t>(omp_get_thread_num())];
            me.moves.clear();
#pragma omp for schedule(dynamic, 1) reduction(+ : moved_edges)
            for (std::size_t range = 0; range < num_ranges(); ++range) moved_edges += elect(rule, range, me);
            const bool telling = moved_edges <= num_edges() / part_worth_telling;
            adopt(me.moves);
            if (telling) {
#pragma omp barrier
                tell(me.moves);
            } else {
#pragma omp for schedule(static)
                for (std::size_t v = 0; v < unaware_.size(); ++v) unaware_[v] = of_own_votes;
            }
        }
        for (const Voter& voter : voters_) changed_ += voter.moves.size();
        all_differ_ = false;
    }

    std::uint64_t changed() {
        return std::exchange(changed_, 0);
    }
    std::vector<AccountId> labels() const {
        return {labels_.begin(), labels_.end()};
    }

    std::uint64_t total_strength() const {
        return total_;
    }
    PricedVotes priced_votes() const {
        return {0, 0, 0, draws_, strengths_, volumes_};
    }
    void draw(int i) {
#pragma omp parallel for num_threads(threads_) schedule(static)
        for (AccountId v = 0; v < graph_.num_accounts(); ++v) draws_[v] = turns_drawn(seed_, start_[v], i);
    }

  private:
    static constexpr bool count_to_one = sizeof(Votes) == 4;  ///< each edge is a vote

    struct Move {
        AccountId account;
        AccountId from;
        AccountId to;
    };
    /// The labels around an account other than its own, as they are read.
    struct Ballot {
        AccountId account;
        AccountId present;
        std::size_t size = 0;
        std::uint64_t against = 0;  ///< votes for them
    };
    /// What a thread works with.
    struct Voter {
        explicit Voter(AccountId num_labels)
            : count(num_labels), labels(long_row), votes(count_to_one ? 0 : labels.size()) {}

        LabelCount<Votes> count;
        std::vector<AccountId> labels;
        std::vector<Votes> votes;     ///< beside labels; empty if each counts 1
        std::vector<AccountId> turn;  ///< accounts of a range that must be asked in this turn
        std::vector<Move> moves;

        std::span<const AccountId> labels_of(const Ballot& ballot) const {
            return std::span(labels).first(ballot.size);
        }
        const Votes* votes_of(const Ballot&) const { return count_to_one ? nullptr : votes.data(); }
    };

    std::size_t num_ranges() const {
        return ranges_.size() - 1;
    }
    EdgeOffset num_edges() const {
        return offsets_.empty() ? 0 : offsets_.back();
    }
    EdgeOffset degree(AccountId account) const {
        return offsets_[account + 1] - offsets_[account];
    }

    /// walk(rows, first edge, end) for the out-row of `account`, and for its in-row if the graph is directed.
    template <class Walk>
    void for_each_row(AccountId account, Walk walk) const {
        walk(graph_.out(), graph_.out().offsets[account], graph_.out().offsets[account + 1]);
        if (graph_.directed()) walk(graph_.in(), graph_.in().offsets[account], graph_.in().offsets[account + 1]);
    }
    void expect_rows(AccountId account) const {
        for_each_row(account, [](const CsrView& rows, EdgeOffset begin, EdgeOffset) {
            __builtin_prefetch(rows.neighbors.data() + begin);
            __builtin_prefetch(rows.neighbors.data() + begin + 16);
        });
    }

    void expect_labels(AccountId account) const {
        for_each_row(account, [&](const CsrView& rows, EdgeOffset begin, EdgeOffset end) {
            for (const EdgeOffset last = std::min(end, begin + neighbors_ahead); begin < last; ++begin)
                __builtin_prefetch(&labels_[rows.neighbors[begin]]);
        });
    }

    std::uint64_t all_votes(const MostFrequent&, AccountId account) const {
        return degree(account);
    }
    std::uint64_t all_votes(const PricedVotes&, AccountId account) const {
        return strengths_[account];
    }

    /// Lets the accounts of a range that have their turn vote. Returns the edges of those who move.
    template <class Rule>
    EdgeOffset elect(const Rule& rule, std::size_t range, Voter& me) {
        const AccountId begin = ranges_[range];
        const AccountId end = ranges_[range + 1];
        me.turn.resize(end - begin);
        std::size_t count = 0;
        for (AccountId v = begin; v < end; ++v) {
            me.turn[count] = v;
            count += degree(v) != 0 && rule.has_turn(v);
        }
        std::size_t voting = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const AccountId v = me.turn[i];
            if (stays(rule, unaware_[v], v, labels_[v], own_[v], all_votes(rule, v))) continue;
            unaware_[v] = aware;
            me.turn[voting++] = v;
        }
        count = voting;
        const std::size_t moves_before = me.moves.size();
        if (all_differ_ && !Rule::takes_turns)
            for (std::size_t i = 0; i < count; ++i) elect_among_singles(me.turn[i], me);
        else
            elect_all(rule, std::span(me.turn).first(count), me);
        EdgeOffset moved_edges = 0;
        for (std::size_t i = moves_before; i < me.moves.size(); ++i) moved_edges += degree(me.moves[i].account);
        return moved_edges;
    }

    template <class Rule>
    void elect_all(const Rule& rule, std::span<const AccountId> turn, Voter& me) {
        for (std::size_t i = 0; i < turn.size(); ++i) {
            const AccountId account = turn[i];
            if (i + rows_ahead < turn.size()) expect_rows(turn[i + rows_ahead]);
            if (i + labels_ahead < turn.size()) expect_labels(turn[i + labels_ahead]);
            if (degree(account) > long_row) {
                elect_long(rule, account, me);
                continue;
            }
            const AccountId present = labels_[account];
            Ballot ballot{account, present};
            for_each_row(account, [&](const CsrView& rows, EdgeOffset begin, EdgeOffset end) {
                read(rows, begin, end, ballot, me);
            });
            judge(rule, ballot, me);
        }
    }

    /// Puts the labels around the account that are not its own, on the ballot. A self-loop votes for its own.
    void read(const CsrView& rows, EdgeOffset begin, EdgeOffset end, Ballot& ballot, Voter& me) const {
        // In variables of their own: as far as the compiler knows a store could change what is behind a reference, and
        // each load would wait for the stores before it.
        AccountId* const labels = me.labels.data();
        const AccountId* const neighbors = rows.neighbors.data();
        const AccountId* const labels_of_all = labels_.data();
        const AccountId present = ballot.present;
        std::size_t size = ballot.size;
        std::uint64_t against = 0;
        for (EdgeOffset edge = begin; edge < end; ++edge) {
            const AccountId label = labels_of_all[neighbors[edge]];
            labels[size] = label;
            if (count_to_one) {
                size += label != present;
            } else {
                const std::uint64_t votes = votes_of(rows, edge);
                const bool counts = label != present && votes != 0;
                me.votes[size] = static_cast<Votes>(votes);
                against += counts ? votes : 0;
                size += counts;
            }
        }
        ballot.against += count_to_one ? size - ballot.size : against;
        ballot.size = size;
    }

    template <class Rule>
    void judge(const Rule& rule, const Ballot& ballot, Voter& me) {
        const std::uint64_t own = all_votes(rule, ballot.account) - ballot.against;
        own_[ballot.account] = static_cast<Votes>(own);
        const auto score = rule.score(ballot.account, ballot.present, ballot.present, own);
        if (rule.unbeatable(score, ballot.against)) return;
        Candidate<typename Rule::Score> best{score, ballot.present};
        const auto visit = [&](AccountId label, std::uint64_t votes) {
            consider(rule, ballot.account, ballot.present, label, votes, best);
        };
        if (count_to_one && ballot.size <= few) {
            std::array<AccountId, few> sums;
            if (static_cast<decltype(score)>(count_few_(me.labels.data(), ballot.size, sums.data())) < score) return;
            for (std::size_t i = 0; i < ballot.size; ++i) visit(me.labels[i], sums[i]);
        } else {
            me.count.count_in_table(me.labels_of(ballot), me.votes_of(ballot), visit);
        }
        if (best.label != ballot.present) me.moves.push_back({ballot.account, ballot.present, best.label});
    }

    /// A long row part by part.
    template <class Rule>
    void elect_long(const Rule& rule, AccountId account, Voter& me) {
        const AccountId present = labels_[account];
        std::uint64_t against = 0;
        for_each_row(account, [&](const CsrView& rows, EdgeOffset begin, EdgeOffset end) {
            for (EdgeOffset until = begin; begin < end; begin = until) {
                until = std::min(end, begin + long_row);
                Ballot part{account, present};
                read(rows, begin, until, part, me);
                me.count.add(me.labels_of(part), me.votes_of(part));
                against += part.against;
            }
        });
        const std::uint64_t own = all_votes(rule, account) - against;
        own_[account] = static_cast<Votes>(own);
        Candidate<typename Rule::Score> best{rule.score(account, present, present, own), present};
        me.count.take_all(
            [&](AccountId label, std::uint64_t votes) { consider(rule, account, present, label, votes, best); });
        if (best.label != present) me.moves.push_back({account, present, best.label});
    }

    /// The first round of cdlp, in which all labels differ: the smallest label of those who are both in- and out-neighbors
    /// and count twice, else of all.
    void elect_among_singles(AccountId account, Voter& me) const {
        AccountId smallest = no_account;
        for_each_row(account, [&](const CsrView& rows, EdgeOffset begin, EdgeOffset end) {
            for (; begin < end; ++begin) smallest = std::min(smallest, labels_[rows.neighbors[begin]]);
        });
        if (graph_.directed()) {
            const AccountId smallest_twice = smallest_in_both(graph_.out().row(account), graph_.in().row(account));
            if (smallest_twice != no_account) smallest = smallest_twice;
        }
        if (smallest != labels_[account]) me.moves.push_back({account, labels_[account], smallest});
    }
    /// The smallest label of those in both rows, which are ascending.
    AccountId smallest_in_both(std::span<const AccountId> a, std::span<const AccountId> b) const {
        AccountId smallest = no_account;
        for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
            if (a[i] == b[j]) smallest = std::min(smallest, labels_[a[i]]);
            const bool next_a = a[i] <= b[j];
            j += b[j] <= a[i];
            i += next_a;
        }
        return smallest;
    }

    void adopt(const std::vector<Move>& moves) {
        for (const auto& [account, from, to] : moves) {
            labels_[account] = to;
            if (volumes_.empty()) continue;
            const std::uint64_t strength = strengths_[account];
            std::atomic_ref(volumes_[from]).fetch_sub(strength, std::memory_order_relaxed);
            std::atomic_ref(volumes_[to]).fetch_add(strength, std::memory_order_relaxed);
        }
    }

    /// Once all have adopted: keeps the votes that the neighbors of `moves` have for their labels. Those who moved
    /// themselves count anew.
    void tell(const std::vector<Move>& moves) {
        for (std::size_t i = 0; i < moves.size(); ++i) {
            const Move& move = moves[i];
            if (i + rows_ahead < moves.size()) expect_rows(moves[i + rows_ahead].account);
            make_unaware(move.account, of_own_votes);
            for_each_row(move.account, [&](const CsrView& rows, EdgeOffset begin, EdgeOffset end) {
                for (EdgeOffset edge = begin; edge < end; ++edge) {
                    const AccountId neighbor = rows.neighbors[edge];
                    make_unaware(neighbor, of_moves);
                    const AccountId label = labels_[neighbor];
                    if (label != move.from && label != move.to) continue;
                    const auto votes = static_cast<Votes>(votes_of(rows, edge));
                    std::atomic_ref(own_[neighbor])
                        .fetch_add(label == move.to ? votes : -votes, std::memory_order_relaxed);
                }
            });
        }
    }
    void make_unaware(AccountId account, Unaware of) {
        const std::atomic_ref unaware(unaware_[account]);
        if ((unaware.load(std::memory_order_relaxed) & of) == 0) unaware.fetch_or(of, std::memory_order_relaxed);
    }

    const Graph& graph_;
    const Array<AccountId>& start_;
    std::uint64_t seed_;
    int threads_;
    Array<AccountId> labels_;
    Array<EdgeOffset> both_offsets_;       ///< if directed
    std::span<const EdgeOffset> offsets_;  ///< [n + 1] degrees of both directions before an account
    std::vector<AccountId> ranges_;
    Array<std::uint8_t> unaware_;  ///< [n] of what, Unaware
    Array<Votes> own_;             ///< [n] votes for its own label, of those who know
    Array<std::uint32_t> draws_;
    Array<std::uint64_t> strengths_;
    Array<std::uint64_t> volumes_;
    std::vector<Voter> voters_;  ///< by thread
    CountFew count_few_ = usable_count_few().front();
    bool all_differ_ = true;  ///< no two accounts have the same label
    std::uint64_t total_ = 0;
    std::uint64_t changed_ = 0;
};

Array<AccountId> start_labels(const Graph& graph, const CommunitiesOptions& options, int threads) {
    const StartLabel label(graph, options);
    Array<AccountId> labels(graph.num_accounts());
#pragma omp parallel for num_threads(threads) schedule(static)
    for (AccountId position = 0; position < graph.num_accounts(); ++position)
        labels[graph.account_at(position)] = label(position);
    return labels;
}

/// Labels as the accounts that started with them.
void replace_by_givers(const Array<AccountId>& start, std::vector<AccountId>& labels, int threads) {
    const auto n = static_cast<AccountId>(start.size());
    Array<AccountId> giver(n);
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static)
        for (AccountId account = 0; account < n; ++account) giver[start[account]] = account;
#pragma omp for schedule(static)
        for (AccountId account = 0; account < n; ++account) labels[account] = giver[labels[account]];
    }
}

template <class Votes>
PropagatedLabels propagate(const Graph& graph, const CommunitiesOptions& options, int threads) {
    const Array<AccountId> start = start_labels(graph, options, threads);
    Steps<Votes> steps(graph, start, options, threads);
    PropagatedLabels result;
    if (options.method == CommunityMethod::lpa) {
        steps.measure();
        result = run_lpa(steps, graph.num_accounts(), options);
    } else {
        result = run_cdlp(steps, options);
    }
    replace_by_givers(start, result.labels, threads);
    return result;
}

/// Unweighted votes are counts below 2^32 unless there are 2^31 accounts.
PropagatedLabels propagate(const Graph& graph, const CommunitiesOptions& options, int threads) {
    if (graph.weighted() || graph.num_accounts() >= 1U << 31U) return propagate<std::uint64_t>(graph, options, threads);
    return propagate<std::uint32_t>(graph, options, threads);
}

}  // namespace

PropagatedLabels cdlp(const PlacedGraph& placed, const CommunitiesOptions& options) {
    return propagate(placed.graph().unweighted(), options, placed.threads());
}

PropagatedLabels lpa(const PlacedGraph& placed, const CommunitiesOptions& options) {
    return propagate(placed.graph(), options, placed.threads());
}

}  // namespace coterie::openmp
