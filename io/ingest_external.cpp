#include "io/ingest_external.hpp"

#include <malloc.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/degree_order.hpp"
#include "io/csr_windows.hpp"
#include "io/distinct_rows.hpp"
#include "io/ingest_write.hpp"
#include "io/pseudonyms.hpp"
#include "io/steps.hpp"

namespace coterie {

namespace {

/// Beside what is counted: the program itself, its stacks, metadata.
constexpr std::uint64_t base_bytes = std::uint64_t{64} << 20;

/// What of the limit is left beside `taken` bytes, but at least a sixteenth of it.
std::uint64_t left_of(std::uint64_t limit, std::uint64_t taken) {
    const std::uint64_t least = limit / 16;
    return limit > taken + base_bytes + least ? limit - taken - base_bytes : least;
}

/// The accounts of rows that were spilled: found, looked up, and written in their final order.
class SpilledAccounts {
  public:
    SpilledAccounts(ReadInputs& read, const JoinedAccounts& table) : read_(read), table_(table) {}

    void identify(int threads, Progress* progress, const PseudonymKey* key) {
        if (read_.ids == IdKind::numeric) {
            IdSet::Inserter named(read_.spill->ids());
            for (const std::uint64_t id : table_.numbers()) named.insert(id);
            named.flush();
            auto numbers = std::make_unique<NumberPositions>(read_.spill->ids().finish());
            if (key != nullptr) {
                SortedHandles sorted = pseudonyms_of(numbers->ids(), *key, threads, progress);
                positions_ = std::make_unique<RenamedPositions>(std::move(numbers), std::move(sorted.positions));
                take(std::move(sorted));
                return;
            }
            numbers_ = numbers.get();
            positions_ = std::move(numbers);
            return;
        }
        for (const std::string& handle : table_.handles()) read_.handles->number_of(handle);
        SortedHandles sorted = read_.handles->take_sorted(threads, progress, key);
        positions_ = std::make_unique<TabledPositions>(std::move(sorted.positions), sorted.size());
        take(std::move(sorted));
    }

    const std::unique_ptr<const PositionLookup>& positions() const { return positions_; }
    std::uint64_t bytes() const {
        return positions_->bytes() + accounts_.handle_bytes.size() +
               accounts_.handle_offsets.size() * sizeof(std::uint64_t);
    }
    /// By position.
    const IdentifiedAccounts& in_order() {
        if (accounts_.numeric && accounts_.ids.empty()) accounts_.ids = numbers_->ids();
        return accounts_;
    }

    /// Lets `contents` write them by internal id, and then forget them.
    void stream_into(StoreContents& contents, const Array<AccountId>& by_id, int threads) {
        if (accounts_.numeric) {
            contents.stream_ids = [this, &by_id, threads](StreamedArray& ids) {
                in_order();
                forget_positions();
                append_ids(ids, by_id, threads);
                accounts_ = {};
            };
            return;
        }
        contents.num_handle_bytes = accounts_.handle_bytes.size();
        contents.stream_handles = [this, &by_id, threads](StreamedArray& offsets, StreamedArray& bytes) {
            forget_positions();
            append_handles(offsets, bytes, by_id, threads);
            accounts_ = {};
        };
    }

  private:
    void take(SortedHandles sorted) {
        accounts_.numeric = false;
        accounts_.handle_offsets = std::move(sorted.offsets);
        accounts_.handle_bytes = std::move(sorted.bytes);
    }
    void forget_positions() {
        positions_.reset();
        numbers_ = nullptr;
    }
    void append_ids(StreamedArray& into, const Array<AccountId>& by_id, int threads) const {
        Array<std::uint64_t> ids(by_id.size());
        for (std::size_t position = 0; position < by_id.size(); ++position)
            ids[by_id[position]] = accounts_.ids[position];
        into.append(bytes_of(ids), threads);
    }
    void append_handles(StreamedArray& offsets_into, StreamedArray& bytes_into, const Array<AccountId>& by_id,
                        int threads) const {
        const std::size_t n = by_id.size();
        Array<AccountId> position_of(n);
        for (std::size_t position = 0; position < n; ++position)
            position_of[by_id[position]] = static_cast<AccountId>(position);
        Array<std::uint64_t> offsets;
        Array<char> bytes;
        std::uint64_t offset = 0;
        const auto flush = [&] {
            offsets_into.append(bytes_of(offsets), threads);
            bytes_into.append(bytes_of(bytes), threads);
            offsets.clear();
            bytes.clear();
        };
        offsets.push_back(0);
        for (const AccountId position : position_of) {
            const std::string_view handle = accounts_.handle(position);
            bytes.insert(bytes.end(), handle.begin(), handle.end());
            offsets.push_back(offset += handle.size());
            if (offsets.size() == handles_at_a_time) flush();
        }
        flush();
    }
    template <class T>
    static std::span<const std::byte> bytes_of(const Array<T>& values) {
        return std::as_bytes(std::span<const T>(values));
    }

