#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <type_traits>
#include <utility>

#include "kernels/cuda/degree_classes.cuh"
#include "kernels/cuda/device_graph.cuh"
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/shared_memory.cuh"
#include "kernels/label_propagation/changes.cuh"
#include "kernels/label_propagation/elections.cuh"
#include "kernels/label_propagation/first_round.cuh"
#include "kernels/label_propagation/giant_rows.cuh"
#include "kernels/label_propagation/label_propagation_loop.hpp"
#include "kernels/label_propagation/strengths.cuh"

namespace coterie::cuda {

namespace {

using namespace label_propagation;

constexpr const char* what = "communities";

/// Neighbors of an account whose table still fits a block.
template <class Votes>
EdgeOffset most_of_a_block() {
    return degree_for(shared_memory_of_block() / VoteTable<Votes>::bytes_per_slot);
}

/// The giant rows of `graph`, once it is clear that all an election needs fits the device.
template <class Votes>
GiantPlan plan_that_fits(const Graph& graph, CommunityMethod method) {
    GiantPlan plan(graph, most_of_a_block<Votes>());
    const std::size_t n = graph.num_accounts();
    std::size_t bytes = n * (2 * sizeof(AccountId) + 1 + sizeof(double) + sizeof(Votes)) +
                        DegreeClasses::bytes_needed(graph.num_accounts()) + (n + 1) * sizeof(EdgeOffset) +
                        plan.bytes<Votes>();
    if (method == CommunityMethod::lpa)
        bytes += n * (sizeof(AccountId) + sizeof(std::uint32_t) + 2 * sizeof(std::uint64_t));
    require_device_memory(bytes, what);
    return plan;
}

/// Accounts by the size of their neighborhoods.
template <class Votes>
DegreeClasses classes_by_degree(const CsrView& out, const CsrView& in) {
    // The sum of two prefix sums is the prefix sum of both degrees.
    DeviceBuffer<EdgeOffset> sums(out.offsets.size(), what);
    for_each("adding degrees", sums.size(), [sums = sums.data(), out, in] __device__(std::uint64_t i) {
        sums[i] = out.offsets[i] + (in.offsets.empty() ? 0 : in.offsets[i]);
    });
    const std::array<EdgeOffset, giant> bounds = {
        0, 1, 2, thread_degree, half_warp_degree, lanes_degree, warp_degree, block_degree, most_of_a_block<Votes>()};
    return {CsrView{sums.span(), {}, {}}, bounds};
}

template <class Votes>
class Steps {
  public:
    Steps(const PlacedGraph& placed, bool weighted, std::span<const AccountId> start, const CommunitiesOptions& options)
        : Steps(placed, weighted, start, options, plan_that_fits<Votes>(placed.graph(), options.method)) {}

    /// Strengths and volumes, which only lpa needs.
    void measure() {
        strengths_.fill_bytes(0);
        const auto accounts = accounts_between(copied, by_large_block);
        launch("adding votes", blocks_for(accounts.size() * warp_size), block_size, sum_votes, out_, in_, accounts,
               strengths_.data());
        launch("adding the votes of giant rows", giants_.chunks().size(), block_size, sum_votes_of_chunks, out_, in_,
               giants_.rows().data(), giants_.chunks().data(), strengths_.data());
        total_.fill_bytes(0);
        launch("starting volumes", blocks_for(labels_.size()), block_size, start_volumes, num_accounts(), start_.data(),
               strengths_.data(), volumes_.data(), total_.data());
        total_.copy_to({&total_strength_, 1});
    }

    void relabel(const MostFrequent& rule) {
        relabel(rule, true);
        all_differ_ = false;
    }
    void relabel(const PricedVotes& rule) {
        // Margins hold at the cost that they were won at, so they are kept from the last cost on.
        const double last_cost = costs.back() / static_cast<double>(total_strength_);
        relabel(rule, rule.cost_per_strength == last_cost);
    }

    std::uint64_t changed() { return std::exchange(changed_, 0); }
    std::vector<AccountId> labels() const { return labels_.to_host(); }

    std::uint64_t total_strength() const { return total_strength_; }
    PricedVotes priced_votes() const { return {0, 0, 0, draws_.span(), strengths_.span(), volumes_.span()}; }
    void draw(int i) {
        for_each("dealing turns", labels_.size(),
                 [draws = draws_.data(), start = start_.data(), seed = seed_, i] __device__(std::uint64_t account) {
                     draws[account] = turns_drawn(seed, start[account], i);
                 });
    }

