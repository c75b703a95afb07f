#include "kernels/cuda/row_stream.cuh"

#include <span>

#include "kernels/cuda/staging.hpp"

namespace coterie::cuda {

namespace {

constexpr const char* what = "blocks of rows";

constexpr std::size_t aligned(std::size_t bytes) {
    return (bytes + block_alignment - 1) / block_alignment * block_alignment;
}

}  // namespace

RowStream::RowStream(RowSet rows, BlockPlan plan, int threads, Trace* trace)
    : rows_(std::move(rows)), plan_(std::move(plan)), threads_(threads), trace_(trace) {
    for (Slot& slot : slots_) {
        slot.device = DeviceBuffer<std::byte>(plan_.buffer_bytes, what);
        slot.pinned = PinnedBuffer(plan_.buffer_bytes, what);
    }
    std::vector<std::byte> staged;
    for (std::size_t number = 0; number < plan_.resident; ++number) {
        staged.resize(block_bytes(rows_, plan_.bounds[number], plan_.bounds[number + 1]));
        write(number, staged.data());
        resident_.emplace_back(std::span<const std::byte>(staged), what);
    }
}

void RowStream::begin_pass(const char* name) {
    trace_.flush();
    pass_ = std::string(name) + ", block ";
    done_ = 0;
    backwards_ = !backwards_;
}

RowStream::Slot& RowStream::filled(std::size_t number) {
    for (Slot& slot : slots_)
        if (slot.block == number) return slot;
    last_slot_ = 1 - last_slot_;
    Slot& slot = slots_[last_slot_];
    slot.copied.wait();  // the pinned memory has been read
    const std::string name = "block " + std::to_string(number);
    trace_.host_span("staging", name, [&] { write(number, slot.pinned.data()); });
    slot.used.hold(copies_);
    const std::size_t bytes = block_bytes(rows_, plan_.bounds[number], plan_.bounds[number + 1]);
    trace_.span(copies_, "copies", name, [&] {
        check(cudaMemcpyAsync(slot.device.data(), slot.pinned.data(), bytes, cudaMemcpyHostToDevice, copies_), what);
    });
    slot.copied.record(copies_);
    slot.block = number;
    return slot;
}

void RowStream::write(std::size_t number, std::byte* memory) const {
    const AccountId begin = plan_.bounds[number];
    const AccountId end = plan_.bounds[number + 1];
    const auto put = [&](const void* from, std::size_t bytes) {
        copy_with_threads(memory, from, bytes, threads_);
        memory += aligned(bytes);
    };
    for (const CsrView& direction : rows_) {
        const EdgeOffset first = direction.offsets[begin];
        const EdgeOffset edges = direction.offsets[end] - first;
        put(direction.offsets.data() + begin, (std::size_t{end} - begin + 1) * sizeof(EdgeOffset));
        put(direction.neighbors.data() + first, edges * sizeof(AccountId));
        if (direction.weighted()) put(direction.weights.data() + first, edges * sizeof(float));
    }
}

RowBlock RowStream::view(std::size_t number, const std::byte* memory) const {
    const AccountId begin = plan_.bounds[number];
    const AccountId end = plan_.bounds[number + 1];
    RowBlock block{begin, end - begin, {}};
    const auto take = [&](std::size_t bytes) {
        const std::byte* const place = memory;
        memory += aligned(bytes);
        return place;
    };
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const CsrView& direction = rows_[i];
        const EdgeOffset edges = direction.offsets[end] - direction.offsets[begin];
        BlockRows& rows = block.directions[i];
        rows.offsets = reinterpret_cast<const EdgeOffset*>(take((std::size_t{end} - begin + 1) * sizeof(EdgeOffset)));
        rows.neighbors = reinterpret_cast<const AccountId*>(take(edges * sizeof(AccountId)));
        if (direction.weighted()) rows.weights = reinterpret_cast<const float*>(take(edges * sizeof(float)));
    }
    return block;
}

}  // namespace coterie::cuda
