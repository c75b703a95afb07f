#include "host/merge_layers.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <tuple>
#include <utility>

#include "host/nearly_ascending.hpp"
#include "host/nearly_sorted.hpp"
#include "tests/oracle/slow_build.hpp"
#include "tests/support/shapes.hpp"

namespace coterie::testing {

namespace {

/// Rows by id; which of the ids are accounts is known to whoever asks.
struct Rows {
    std::vector<Edge> edges;
    bool weights = false;  ///< else each row weighs 1
};

struct Kind {
    bool undirected = false;
    bool weighted = false;  ///< layers of events are, also where rows have no weights
    bool keep_self_loops = false;
};

LayerEdges layer_of(const Rows& rows, const Kind& kind, const std::vector<AccountId>& ids) {
    LayerEdges layer;
    const auto position = [&](AccountId id) {
        return static_cast<AccountId>(std::lower_bound(ids.begin(), ids.end(), id) - ids.begin());
    };
    for (const Edge& edge : rows.edges) {
        layer.edges.sources.push_back(position(edge.source));
        layer.edges.targets.push_back(position(edge.target));
        if (rows.weights) layer.edges.weights.push_back(edge.weight);
    }
    layer.undirected = kind.undirected;
    layer.count_rows = kind.weighted && !rows.weights;
    return layer;
}

std::vector<AccountId> ids_of(const std::vector<Rows>& layers) {
    std::set<AccountId> ids;
    for (const Rows& rows : layers)
        for (const Edge& edge : rows.edges) ids.insert({edge.source, edge.target});
    return {ids.begin(), ids.end()};
}

std::vector<AccountId> united(const std::vector<AccountId>& a, const std::vector<AccountId>& b) {
    std::vector<AccountId> both;
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    return both;
}

BuiltLayers built(const std::vector<Rows>& layers, const std::vector<Kind>& kinds, const std::vector<AccountId>& ids) {
    std::vector<LayerEdges> edges;
    for (std::size_t l = 0; l < layers.size(); ++l) edges.push_back(layer_of(layers[l], kinds[l], ids));
    return build_layers(static_cast<AccountId>(ids.size()), std::move(edges),
                        {.keep_self_loops = kinds[0].keep_self_loops, .threads = 2});
}

/// `base` with rows added and taken out, `more` [layers] each.
MergedLayers merged(const BuiltLayers& base, const std::vector<AccountId>& old_ids, const std::vector<Kind>& kinds,
                    const std::vector<Rows>& added, const std::vector<Rows>& removed, const std::vector<AccountId>& ids,
                    int threads, bool whole_edges = false) {
    AccountPositions accounts;
    accounts.count = static_cast<AccountId>(ids.size());
    accounts.old_account.assign(ids.size(), no_account);
    accounts.position.resize(old_ids.size());
    for (std::size_t i = 0; i < old_ids.size(); ++i) {
        const auto at = std::lower_bound(ids.begin(), ids.end(), old_ids[i]) - ids.begin();
        accounts.old_account[static_cast<std::size_t>(at)] = base.by_id[i];
        accounts.position[base.by_id[i]] = static_cast<AccountId>(at);
    }
    std::vector<LayerChanges> layers(base.layers.size());
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const BuiltLayer& layer = base.layers[l];
        layers[l].out = layer.out.view();
        layers[l].in = layer.undirected ? layer.out.view() : layer.in.view();
        layers[l].remainders = &layer.remainders;
        layers[l].undirected = kinds[l].undirected;
        layers[l].weighted = kinds[l].weighted;
        layers[l].keep_self_loops = kinds[l].keep_self_loops;
        layers[l].whole_edges = whole_edges;
        layers[l].added = layer_of(added[l], kinds[l], ids).edges;
        if (removed.empty()) continue;
        const LayerEdges less = layer_of(removed[l], kinds[l], ids);
        for (std::size_t i = 0; i < less.edges.sources.size(); ++i)
            layers[l].removed.push_back(
                {less.edges.sources[i], less.edges.targets[i], removed[l].weights ? less.edges.weights[i] : 1.0F, i});
    }
    return merge_layers(accounts, std::move(layers), {.threads = threads});
}

void expect_same(const CsrArrays& a, const CsrArrays& b) {
    EXPECT_EQ(a.offsets, b.offsets);
    EXPECT_EQ(a.neighbors, b.neighbors);
    EXPECT_EQ(a.weights, b.weights);
}

void expect_same(const BuiltLayers& a, const BuiltLayers& b) {
    EXPECT_EQ(a.by_id, b.by_id);
    ASSERT_EQ(a.layers.size(), b.layers.size());
    for (std::size_t l = 0; l < a.layers.size(); ++l) {
        SCOPED_TRACE("layer " + std::to_string(l));
        expect_same(a.layers[l].out, b.layers[l].out);
        expect_same(a.layers[l].in, b.layers[l].in);
        EXPECT_EQ(a.layers[l].remainders.edges, b.layers[l].remainders.edges);
        EXPECT_EQ(a.layers[l].remainders.values, b.layers[l].remainders.values);
    }
}

Rows random_rows(AccountId ids, std::size_t count, const Kind& kind, std::mt19937& random) {
    Rows rows;
    rows.weights = kind.weighted && random() % 2 == 0;
    const bool decimals = random() % 2 == 0;
    for (const Edge& edge : messy_edges(ids, count, random())) {
        const float weight = decimals
                                 ? std::ldexp(static_cast<float>(random() % 9999), static_cast<int>(random() % 90) - 60)
                                 : static_cast<float>(1 + random() % 5);
        rows.edges.push_back({edge.source * 3, edge.target * 3, random() % 8 == 0 ? -weight : weight});
    }
    // Somebody who is tied to almost everybody: long rows are made in another way.
    if (random() % 2 == 0)
        for (AccountId id = 0; id < ids; ++id)
            if (random() % 8 != 0) rows.edges.push_back({ids / 2 * 3, id * 3, 1.0F});
    return rows;
}

Rows joined(Rows a, const Rows& b) {
    if (a.weights != b.weights) {
        for (Edge& edge : a.edges) edge.weight = a.weights ? edge.weight : 1.0F;
        for (const Edge& edge : b.edges) a.edges.push_back({edge.source, edge.target, b.weights ? edge.weight : 1.0F});
        a.weights = true;
        return a;
    }
    a.edges.insert(a.edges.end(), b.edges.begin(), b.edges.end());
    return a;
}

}  // namespace

