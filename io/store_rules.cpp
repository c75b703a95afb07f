#include "io/store_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "host/errors.hpp"

namespace coterie {

namespace {

using hdf5::Dataset;

template <class T>
std::span<const T> values_in(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

constexpr std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 32U)) * 0xd6e8feb86659fd93U;
    x = (x ^ (x >> 32U)) * 0xd6e8feb86659fd93U;
    return x ^ (x >> 32U);
}

constexpr std::uint64_t edge_hash(AccountId source, AccountId target, std::uint64_t weight_hash) {
    return mixed((std::uint64_t{source} << 32U | target) + weight_hash);
}

/// Which ways the edges of a row are counted: from the row to the neighbor, to the row, or both (an undirected layer).
enum class Ways { out, in, both };

struct EdgeLook {
    std::uint64_t out = 0;
    std::uint64_t in = 0;
    std::string neighbors;
    std::string weights;
};

/// Neighbors are below n and ascend within rows, weights are finite; adds up the edges' hashes, each edge named by its
/// ends in the order in which it points.
template <Ways ways, bool weighted>
EdgeLook look_at_edges(std::span<const EdgeOffset> offsets, std::span<const AccountId> neighbors,
                       std::span<const float> weights, std::uint64_t first) {
    EdgeLook result;
    const std::uint64_t n = offsets.size() - 1;
    const std::uint64_t last = first + neighbors.size();
    const auto after = std::upper_bound(offsets.begin(), offsets.end(), first);
    auto row = static_cast<AccountId>(after - offsets.begin() - 1);
    for (std::uint64_t edge = first; edge < last; ++row) {
        const std::uint64_t row_end = std::min(last, offsets[row + 1]);
        // The row may have begun in the piece before.
        std::int64_t previous = edge > offsets[row] ? std::int64_t{*(neighbors.data() + (edge - first) - 1)} : -1;
        for (; edge < row_end; ++edge) {
            const AccountId neighbor = neighbors[edge - first];
            if (std::int64_t{neighbor} <= previous || neighbor >= n) {
                result.neighbors =
                    neighbor >= n ? fmt::format("must be below {}, but entry {} is {}", n, edge, neighbor)
                                  : fmt::format("must ascend within a row, but entry {}, in row {}, is {} after {}",
                                                edge, row, neighbor, previous);
                return result;
            }
            previous = neighbor;
            std::uint64_t weight_hash = 0;
            if constexpr (weighted) {
                const float weight = weights[edge - first];
                if (!std::isfinite(weight)) {
                    result.weights = fmt::format("must be finite, but entry {} is {}", edge, weight);
                    return result;
                }
                weight_hash = mixed(std::bit_cast<std::uint32_t>(weight));
            }
            if constexpr (ways != Ways::in) result.out += edge_hash(row, neighbor, weight_hash);
            if constexpr (ways != Ways::out) result.in += edge_hash(neighbor, row, weight_hash);
        }
    }
    return result;
}

template <bool weighted>
auto look_for(Ways ways) {
    switch (ways) {
        case Ways::out:
            return look_at_edges<Ways::out, weighted>;
        case Ways::in:
            return look_at_edges<Ways::in, weighted>;
        case Ways::both:
            break;
    }
    return look_at_edges<Ways::both, weighted>;
}

}  // namespace

void check_offsets(ArrayChecks& checks, ArrayChecks::Id array, std::uint64_t last) {
    const std::uint64_t count = checks[array].bytes / sizeof(std::uint64_t);
    checks.check(array, [count, last](std::span<const std::byte> piece, std::uint64_t first) -> std::string {
        const auto offsets = values_in<std::uint64_t>(piece);
        const std::uint64_t begin = first / sizeof(std::uint64_t);
        if (begin == 0 && offsets[0] != 0) return fmt::format("must start at 0, got {}", offsets[0]);
        if (begin + offsets.size() == count && offsets.back() != last)
            return fmt::format("must end at {}, got {}", last, offsets.back());
        std::uint64_t previous = begin == 0 ? 0 : offsets.data()[-1];
        for (std::size_t i = 0; i < offsets.size(); ++i) {
            if (offsets[i] < previous)
                return fmt::format("must not decrease, but entry {} is {} after {}", begin + i, offsets[i], previous);
            previous = offsets[i];
        }
        return {};
    });
}

