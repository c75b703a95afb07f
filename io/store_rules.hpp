#pragma once

#include <atomic>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/array_checks.hpp"
#include "io/store_opened.hpp"

namespace coterie {

/// What the accounts and layers of a store must hold, as looks at their arrays. First `offsets_of` everything, by which the
/// rest is found; after that ran, `order` and `edges_of`; after that ran, `compare_directions`.
class StoreRules {
  public:
    StoreRules(const Store::Opened& store, ArrayChecks& checks) : store_(store), checks_(checks) {}

    void accounts();
    void offsets_of(std::size_t layer);
    /// Of the accounts along `by_id`. Only what was sound is used to check by.
    void order();
    void edges_of(std::size_t layer);
    void compare_directions();
    /// Of counts that must add up: the attributes of a layer.
    void counts_of(std::size_t layer);

    /// What belongs to no array alone.
    const std::vector<Damage>& damages() const { return damages_; }

    /// Adds an array of values of type T that is known to the schema: read from the file, or from memory if it cannot be.
    template <class T>
    ArrayChecks::Id add(const hdf5::Dataset& dataset);

  private:
    /// Hashes of all edges, added up, so that their order cannot matter: equal for both directions of a layer.
    using EdgeSum = std::atomic<std::uint64_t>;
    struct Direction {
        ArrayChecks::Id offsets = 0;
        ArrayChecks::Id neighbors = 0;
        std::optional<ArrayChecks::Id> weights;
    };
    struct Layer {
        std::size_t position = 0;
        Direction out;
        Direction in;  ///< of an undirected layer: not used
        EdgeSum out_sum{0};
        EdgeSum in_sum{0};
        bool comparable = true;  ///< both directions could be followed
    };

    void add_direction(Direction& direction, const CsrDatasets& datasets);
    void edges(Layer& layer, Direction& direction, const CsrDatasets& datasets);

    const Store::Opened& store_;
    ArrayChecks& checks_;
    std::optional<ArrayChecks::Id> ids_;
    std::optional<ArrayChecks::Id> handle_offsets_;
    std::optional<ArrayChecks::Id> handle_bytes_;
    std::optional<ArrayChecks::Id> by_id_;
    std::deque<Layer> layers_;
    std::vector<std::shared_ptr<const void>> kept_;  ///< arrays that were read into memory
    std::vector<Damage> damages_;
};

/// Queues that offsets start at 0, never decrease, and end at `last`.
void check_offsets(ArrayChecks& checks, ArrayChecks::Id array, std::uint64_t last);

}  // namespace coterie
