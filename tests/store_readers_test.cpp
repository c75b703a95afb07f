#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "host/errors.hpp"
#include "io/checksum.hpp"
#include "io/store.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

// A store is an HDF5 file that needs no coterie: these run readers of other people on one.

namespace {

constexpr const char* python = "/usr/bin/python3";  // the one that Debian's python3-h5py is for

/// What a command prints; its errors too.
std::string output_of(const std::string& command, int& status) {
    std::string output;
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return {};
    char buffer[4096];
    for (std::size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, got);
    status = pclose(pipe);
    return output;
}

std::string output_of(const std::string& command) {
    int status = 0;
    std::string output = output_of(command, status);
    EXPECT_EQ(status, 0) << command << '\n' << output;
    return output;
}

bool runs(const std::string& command) {
    int status = 0;
    output_of(command, status);
    return status == 0;
}

/// Runs a script over the store at `path`, opened as `store`; it prints JSON.
nlohmann::json by_h5py(const TemporaryFolder& folder, const std::filesystem::path& path, const std::string& script) {
    write_bytes(folder / "script.py", "import h5py, json, sys, numpy\nstore = h5py.File(sys.argv[1], 'r')\n" + script);
    return nlohmann::json::parse(
        output_of(std::string(python) + " " + (folder / "script.py").string() + " " + path.string()));
}

std::string sum_of(const std::vector<EdgeOffset>& values) {
    return checksum(std::as_bytes(std::span(values)));
}

}  // namespace

TEST(StoreReaders, H5dumpListsTheStore) {
    if (!runs("h5dump --version")) GTEST_SKIP() << "h5dump is not installed (hdf5-tools)";
    const TemporaryFolder folder;
    write_store(folder / "s.h5", SampleStore(20).contents());
    add_results(folder / "s.h5", {sample_result("pagerank", 20, 0.5)});
    const std::string text = output_of("h5dump -p -H " + (folder / "s.h5").string());
    for (const char* part :
         {"ATTRIBUTE \"coterie_schema\"", "GROUP \"mention\"", "DATASET \"neighbors\"", "H5T_STD_U32LE",
          "H5T_STD_U64LE", "H5T_IEEE_F32LE", "CONTIGUOUS", "GROUP \"pagerank\"", "HARDLINK \"/layers/friend/"})
        EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
    EXPECT_EQ(text.find("CHUNKED"), std::string::npos);
    EXPECT_NE(output_of("h5dump -d /accounts/ids " + (folder / "s.h5").string()).find("18446744073709551615"),
              std::string::npos);
}

TEST(StoreReaders, H5pyReadsTheStore) {
    if (!runs(std::string(python) + " -c 'import h5py'")) GTEST_SKIP() << "h5py is not installed (python3-h5py)";
    const TemporaryFolder folder;
    const SampleStore sample(20);
    write_store(folder / "s.h5", sample.contents());
    add_results(folder / "s.h5", {sample_result("pagerank", 20, 0.5)});
    const nlohmann::json read = by_h5py(folder, folder / "s.h5", R"(
arrays = []
store.visititems(lambda name, item: arrays.append(item) if isinstance(item, h5py.Dataset) else None)
text = lambda value: value.decode() if isinstance(value, bytes) else str(value)
mention = store['layers/mention']
print(json.dumps({
    'schema': int(store.attrs['coterie_schema']),
    'accounts': int(store.attrs['num_accounts']),
    'created': text(store.attrs['created']),
    'ids': store['accounts/ids'][:].tolist(),
    'by_id': store['accounts/by_id'][:].tolist(),
    'names': store['accounts/name'].asstr()[:].tolist(),
    'offsets': mention['out/offsets'][:].tolist(),
    'neighbors': mention['out/neighbors'][:].tolist(),
    'weights': mention['out/weights'][:].tolist(),
    'weighted': bool(mention.attrs['weighted']),
    'rows': int(mention.attrs['rows']),
    'first_time': float(mention.attrs['first_time']),
    'sources': json.loads(text(mention.attrs['sources'])),
    'linked': store['layers/friend/in'] == store['layers/friend/out'],
    'ranks': store['results/pagerank/ranks'][:].tolist(),
    'converged': bool(store['results/pagerank'].attrs['converged']),
    'checksum': text(mention['out/offsets'].attrs['checksum']),
    'plain': all(a.chunks is None and a.compression is None for a in arrays),
    'aligned': all(a.size == 0 or a.id.get_offset() % 4096 == 0 for a in arrays),
    'arrays': len(arrays)}))
)");
    const CsrView out = sample.graphs[1].out();
    EXPECT_EQ(read["schema"], 1);
    EXPECT_EQ(read["accounts"], 20);
    EXPECT_EQ(read["created"], "2026-02-03T04:05:06Z");
    EXPECT_EQ(read["ids"], sample.ids);
    EXPECT_EQ(read["by_id"], sample.by_id);
    EXPECT_EQ(read["names"], sample.columns[0].values);
    EXPECT_EQ(read["offsets"], std::vector<EdgeOffset>(out.offsets.begin(), out.offsets.end()));
    EXPECT_EQ(read["neighbors"], std::vector<AccountId>(out.neighbors.begin(), out.neighbors.end()));
    EXPECT_EQ(read["weights"], std::vector<float>(out.weights.begin(), out.weights.end()));
    EXPECT_EQ(read["weighted"], true);
    EXPECT_EQ(read["rows"], sample.contents().layers[1].info.rows);
    EXPECT_EQ(read["first_time"], 1341100972.25);
    EXPECT_EQ(read["sources"][0]["path"], "data/fällt auf.csv");
    EXPECT_EQ(read["linked"], true);
    EXPECT_EQ(read["ranks"][3], 3.5);
    EXPECT_EQ(read["converged"], true);
    EXPECT_EQ(read["checksum"], sum_of({out.offsets.begin(), out.offsets.end()}));
    EXPECT_EQ(read["plain"], true);
    EXPECT_EQ(read["aligned"], true);
    EXPECT_EQ(read["arrays"], 5 + 2 * 2 + 2 * 3 + 2 + 3);
}

