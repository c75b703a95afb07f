#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "host/errors.hpp"
#include "io/checksum.hpp"
#include "io/store.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

/// Everything that can be read from a store, as text. Throws IoError where something is wrong.
std::string everything_in(const std::filesystem::path& path) {
    const Store store = Store::open(path);
    for (const LayerInfo& layer : store.layers()) store.verify(layer.name, 1);

    std::ostringstream text;
    const auto put = [&](const auto& values) {
        for (const auto& value : values) text << value << ' ';
        text << '\n';
    };
    text.precision(17);
    text << store.version() << store.created() << '\n';
    for (AccountId account = 0; account < store.accounts()->size(); ++account)
        text << store.accounts()->text(account) << ' ';
    put(store.accounts()->by_id());
    for (const AccountColumn& column : store.columns()) {
        text << column.name << ": ";
        put(column.values);
    }
    for (const LayerInfo& layer : store.layers()) {
        text << layer.name << layer.kind << layer.directed << layer.weighted << ' ' << layer.num_edges << ' '
             << layer.rows << ' ' << layer.kept << ' ' << layer.merged << ' ' << layer.self_loops << ' '
             << layer.rejected << ' ' << layer.first_time.value_or(-1) << layer.last_time.value_or(-1)
             << layer.half_life;
        for (const SourceFile& source : layer.sources) text << source.path << source.sha256;
        const Graph graph = store.graph(layer.name);
        for (const CsrView& csr : {graph.out(), graph.in()}) {
            put(csr.offsets);
            put(csr.neighbors);
            put(csr.weights);
        }
    }
    for (const std::string& name : store.result_names()) {
        const StoredResult result = store.result(name);
        text << name << '\n';
        for (const auto& [key, values] : result.arrays) {
            text << key << ": ";
            std::visit(put, values);
        }
        for (const auto& [key, value] : result.attributes) {
            text << key << ": ";
            std::visit([&](const auto& held) { text << held << '\n'; }, value);
        }
    }
    return text.str();
}

/// A byte of a file, changed for as long as this lives.
class ChangedByte {
  public:
    ChangedByte(const std::filesystem::path& path, std::string& bytes, std::size_t at, char value)
        : path_(path), bytes_(bytes), at_(at), before_(bytes[at]) {
        put(value);
    }
    ChangedByte(const ChangedByte&) = delete;
    ChangedByte& operator=(const ChangedByte&) = delete;
    ~ChangedByte() { put(before_); }

  private:
    void put(char value) {
        bytes_[at_] = value;
        std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(at_)).put(value);
    }
    const std::filesystem::path& path_;
    std::string& bytes_;
    std::size_t at_;
    char before_;
};

/// How many times as long as usual to try: COTERIE_TEST_THOROUGHNESS, for a night.
int thoroughness() {
    const char* times = std::getenv("COTERIE_TEST_THOROUGHNESS");
    return times == nullptr ? 1 : std::max(1, std::atoi(times));
}

class DamagedStore : public ::testing::TestWithParam<bool> {
  protected:
    void SetUp() override {
        write_store(path_, SampleStore(20, GetParam()).contents());
        add_results(path_, {sample_result("pagerank", 20, 0.25), sample_result("again", 20, 1)});
        bytes_ = read_bytes(path_);
        expected_ = everything_in(path_);
    }

    /// Either the error of a file, or what was written; anything else, a crash above all, is a failure.
    void expect_error_or_unchanged(const std::string& what) {
        try {
            EXPECT_EQ(everything_in(path_), expected_) << what;
        } catch (const IoError& error) {
            ++errors_;
            EXPECT_NE(std::string(error.what()).find(path_.string()), std::string::npos)
                << what << ": " << error.what();
        } catch (const std::exception& error) {
            ADD_FAILURE() << what << ": " << error.what();
        }
    }

    TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "s.h5";
    std::string bytes_;
    std::string expected_;
    int errors_ = 0;
};

std::string account_kind(const ::testing::TestParamInfo<bool>& info) {
    return info.param ? "handles" : "ids";
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Accounts, DamagedStore, ::testing::Values(false, true), account_kind);

TEST_P(DamagedStore, NeverAnswersWronglyAfterAFlippedBit) {
    std::mt19937_64 random(GetParam() ? 1 : 2);
    std::vector<std::size_t> written;  // most of a small file is room between aligned arrays
    for (std::size_t at = 0; at < bytes_.size(); ++at)
        if (bytes_[at] != 0) written.push_back(at);
    for (int k = 0; k < 300 * thoroughness(); ++k) {
        const std::size_t at = k % 4 == 0 ? random() % bytes_.size() : written[random() % written.size()];
        const char flipped = static_cast<char>(bytes_[at] ^ (1 << random() % 8));
        const ChangedByte changed(path_, bytes_, at, flipped);
        expect_error_or_unchanged("bit flipped in byte " + std::to_string(at));
    }
    EXPECT_GT(errors_, 150);
}

TEST_P(DamagedStore, NeverAnswersWronglyAfterAReplacedByte) {
    std::mt19937_64 random(GetParam() ? 3 : 4);
    for (int k = 0; k < 300 * thoroughness(); ++k) {
        const std::size_t at = k % 2 == 0 ? random() % 4096 : random() % bytes_.size();
        const ChangedByte changed(path_, bytes_, at, static_cast<char>(k % 3 == 0 ? 0xff : random()));
        expect_error_or_unchanged("byte replaced at " + std::to_string(at));
    }
}

TEST_P(DamagedStore, NeverAnswersWronglyAfterItWasCutOff) {
    std::mt19937_64 random(5);
    for (int k = 0; k < 60 * thoroughness(); ++k) {
        const std::size_t length = k < 20 ? static_cast<std::size_t>(k) * 8 : random() % bytes_.size();
        write_bytes(path_, bytes_.substr(0, length));
        EXPECT_THROW(everything_in(path_), IoError) << length;
    }
}

TEST_P(DamagedStore, NeverAnswersWronglyAfterABlockWasLost) {
    for (std::size_t at = 0; at < bytes_.size(); at += 4096) {
        std::string lost = bytes_;
        std::fill_n(lost.begin() + static_cast<std::ptrdiff_t>(at), std::min<std::size_t>(4096, lost.size() - at),
                    '\0');
        write_bytes(path_, lost);
        expect_error_or_unchanged("block lost at " + std::to_string(at));
    }
    EXPECT_GT(errors_, 10);
}

TEST(Checksum, IsXxh3OfTheBytes) {
    EXPECT_EQ(checksum({}), "2d06800538d394c2");
    const std::string text = "coterie";
    EXPECT_EQ(checksum(std::as_bytes(std::span(text))).size(), 16U);
}

TEST(Checksum, OfAStreamIsThatOfTheArray) {
    std::mt19937_64 random(6);
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, checksum_piece_bytes - 1, checksum_piece_bytes,
                                   checksum_piece_bytes + 1, 3 * checksum_piece_bytes, 3 * checksum_piece_bytes + 7}) {
        std::vector<std::byte> bytes(size);
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
        ChecksumStream stream;
        for (std::span<const std::byte> rest(bytes); !rest.empty();) {
            const std::size_t count = std::min<std::size_t>(rest.size(), random() % (2 * checksum_piece_bytes));
            stream.add(rest.first(count));
            rest = rest.subspan(count);
        }
        EXPECT_EQ(stream.text(), checksum(bytes)) << size;
        if (size == 0) continue;
        const std::string before = checksum(bytes);
        bytes[random() % size] ^= std::byte{1};
        EXPECT_NE(checksum(bytes), before) << size;
    }
}

}  // namespace coterie::testing
