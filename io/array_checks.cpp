#include "io/array_checks.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace coterie {

namespace {

constexpr std::size_t pieces_per_task = 4;
/// Bytes before a piece that can be read with it.
constexpr std::size_t lead = 8;
/// So far ahead of what is being checked the disk is kept busy.
constexpr std::uint64_t read_ahead_bytes = std::uint64_t{32} << 20;

}  // namespace

ArrayChecks::Id ArrayChecks::add(CheckedArray array) {
    State& state = arrays_.emplace_back();
    state.of = std::move(array);
    if (!state.of.unreadable.empty()) note(arrays_.size() - 1, 0, state.of.unreadable);
    return arrays_.size() - 1;
}

void ArrayChecks::check(Id array, Look look) {
    if (!arrays_[array].of.unreadable.empty()) return;
    items_.push_back({array, {}, std::move(look), {}, !std::exchange(arrays_[array].digested, true)});
}

void ArrayChecks::check(Id array, Id other, PairLook look) {
    if (!arrays_[array].of.unreadable.empty() || !arrays_[other].of.unreadable.empty()) {
        check(array);
        check(other);
        return;
    }
    arrays_[array].digested = arrays_[other].digested = true;
    items_.push_back({array, other, {}, std::move(look), true});
}

void ArrayChecks::note(Id array, std::size_t piece, std::string what) {
    const std::lock_guard lock(mutex_);
    State& state = arrays_[array];
    if (state.pieces_damaged++ > 0 && piece >= state.first_damaged) return;
    state.first_damaged = piece;
    state.piece_damage = std::move(what);
}

std::optional<std::span<const std::byte>> ArrayChecks::read(Id array, std::size_t piece,
                                                            std::vector<std::byte>& buffer) {
    const CheckedArray& of = arrays_[array].of;
    const std::uint64_t begin = std::uint64_t{piece} * checksum_piece_bytes;
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(checksum_piece_bytes, of.bytes - begin));
    if (!of.offset) return of.memory.subspan(begin, count);
    const std::size_t before = begin > 0 ? lead : 0;
    buffer.resize(lead + checksum_piece_bytes);
    for (std::size_t got = 0; got < before + count;) {
        const ssize_t more = ::pread(descriptor_, buffer.data() + (lead - before) + got, before + count - got,
                                     static_cast<off_t>(*of.offset + begin - before + got));
        if (more < 0 && errno == EINTR) continue;
        if (more <= 0) {
            note(array, piece,
                 fmt::format("must be readable, but reading its bytes {} to {} (from byte {} of the file) failed: {}",
                             begin, begin + count - 1, *of.offset + begin,
                             more < 0 ? std::strerror(errno) : "the file ends before"));
            return std::nullopt;
        }
        got += static_cast<std::size_t>(more);
    }
    return std::span<const std::byte>(buffer.data() + lead, count);
}

void ArrayChecks::check_piece(const Item& item, std::size_t piece) {
    thread_local std::array<std::vector<std::byte>, 2> buffers;
    const auto first = read(item.array, piece, buffers[0]);
    const auto second = item.other ? read(*item.other, piece, buffers[1]) : std::nullopt;
    if (item.digest) {
        if (first) arrays_[item.array].digests[piece] = piece_digest(*first);
        if (second) arrays_[*item.other].digests[piece] = piece_digest(*second);
    }
    const std::uint64_t begin = std::uint64_t{piece} * checksum_piece_bytes;
    if (item.look && first && !first->empty())
        if (std::string what = item.look(*first, begin); !what.empty()) note(item.array, piece, std::move(what));
    if (item.pair_look && first && second && !first->empty()) {
        auto [what, other] = item.pair_look(*first, *second, begin);
        if (!what.empty()) note(item.array, piece, std::move(what));
        if (!other.empty()) note(*item.other, piece, std::move(other));
    }
}

void ArrayChecks::run(std::string_view step, int threads, Progress* progress) {
    std::vector<Task> tasks;
    for (const Item& item : items_) {
        const CheckedArray& of = arrays_[item.array].of;
        const std::size_t pieces = checksum_pieces(of.bytes);
        if (item.digest) arrays_[item.array].digests.resize(pieces);
        if (item.digest && item.other) arrays_[*item.other].digests.resize(pieces);
        for (std::size_t begin = 0; begin < pieces; begin += pieces_per_task) {
            const std::size_t end = std::min(begin + pieces_per_task, pieces);
            const std::uint64_t bytes = std::min<std::uint64_t>(end * checksum_piece_bytes, of.bytes) -
                                        std::uint64_t{begin} * checksum_piece_bytes;
            const std::uint64_t all_bytes = item.other ? 2 * bytes : bytes;
            bytes_read_ += all_bytes;
            tasks.push_back({all_bytes, [this, &item, begin, end, bytes] {
                                 for (const auto array : {std::optional(item.array), item.other})
                                     if (array && arrays_[*array].of.offset)
                                         ::posix_fadvise(
                                             descriptor_,
                                             static_cast<off_t>(*arrays_[*array].of.offset +
                                                                begin * checksum_piece_bytes + read_ahead_bytes),
                                             static_cast<off_t>(bytes), POSIX_FADV_WILLNEED);
                                 for (std::size_t piece = begin; piece < end; ++piece) check_piece(item, piece);
                             }});
        }
    }
    run_tasks(tasks, threads, step, progress);
    for (const Item& item : items_) {
        if (!item.digest) continue;
        for (const auto array : {std::optional(item.array), item.other}) {
            State& state = arrays_[array.value_or(item.array)];
            if (!array || !state.of.checksum || state.digests.empty()) continue;
            const std::string got = checksum_of_pieces(state.digests);
            state.digests = {};
            if (got == *state.of.checksum) continue;
            state.sum_damage = fmt::format(
                "must have the checksum {}, got {}: the file is damaged{}", *state.of.checksum, got,
                state.of.offset && state.of.bytes > 0
                    ? fmt::format(" in its bytes {} to {}", *state.of.offset, *state.of.offset + state.of.bytes - 1)
                    : "");
        }
    }
    items_.clear();
}

std::vector<Damage> ArrayChecks::damages() const {
    std::vector<Damage> damages;
    for (const State& state : arrays_) {
        if (!state.sum_damage.empty()) damages.push_back({state.of.object, state.sum_damage});
        if (state.pieces_damaged == 0) continue;
        std::string what = state.piece_damage;
        if (state.pieces_damaged > 1)
            what += fmt::format(" (and {} more of its pieces of 1 MiB are damaged)", state.pieces_damaged - 1);
        damages.push_back({state.of.object, std::move(what)});
    }
    return damages;
}

}  // namespace coterie
