#include <fmt/format.h>

#include <memory>
#include <optional>
#include <span>

#include "host/errors.hpp"
#include "io/store_opened.hpp"
#include "io/store_rules.hpp"
#include "io/tasks.hpp"

namespace coterie {

namespace {

using hdf5::Dataset;

void throw_first(const std::filesystem::path& path, const std::vector<Damage>& damages) {
    if (damages.empty()) return;
    throw IoError(fmt::format("{}: {} {}", path.string(), damages[0].object, damages[0].what));
}

}  // namespace

void Store::verify(std::string_view layer, int threads, Progress* progress) const {
    const std::size_t position = opened_->position_of(layer);
    ArrayChecks checks(opened_->descriptor);
    StoreRules rules(*opened_, checks);
    // First what the rest is found by.
    rules.accounts();
    rules.offsets_of(position);
    checks.run("verifying accounts and offsets", threads, progress);
    throw_first(opened_->path, checks.damages());
    rules.order();
    rules.edges_of(position);
    checks.run("verifying edges", threads, progress);
    throw_first(opened_->path, checks.damages());
    rules.compare_directions();
    throw_first(opened_->path, rules.damages());
    (void)remainders(layer);
}

void Store::verify_checksums(int threads, Progress* progress) const {
    struct Checked {
        const Dataset* dataset;
        std::span<const std::byte> bytes;
        std::shared_ptr<const void> memory;
    };
    std::vector<Checked> arrays;
    const auto add = [&]<class T>(const std::optional<Dataset>& dataset, T) {
        if (!dataset) return;
        const Values<T> values = opened_->values<T>(*dataset);
        arrays.push_back({&*dataset, std::as_bytes(values.span), values.memory});
    };
    {
        const hdf5::Session session;
        const AccountDatasets& accounts = opened_->account_datasets;
        add(accounts.ids, std::uint64_t{});
        add(accounts.handle_offsets, std::uint64_t{});
        add(accounts.handle_bytes, std::uint8_t{});
        add(accounts.by_id, AccountId{});
        for (const LayerDatasets& layer : opened_->datasets)
            for (const CsrDatasets* csr : {&layer.out, &layer.in}) {
                if (csr == &layer.in && layer.same) continue;
                const auto add_one = [&]<class T>(const Dataset& dataset, T) {
                    const Values<T> values = opened_->values<T>(dataset);
                    arrays.push_back({&dataset, std::as_bytes(values.span), values.memory});
                };
                add_one(csr->offsets, EdgeOffset{});
                add_one(csr->neighbors, AccountId{});
                if (csr->weights) add_one(*csr->weights, float{});
            }
    }
    std::vector<Task> tasks;
    for (const Checked& array : arrays)
        tasks.push_back({array.bytes.size(), [&array, progress] { check_sum(*array.dataset, array.bytes, progress); }});
    run_tasks(tasks, threads, "verifying checksums", progress);
}

}  // namespace coterie
