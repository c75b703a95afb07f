#include "io/append_accounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <numeric>

#include "host/errors.hpp"
#include "io/fields.hpp"

namespace coterie {

namespace {

void append_handle(IdentifiedAccounts& accounts, std::string_view handle) {
    accounts.handle_bytes.insert(accounts.handle_bytes.end(), handle.begin(), handle.end());
    accounts.handle_offsets.push_back(accounts.handle_bytes.size());
}

}  // namespace

UnitedAccounts unite(const Accounts& old, IdentifiedAccounts added) {
    UnitedAccounts united;
    IdentifiedAccounts& all = united.accounts;
    all.numeric = old.numeric();
    if (all.numeric)
        all.ids.reserve(old.size() + added.size());
    else
        all.handle_offsets.push_back(0);
    Array<AccountId>& old_account = united.positions.old_account;
    Array<AccountId>& position = united.positions.position;
    old_account.reserve(old.size() + added.size());
    position.resize(old.size());
    united.position_of_new.resize(added.size());

    const std::span<const AccountId> by_id = old.by_id();
    Array<std::uint64_t> old_ids(all.numeric ? old.size() : 0);
#pragma omp parallel for
    for (std::size_t i = 0; i < old_ids.size(); ++i) old_ids[i] = old.id(by_id[i]);
    AccountId next_old = 0;
    AccountId next_new = 0;
    while (next_old < old.size() || next_new < added.size()) {
        std::strong_ordering order = std::strong_ordering::equal;
        if (next_old == old.size() || next_new == added.size())
            order = next_old == old.size() ? std::strong_ordering::greater : std::strong_ordering::less;
        else
            order = all.numeric ? old_ids[next_old] <=> added.ids[next_new]
                                : old.handle(by_id[next_old]) <=> added.handle(next_new);
        if (old_account.size() + 1 >= no_account)
            throw IoError(
                fmt::format("ingest: at most {} accounts fit a store, but the store has {} and the new rows {}",
                            no_account - 1, old.size(), added.size()));
        const auto place = static_cast<AccountId>(old_account.size());
        const bool is_old = order != std::strong_ordering::greater;
        if (all.numeric)
            all.ids.push_back(is_old ? old_ids[next_old] : added.ids[next_new]);
        else
            append_handle(all, is_old ? old.handle(by_id[next_old]) : added.handle(next_new));
        old_account.push_back(is_old ? by_id[next_old] : no_account);
        if (is_old) position[by_id[next_old++]] = place;
        if (order != std::strong_ordering::less) united.position_of_new[next_new++] = place;
    }
    united.positions.count = static_cast<AccountId>(old_account.size());
    return united;
}

AccountId position_of(const IdentifiedAccounts& accounts, std::string_view id) {
    if (accounts.numeric) {
        const auto number = parse_id(id);
        if (!number) return no_account;
        const auto found = std::lower_bound(accounts.ids.begin(), accounts.ids.end(), *number);
        return found != accounts.ids.end() && *found == *number ? static_cast<AccountId>(found - accounts.ids.begin())
                                                                : no_account;
    }
    AccountId first = 0;
    for (AccountId count = accounts.size(); count > 0;) {
        const AccountId half = count / 2;
        const bool below = accounts.handle(first + half) < id;
        first = below ? first + half + 1 : first;
        count = below ? count - half - 1 : half;
    }
    return first < accounts.size() && accounts.handle(first) == id ? first : no_account;
}

}  // namespace coterie