  private:
    /// Neighbors are told of changes if at most this share of the accounts changed; else everybody votes again.
    static constexpr double told_share = 1.0 / 8;

    Steps(const PlacedGraph& placed, bool weighted, std::span<const AccountId> start, const CommunitiesOptions& options,
          const GiantPlan& plan)
        : out_(rows_of(placed.device_graph().out(), weighted)),
          in_(placed.device_graph().directed() ? rows_of(placed.device_graph().in(), weighted) : CsrView{}),
          seed_(options.seed),
          labels_(start, what),
          next_(start, what),
          changed_accounts_(start.size(), what),
          margins_(start.size(), what),
          pending_(start.size(), what),
          start_(start.first(options.method == CommunityMethod::lpa ? start.size() : 0), what),
          draws_(start_.size(), what),
          strengths_(start_.size(), what),
          volumes_(start_.size(), what),
          total_(1, what),
          changes_(1, what),
          giants_(plan),
          first_votes_(plan.rows.size(), what),
          classes_(classes_by_degree<Votes>(out_, in_)),
          all_differ_(options.method == CommunityMethod::cdlp) {
        for (unsigned c = copied; c <= by_warp; ++c) {
            const std::span<const AccountId> accounts = classes_.accounts(c);
            short_rows_.accounts[c] = accounts;
            short_rows_.blocks[c] = blocks_for(accounts.size(), short_rows_threads >> log_threads_of(c));
        }
        forget_margins();
        pending_.fill_bytes(0);
    }

    static CsrView rows_of(CsrView rows, bool weighted) {
        if (!weighted) rows.weights = {};
        return rows;
    }
    AccountId num_accounts() const { return out_.num_accounts(); }
    /// Those of the classes first … last, which lie behind each other.
    std::span<const AccountId> accounts_between(RowClass first, RowClass last) const {
        const std::span<const AccountId> end = classes_.accounts(last);
        const AccountId* begin = classes_.accounts(first).data();
        return {begin, end.data() + end.size()};
    }

    void forget_margins() { margins_.fill_bytes(0xff); }  // not a number

    template <class Rule>
    void relabel(const Rule& rule, bool keeps_margins) {
        Election<Rule, Votes> election{rule, out_, in_, labels_.data(), next_.data(), {}};
        if (keeps_margins) election.margins = {margins_.data(), pending_.data(), drift_};
        elect(election);
        const Changes changes = adopt_next();
        changed_ += changes.accounts;
        if (!keeps_margins) return;
        if (static_cast<double>(changes.accounts) > told_share * num_accounts()) return forget_margins();
        tell<Rule>();
        drift_ = std::nextafter(drift_ + static_cast<double>(changes.strength), std::numeric_limits<double>::max());
    }

    template <class Rule>
    void elect(const Election<Rule, Votes>& election) {
        ShortRows short_rows = short_rows_;
        if constexpr (std::is_same_v<Rule, MostFrequent>) {
            if (all_differ_) {
                elect_first(election);
                short_rows.blocks[by_warp] = 0;
            }
        }
        if (!all_differ_) {
            giants_.elect(election);
            elect_long_rows(election, by_large_block, most_of_a_block<Votes>());
            elect_long_rows(election, by_block, block_degree);
        }
        const std::uint64_t blocks =
            std::accumulate(short_rows.blocks.begin(), short_rows.blocks.end(), std::uint64_t{0});
        launch_with_shared("elections of short rows", blocks, short_rows_threads, shared_bytes_of_short_rows<Votes>(),
                           elect_short_rows<Rule, Votes>, election, short_rows);
    }
    /// The rows above `lanes_degree`, as long as all labels differ.
    void elect_first(const FirstElection<Votes>& election) {
        first_votes_.fill_bytes(0xff);  // no_account
        launch("first votes of giant rows", giants_.chunks().size(), block_size, first_votes_of_giants<Votes>, election,
               giants_.rows().data(), giants_.chunks().data(), first_votes_.data());
        launch("first elections of giants", blocks_for(first_votes_.size()), block_size, elect_first_giants<Votes>,
               election, giants_.rows().data(), first_votes_.span());
        const auto long_rows = accounts_between(by_block, by_large_block);
        launch("first elections of long rows", long_rows.size(), block_size, elect_first_by_blocks<Votes>, election,
               long_rows);
        const auto rows = classes_.accounts(by_warp);
        launch("first elections", blocks_for(rows.size() * warp_size), block_size, elect_first_by_warps<Votes>,
               election, rows);
    }
    template <class Rule>
    void elect_long_rows(const Election<Rule, Votes>& election, RowClass row_class, EdgeOffset most) {
        const std::span<const AccountId> accounts = classes_.accounts(row_class);
        const auto slots = static_cast<std::uint32_t>(slots_for(most));
        launch_with_shared("elections of long rows", accounts.size(), long_row_threads,
                           slots * VoteTable<Votes>::bytes_per_slot, elect_by_blocks<Rule, Votes>, election, accounts,
                           slots);
    }

