#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>

#include "host/errors.hpp"
#include "io/store_opened.hpp"
#include "io/tasks.hpp"

namespace coterie {

namespace {

using hdf5::Dataset;

constexpr std::size_t entries_per_task = std::size_t{1} << 20;

/// Hashes of all edges, added up, so that their order cannot matter: equal for both directions of a layer.
using EdgeSum = std::atomic<std::uint64_t>;

constexpr std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 32U)) * 0xd6e8feb86659fd93U;
    x = (x ^ (x >> 32U)) * 0xd6e8feb86659fd93U;
    return x ^ (x >> 32U);
}

constexpr std::uint64_t edge_hash(AccountId source, AccountId target, std::uint64_t weight_hash) {
    return mixed((std::uint64_t{source} << 32U | target) + weight_hash);
}

template <class Body>
void split(std::vector<Task>& tasks, std::size_t count, std::size_t bytes_each, Body body) {
    for (std::size_t begin = 0; begin < count; begin += entries_per_task) {
        const std::size_t end = std::min(count, begin + entries_per_task);
        tasks.push_back({(end - begin) * bytes_each, [=] { body(begin, end); }});
    }
}

template <class T>
void add_checksum(std::vector<Task>& tasks, const Dataset& dataset, std::span<const T> values,
                  const Progress* progress) {
    tasks.push_back(
        {values.size_bytes(), [&dataset, values, progress] { check_sum(dataset, std::as_bytes(values), progress); }});
}

/// Offsets start at 0, never decrease, and end at `last`.
void add_offsets(std::vector<Task>& tasks, const Dataset& dataset, std::span<const std::uint64_t> offsets,
                 std::uint64_t last) {
    if (offsets.front() != 0) dataset.place.fail(fmt::format("must start at 0, got {}", offsets.front()));
    if (offsets.back() != last) dataset.place.fail(fmt::format("must end at {}, got {}", last, offsets.back()));
    split(tasks, offsets.size() - 1, sizeof(std::uint64_t), [&dataset, offsets](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i)
            if (offsets[i] > offsets[i + 1])
                dataset.place.fail(
                    fmt::format("must not decrease, but entry {} is {} after {}", i + 1, offsets[i + 1], offsets[i]));
    });
}

/// Neighbors are below n and ascend within rows, weights are finite; adds up the edges' hashes, each edge named by its
/// ends in the order in which it points (`forward`: from the row to the neighbor).
void add_rows(std::vector<Task>& tasks, const CsrDatasets& datasets, const CsrView& csr, bool forward, EdgeSum& sum) {
    const std::size_t bytes_each = sizeof(AccountId) + (csr.weighted() ? sizeof(float) : 0);
    split(tasks, csr.neighbors.size(), bytes_each, [&datasets, csr, forward, &sum](std::size_t begin, std::size_t end) {
        const auto after = std::upper_bound(csr.offsets.begin(), csr.offsets.end(), begin);
        auto row = static_cast<AccountId>(after - csr.offsets.begin() - 1);
        std::uint64_t total = 0;
        std::uint64_t weight_hash = 0;
        for (std::size_t edge = begin; edge < end; ++row) {
            const std::size_t row_end = std::min<std::size_t>(end, csr.offsets[row + 1]);
            // The row may have begun in the block before.
            std::int64_t previous = edge > csr.offsets[row] ? std::int64_t{csr.neighbors[edge - 1]} : -1;
            for (; edge < row_end; ++edge) {
                const AccountId neighbor = csr.neighbors[edge];
                if (std::int64_t{neighbor} <= previous || neighbor >= csr.num_accounts())
                    datasets.neighbors.place.fail(
                        neighbor >= csr.num_accounts()
                            ? fmt::format("must be below {}, but entry {} is {}", csr.num_accounts(), edge, neighbor)
                            : fmt::format("must ascend within a row, but entry {}, in row {}, is {} after {}", edge,
                                          row, neighbor, previous));
                previous = neighbor;
                if (csr.weighted()) {
                    const float weight = csr.weights[edge];
                    if (!std::isfinite(weight))
                        datasets.weights->place.fail(fmt::format("must be finite, but entry {} is {}", edge, weight));
                    weight_hash = mixed(std::bit_cast<std::uint32_t>(weight));
                }
                total += forward ? edge_hash(row, neighbor, weight_hash) : edge_hash(neighbor, row, weight_hash);
            }
        }
        sum += total;
    });
}

