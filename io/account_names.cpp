#include "io/account_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include "io/fields.hpp"

namespace coterie {

namespace {

constexpr std::string_view letters_of_handles = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
constexpr std::string_view digits = "0123456789";
constexpr std::size_t longest_varied = 64;
constexpr std::size_t shown_bytes = 80;

void check_key(const std::filesystem::path& store, const Naming& naming, const PseudonymKey& key) {
    if (!naming.pseudonyms)
        throw std::invalid_argument(fmt::format(
            "{}: --pseudonyms must be the key of a store with pseudonyms, but its accounts have their own names",
            store.string()));
    if (naming.pseudonyms->key != key.fingerprint())
        throw std::invalid_argument(fmt::format(
            "{}: --pseudonyms must be the key that the store was made with (fingerprint {}), got another one "
            "(fingerprint {})",
            store.string(), naming.pseudonyms->key, key.fingerprint()));
}

/// Calls `visit` with everything that is one slip away from `name`.
template <class Visit>
void for_each_slip(std::string_view name, std::string_view alphabet, Visit visit) {
    std::string slip;
    for (std::size_t i = 0; i <= name.size(); ++i) {
        const std::string_view before = name.substr(0, i);
        const std::string_view after = name.substr(i);
        if (!after.empty()) visit(slip.assign(before).append(after.substr(1)));
        if (after.size() > 1) {
            slip.assign(before);
            slip += after[1];
            slip += after[0];
            visit(slip.append(after.substr(2)));
        }
        for (const char letter : alphabet) {
            slip.assign(before);
            slip += letter;
            visit(slip.append(after));
            if (after.empty()) continue;
            slip.assign(before);
            slip += letter;
            visit(slip.append(after.substr(1)));
        }
    }
}

std::size_t common_beginning(std::string_view a, std::string_view b) {
    const auto [end, ignored] =
        std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())), b.begin());
    return static_cast<std::size_t>(end - a.begin());
}

}  // namespace

AccountNames::AccountNames(const Store& store, std::optional<PseudonymKey> key)
    : AccountNames(store.path().string(), store.accounts(), std::move(key)) {}

AccountNames::AccountNames(std::string where, std::shared_ptr<const Accounts> accounts, std::optional<PseudonymKey> key)
    : where_(std::move(where)), accounts_(std::move(accounts)), key_(std::move(key)) {
    if (key_) check_key(where_, accounts_->naming(), *key_);
}

std::optional<AccountId> AccountNames::find(std::string_view name) const {
    if (key_)
        if (const auto account = accounts_->find(key_->pseudonym(name, accounts_->naming()))) return account;
    return accounts_->find(name);
}

AccountId AccountNames::at(std::string_view name) const {
    if (const auto account = find(name)) return *account;
    throw std::invalid_argument(why_not(name));
}

std::string AccountNames::why_not(std::string_view name) const {
    const Naming& naming = accounts_->naming();
    std::string text = fmt::format("{}: the account must be one of the store's {}, but there is no \"{}\"", where_,
                                   accounts_->size(), printable(name, shown_bytes));
    if (naming.pseudonyms)
        return text +
               (key_ ? ", neither by its original name nor as a pseudonym"
                     : "; its accounts have pseudonyms (32 hexadecimal digits), and by their original names they are "
                       "found with --pseudonyms KEYFILE");
    if (accounts_->numeric() && !parse_id(name)) return text + "; its accounts have numbers";
    const std::string looked_for = accounts_->numeric() ? std::string(name) : naming.rules.normalised(name);
    if (looked_for != name) text += fmt::format(" (looked for as \"{}\")", printable(looked_for, shown_bytes));
    std::vector<std::string> names = alike(name);
    if (names.empty()) return text;
    for (std::string& each : names) each = printable(each, shown_bytes);
    return text + fmt::format("; alike: {}", fmt::join(names, ", "));
}

std::vector<std::string> AccountNames::alike(std::string_view name, std::size_t at_most) const {
    const Naming& naming = accounts_->naming();
    if (naming.pseudonyms) return {};
    std::set<AccountId> found;  // by internal id: the best connected first
    const auto look_for = [&](const std::string& text) {
        if (const auto account = accounts_->find(text)) found.insert(*account);
    };
    const bool numeric = accounts_->numeric();
    if (name.size() <= longest_varied) {
        if (!numeric) look_for(NameRules{true, true}.normalised(name));
        for_each_slip(name, numeric ? digits : letters_of_handles, look_for);
    }
    std::vector<std::string> names;
    for (const AccountId account : found)
        if (names.size() < at_most) names.push_back(accounts_->text(account));
    if (!names.empty() || numeric) return names;

    const std::string sought = naming.rules.normalised(name);
    const std::span<const AccountId> order = accounts_->by_id();
    const auto place =
        std::lower_bound(order.begin(), order.end(), sought,
                         [&](AccountId account, const std::string& text) { return accounts_->handle(account) < text; });
    const auto add_if_alike = [&](AccountId account) {
        const std::string_view handle = accounts_->handle(account);
        if (names.size() < at_most && 2 * common_beginning(handle, sought) >= sought.size() + 1)
            names.emplace_back(handle);
    };
    if (place != order.begin()) add_if_alike(*(place - 1));
    for (auto next = place; next != order.end() && next - place < 2; ++next) add_if_alike(*next);
    return names;
}

std::optional<PseudonymKey> read_key(const std::filesystem::path& path) {
    if (path.empty()) return std::nullopt;
    return PseudonymKey::read(path);
}

const Naming& naming_to_append(const std::filesystem::path& store, const Naming& stored, const NameRules& asked,
                               const PseudonymKey* key) {
    const auto check_rule = [&](bool wanted, bool held, std::string_view option) {
        if (wanted && !held)
            throw std::invalid_argument(fmt::format(
                "{}: {} must hold for all rows of a store, but it was made without ({}); ingest all rows anew "
                "with it, or append without",
                store.string(), option, described(stored.rules)));
    };
    check_rule(asked.fold_case, stored.rules.fold_case, "--fold-case");
    check_rule(asked.strip_at, stored.rules.strip_at, "--strip-at");
    if (key != nullptr) check_key(store, stored, *key);
    if (stored.pseudonyms && key == nullptr)
        throw std::invalid_argument(
            fmt::format("{}: the store has pseudonyms, so that rows can be added only with its key (fingerprint {}): "
                        "--pseudonyms KEYFILE",
                        store.string(), stored.pseudonyms->key));
    return stored;
}

}  // namespace coterie