    Changes adopt_next() {
        changes_.fill_bytes(0);
        launch("adopting labels", blocks_for(labels_.size()), block_size, adopt, num_accounts(), labels_.data(),
               next_.data(), changed_accounts_.data(), strengths_.data(), volumes_.data(), changes_.data());
        Changes changes{};
        changes_.copy_to({&changes, 1});
        return changes;
    }

    template <class Rule>
    void tell() {
        const Herald<Rule, Votes> herald{out_, in_, changed_accounts_.data(), pending_.data()};
        const auto short_rows = accounts_between(copied, by_warp);
        launch("telling neighbors", blocks_for(short_rows.size()), block_size, tell_by_warps<Rule, Votes>, herald,
               short_rows);
        const auto long_rows = accounts_between(by_block, by_large_block);
        launch("telling neighbors", long_rows.size(), block_size, tell_by_blocks<Rule, Votes>, herald, long_rows);
        launch("telling neighbors", giants_.chunks().size(), block_size, tell_by_chunks<Rule, Votes>, herald,
               giants_.rows().data(), giants_.chunks().data());
    }

    CsrView out_;
    CsrView in_;
    std::uint64_t seed_;
    DeviceBuffer<AccountId> labels_;
    DeviceBuffer<AccountId> next_;
    DeviceBuffer<unsigned char> changed_accounts_;
    DeviceBuffer<double> margins_;
    DeviceBuffer<Votes> pending_;
    DeviceBuffer<AccountId> start_;
    DeviceBuffer<std::uint32_t> draws_;
    DeviceBuffer<std::uint64_t> strengths_;
    DeviceBuffer<std::uint64_t> volumes_;
    DeviceBuffer<std::uint64_t> total_;
    DeviceBuffer<Changes> changes_;
    GiantRows<Votes> giants_;
    DeviceBuffer<FirstVotes> first_votes_;
    DegreeClasses classes_;
    ShortRows short_rows_;
    std::uint64_t total_strength_ = 0;
    std::uint64_t changed_ = 0;
    double drift_ = 0;
    bool all_differ_;  ///< nobody has voted yet, and no election but cdlp's first can make use of it
};

template <class Votes>
PropagatedLabels propagate(const PlacedGraph& placed, const CommunitiesOptions& options) {
    const std::vector<AccountId> start = start_labels(placed.graph(), options);
    const bool lpa = options.method == CommunityMethod::lpa;
    Steps<Votes> steps(placed, lpa && placed.graph().weighted(), start, options);
    PropagatedLabels result;
    if (lpa) {
        steps.measure();
        result = run_lpa(steps, placed.graph().num_accounts(), options);
    } else {
        result = run_cdlp(steps, options);
    }
    result.labels = givers(start, std::move(result.labels));
    return result;
}

/// Unweighted votes are counts below 2^32 unless there are 2^31 accounts.
PropagatedLabels propagate(const PlacedGraph& placed, bool weighted, const CommunitiesOptions& options) {
    if (weighted || placed.graph().num_accounts() >= 1U << 31U) return propagate<std::uint64_t>(placed, options);
    return propagate<std::uint32_t>(placed, options);
}

}  // namespace

PropagatedLabels cdlp(const PlacedGraph& placed, const CommunitiesOptions& options) {
    return propagate(placed, false, options);
}

PropagatedLabels lpa(const PlacedGraph& placed, const CommunitiesOptions& options) {
    return propagate(placed, placed.graph().weighted(), options);
}

}  // namespace coterie::cuda
