#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/progress.hpp"

namespace coterie {

struct EraseOptions {
    bool overwrite = false;  ///< writes zeros over the old file's blocks before they are freed
    int threads = 0;         ///< 0: as many as there are cores
    Progress* progress = nullptr;
};

struct EraseReport {
    std::vector<std::string> erased;   ///< as they were called in the store
    std::vector<std::string> absent;   ///< not in the store, now as before
    std::uint64_t edges = 0;           ///< taken out, over all layers; undirected ones once
    std::uint64_t reject_lines = 0;    ///< taken out of the list of rejected lines
    std::vector<std::string> results;  ///< changed, since they named accounts or listed values by account
    std::vector<std::string> notes;    ///< what may still name the accounts and cannot be cleaned from here
};

/// The accounts that a file names, one a line; empty lines and those that begin with # are passed over. Throws IoError.
std::vector<std::string> read_account_list(const std::filesystem::path& path);

/// Takes accounts out of a store: their ids and columns, their edges in all layers, their values in all results. The values of the
/// others stay, in the new internal order; each result gets the attribute `accounts_erased`: how many since it was computed. A
/// community that was called after an erased account (cdlp) is called after the one of its members with the smallest id.
/// Attributes of results that name an erased account are dropped. Lines of "STORE.rejects.csv" that name one are dropped too.
///
/// The store's arrays are, to the byte, those of the rows that name none of the accounts. rows and kept of each layer fall by the
/// edges that went.
///
/// The new version is written beside the store and renamed into place, so that a crash leaves the old one or the new one. The
/// old file's blocks are then free; they are overwritten first if `overwrite` says so (a file system that copies on write, and a
/// disk that moves blocks, keep the old ones nevertheless).
/// `accounts`: by original id or handle. Waits for other writers of the same store. Throws IoError, Cancelled.
EraseReport erase_accounts(const std::filesystem::path& store, const std::vector<std::string>& accounts,
                           const EraseOptions& options = {});

}  // namespace coterie
