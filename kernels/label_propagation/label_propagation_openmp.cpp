#include <algorithm>
#include <bit>
#include <utility>

#include "host/array.hpp"
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

    void add(AccountId label, std::uint64_t votes) {
        if (dense_) {
            if (by_label_[label] == 0 && votes != 0) touched_.push_back(label);
            by_label_[label] += static_cast<Votes>(votes);
            return;
        }
        AccountId slot = (label * 0x9E37'79B1U) >> shift_;
        while (keys_[slot] != label) {
            if (keys_[slot] == no_account) {
                keys_[slot] = label;
                votes_[slot] = 0;
                touched_.push_back(slot);
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
/// How far ahead of the count labels are asked for.
constexpr EdgeOffset ahead = 24;

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
        // Unweighted votes are counts below 2^32 unless there are 2^31 accounts.
        if (graph_.weighted() || graph_.num_accounts() >= 1U << 31U)
            elect<std::uint64_t>(rule);
        else
            elect<std::uint32_t>(rule);
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

    /// visit(neighbor, votes) for each edge of `account`, whichever way it points.
    template <class Rule, class Visit>
    void for_each_vote(AccountId account, Visit visit) const {
        const auto walk = [&](const CsrView& rows) {
            const EdgeOffset end = rows.offsets[account + 1];
            for (EdgeOffset edge = rows.offsets[account]; edge < end; ++edge) {
                if (edge + ahead < rows.num_edges()) __builtin_prefetch(&labels_[rows.neighbors[edge + ahead]]);
                if (!Rule::self_loops_vote && rows.neighbors[edge] == account) continue;
                visit(rows.neighbors[edge], votes_of(rows, edge));
            }
        };
        walk(graph_.out());
        if (graph_.directed()) walk(graph_.in());
    }

    /// The winning label of each account that has its turn, into `next_`: nobody sees what others choose in this turn.
    template <class Votes, class Rule>
    void elect(const Rule& rule) {
#pragma omp parallel num_threads(threads_)
        {
            Count<Votes> count(graph_.num_accounts());
#pragma omp for schedule(dynamic, 1)
            for (std::size_t range = 0; range < num_ranges(); ++range)
                for (AccountId v = ranges_[range]; v < ranges_[range + 1]; ++v) {
                    const EdgeOffset degree = degree_sums_[v + 1] - degree_sums_[v];
                    if (degree == 0 || !rule.has_turn(v)) continue;
                    const AccountId present = labels_[v];
                    count.start(degree);
                    for_each_vote<Rule>(
                        v, [&](AccountId neighbor, std::uint64_t votes) { count.add(labels_[neighbor], votes); });
                    auto best = incumbent(rule, v, present);
                    count.take_all(
                        [&](AccountId label, std::uint64_t votes) { consider(rule, v, present, label, votes, best); });
                    next_[v] = best.label;
                }
        }
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
    std::uint64_t total_ = 0;
    std::uint64_t changed_ = 0;
};

}  // namespace

PropagatedLabels cdlp(const PlacedGraph& placed, const CommunitiesOptions& options) {
    const Graph graph = placed.graph().unweighted();
    const std::vector<AccountId> start = start_labels(graph, options);
    Steps steps(graph, start, options, placed.threads());
    PropagatedLabels result = run_cdlp(steps, options);
    result.labels = givers(start, std::move(result.labels));
    return result;
}

PropagatedLabels lpa(const PlacedGraph& placed, const CommunitiesOptions& options) {
    const Graph& graph = placed.graph();
    const std::vector<AccountId> start = start_labels(graph, options);
    Steps steps(graph, start, options, placed.threads());
    steps.measure();
    PropagatedLabels result = run_lpa(steps, graph.num_accounts(), options);
    result.labels = givers(start, std::move(result.labels));
    return result;
}

}  // namespace coterie::openmp