/// Original ids ascend along `by_id`. Then they are distinct, and so are the entries of `by_id`: a permutation.
void add_order(std::vector<Task>& tasks, const hdf5::Place& place, const Accounts& accounts) {
    split(tasks, accounts.size(), sizeof(AccountId), [&place, &accounts](std::size_t begin, std::size_t end) {
        const std::span<const AccountId> order = accounts.by_id();
        for (std::size_t i = std::max<std::size_t>(begin, 1); i < end; ++i) {
            const AccountId before = order[i - 1];
            const AccountId account = order[i];
            const bool ascends = accounts.numeric() ? accounts.id(before) < accounts.id(account)
                                                    : accounts.handle(before) < accounts.handle(account);
            if (!ascends)
                place.fail(fmt::format(
                    "must list the accounts in ascending order of their ids, but entry {} is account '{}' after '{}'",
                    i, accounts.text(account), accounts.text(before)));
        }
        // One account alone has nothing to be compared with; its number is checked when it is looked up.
        if (end - begin == 1) (void)accounts.text(order[begin]);
    });
}

}  // namespace

void Store::verify(std::string_view layer, int threads, Progress* progress) const {
    const std::size_t position = opened_->position_of(layer);
    const LayerDatasets& datasets = opened_->datasets[position];
    const AccountDatasets& account_datasets = opened_->account_datasets;
    const Accounts& accounts = *opened_->accounts;
    const hdf5::Place order_place = opened_->root() / "accounts" / "by_id";
    CsrValues out;
    CsrValues in;
    Values<std::uint64_t> ids;
    Values<std::uint64_t> handle_offsets;
    Values<std::uint8_t> handle_bytes;
    {
        const hdf5::Session session;
        out = opened_->csr(datasets.out);
        in = datasets.same ? out : opened_->csr(datasets.in);
        if (account_datasets.ids) ids = opened_->values<std::uint64_t>(*account_datasets.ids);
        if (account_datasets.handle_offsets) {
            handle_offsets = opened_->values<std::uint64_t>(*account_datasets.handle_offsets);
            handle_bytes = opened_->values<std::uint8_t>(*account_datasets.handle_bytes);
        }
    }

    // First what the rest is found by.
    std::vector<Task> tasks;
    if (account_datasets.ids) add_checksum(tasks, *account_datasets.ids, ids.span, progress);
    if (account_datasets.handle_offsets) {
        add_checksum(tasks, *account_datasets.handle_offsets, handle_offsets.span, progress);
        add_checksum(tasks, *account_datasets.handle_bytes, handle_bytes.span, progress);
        add_offsets(tasks, *account_datasets.handle_offsets, handle_offsets.span, handle_bytes.span.size());
    }
    if (account_datasets.by_id) add_checksum(tasks, *account_datasets.by_id, accounts.by_id(), progress);
    add_checksum(tasks, datasets.out.offsets, out.offsets.span, progress);
    add_offsets(tasks, datasets.out.offsets, out.offsets.span, out.neighbors.span.size());
    if (!datasets.same) {
        add_checksum(tasks, datasets.in.offsets, in.offsets.span, progress);
        add_offsets(tasks, datasets.in.offsets, in.offsets.span, in.neighbors.span.size());
    }
    run_tasks(tasks, threads, "verifying accounts and offsets", progress);

    tasks.clear();
    const auto add_edge_checksums = [&](const CsrDatasets& of, const CsrValues& values) {
        add_checksum(tasks, of.neighbors, values.neighbors.span, progress);
        if (of.weights) add_checksum(tasks, *of.weights, values.weights.span, progress);
    };
    add_edge_checksums(datasets.out, out);
    if (!datasets.same) add_edge_checksums(datasets.in, in);
    add_order(tasks, order_place, accounts);
    EdgeSum out_sum{0};
    EdgeSum in_sum{0};
    add_rows(tasks, datasets.out, out.view(), true, out_sum);
    add_rows(tasks, datasets.in, in.view(), false, in_sum);
    run_tasks(tasks, threads, "verifying edges", progress);

    const hdf5::Place place = opened_->root() / "layers" / opened_->layers[position].name;
    if (out_sum != in_sum)
        place.fail(datasets.same ? "is undirected: 'out' must hold each edge in both directions, but does not"
                                 : "must hold the same edges in 'out' and in 'in', but does not");
}

}  // namespace coterie