TEST(MergeLayers, EqualsABuildFromAllRowsWhateverIsAdded) {
    std::mt19937 random(1);
    for (int round = 0; round < 30; ++round) {
        SCOPED_TRACE(round);
        const bool keep = random() % 2 == 0;
        std::vector<Kind> kinds(1 + random() % 3);
        for (Kind& kind : kinds) kind = {random() % 2 == 0, random() % 3 != 0, keep};
        const AccountId size = 2 + static_cast<AccountId>(random() % 300);
        std::vector<Rows> all;
        for (const Kind& kind : kinds) all.push_back(random_rows(size, random() % 3000, kind, random));
        std::vector<AccountId> ids = ids_of(all);
        BuiltLayers now = built(all, kinds, ids);
        // Several nights, some with new accounts between the old ones.
        for (int night = 0; night < 3; ++night) {
            std::vector<Rows> added;
            for (const Kind& kind : kinds)
                added.push_back(
                    random_rows(size + static_cast<AccountId>(random() % 50), random() % 200, kind, random));
            for (Rows& rows : added)
                for (Edge& edge : rows.edges)
                    if (random() % 16 == 0) ++edge.source;
            const std::vector<AccountId> more_ids = united(ids, ids_of(added));
            now = merged(now, ids, kinds, added, {}, more_ids, 1 + night).built;
            ids = more_ids;
            for (std::size_t l = 0; l < all.size(); ++l) all[l] = joined(all[l], added[l]);
            expect_same(now, built(all, kinds, ids));
        }
    }
}

TEST(MergeLayers, EqualsABuildFromTheRowsThatRemain) {
    std::mt19937 random(2);
    for (int round = 0; round < 30; ++round) {
        SCOPED_TRACE(round);
        const bool keep = random() % 2 == 0;
        std::vector<Kind> kinds(1 + random() % 2);
        for (Kind& kind : kinds) kind = {random() % 2 == 0, random() % 3 != 0, keep};
        std::vector<Rows> all;
        for (const Kind& kind : kinds) {
            all.push_back(random_rows(200, 2000, kind, random));
            for (Edge& edge : all.back().edges) edge.weight = std::abs(edge.weight) + 0x1p-60F;
            if (kind.weighted) continue;
            // An unweighted layer does not know how often an edge was named: here each is named once.
            std::set<std::pair<AccountId, AccountId>> met;
            std::vector<Edge> once;
            for (const Edge& edge : all.back().edges) {
                const auto ends = kind.undirected
                                      ? std::minmax(edge.source, edge.target)
                                      : std::pair<const AccountId&, const AccountId&>(edge.source, edge.target);
                if (met.insert({ends.first, ends.second}).second) once.push_back(edge);
            }
            all.back().edges = once;
        }
        const std::vector<AccountId> ids = ids_of(all);
        const BuiltLayers base = built(all, kinds, ids);
        std::vector<Rows> removed(all.size());
        std::vector<Rows> nothing(all.size());
        std::vector<EdgeOffset> taken(all.size());
        for (std::size_t l = 0; l < all.size(); ++l) {
            std::shuffle(all[l].edges.begin(), all[l].edges.end(), random);
            removed[l].weights = all[l].weights;
            for (std::size_t i = all[l].edges.size() / (1 + random() % 9); i > 0; --i) {
                const Edge& edge = all[l].edges.back();
                if (keep || edge.source != edge.target) {
                    // Undirected edges may be named from either end.
                    removed[l].edges.push_back(kinds[l].undirected ? Edge{edge.target, edge.source, edge.weight}
                                                                   : edge);
                    ++taken[l];
                }
                all[l].edges.pop_back();
            }
        }
        const MergedLayers less = merged(base, ids, kinds, nothing, removed, ids, 2);
        const BuiltLayers expected = built(all, kinds, ids);
        expect_same(less.built, expected);
        for (std::size_t l = 0; l < all.size(); ++l) {
            EXPECT_EQ(less.counts[l].removed, taken[l]);
            EXPECT_TRUE(less.counts[l].rejected.empty());
            EXPECT_EQ(base.layers[l].counts.kept - less.counts[l].gone, expected.layers[l].counts.kept);
        }
    }
}

