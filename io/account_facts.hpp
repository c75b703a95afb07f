#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/store.hpp"

namespace coterie {

/// Edges of one account in one layer; see DegreesResult, with which they agree.
struct AccountDegrees {
    AccountId in_degree = 0;
    AccountId out_degree = 0;
    AccountId mutual_degree = 0;  ///< accounts with edges both ways
    double in_strength = 0;       ///< sum of weights; the degree if the layer has none
    double out_strength = 0;
};

/// Reads the edges of `account` alone, which need not be verified: throws IoError if they do not lie in the layer.
AccountDegrees degrees_in(const Store& store, std::string_view layer, AccountId account);

/// What a stored result says of one account.
struct AccountResult {
    std::string result;
    std::string array;      ///< `values` if the result has but one
    std::string algorithm;  ///< as the result's attribute says; empty if it does not
    double value = 0;
    std::optional<AccountId> rank;        ///< 1 + accounts with a higher value; of a number that measures
    std::optional<AccountId> group_size;  ///< accounts of the same value; of a community or component
    std::optional<AccountId> label;       ///< the account that gave its community the label, of communities by cdlp
};

/// What all stored results with a value for each account say of `accounts` [accounts][arrays]: by name of the result. Degrees are
/// left out: degrees_in reads them. Time O(n) a result, whose checksum is verified.
std::vector<std::vector<AccountResult>> results_of(const Store& store, const std::vector<AccountId>& accounts);

}  // namespace coterie
