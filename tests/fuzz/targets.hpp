#pragma once

#include <ostream>
#include <span>
#include <string_view>

namespace coterie::fuzz {

/// A reader, shown bytes that may be anything. It returns or throws what its header promises for bad input; anything else
/// (another exception, a crash, a sanitizer's complaint, a broken promise found by `require`) is a failure.
struct Target {
    std::string_view name;  ///< of its folders under corpus/ and regressions/ too
    void (*run)(std::string_view bytes);
};

/// For the names of tests.
inline void PrintTo(const Target& target, std::ostream* stream) {
    *stream << target.name;
}

/// All of them, by name: a line each in targets.cpp.
std::span<const Target> targets();

/// Runs `target` on `bytes` as the fuzzer and the tests do: coterie::Error and std::invalid_argument are answers.
void show(const Target& target, std::string_view bytes);

// One function a reader, in the file of its name, or in that of its kind: posts.cpp, graph_files.cpp.
void account_weights(std::string_view bytes);
void accounts_table(std::string_view bytes);
void binary_edges(std::string_view bytes);
void compressed(std::string_view bytes);
void edges(std::string_view bytes);
void fields(std::string_view bytes);
void gexf(std::string_view bytes);
void graphml(std::string_view bytes);
void json_rows(std::string_view bytes);
void matrix_market(std::string_view bytes);
void metis(std::string_view bytes);
void removals(std::string_view bytes);
void store(std::string_view bytes);
void twitter_v1(std::string_view bytes);
void twitter_v2(std::string_view bytes);
void whole_ingest(std::string_view bytes);

}  // namespace coterie::fuzz
