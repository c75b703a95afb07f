#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "io/store.hpp"

namespace coterie {

const Naming& Accounts::naming() const {
    static const Naming as_they_stand;
    return as_they_stand;
}

std::string Accounts::text(AccountId account) const {
    return numeric() ? fmt::to_string(id(account)) : std::string(handle(account));
}

std::optional<AccountId> Accounts::find(std::string_view original) const {
    const std::span<const AccountId> order = by_id();
    if (!numeric()) {
        const NameRules& rules = naming().rules;
        if (!rules.change_nothing())
            if (const std::string normalised = rules.normalised(original); normalised != original)
                return find(normalised);
        const auto found =
            std::lower_bound(order.begin(), order.end(), original,
                             [&](AccountId account, std::string_view text) { return handle(account) < text; });
        return found != order.end() && handle(*found) == original ? std::optional(*found) : std::nullopt;
    }
    std::uint64_t number = 0;
    const char* end = original.data() + original.size();
    if (const auto [stop, error] = std::from_chars(original.data(), end, number); error != std::errc() || stop != end)
        return std::nullopt;
    const auto found = std::lower_bound(order.begin(), order.end(), number,
                                        [&](AccountId account, std::uint64_t value) { return id(account) < value; });
    return found != order.end() && id(*found) == number ? std::optional(*found) : std::nullopt;
}

}  // namespace coterie