// The checksums as the schema describes them, by another hand: arrays of no byte, of one piece, of several.
TEST(StoreReaders, LibxxhashRecomputesTheChecksums) {
    if (!runs(std::string(python) + " -c 'import h5py, ctypes; ctypes.CDLL(\"libxxhash.so.0\")'"))
        GTEST_SKIP() << "python3 with h5py and libxxhash is not installed";
    const TemporaryFolder folder;
    const AccountId n = (AccountId{1} << 18U) + 5;  // by_id: one piece and 20 bytes; ids: two pieces and 40 bytes
    std::vector<std::uint64_t> ids(n);
    std::vector<AccountId> by_id(n);
    for (AccountId account = 0; account < n; ++account) {
        ids[account] = std::uint64_t{account} * 977;
        by_id[account] = account;
    }
    StoreContents contents;
    contents.ids = ids;
    contents.by_id = by_id;
    contents.columns = {{"name", std::vector<std::string>(n, "four")}};  // exactly one piece and 20 bytes
    write_store(folder / "s.h5", contents);
    add_results(folder / "s.h5", {sample_result("pagerank", n, 0.5)});
    const auto read = by_h5py(folder, folder / "s.h5", R"(
import ctypes
library = ctypes.CDLL('libxxhash.so.0')
library.XXH3_64bits.restype = ctypes.c_uint64
library.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
def digest(data): return library.XXH3_64bits(data, len(data))
def checksum(data):
    pieces = [data[i:i + 2**20] for i in range(0, len(data), 2**20)] or [b'']
    digests = [digest(piece) for piece in pieces]
    whole = digests[0] if len(digests) == 1 else digest(b''.join(d.to_bytes(8, 'little') for d in digests))
    return '%016x' % whole
compared = []
def compare(name, item):
    if isinstance(item, h5py.Dataset):
        stored = item.attrs['checksum']
        stored = stored.decode() if isinstance(stored, bytes) else stored
        compared.append([name, stored == checksum(item[:].tobytes())])
store.visititems(compare)
print(json.dumps(compared))
)");
    ASSERT_EQ(read.size(), 6U) << read;
    for (const auto& array : read) EXPECT_TRUE(array[1]) << array[0];
}

// Written by somebody else in ways that cannot be mapped: chunked and compressed, of other widths, without checksums and
// without the order of ids.
TEST(StoreReaders, AStoreThatH5pyWroteIsRead) {
    if (!runs(std::string(python) + " -c 'import h5py'")) GTEST_SKIP() << "h5py is not installed (python3-h5py)";
    const TemporaryFolder folder;
    // 0 → 1 → 2 → 0, 0 → 2 with ids 30, 10, 20
    const std::string script = R"(
import sys, h5py, numpy
store = h5py.File(sys.argv[1], 'w')
store.attrs['coterie_schema'] = 1
store.attrs['num_accounts'] = 3
store['accounts/ids'] = numpy.array([30, 10, 20], dtype='int64')
store['accounts/name'] = ['dreißig', 'zehn', 'zwanzig']
layer = store.create_group('layers/follow')
layer.attrs['num_edges'] = 4
layer.attrs['weighted'] = True
layer.create_dataset('out/offsets', data=numpy.array([0, 2, 3, 4]), chunks=(2,), compression='gzip')
layer['out/neighbors'] = numpy.array([1, 2, 2, 0], dtype='>u4')
layer['out/weights'] = numpy.array([1.5, 2, 3, 4], dtype='float64')
layer['in/offsets'] = numpy.array([0, 1, 2, 4], dtype='uint64')
layer['in/neighbors'] = numpy.array(BAD, dtype='int32')
layer['in/weights'] = numpy.array([4, 1.5, 2, 3], dtype='float32')
)";
    const auto write = [&](const std::string& in_neighbors) {
        std::string text = script;
        text.replace(text.find("BAD"), 3, in_neighbors);
        write_bytes(folder / "write.py", text);
        output_of(std::string(python) + " " + (folder / "write.py").string() + " " + (folder / "s.h5").string());
        return Store::open(folder / "s.h5");
    };
    const Store store = write("[2, 0, 0, 1]");
    store.verify("follow", 2);
    EXPECT_EQ(store.accounts()->find("10"), 1U);
    EXPECT_EQ(store.columns()[0].values, (std::vector<std::string>{"dreißig", "zehn", "zwanzig"}));
    const Graph graph = store.graph("follow");
    EXPECT_EQ(graph.account_at(2), 0U);
    EXPECT_EQ(graph.out().row(0)[1], 2U);
    EXPECT_EQ(graph.in().row(2)[1], 1U);
    EXPECT_EQ(graph.out().weight(0), 1.5F);

    add_results(folder / "s.h5", {sample_result("r", 3, 1)});
    EXPECT_EQ(Store::open(folder / "s.h5").result("r").attributes, sample_result("r", 3, 1).attributes);

    EXPECT_THROW(write("[2, 0, -1, 1]").verify("follow", 2), IoError);  // does not fit u32: never clipped to 0
    EXPECT_THROW(write("[2, 0, 0, 2]").verify("follow", 2), IoError);
    EXPECT_THROW(write("[2, 0, 0]"), IoError);
}

}  // namespace coterie::testing
