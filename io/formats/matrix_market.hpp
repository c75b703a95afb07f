#pragma once

#include <atomic>
#include <memory>
#include <string_view>
#include <utility>

#include "io/block_parser.hpp"
#include "io/formats/graph_rows.hpp"

namespace coterie {

/// What the first lines of a Matrix Market file say.
struct MatrixMarketHead {
    enum class Symmetry { general, symmetric, skew };
    bool has_values = false;
    Symmetry symmetry = Symmetry::general;
    std::uint64_t size = 0;     ///< rows and columns
    std::uint64_t entries = 0;  ///< declared
    std::uint64_t lines = 0;    ///< that the head takes
};

/// Reads the head at the beginning of `text`; nothing if its size line is not in it. Throws IoError, naming `path`, unless it is a
/// square sparse matrix ("coordinate") of pattern, integer or real values, general, symmetric or skew-symmetric.
std::optional<MatrixMarketHead> read_matrix_market_head(std::string_view text, const std::string& path);

/// Whether a matrix that begins with `head` is symmetric, as far as that can be told.
bool matrix_market_is_symmetric(std::string_view head, const std::string& path);

/// Matrix Market: entry (i, j) is an edge i→j with its value as weight. A symmetric matrix has each edge both ways; of a skew-symmetric one
/// the way back has the negative weight. Accounts are the numbers 1, 2, … of rows and columns with an entry.
/// Throws IoError unless there are as many entries as declared.
class MatrixMarketFormat : public FileFormat {
  public:
    explicit MatrixMarketFormat(GraphPlan plan) : plan_(std::move(plan)) {}

    bool recognise(std::string_view text) override;
    std::unique_ptr<BlockParser> parser(ThreadRows& into) override;
    bool weighted() const override { return plan_.weights && head_.has_values; }
    void check(std::uint64_t rows) const override;

  private:
    GraphPlan plan_;
    MatrixMarketHead head_;
    std::atomic<std::uint64_t> entries_{0};
};

}  // namespace coterie