template <class T>
ArrayChecks::Id StoreRules::add(const Dataset& dataset) {
    CheckedArray array{dataset.place.object, {}, dataset.offset, dataset.bytes(), dataset.checksum, {}};
    if (!dataset.offset) try {
            const hdf5::Session session;
            const Values<T> values = store_.values<T>(dataset);
            kept_.push_back(values.memory);
            array.memory = std::as_bytes(values.span);
        } catch (const IoError& error) {
            // The text begins with the file and the object, which a damage names by itself.
            const std::string_view what = error.what();
            const std::size_t at = what.find(dataset.place.object);
            array.unreadable = at == what.npos ? what : what.substr(at + dataset.place.object.size() + 1);
        }
    return checks_.add(std::move(array));
}

template ArrayChecks::Id StoreRules::add<std::uint8_t>(const Dataset&);
template ArrayChecks::Id StoreRules::add<double>(const Dataset&);

void StoreRules::accounts() {
    const AccountDatasets& datasets = store_.account_datasets;
    if (datasets.ids) {
        ids_ = add<std::uint64_t>(*datasets.ids);
        checks_.check(*ids_);
    }
    if (datasets.handle_offsets) {
        handle_offsets_ = add<std::uint64_t>(*datasets.handle_offsets);
        handle_bytes_ = add<std::uint8_t>(*datasets.handle_bytes);
        check_offsets(checks_, *handle_offsets_, datasets.handle_bytes->count);
        checks_.check(*handle_bytes_);
    }
    if (datasets.by_id) {
        by_id_ = add<AccountId>(*datasets.by_id);
        checks_.check(*by_id_);
    }
}

void StoreRules::add_direction(Direction& direction, const CsrDatasets& datasets) {
    direction.offsets = add<EdgeOffset>(datasets.offsets);
    direction.neighbors = add<AccountId>(datasets.neighbors);
    if (datasets.weights) direction.weights = add<float>(*datasets.weights);
    check_offsets(checks_, direction.offsets, datasets.neighbors.count);
}

void StoreRules::offsets_of(std::size_t position) {
    const LayerDatasets& datasets = store_.datasets[position];
    Layer& layer = layers_.emplace_back();
    layer.position = position;
    add_direction(layer.out, datasets.out);
    if (!datasets.same) add_direction(layer.in, datasets.in);
}

/// Original ids ascend along `by_id`. Then they are distinct, and so are the entries of `by_id`: a permutation.
void StoreRules::order() {
    for (const auto& array : {ids_, handle_offsets_, handle_bytes_, by_id_})
        if (array && !checks_.sound(*array)) return;
    const Accounts& accounts = *store_.accounts;
    const std::span<const AccountId> order = accounts.by_id();
    // Without a stored order, the accounts have been put in one: then only equal ones are looked for.
    const ArrayChecks::Id array =
        by_id_
            ? *by_id_
            : checks_.add({(store_.root() / "accounts").object, std::as_bytes(order), {}, order.size_bytes(), {}, {}});
    checks_.check(array, [&accounts, order](std::span<const std::byte> piece, std::uint64_t first) -> std::string {
        const std::size_t begin = first / sizeof(AccountId);
        const std::size_t end = begin + piece.size() / sizeof(AccountId);
        for (std::size_t i = begin; i < end; ++i)
            if (order[i] >= accounts.size())
                return fmt::format("must name accounts below {}, got {}", accounts.size(), order[i]);
        for (std::size_t i = std::max<std::size_t>(begin, 1); i < end; ++i) {
            const AccountId before = order[i - 1];
            const AccountId account = order[i];
            if (before >= accounts.size()) return {};  // said of the piece before
            const bool ascends = accounts.numeric() ? accounts.id(before) < accounts.id(account)
                                                    : accounts.handle(before) < accounts.handle(account);
            if (!ascends)
                return fmt::format(
                    "must list the accounts in ascending order of their ids, but entry {} is account '{}' after '{}'",
                    i, accounts.text(account), accounts.text(before));
        }
        return {};
    });
}

