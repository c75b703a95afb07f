#include "io/store.hpp"

#include <cstring>
#include <string>

#include "host/errors.hpp"
#include "io/store_check.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/support/stores.hpp"

namespace coterie::fuzz {

namespace {

/// A small store with everything that a store can hold.
const std::string& sound_store(bool handles) {
    const auto made = [](bool named) {
        const testing::TemporaryFolder folder;
        const testing::SampleStore sample(9, named);
        write_store(folder / "s.h5", sample.contents());
        add_results(folder / "s.h5", {testing::sample_result("pagerank", 9, 0.25)});
        return testing::read_bytes(folder / "s.h5");
    };
    static const std::string by_ids = made(false);
    static const std::string by_handles = made(true);
    return handles ? by_handles : by_ids;
}

/// The bytes of an input are edits of a sound store: place (3 bytes), value (1 byte); a place past its end cuts it off.
std::string damaged_store(std::string_view bytes) {
    Choices choices(bytes);
    std::string store = sound_store(choices.below(2) == 1);
    for (; bytes.size() >= 4; bytes.remove_prefix(4)) {
        std::uint32_t edit = 0;
        std::memcpy(&edit, bytes.data(), 4);
        const std::size_t place = edit >> 8U;
        if (place < store.size())
            store[place] = static_cast<char>(edit & 0xFFU);
        else
            store.resize(store.size() - place % (store.size() + 1));
    }
    return store;
}

}  // namespace

/// Opening, checking and reading a store that somebody damaged. The check never throws over damage, and finds it wherever
/// verifying does.
void store(std::string_view bytes) {
    const MemoryFile file(damaged_store(bytes));
    const StoreCheck check = check_store(file.path(), 1);
    bool verified = true;
    try {
        const Store opened = Store::open(file.path());
        for (const LayerInfo& layer : opened.layers()) opened.verify(layer.name, 1);
        (void)opened.columns();
        for (const std::string& name : opened.result_names()) (void)opened.result(name);
    } catch (const IoError&) {
        verified = false;
    }
    require(verified || !check.sound(), "what cannot be verified is found by the check");
}

}  // namespace coterie::fuzz
