#include <xxhash.h>

#include "host/errors.hpp"
#include "io/raw_rows.hpp"

namespace coterie {

namespace {
constexpr std::uint32_t free_slot = 0xffff'ffffU;
constexpr std::size_t first_slots = 1024;
}  // namespace

HandleTable::HandleTable() : slots_(first_slots) {
    starts_.push_back(0);
}

std::uint32_t HandleTable::number_of(std::string_view handle) {
    if (2 * (size() + 1) > slots_.size()) grow();
    const std::uint64_t hash = XXH3_64bits(handle.data(), handle.size());
    const auto upper = static_cast<std::uint32_t>(hash >> 32U);
    std::size_t place = hash & (slots_.size() - 1);
    for (; slots_[place].number != free_slot; place = (place + 1) & (slots_.size() - 1))
        if (slots_[place].hash == upper && (*this)[slots_[place].number] == handle) return slots_[place].number;

    if (size() == free_slot) throw IoError("ingest: at most 4294967294 accounts fit a store, but the input has more");
    const auto number = static_cast<std::uint32_t>(size());
    bytes_.insert(bytes_.end(), handle.begin(), handle.end());
    starts_.push_back(bytes_.size());
    slots_[place] = {upper, number};
    return number;
}

void HandleTable::grow() {
    slots_.assign(2 * slots_.size(), Slot{});
    for (std::size_t number = 0; number < size(); ++number) {
        const std::string_view handle = (*this)[number];
        const std::uint64_t hash = XXH3_64bits(handle.data(), handle.size());
        std::size_t place = hash & (slots_.size() - 1);
        while (slots_[place].number != free_slot) place = (place + 1) & (slots_.size() - 1);
        slots_[place] = {static_cast<std::uint32_t>(hash >> 32U), static_cast<std::uint32_t>(number)};
    }
}

}  // namespace coterie
