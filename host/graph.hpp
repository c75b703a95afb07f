#pragma once

#include <memory>
#include <span>
#include <vector>

#include "host/array.hpp"
#include "host/csr.hpp"

namespace coterie {

/// How edges are read by algorithms that can read them in more than one way.
enum class Direction {
    directed,  ///< u→v as it stands
    either,    ///< u–v if u→v or v→u; weights add
    mutual,    ///< u–v only if u→v and v→u; weights add
};

/// One direction of a graph in memory of its own.
struct CsrArrays {
    Array<EdgeOffset> offsets;   ///< [n + 1]
    Array<AccountId> neighbors;  ///< [m]
    Array<float> weights;        ///< [m] or empty

    CsrView view() const { return {offsets, neighbors, weights}; }
};

/// One layer: a directed graph over the accounts, by out-edges and by in-edges. Cheap to copy: it holds views and
/// shares the ownership of what they point to (arrays, or a memory-mapped store).
///
/// An undirected layer stores each edge both ways; its `in()` is its `out()`.
class Graph {
  public:
    Graph() = default;

    /// `by_id` [n] lists the accounts in ascending order of their original ids; empty: they are in that order already.
    Graph(CsrView out, CsrView in, std::span<const AccountId> by_id, bool directed, std::shared_ptr<const void> owner)
        : out_(out), in_(in), by_id_(by_id), directed_(directed), owner_(std::move(owner)) {}

    AccountId num_accounts() const { return out_.num_accounts(); }
    /// Stored edges: an undirected one counts twice.
    EdgeOffset num_edges() const { return out_.num_edges(); }
    bool directed() const { return directed_; }
    bool weighted() const { return out_.weighted(); }

    const CsrView& out() const { return out_; }
    const CsrView& in() const { return in_; }
    /// Accounts in ascending order of original id, or empty if the internal order is that order.
    std::span<const AccountId> by_id() const { return by_id_; }
    /// The account at `position` in ascending order of original id.
    AccountId account_at(AccountId position) const { return by_id_.empty() ? position : by_id_[position]; }

    /// The same graph without its weights: every edge counts 1.
    Graph unweighted() const;

  private:
    CsrView out_;
    CsrView in_;
    std::span<const AccountId> by_id_;
    bool directed_ = true;
    std::shared_ptr<const void> owner_;
};

/// The graph that owns `out` and `in`. For an undirected graph pass the one direction as `out` and leave `in` empty.
Graph own_graph(CsrArrays out, CsrArrays in, Array<AccountId> by_id, bool directed);

/// Position of each account in ascending order of original id [n]: the inverse of `by_id`.
/// Ties are broken by it, so that no answer depends on the internal order.
std::vector<AccountId> id_positions(const Graph& graph);

/// The undirected graph of `graph` read as `direction` (either or mutual), in the same internal order.
/// Each edge stands once in the row of each of its ends; self-loops stand once; weights of both directions add.
/// An undirected graph is returned as it is. Time O(n + m), memory 8(n + 1) + at most 8m (16m weighted) bytes.
Graph undirected_graph(const Graph& graph, Direction direction, int threads);

}  // namespace coterie
