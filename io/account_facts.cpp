#include "io/account_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "host/errors.hpp"
#include "host/graph.hpp"

namespace coterie {

namespace {

constexpr double units_per_weight = 0x1.0p20;  // as in DegreesResult

struct Row {
    std::span<const AccountId> neighbors;
    std::span<const float> weights;
};

/// A row of a layer that may be damaged.
Row row_of(const CsrView& csr, AccountId account, const Store& store, std::string_view layer) {
    const EdgeOffset begin = csr.offsets[account];
    const EdgeOffset end = csr.offsets[account + 1];
    if (begin > end || end > csr.neighbors.size())
        throw IoError(fmt::format(
            "{}: layer {}: the edges of an account must lie within {}, but are [{}, {}): the file is damaged",
            store.path().string(), layer, csr.neighbors.size(), begin, end));
    return {csr.neighbors.subspan(begin, end - begin),
            csr.weighted() ? csr.weights.subspan(begin, end - begin) : std::span<const float>()};
}

double strength(const Row& row) {
    if (row.weights.empty()) return static_cast<double>(row.neighbors.size());
    std::int64_t units = 0;
    for (const float weight : row.weights) units += std::llrint(static_cast<double>(weight) * units_per_weight);
    return static_cast<double>(units) / units_per_weight;
}

bool groups(const std::string& algorithm) {
    return algorithm == "communities" || algorithm == "components";
}

std::string text_attribute(const Attributes& attributes, const std::string& name) {
    const auto found = attributes.find(name);
    const auto* const text = found == attributes.end() ? nullptr : std::get_if<std::string>(&found->second);
    return text == nullptr ? "" : *text;
}

}  // namespace

AccountDegrees degrees_in(const Store& store, std::string_view layer, AccountId account) {
    const Graph graph = store.graph(layer);
    const Row out = row_of(graph.out(), account, store, layer);
    const Row in = row_of(graph.in(), account, store, layer);
    AccountDegrees degrees{.in_degree = static_cast<AccountId>(in.neighbors.size()),
                           .out_degree = static_cast<AccountId>(out.neighbors.size()),
                           .mutual_degree = 0,
                           .in_strength = strength(in),
                           .out_strength = strength(out)};
    const auto& [few, many] =
        std::minmax(in.neighbors, out.neighbors, [](const auto& a, const auto& b) { return a.size() < b.size(); });
    for (const AccountId neighbor : few)
        degrees.mutual_degree += std::binary_search(many.begin(), many.end(), neighbor) ? 1 : 0;
    return degrees;
}

std::vector<std::vector<AccountResult>> results_of(const Store& store, const std::vector<AccountId>& accounts) {
    std::vector<std::vector<AccountResult>> found(accounts.size());
    for (const std::string& name : store.result_names()) {
        const StoredResult result = store.result(name);
        const std::string algorithm = text_attribute(result.attributes, "algorithm");
        if (algorithm == "degrees") continue;
        const bool labels = text_attribute(result.attributes, "method") == "cdlp";
        for (const auto& [array, held] : result.arrays)
            std::visit(
                [&, &array = array](const auto& values) {
                    if (values.size() != store.accounts()->size()) return;
                    for (std::size_t i = 0; i < accounts.size(); ++i) {
                        const auto value = values[accounts[i]];
                        AccountResult& of = found[i].emplace_back();
                        of.result = name;
                        of.array = array;
                        of.algorithm = algorithm;
                        of.value = static_cast<double>(value);
                        if (labels && algorithm == "communities") of.label = static_cast<AccountId>(value);
                        if (groups(algorithm))
                            of.group_size = static_cast<AccountId>(std::count(values.begin(), values.end(), value));
                        else
                            of.rank =
                                static_cast<AccountId>(1 + std::count_if(values.begin(), values.end(),
                                                                         [&](auto other) { return other > value; }));
                    }
                },
                held);
    }
    return found;
}

}  // namespace coterie
