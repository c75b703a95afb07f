#include "io/checksum.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <new>

#include "host/errors.hpp"

namespace coterie {

std::string checksum(std::span<const std::byte> bytes, const Progress* progress) {
    // Between blocks somebody may ask to stop: an array can be larger than what is read within two seconds.
    constexpr std::size_t block = std::size_t{64} << 20;
    const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), XXH3_freeState);
    if (state == nullptr) throw std::bad_alloc();
    XXH3_64bits_reset(state.get());
    while (!bytes.empty()) {
        if (progress != nullptr && progress->cancelled()) throw Cancelled();
        const std::size_t count = std::min(block, bytes.size());
        XXH3_64bits_update(state.get(), bytes.data(), count);
        bytes = bytes.subspan(count);
    }
    return fmt::format("{:016x}", XXH3_64bits_digest(state.get()));
}

}  // namespace coterie