/// Rows of all lengths, also of those that are made by setting bits, whose accounts move by one place or by thousands.
TEST(MergeLayers, EqualsABuildWithRowsOfThousands) {
    std::mt19937 random(4);
    constexpr AccountId size = 9000;
    for (const bool weighted : {false, true}) {
        SCOPED_TRACE(weighted);
        const std::vector<Kind> kinds{{.weighted = weighted}};
        std::vector<Rows> all(1);
        all[0].weights = weighted;
        const auto add = [&](Rows& rows, AccountId source, AccountId target) {
            rows.edges.push_back({source, target, static_cast<float>(1 + random() % 5)});
        };
        for (AccountId hub = 0; hub < 60; ++hub)
            for (AccountId i = 0; i < 4 + hub * (hub / 4) * 8; ++i)
                add(all[0], hub, random() % 4 == 0 ? i : static_cast<AccountId>(random() % size));
        for (AccountId id = 0; id < size; ++id) add(all[0], id, (id + 1) % size);
        std::vector<AccountId> ids = ids_of(all);
        BuiltLayers now = built(all, kinds, ids);
        for (int night = 0; night < 3; ++night) {
            std::vector<Rows> added(1);
            added[0].weights = weighted;
            for (int i = 0; i < (night == 1 ? 40 : 9000); ++i)
                add(added[0], static_cast<AccountId>(random() % 70), static_cast<AccountId>(random() % (size + 9)));
            const std::vector<AccountId> more_ids = united(ids, ids_of(added));
            now = merged(now, ids, kinds, added, {}, more_ids, 2).built;
            ids = more_ids;
            all[0] = joined(all[0], added[0]);
            expect_same(now, built(all, kinds, ids));
        }
    }
}

/// With so many accounts and changes that two ends and a number do not fit 64 bits.
TEST(MergeLayers, OrdersTheChangesOfManyAccounts) {
    std::mt19937 random(6);
    constexpr AccountId most = AccountId{1} << 26U;  // 27 bits
    constexpr AccountId some = 80;                   // 3,240 edges among them: 12 bits
    for (const AccountId count : {some, most}) {
        Array<AccountId> by_id(count);  // only the first are read
        for (AccountId i = 0; i < some; ++i) by_id[i] = (count / some) * (i * 7 % some);
        std::vector<EdgeChange> changes;
        for (AccountId source = 0; source < some; ++source)
            for (AccountId target = source; target < some; ++target)
                changes.push_back({source, target, static_cast<float>(changes.size()), random() % 2 == 0,
                                   random() % 2 == 0, static_cast<std::uint32_t>(random() % 9)});
        for (const auto& [reversed, both_ways] :
             {std::pair(false, false), std::pair(true, false), std::pair(false, true)}) {
            using Told = std::tuple<AccountId, AccountId, float, bool, bool, std::uint32_t>;
            std::vector<Told> expected;
            for (const EdgeChange& change : changes) {
                const AccountId from = by_id[reversed ? change.target : change.source];
                const AccountId to = by_id[reversed ? change.source : change.target];
                expected.emplace_back(from, to, change.weight, change.was, change.is, change.remainder);
                if (both_ways && from != to)
                    expected.emplace_back(to, from, change.weight, change.was, change.is, change.remainder);
            }
            std::sort(expected.begin(), expected.end());
            std::vector<Told> got;
            for (const RowChange& change : row_changes(changes, by_id, reversed, both_ways))
                got.emplace_back(change.row, change.neighbor, change.weight, change.was, change.is, change.remainder);
            EXPECT_TRUE(got == expected) << count;
        }
    }
}

