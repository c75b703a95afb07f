#include "io/name_rules.hpp"

#include <algorithm>

namespace coterie {

std::size_t NameRules::write_normalised(std::string_view text, char* to) const {
    text = without_at(text);
    if (fold_case)
        std::transform(text.begin(), text.end(), to,
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    else
        std::copy(text.begin(), text.end(), to);
    return text.size();
}

std::string NameRules::normalised(std::string_view text) const {
    std::string result(text.size(), '\0');
    result.resize(write_normalised(text, result.data()));
    return result;
}

std::string described(const NameRules& rules) {
    if (rules.change_nothing()) return "as they stand";
    if (!rules.strip_at) return "case folded";
    return rules.fold_case ? "case folded, leading @ stripped" : "leading @ stripped";
}

std::string described(const Naming& naming, bool numeric) {
    if (numeric) return "numeric ids";
    std::string text = naming.pseudonyms && naming.pseudonyms->of_numbers ? "numeric ids" : "handles";
    if (!naming.rules.change_nothing()) text += ", " + described(naming.rules);
    return naming.pseudonyms ? "pseudonyms of " + text + "; key " + naming.pseudonyms->key : text;
}

}  // namespace coterie
