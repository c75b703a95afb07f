#include "tests/fuzz/targets.hpp"

#include <array>
#include <stdexcept>

#include "host/errors.hpp"

namespace coterie::fuzz {

std::span<const Target> targets() {
    static constexpr std::array<Target, 16> all{{{"account_weights", account_weights},
                                                 {"accounts_table", accounts_table},
                                                 {"binary_edges", binary_edges},
                                                 {"compressed", compressed},
                                                 {"edges", edges},
                                                 {"fields", fields},
                                                 {"gexf", gexf},
                                                 {"graphml", graphml},
                                                 {"json_rows", json_rows},
                                                 {"matrix_market", matrix_market},
                                                 {"metis", metis},
                                                 {"removals", removals},
                                                 {"store", store},
                                                 {"twitter_v1", twitter_v1},
                                                 {"twitter_v2", twitter_v2},
                                                 {"whole_ingest", whole_ingest}}};
    return all;
}

void show(const Target& target, std::string_view bytes) {
    try {
        target.run(bytes);
    } catch (const Error&) {
        return;
    } catch (const std::invalid_argument&) {
        return;
    }
}

}  // namespace coterie::fuzz