TEST(MergeLayers, RejectsWhatIsNotThere) {
    const std::vector<Kind> kinds{{.weighted = true}};
    const std::vector<Rows> all{{{{0, 1, 2.0F}, {1, 2, 5.0F}}, true}};
    const std::vector<AccountId> ids = ids_of(all);
    const BuiltLayers base = built(all, kinds, ids);
    const std::vector<Rows> removed{{{{1, 0, 1.0F}, {0, 1, 3.0F}, {0, 1, 2.0F}, {0, 1, 2.0F}}, true}};
    const MergedLayers less = merged(base, ids, kinds, {Rows{}}, removed, ids, 1);
    const std::vector<RejectedRemoval>& rejected = less.counts[0].rejected;
    ASSERT_EQ(rejected.size(), 3U);
    EXPECT_TRUE(rejected[0].number == 0 && rejected[0].absent);
    EXPECT_TRUE(rejected[1].number == 1 && !rejected[1].absent && rejected[1].weight == 2.0F);
    EXPECT_TRUE(rejected[2].number == 3 && rejected[2].absent);
    EXPECT_EQ(less.counts[0].removed, 1U);
    EXPECT_EQ(less.counts[0].gone, 1U);
    const MergedLayers whole = merged(base, ids, kinds, {Rows{}}, {Rows{{{1, 2, 1.0F}}, true}}, ids, 1, true);
    EXPECT_EQ(whole.counts[0].gone, 1U);
}

TEST(MergeLayers, SortsWhatIsNearlySorted) {
    std::mt19937 random(3);
    std::vector<unsigned> dropped;
    for (int round = 0; round < 2000; ++round) {
        std::vector<unsigned> values(random() % 200);
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<unsigned>(i * 8);
        const std::size_t moves = round % 3 == 0 ? random() % 4 : random() % (values.size() + 1);
        for (std::size_t i = 0; i < moves && !values.empty(); ++i)
            values[random() % values.size()] = static_cast<unsigned>(random() % 1600);
        std::vector<unsigned> expected = values;
        std::sort(expected.begin(), expected.end());
        sort_nearly_sorted(std::span(values), dropped);
        ASSERT_EQ(values, expected) << round;
    }
}

template <class Number>
void expect_every_sort_to_sort(std::mt19937& random) {
    for (int round = 0; round < 2000; ++round) {
        const std::size_t count = random() % (round % 20 == 0 ? 3000 : 100);
        const std::size_t width = round % 7 == 0 ? count + 1 : 1 + random() % 70;
        std::vector<Number> ascending(count);
        for (std::size_t i = 0; i < count; ++i)
            ascending[i] = static_cast<Number>(i + random() % width) << (4 * (sizeof(Number) - 1));
        if (count > 0 && round % 3 == 0) ascending[random() % count] = std::numeric_limits<Number>::max();
        const std::vector<Number> values = ascending;
        std::sort(ascending.begin(), ascending.end());
        std::size_t gave_up = 0;
        for (const auto sort : usable_sorts_of_nearly_ascending<Number>()) {
            std::vector<Number> sorted = values;
            sorted.resize(count + nearly_ascending_margin);
            const bool finished = sort(sorted.data(), count);
            gave_up += finished ? 0U : 1U;
            sorted.resize(count);
            if (!finished) std::sort(sorted.begin(), sorted.end());
            ASSERT_EQ(sorted, ascending) << round;
        }
        if (width <= 70) {
            ASSERT_EQ(gave_up, 0U) << round;
        }
        std::vector<Number> sorted = values;
        sorted.resize(count + nearly_ascending_margin);
        sort_nearly_ascending(sorted.data(), count);
        sorted.resize(count);
        ASSERT_EQ(sorted, ascending) << round;
    }
}

TEST(MergeLayers, SortsWhatIsNearlyAscendingWithEveryInstructionSet) {
    std::mt19937 random(5);
    expect_every_sort_to_sort<std::uint32_t>(random);
    expect_every_sort_to_sort<std::uint64_t>(random);
}

TEST(MergeLayers, GivesUpOnWhatIsFarFromAscending) {
    for (const auto sort : usable_sorts_of_nearly_ascending<std::uint32_t>()) {
        std::vector<std::uint32_t> falling(100'000 + nearly_ascending_margin);
        for (std::size_t i = 0; i < 100'000; ++i) falling[i] = static_cast<std::uint32_t>(100'000 - i);
        EXPECT_FALSE(sort(falling.data(), 100'000));
    }
}

}  // namespace coterie::testing
