// libFuzzer's way into the targets: coterie_fuzz --target=NAME [libFuzzer's options] [folders].

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/fuzz/targets.hpp"

namespace {

const coterie::fuzz::Target* chosen = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** words) {
    constexpr std::string_view option = "--target=";
    for (int i = 1; i < *count; ++i) {
        const std::string_view word = (*words)[i];
        for (const coterie::fuzz::Target& target : coterie::fuzz::targets())
            if (word.starts_with(option) && word.substr(option.size()) == target.name) chosen = &target;
    }
    if (chosen != nullptr) return 0;
    std::fprintf(stderr, "--target must be one of:");
    for (const coterie::fuzz::Target& target : coterie::fuzz::targets())
        std::fprintf(stderr, " %.*s", static_cast<int>(target.name.size()), target.name.data());
    std::fprintf(stderr, "\n");
    std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
    coterie::fuzz::show(*chosen, {reinterpret_cast<const char*>(bytes), count});
    return 0;
}
