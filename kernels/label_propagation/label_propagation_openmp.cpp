#include <omp.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "kernels/label_propagation/label_propagation_loop.hpp"
#include "kernels/label_propagation/label_propagation_rule.hpp"
#include "kernels/openmp/balanced_ranges.hpp"

namespace coterie::openmp {

namespace {

using namespace label_propagation;

/// The votes of one neighborhood by label. Short rows count in a hash table that stays in the first cache; long ones in
/// an array over all labels. Both remember what they touched, and are empty again once they were read.
template <class Votes>
class Count {
  public:
    explicit Count(AccountId num_labels) : num_labels_(num_labels), keys_(num_slots), votes_(num_slots) {
        std::fill(keys_.begin(), keys_.end(), no_account);
        touched_.reserve(num_slots);
    }

    void start(EdgeOffset degree) {
        dense_ = degree > num_slots / 2;
        if (dense_ && by_label_.empty()) by_label_.resize(num_labels_, 0);
        const auto slots = static_cast<unsigned>(std::bit_width(std::max<EdgeOffset>(2 * degree - 1, 1)));
        shift_ = 32 - (dense_ ? 0 : slots);
        mask_ = (1U << (32 - shift_)) - 1;
    }

    /// Calls `expect(label)` when `label` is new.
    template <class Expect>
    void add(AccountId label, std::uint64_t votes, Expect expect) {
        if (dense_) {
            if (by_label_[label] == 0 && votes != 0) {
                touched_.push_back(label);
                expect(label);
            }
            by_label_[label] += static_cast<Votes>(votes);
            return;
        }
        AccountId slot = (label * 0x9E37'79B1U) >> shift_;
        while (keys_[slot] != label) {
            if (keys_[slot] == no_account) {
                keys_[slot] = label;
                votes_[slot] = 0;
                touched_.push_back(slot);
                expect(label);
                break;
            }
            slot = (slot + 1) & mask_;
        }
        votes_[slot] += static_cast<Votes>(votes);
    }

    template <class Visit>
    void take_all(Visit visit) {
        if (dense_)
            for (const AccountId label : touched_) visit(label, std::exchange(by_label_[label], Votes{0}));
        else
            for (const AccountId slot : touched_) visit(std::exchange(keys_[slot], no_account), votes_[slot]);
        touched_.clear();
    }

  private:
    static constexpr EdgeOffset num_slots = 2048;

    AccountId num_labels_;
    bool dense_ = false;
    unsigned shift_ = 0;
    AccountId mask_ = 0;
    std::vector<AccountId> keys_;
    std::vector<Votes> votes_;
    std::vector<Votes> by_label_;
    std::vector<AccountId> touched_;  ///< slots, or labels in the array
};

/// Ranges of accounts a thread, so that one which was held up does not hold up the others.
constexpr int ranges_per_thread = 32;
/// Labels of neighbors lie anywhere, so they are asked for beforehand: those so many edges ahead, which may belong to the
/// next rows. With turns the next rows are skipped: then it is the first neighbors of an account some elections ahead,
/// and its rows still earlier.
constexpr std::size_t elections_ahead = 8;
constexpr EdgeOffset neighbors_ahead = 32;

void expect(const MostFrequent&, AccountId) {}
void expect(const PricedVotes& rule, AccountId label) {
    __builtin_prefetch(&rule.volumes[label]);
}

template <class Votes>
class Steps {
  public:
    Steps(const Graph& graph, const std::vector<AccountId>& start, const CommunitiesOptions& options, int threads)
        : graph_(graph), start_(start), seed_(options.seed), threads_(threads), labels_(start), next_(start) {
        const AccountId n = graph.num_accounts();
        // The sum of two prefix sums is the prefix sum of both degrees.
        degree_sums_.resize(std::size_t{n} + 1, 0);
        for (std::size_t i = 0; i < graph.out().offsets.size(); ++i)
            degree_sums_[i] = graph.out().offsets[i] + (graph.directed() ? graph.in().offsets[i] : 0);
        ranges_ = balanced_ranges({degree_sums_, {}, {}}, n, ranges_per_thread * threads);
        for (int thread = 0; thread < threads; ++thread) counts_.emplace_back(n);
    }

    /// Strengths and volumes, which only lpa needs.
    void measure() {
        const AccountId n = graph_.num_accounts();
        strengths_.resize(n);
        volumes_.resize(n);
        draws_.resize(n);
        for_each_range([&](AccountId begin, AccountId end) {
            std::uint64_t sum = 0;
            for (AccountId v = begin; v < end; ++v) {
                std::uint64_t strength = 0;
                for_each_vote<PricedVotes>(v, [&](AccountId, std::uint64_t votes) { strength += votes; });
                strengths_[v] = strength;
                volumes_[labels_[v]] = strength;
                sum += strength;
            }
#pragma omp atomic
            total_ += sum;
        });
    }

    template <class Rule>
    void relabel(const Rule& rule) {
        elect(rule);
        adopt();
    }

