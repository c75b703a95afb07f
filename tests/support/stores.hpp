#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/graph.hpp"
#include "io/store.hpp"

namespace coterie::testing {

/// A folder of this test alone, removed with what is in it when it goes out of scope.
class TemporaryFolder {
  public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

std::string read_bytes(const std::filesystem::path& path);
void write_bytes(const std::filesystem::path& path, const std::string& bytes);

/// What a small store is made of, with everything that a store can hold: two directed layers, one of them
/// weighted, an undirected one, and columns. Owns what `contents()` points to.
class SampleStore {
  public:
    /// Original ids are numbers with gaps, up to 2^64 - 1; or handles.
    explicit SampleStore(AccountId num_accounts, bool handles = false);

    StoreContents contents() const;

    std::vector<Graph> graphs;  ///< "follow", "mention" (weighted), "friend" (undirected)
    std::vector<std::uint64_t> ids;
    std::vector<std::uint64_t> handle_offsets;
    std::string handle_bytes;
    std::vector<AccountId> by_id;
    std::vector<AccountColumn> columns;
};

/// Arrays, attributes and names, as a result of a run has them.
StoredResult sample_result(const std::string& name, AccountId num_accounts, double first);

}  // namespace coterie::testing
