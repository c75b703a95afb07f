#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace coterie {

/// How a handle names an account. The same rules hold wherever accounts are named: in files of edges, tables of accounts, files
/// of weights and on the command line. A store keeps them, so that later look-ups and appends obey them by themselves.
///
/// Applying the rules twice changes no more than applying them once.
struct NameRules {
    /// A–Z become a–z. Platforms compare handles so, and make them of ASCII; other letters stay as they are.
    bool fold_case = false;
    /// `@` at the beginning is left out if anything follows: @anna is anna.
    bool strip_at = false;

    bool change_nothing() const { return !fold_case && !strip_at; }
    /// `text` without the signs at its beginning that are left out.
    std::string_view without_at(std::string_view text) const {
        if (strip_at)
            while (text.size() > 1 && text.front() == '@') text.remove_prefix(1);
        return text;
    }
    std::string normalised(std::string_view text) const;
    /// Writes the same to `to`, which has room for `text`; returns its length.
    std::size_t write_normalised(std::string_view text, char* to) const;
    bool operator==(const NameRules&) const = default;
};

/// The rules in words: "case folded, leading @ stripped"; "as they stand" if they change nothing.
std::string described(const NameRules& rules);

/// What a store says of how its pseudonyms were made.
inline constexpr std::string_view pseudonym_scheme = "hmac-sha256-128";

/// That the accounts of a store are named by pseudonyms, see PseudonymKey.
struct PseudonymInfo {
    std::string key;          ///< the fingerprint of the key
    bool of_numbers = false;  ///< the originals are unsigned 64-bit numbers in decimal, else handles
    bool operator==(const PseudonymInfo&) const = default;
};

/// How the accounts of a store came by their names; a store keeps it.
struct Naming {
    NameRules rules;  ///< of the original handles
    std::optional<PseudonymInfo> pseudonyms;
    bool operator==(const Naming&) const = default;
};

/// What the accounts of a store are called, in words: "numeric ids", "handles, case folded", "pseudonyms of handles, case folded; key
/// 5b0c…".
std::string described(const Naming& naming, bool numeric);

}  // namespace coterie
