#include <fmt/format.h>

#include "host/errors.hpp"
#include "io/store_rules.hpp"

namespace coterie {

namespace {

void throw_first(const std::filesystem::path& path, const std::vector<Damage>& damages) {
    if (damages.empty()) return;
    throw IoError(fmt::format("{}: {} {}", path.string(), damages[0].object, damages[0].what));
}

}  // namespace

void Store::verify(std::string_view layer, int threads, Progress* progress) const {
    const std::size_t position = opened_->position_of(layer);
    ArrayChecks checks(opened_->descriptor);
    StoreRules rules(*opened_, checks);
    // First what the rest is found by.
    rules.accounts();
    rules.offsets_of(position);
    checks.run("verifying accounts and offsets", threads, progress);
    throw_first(opened_->path, checks.damages());
    rules.order();
    rules.edges_of(position);
    checks.run("verifying edges", threads, progress);
    throw_first(opened_->path, checks.damages());
    rules.compare_directions();
    throw_first(opened_->path, rules.damages());
}

}  // namespace coterie
