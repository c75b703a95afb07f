#include "io/data_checksum.hpp"

#include <fmt/format.h>

#include <span>

#include "io/checksum.hpp"

namespace coterie {

namespace {

std::string ids_checksum(const Accounts& accounts) {
    std::string ids;
    for (AccountId account = 0; account < accounts.size(); ++account) {
        if (accounts.numeric()) {
            const std::uint64_t id = accounts.id(account);
            for (unsigned shift = 0; shift < 64; shift += 8) ids += static_cast<char>(id >> shift & 0xFFU);
        } else {
            // The length first, so that where one handle ends and the next begins matters.
            ids += fmt::format("{}:{}", accounts.handle(account).size(), accounts.handle(account));
        }
    }
    return checksum(std::as_bytes(std::span(ids)));
}

}  // namespace

std::string data_checksum(const Store& store, std::string_view layer) {
    const Graph graph = store.graph(layer);
    const CsrView& out = graph.out();
    const std::string parts = ids_checksum(*store.accounts()) + checksum(std::as_bytes(out.offsets)) +
                              checksum(std::as_bytes(out.neighbors)) + checksum(std::as_bytes(out.weights));
    return checksum(std::as_bytes(std::span(parts)));
}

}  // namespace coterie