    std::uint64_t changed() {
        return std::exchange(changed_, 0);
    }
    const std::vector<AccountId>& labels() const {
        return labels_;
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
    std::size_t num_ranges() const {
        return ranges_.size() - 1;
    }

    template <class Body>
    void for_each_range(Body body) {
#pragma omp parallel for num_threads(threads_) schedule(dynamic, 1)
        for (std::size_t range = 0; range < num_ranges(); ++range) body(ranges_[range], ranges_[range + 1]);
    }

    /// walk(rows, first edge, end) for the out-row of `account`, and for its in-row if the graph is directed.
    template <class Walk>
    void for_each_row(AccountId account, Walk walk) const {
        walk(graph_.out(), graph_.out().offsets[account], graph_.out().offsets[account + 1]);
        if (graph_.directed()) walk(graph_.in(), graph_.in().offsets[account], graph_.in().offsets[account + 1]);
    }

    /// visit(neighbor, votes) for each edge of `account`, whichever way it points.
    template <class Rule, class Visit>
    void for_each_vote(AccountId account, Visit visit) const {
        for_each_row(account, [&](const CsrView& rows, EdgeOffset begin, EdgeOffset end) {
            for (EdgeOffset edge = begin; edge < end; ++edge) {
                if (edge + neighbors_ahead < (Rule::takes_turns ? end : rows.num_edges()))
                    expect_label(rows.neighbors[edge + neighbors_ahead]);
                if (!Rule::self_loops_vote && rows.neighbors[edge] == account) continue;
                visit(rows.neighbors[edge], votes_of(rows, edge));
            }
        });
    }

    void expect_label(AccountId neighbor) const {
        __builtin_prefetch(&labels_[neighbor]);
    }
    void expect_rows(AccountId account) const {
        for_each_row(account, [](const CsrView& rows, EdgeOffset begin, EdgeOffset end) {
            if (begin < end) __builtin_prefetch(&rows.neighbors[begin]);
        });
    }
    void expect_labels(AccountId account) const {
        for_each_row(account, [&](const CsrView& rows, EdgeOffset begin, EdgeOffset end) {
            for (const EdgeOffset last = std::min(end, begin + neighbors_ahead); begin < last; ++begin)
                expect_label(rows.neighbors[begin]);
        });
    }

    /// The winning label of each account that has its turn, into `next_`: nobody sees what others choose in this turn.
    template <class Rule>
    void elect(const Rule& rule) {
#pragma omp parallel num_threads(threads_)
        {
            Count<Votes>& count = counts_[static_cast<std::size_t>(omp_get_thread_num())];
            std::vector<AccountId> voters;
#pragma omp for schedule(dynamic, 1)
            for (std::size_t range = 0; range < num_ranges(); ++range) {
                voters.clear();
                for (AccountId v = ranges_[range]; v < ranges_[range + 1]; ++v)
                    if (degree_sums_[v + 1] != degree_sums_[v] && rule.has_turn(v)) voters.push_back(v);
                for (std::size_t i = 0; i < voters.size(); ++i) {
                    if (Rule::takes_turns && i + elections_ahead < voters.size()) {
                        expect_rows(voters[i + elections_ahead]);
                        expect_labels(voters[i + elections_ahead / 2]);
                    }
                    next_[voters[i]] = elected(rule, voters[i], count);
                }
            }
        }
    }

    template <class Rule>
    AccountId elected(const Rule& rule, AccountId account, Count<Votes>& count) const {
        const AccountId present = labels_[account];
        count.start(degree_sums_[account + 1] - degree_sums_[account]);
        for_each_vote<Rule>(account, [&](AccountId neighbor, std::uint64_t votes) {
            count.add(labels_[neighbor], votes, [&](AccountId label) { expect(rule, label); });
        });
        auto best = incumbent(rule, account, present);
        count.take_all(
            [&](AccountId label, std::uint64_t votes) { consider(rule, account, present, label, votes, best); });
        return best.label;
    }

    /// Makes `next_` the labels. Those who had no turn find their present label there.
    void adopt() {
        std::uint64_t changed = 0;
#pragma omp parallel for num_threads(threads_) schedule(static) reduction(+ : changed)
        for (AccountId v = 0; v < graph_.num_accounts(); ++v) {
            const AccountId from = labels_[v];
            const AccountId to = next_[v];
            if (from == to) continue;
            ++changed;
            labels_[v] = to;
            if (volumes_.empty()) continue;
#pragma omp atomic
            volumes_[from] -= strengths_[v];
#pragma omp atomic
            volumes_[to] += strengths_[v];
        }
        changed_ += changed;
    }

    const Graph& graph_;
    const std::vector<AccountId>& start_;
    std::uint64_t seed_;
    int threads_;
    std::vector<AccountId> labels_;
    std::vector<AccountId> next_;
    std::vector<EdgeOffset> degree_sums_;
    std::vector<AccountId> ranges_;
    std::vector<std::uint32_t> draws_;
    std::vector<std::uint64_t> strengths_;
    std::vector<std::uint64_t> volumes_;
    std::vector<Count<Votes>> counts_;  ///< by thread
    std::uint64_t total_ = 0;
    std::uint64_t changed_ = 0;
};

template <class Votes>
PropagatedLabels propagate(const Graph& graph, const CommunitiesOptions& options, int threads) {
    const std::vector<AccountId> start = start_labels(graph, options);
    Steps<Votes> steps(graph, start, options, threads);
    PropagatedLabels result;
    if (options.method == CommunityMethod::lpa) {
        steps.measure();
        result = run_lpa(steps, graph.num_accounts(), options);
    } else {
        result = run_cdlp(steps, options);
    }
    result.labels = givers(start, std::move(result.labels));
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
