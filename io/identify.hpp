#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/array.hpp"
#include "host/build.hpp"
#include "host/csr.hpp"
#include "host/progress.hpp"
#include "io/raw_rows.hpp"

namespace coterie {

/// The accounts of an input in ascending order of original id: numeric, or bytewise for handles.
struct IdentifiedAccounts {
    bool numeric = true;
    Array<std::uint64_t> ids;             ///< [n] if numeric, else
    Array<std::uint64_t> handle_offsets;  ///< [n + 1] into
    Array<char> handle_bytes;

    AccountId size() const { return static_cast<AccountId>(numeric ? ids.size() : handle_offsets.size() - 1); }
    std::string_view handle(AccountId position) const {
        return {handle_bytes.data() + handle_offsets[position],
                handle_offsets[position + 1] - handle_offsets[position]};
    }
};

struct Identified {
    IdentifiedAccounts accounts;
    std::vector<EdgeList> layers;  ///< rows by position in ascending order of id
};

/// Finds the distinct ids of all rows and of `named` (accounts that exist whether or not they have an edge), puts them in
/// order, and writes the rows by position. Rows of a layer of which some have weights all have one (1 where none was given).
///
/// Numbers that lie close together (kept in a bitmap of at most four bytes a row) are ranked by counting bits; others through
/// hash tables; handles by the dictionary that all `rows` share, which is emptied. Takes the raw rows apart as it goes: at most 8
/// bytes a row beside the larger of raw and identified rows. Time O(rows + n log n).
/// Throws IoError if there are more than 2^32 - 2 accounts.
///
/// With a `key`, the accounts are those of the pseudonyms of their ids, in the order of the pseudonyms.
Identified identify_numbers(std::vector<ThreadRows> rows, std::span<const std::uint64_t> named, int threads,
                            Progress* progress = nullptr, const PseudonymKey* key = nullptr);
Identified identify_handles(std::vector<ThreadRows> rows, std::span<const std::string> named, int threads,
                            Progress* progress = nullptr, const PseudonymKey* key = nullptr);

}  // namespace coterie