    static constexpr std::size_t handles_at_a_time = std::size_t{1} << 20;

    ReadInputs& read_;
    const JoinedAccounts& table_;
    IdentifiedAccounts accounts_;
    std::unique_ptr<const PositionLookup> positions_;
    const NumberPositions* numbers_ = nullptr;  ///< the same, if ids are numbers
};

Array<AccountId> inverse(const std::vector<AccountId>& order) {
    Array<AccountId> by_id(order.size());
    for (std::size_t account = 0; account < order.size(); ++account)
        by_id[order[account]] = static_cast<AccountId>(account);
    return by_id;
}

/// Remainders by final numbers; the parts of one edge stay in their order.
std::vector<EdgeRemainder> in_order(std::vector<EdgeRemainder> remainders, const Array<AccountId>& by_id) {
    for (EdgeRemainder& one : remainders) {
        one.source = by_id[one.source];
        one.target = by_id[one.target];
    }
    std::stable_sort(remainders.begin(), remainders.end(), [](const EdgeRemainder& a, const EdgeRemainder& b) {
        return a.source != b.source ? a.source < b.source : a.target < b.target;
    });
    return remainders;
}

}  // namespace

void write_spilled(const std::filesystem::path& store, const IngestPlan& plan, const IngestOptions& options,
                   JoinedAccounts& table, ReadInputs& read, int threads, IngestReport& report,
                   const PseudonymKey* key) {
    const std::uint64_t limit = options.memory_limit;
    RowSpill& spill = *read.spill;
    SpilledAccounts accounts(read, table);
    timed(report.seconds, "identify", [&] { accounts.identify(threads, options.progress, key); });
    const std::unique_ptr<const PositionLookup>& positions = accounts.positions();
    const std::uint64_t n = positions->size();

    std::vector<SpilledLayer> spilled = spill.take_layers();
    std::vector<DistinctRows> distinct(spilled.size());
    Array<AccountId> by_id;
    timed(report.seconds, "sort", [&] {
        Array<EdgeOffset> degrees(n);
        std::fill(degrees.begin(), degrees.end(), 0);
        for (std::size_t l = 0; l < spilled.size(); ++l) {
            MergeOptions merge;
            merge.undirected = plan.layers[l].undirected;
            merge.count_rows = plan.layers[l].events() && !spilled[l].weighted;
            merge.memory = left_of(limit, accounts.bytes() + 16 * n);
            merge.threads = threads;
            merge.progress = options.progress;
            distinct[l] = merge_buckets(std::move(spilled[l]), *positions, spill.file(), degrees, merge);
        }
        const std::vector<AccountId> order = degree_order(degrees);
        degrees = {};
        ::malloc_trim(0);
        by_id = inverse(order);
    });
    ::malloc_trim(0);

    report.accounts = positions->size();
    report.numeric = read.ids == IdKind::numeric && key == nullptr;
    report.external.used = true;
    report.external.buckets = spill.num_buckets();
    StoreContents contents;
    if (table.has_columns()) contents.columns = table.take_columns(accounts.in_order(), by_id, key);
    for (const AccountColumn& column : contents.columns) report.columns.push_back(column.name);
    contents.naming = report.naming;
    contents.by_id = by_id;
    contents.created = plan.created;
    accounts.stream_into(contents, by_id, threads);
    for (std::size_t l = 0; l < distinct.size(); ++l) {
        StoreContents::Layer& layer = contents.layers.emplace_back();
        layer.info =
            layer_info(plan.layers[l], plan, !plan.layers[l].undirected, distinct[l].count, distinct[l].counts);
        layer.num_remainders = distinct[l].remainders.size();
        report.layers.push_back(layer.info);
        layer.stream = [&, l](StreamedCsr& out, StreamedCsr* in, StreamedRemainders* remainders) {
            WindowOptions windows;
            windows.buffer = std::min<std::uint64_t>(limit / 64, std::uint64_t{64} << 20);
            windows.memory = left_of(limit, 12 * n + 2 * windows.buffer);
            windows.threads = threads;
            windows.progress = options.progress;
            report.external.windows +=
                write_windows(distinct[l], spill.file(), by_id, out, in, windows, report.seconds);
            if (remainders != nullptr)
                write_remainders(in_order(std::move(distinct[l].remainders), by_id), out, *remainders, threads);
        };
    }
    timed(report.seconds, "write", [&] { write_store(store, contents, options.progress); });
    report.external.temporary_bytes = spill.file().bytes_written();
}

}  // namespace coterie
