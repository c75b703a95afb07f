#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/graph.hpp"

namespace coterie::testing {

// Reads edge lists by a route of its own, so that a test of an algorithm does not lean on io/.

struct EdgeFileOptions {
    bool undirected = false;
    bool weighted = false;  ///< the third column is the weight; else it is passed over
    bool keep_self_loops = false;
    std::string accounts = {};  ///< a file whose first column names the accounts; empty: those that the edges name
};

/// A graph and the original ids of its accounts, ascending: `ids[position]` is that of
/// `graph.account_at(position)`.
struct EdgeFile {
    Graph graph;
    std::vector<std::uint64_t> ids;

    AccountId account(std::uint64_t id) const;
    /// Original id of each account [n], by internal id.
    std::vector<std::uint64_t> ids_by_account() const;
};

/// The graph in a text file of edges. Columns are separated by comma, tab or spaces; a first line that does
/// not start with a number is a header; CRLF is taken. An edge u→v goes from the first column to the second,
/// as the file has it, whatever the file means by it. Relabelled by degree, as in a store; repeats merge.
/// Throws IoError on a file that cannot be read or a line that is no edge.
EdgeFile read_edge_file(const std::string& path, const EdgeFileOptions& options = {});

/// Rows of numbers in a text file, read by the same rules: tables of golden values.
std::vector<std::vector<double>> read_table(const std::string& path);

/// Path of a file in the folder of real data beside the source folder, or empty where it is absent: then say
/// so and skip.
std::string shared_data(std::string_view file);
/// Path of a file of this repository.
std::string source_file(std::string_view file);

}  // namespace coterie::testing