void StoreRules::edges(Layer& layer, Direction& direction, const CsrDatasets& datasets) {
    if (!checks_.sound(direction.offsets)) {
        layer.comparable = false;
        checks_.check(direction.neighbors);
        if (direction.weights) checks_.check(*direction.weights);
        return;
    }
    const Values<EdgeOffset> values = [&] {
        const hdf5::Session session;
        return store_.values<EdgeOffset>(datasets.offsets);
    }();
    kept_.push_back(values.memory);
    const std::span<const EdgeOffset> offsets = values.span;
    const Ways ways = store_.datasets[layer.position].same ? Ways::both
                      : &direction == &layer.out           ? Ways::out
                                                           : Ways::in;
    const auto look = [=, &layer](auto rule, std::span<const std::byte> neighbors, std::span<const std::byte> weights,
                                  std::uint64_t first) {
        EdgeLook found =
            rule(offsets, values_in<AccountId>(neighbors), values_in<float>(weights), first / sizeof(AccountId));
        layer.out_sum += found.out;
        layer.in_sum += found.in;
        return found;
    };
    if (!direction.weights) {
        checks_.check(direction.neighbors,
                      [=, rule = look_for<false>(ways)](std::span<const std::byte> neighbors, std::uint64_t first) {
                          return look(rule, neighbors, {}, first).neighbors;
                      });
        return;
    }
    checks_.check(direction.neighbors, *direction.weights,
                  [=, rule = look_for<true>(ways)](std::span<const std::byte> neighbors,
                                                   std::span<const std::byte> weights, std::uint64_t first) {
                      EdgeLook found = look(rule, neighbors, weights, first);
                      return std::pair(std::move(found.neighbors), std::move(found.weights));
                  });
}

void StoreRules::edges_of(std::size_t position) {
    const LayerDatasets& datasets = store_.datasets[position];
    Layer& layer =
        *std::find_if(layers_.begin(), layers_.end(), [&](const Layer& each) { return each.position == position; });
    edges(layer, layer.out, datasets.out);
    if (!datasets.same) edges(layer, layer.in, datasets.in);
}

void StoreRules::compare_directions() {
    for (const Layer& layer : layers_) {
        const bool same = store_.datasets[layer.position].same;
        const auto sound = [&](const Direction& direction) {
            return checks_.sound(direction.neighbors) && (!direction.weights || checks_.sound(*direction.weights));
        };
        if (!layer.comparable || !sound(layer.out) || (!same && !sound(layer.in)) || layer.out_sum == layer.in_sum)
            continue;
        damages_.push_back({(store_.root() / "layers" / store_.layers[layer.position].name).object,
                            same ? "is undirected: 'out' must hold each edge in both directions, but does not"
                                 : "must hold the same edges in 'out' and in 'in', but does not"});
    }
}

void StoreRules::counts_of(std::size_t position) {
    const LayerInfo& info = store_.layers[position];
    const std::string object = (store_.root() / "layers" / info.name).object;
    const EdgeOffset rows = info.kept + info.merged + info.self_loops + info.rejected + info.outside;
    // Another writer's store may say nothing about rows.
    if (info.rows != 0 && info.rows != rows)
        damages_.push_back(
            {object,
             fmt::format(
                 "must have rows = kept + merged + self_loops + rejected + outside, got {} = {} + {} + {} + {} + {}",
                 info.rows, info.kept, info.merged, info.self_loops, info.rejected, info.outside)});
    const bool kept_fits =
        info.directed ? info.kept == info.num_edges : info.kept <= info.num_edges && info.num_edges <= 2 * info.kept;
    if (info.kept != 0 && !kept_fits)
        damages_.push_back({object, fmt::format("must store each of its {} kept edges{}, got num_edges {}", info.kept,
                                                info.directed ? "" : " both ways", info.num_edges)});
    if (info.first_time && info.last_time && !(*info.first_time <= *info.last_time))
        damages_.push_back({object, fmt::format("must have first_time up to last_time, got {} and {}", *info.first_time,
                                                *info.last_time)});
}

}  // namespace coterie
