// Pseudonyms: HMAC against the published vectors, a store against one made from files in which ids were replaced, and a search for
// originals in every byte that is written.

#include "io/pseudonyms.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "host/errors.hpp"
#include "io/account_names.hpp"
#include "io/ingest.hpp"
#include "io/sha256.hpp"
#include "io/store.hpp"
#include "tests/support/ingested.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stores.hpp"

namespace coterie::testing {

namespace {

std::string bytes_of(const std::string& hexadecimal) {
    std::string bytes;
    for (std::size_t i = 0; i < hexadecimal.size(); i += 2)
        bytes += static_cast<char>(std::stoi(hexadecimal.substr(i, 2), nullptr, 16));
    return bytes;
}

/// A key of RFC 4231 in a form of at least 32 bytes that HMAC takes for the same: zeros behind it, or its digest if it is longer
/// than a block of SHA-256 (RFC 2104, section 2).
std::string equivalent(std::string key) {
    if (key.size() > 64) {
        Sha256 sha;
        sha.add(key.data(), key.size());
        return bytes_of(sha.hexadecimal());
    }
    key.resize(std::max<std::size_t>(32, key.size()), '\0');
    return key;
}

const std::string secret = bytes_of("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");

class Pseudonyms : public ::testing::Test {
  protected:
    Pseudonyms() {
        write_bytes(folder_ / "key", secret);
        ::chmod((folder_ / "key").c_str(), 0600);
    }
    std::string path(const std::string& name) const { return folder_ / name; }
    IngestReport run(const std::string& store, const std::string& rows, IngestOptions options = {}) {
        write_bytes(path(store + ".csv"), rows);
        options.files = {{"mention", path(store + ".csv")}};
        return ingest(path(store), options);
    }
    IngestOptions with_key() const {
        IngestOptions options;
        options.pseudonyms = path("key");
        return options;
    }
    Finished program(const std::vector<std::string>& arguments) const { return run_program(folder_.path(), arguments); }

    const PseudonymKey key_{secret};
    TemporaryFolder folder_;
};

/// Rows over `count` accounts whose names `name(i)` writes.
template <class Name>
std::string rows_of(std::size_t count, Name name) {
    std::string rows = "source,target\n";
    for (std::size_t i = 0; i < 6 * count; ++i)
        rows += name((i * 7 + i / count) % count) + "," + name((i * i + 3) % count) + "\n";
    return rows;
}

void expect_same_stores(const std::string& a, const std::string& b) {
    const Store one = Store::open(a);
    const Store other = Store::open(b);
    one.verify("mention", 2);
    ASSERT_EQ(one.accounts()->size(), other.accounts()->size());
    for (AccountId account = 0; account < one.accounts()->size(); ++account)
        ASSERT_EQ(one.accounts()->text(account), other.accounts()->text(account));
    const auto equal = [](auto left, auto right) {
        return std::equal(left.begin(), left.end(), right.begin(), right.end());
    };
    EXPECT_TRUE(equal(one.accounts()->by_id(), other.accounts()->by_id()));
    const Graph left = one.graph("mention");
    const Graph right = other.graph("mention");
    for (const auto& [x, y] : {std::pair{left.out(), right.out()}, std::pair{left.in(), right.in()}}) {
        EXPECT_TRUE(equal(x.offsets, y.offsets));
        EXPECT_TRUE(equal(x.neighbors, y.neighbors));
        EXPECT_TRUE(equal(x.weights, y.weights));
    }
}

}  // namespace

TEST_F(Pseudonyms, AreTheFirstHalfOfHmacSha256AsRfc4231PublishesIt) {
    struct Vector {
        std::string key;
        std::string data;
        std::string digest;
    };
    std::string ascending;
    for (char c = 1; c <= 25; ++c) ascending += c;
    const std::vector<Vector> vectors{
        {std::string(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {std::string(20, '\xaa'), std::string(50, '\xdd'),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {ascending, std::string(50, '\xcd'), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {std::string(131, '\xaa'),
         "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be "
         "hashed "
         "before being used by the HMAC algorithm.",
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"}};
    for (const Vector& vector : vectors) {
        const PseudonymKey key(equivalent(vector.key));
        EXPECT_EQ(key.pseudonym(vector.data), vector.digest.substr(0, 32));
        PseudonymKey::Maker maker(key);
        for (int again = 0; again < 2; ++again) {
            std::string digits(32, ' ');
            maker.write(vector.data, digits.data());
            EXPECT_EQ(digits, vector.digest.substr(0, 32));
        }
    }
}

TEST_F(Pseudonyms, GiveTheStoreThatFilesWithPseudonymsGive) {
    const std::size_t count = 500;
    const auto handle = [](std::size_t i) { return fmt::format("person_{}", i * i); };
    run("plain", rows_of(count, [&](std::size_t i) { return key_.pseudonym(handle(i)); }), {.ids = IdChoice::handles});
    for (const int threads : {1, 3}) {
        IngestOptions options = with_key();
        options.threads = threads;
        const IngestReport report = run("keyed", rows_of(count, handle), options);
        EXPECT_EQ(report.naming.pseudonyms, (PseudonymInfo{key_.fingerprint(), false}));
        expect_same_stores(path("keyed"), path("plain"));
    }
}

TEST_F(Pseudonyms, OfNumbersAreThoseOfTheirDecimals) {
    const std::size_t count = 500;
    for (const std::uint64_t apart : {std::uint64_t{3}, std::uint64_t{1} << 52U}) {  // ranked by bits, and by a table
        const auto number = [&](std::size_t i) { return std::to_string(i * apart); };
        run("plain", rows_of(count, [&](std::size_t i) { return key_.pseudonym(number(i)); }),
            {.ids = IdChoice::handles});
        // 007 is 7.
        const IngestReport report =
            run("keyed", rows_of(count, [&](std::size_t i) { return "00" + number(i); }), with_key());
        EXPECT_EQ(report.naming.pseudonyms, (PseudonymInfo{key_.fingerprint(), true}));
        EXPECT_FALSE(report.numeric);
        expect_same_stores(path("keyed"), path("plain"));
    }
}

TEST_F(Pseudonyms, AreTheSameWhenRowsAreSortedOnDisk) {
    for (const bool numeric : {false, true}) {
        const auto name = [&](std::size_t i) {
            return numeric ? std::to_string(i * 5'000'000'029) : fmt::format("p{}", i);
        };
        const std::string rows = rows_of(20'000, name);
        run("memory", rows, with_key());
        IngestOptions options = with_key();
        options.memory_limit = std::uint64_t{1} << 20;  // rows take a quarter of it at most
        const IngestReport report = run("disk", rows, options);
        EXPECT_TRUE(report.external.used);
        EXPECT_FALSE(report.numeric);
        EXPECT_EQ(report.naming.pseudonyms, (PseudonymInfo{key_.fingerprint(), numeric}));
        expect_same_stores(path("disk"), path("memory"));
    }
}

TEST_F(Pseudonyms, AreMadeOfNormalisedHandles) {
    IngestOptions options = with_key();
    options.names = {.fold_case = true, .strip_at = true};
    run("s.h5", "source,target\n@Anna,bert\nANNA,@Bert\n", options);
    EXPECT_EQ(accounts_of(path("s.h5")).size(), 2U);
    EXPECT_EQ(edges_of(path("s.h5"), "mention"),
              (OriginalEdges{{key_.pseudonym("anna"), key_.pseudonym("bert"), 2.0F}}));
}

TEST_F(Pseudonyms, JoinOnlyTheColumnsThatAreNamed) {
    IngestOptions options = with_key();
    write_bytes(path("accounts.csv"), "id,name,Group,mail\nanna,Anna A.,red,a@example.org\nbert,Bert B.,blue,\n");
    options.accounts = path("accounts.csv");
    IngestReport report = run("s.h5", "source,target\nanna,bert\n", options);
    EXPECT_TRUE(report.columns.empty());
    ASSERT_EQ(report.notes.size(), 1U);
    EXPECT_TRUE(says(report.notes[0], "left out name, Group, mail"));
    options.keep_columns = {"group"};
    report = run("s.h5", "source,target\nanna,bert\n", options);
    EXPECT_EQ(report.columns, std::vector<std::string>{"Group"});
    EXPECT_EQ(column_of(path("s.h5"), "Group"),
              (std::map<std::string, std::string>{{key_.pseudonym("anna"), "red"}, {key_.pseudonym("bert"), "blue"}}));
    options.keep_columns = {"group", "colour"};
    EXPECT_THROW(run("s.h5", "source,target\nanna,bert\n", options), IoError);
}

TEST_F(Pseudonyms, LeaveNoOriginalInAnyFile) {
    // Handles in one run, numbers above 2^32 in the other, both with lines that are rejected and a table of accounts.
    for (const bool numeric : {false, true}) {
        SCOPED_TRACE(numeric ? "numbers" : "handles");
        const auto name = [&](std::size_t i) {
            return numeric ? std::to_string(7'345'678'901'234 + 1000 * i) : fmt::format("secret_person_{}_x", 1000 + i);
        };
        std::filesystem::create_directory(path("made"));
        std::string rows = rows_of(40, name) + name(1) + "\n\"" + name(2) + "," + name(3) + "\n" + name(4) + ",\n";
        if (numeric) rows += name(5) + ",x" + name(6) + "\n";
        write_bytes(path("rows.csv"), rows);
        write_bytes(path("accounts.csv"), "id,name\n" + name(1) + "," + name(2) + "\n" + name(1) + "," + name(3) +
                                              "\n" + name(30) + ",too," + name(31) + "\n");
        const Finished made = program({"ingest", "--mention", "rows.csv", "--accounts", "accounts.csv", "--pseudonyms",
                                       "key", "-o", "made/s.h5"});
        ASSERT_EQ(made.code, 0) << made.err;
        ASSERT_EQ(program({"score", "made/s.h5", "-o", "made/scores"}).code, 0);
        ASSERT_EQ(program({"pagerank", "made/s.h5", "-o", "made/ranks.csv", "--save", "ranks"}).code, 0);
        // Too many rejects: what the program says stays private too.
        const Finished refused = program({"ingest", "--mention", "rows.csv", "--pseudonyms", "key", "--max-rejects",
                                          "1", "--rejects", "made/other.csv", "-o", "made/t.h5"});
        EXPECT_EQ(refused.code, 3);
        std::vector<std::string> written{made.out, made.err, refused.out, refused.err};
        std::set<std::string> files;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(path("made"))) {
            if (!entry.is_regular_file()) continue;
            written.push_back(read_bytes(entry.path()));
            files.insert(entry.path().filename());
        }
        EXPECT_TRUE(files.contains("s.h5") && files.contains("s.h5.rejects.csv") && files.contains("ranking.csv") &&
                    files.contains("other.csv"));
        for (std::size_t i = 0; i < 40; ++i)
            for (const std::string& text : written) {
                EXPECT_EQ(text.find(name(i)), std::string::npos) << name(i);
                if (!numeric) continue;
                const std::uint64_t number = std::stoull(name(i));
                std::string raw(sizeof number, '\0');
                std::memcpy(raw.data(), &number, sizeof number);
                EXPECT_EQ(text.find(raw), std::string::npos) << name(i);
            }
        EXPECT_TRUE(says(read_bytes(path("made/s.h5.rejects.csv")), "\"expected two columns\",\n"));
        std::filesystem::remove_all(path("made"));
    }
}

// Of posts and profiles, too, with all that is rejected of them.
TEST_F(Pseudonyms, OfPostsLeaveNoOriginalInAnyFile) {
    const std::string broken =
        "{\"data\":[{\"id\":\"1610000000000000077\",\"author_id\":\"7000011\",\"text\":\"Zelda Quiet wrote\n"
        "{\"data\":{\"id\":\"1610000000000000078\",\"author_id\":\"7000033\",\"text\":\"a user that is not "
        "included\"}}\n"
        "{\"data\":{\"id\":\"1610000000000000079\",\"text\":\"no author\"}}\n"
        "{\"data\":{\"id\":\"1610000000000000080\",\"author_id\":\"zelda_q\",\"text\":\"\"}}\n";
    std::string good;
    for (int post = 0; post < 20; ++post)
        good += fmt::format(R"({{"data":{{"id":"16100000000000001{:02}","author_id":"7000011",)"
                            R"("created_at":"2023-01-02T08:00:00.000Z","entities":{{"mentions":[)"
                            R"({{"username":"brams_x","id":"7000022"}}]}}}},"includes":{{"users":[{{"id":"7000011",)"
                            R"("username":"zelda_q","name":"Zelda Quiet"}}]}}}})"
                            "\n",
                            post);
    write_bytes(path("posts.jsonl"), good + broken);
    for (const char* ids : {"numeric", "handles"}) {
        SCOPED_TRACE(ids);
        std::filesystem::create_directory(path("made"));
        const Finished made =
            program({"ingest", "--posts", "posts.jsonl", "--ids", ids, "--pseudonyms", "key", "-o", "made/s.h5"});
        ASSERT_EQ(made.code, 0) << made.err;
        ASSERT_EQ(program({"score", "made/s.h5", "-o", "made/scores"}).code, 0);
        const Finished refused = program({"ingest", "--posts", "posts.jsonl", "--ids", ids, "--pseudonyms", "key",
                                          "--max-rejects", "1", "-o", "made/t.h5"});
        EXPECT_EQ(refused.code, 3);
        std::vector<std::string> written{made.out, made.err, refused.out, refused.err};
        for (const auto& entry : std::filesystem::recursive_directory_iterator(path("made")))
            if (entry.is_regular_file()) written.push_back(read_bytes(entry.path()));
        for (const char* trace : {"7000011", "7000022", "7000033", "zelda_q", "brams_x", "Zelda", "16100000000000000"})
            for (const std::string& text : written)
                EXPECT_EQ(text.find(trace), std::string::npos) << trace << text.substr(0, 200);
        std::filesystem::remove_all(path("made"));
    }
}

TEST_F(Pseudonyms, AreTheSameEveryNightAndOthersUnderAnotherKey) {
    run("one", "source,target\nanna,bert\n", with_key());
    run("two", "source,target\nbert,carl\ncarl,anna\n", with_key());
    const std::vector<std::string> one = accounts_of(path("one"));
    const std::vector<std::string> two = accounts_of(path("two"));
    EXPECT_TRUE(std::includes(two.begin(), two.end(), one.begin(), one.end()));
    const PseudonymKey other(std::string(secret.rbegin(), secret.rend()));
    EXPECT_NE(other.pseudonym("anna"), key_.pseudonym("anna"));
    EXPECT_NE(other.fingerprint(), key_.fingerprint());
}

TEST_F(Pseudonyms, KeyFilesMustHoldAKey) {
    const auto problem = [&](const std::string& content) -> std::string {
        write_bytes(path("bad"), content);
        try {
            PseudonymKey::read(path("bad"));
        } catch (const IoError& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_TRUE(says(problem(secret.substr(1)), "a key must have 32 to 4096 bytes, got 31"));
    EXPECT_TRUE(says(problem(std::string(5000, 'x')), "must"));
    EXPECT_TRUE(says(problem("0000000000000000000000000000000000000000\n"), "only 2 different bytes"));
    EXPECT_TRUE(says(problem(""), "got 0"));
    EXPECT_EQ(problem(secret), "");
    EXPECT_THROW(PseudonymKey::read(path("none")), IoError);
    EXPECT_THROW(PseudonymKey::read(folder_.path()), IoError);
}

TEST_F(Pseudonyms, TellIfOthersCanReadTheKey) {
    EXPECT_TRUE(run("s.h5", "source,target\nanna,bert\n", with_key()).notes.empty());
    ::chmod(path("key").c_str(), 0640);
    const IngestReport report = run("s.h5", "source,target\nanna,bert\n", with_key());
    ASSERT_EQ(report.notes.size(), 1U);
    EXPECT_TRUE(says(report.notes[0], "chmod 600"));
}

TEST_F(Pseudonyms, StandInTheStoreWithTheFingerprintOfTheirKey) {
    run("s.h5", "source,target\nanna,bert\n", with_key());
    const Store store = Store::open(path("s.h5"));
    EXPECT_EQ(store.accounts()->naming(), (Naming{{}, PseudonymInfo{key_.fingerprint(), false}}));
    EXPECT_TRUE(says(program({"info", "s.h5"}).out, "2 (pseudonyms of handles; key " + key_.fingerprint()));

    // By original with the key, by pseudonym without.
    const AccountNames with_key(store, PseudonymKey(secret));
    const AccountNames without(store);
    EXPECT_EQ(with_key.find("anna"), without.find(key_.pseudonym("anna")));
    EXPECT_TRUE(with_key.find("anna").has_value());
    EXPECT_EQ(with_key.find(key_.pseudonym("anna")), with_key.find("anna"));
    EXPECT_FALSE(without.find("anna").has_value());
    EXPECT_TRUE(says(without.why_not("anna"), "--pseudonyms KEYFILE"));
    EXPECT_THROW(AccountNames(store, PseudonymKey(std::string(secret.rbegin(), secret.rend()))), std::invalid_argument);

    const Finished found = program({"account", "s.h5", "bert", "--pseudonyms", "key"});
    EXPECT_EQ(found.code, 0) << found.err;
    EXPECT_TRUE(says(found.out, key_.pseudonym("bert") + "\n"));
    EXPECT_EQ(program({"account", "s.h5", "bert"}).code, 2);
    write_bytes(path("teleport.csv"), "account,weight\nanna,1\n");
    EXPECT_EQ(program({"pagerank", "s.h5", "--teleport", "teleport.csv", "--pseudonyms", "key"}).code, 0);
    EXPECT_EQ(program({"pagerank", "s.h5", "--teleport", "teleport.csv"}).code, 1);
}

TEST_F(Pseudonyms, OfRowsThatAreAppendedOrTakenOutAreThoseOfAllRows) {
    for (const bool numeric : {false, true}) {
        const auto name = [&](std::size_t i) { return numeric ? std::to_string(10 * i) : fmt::format("@P{}", i); };
        IngestOptions options = with_key();
        if (!numeric) options.names = {.fold_case = true, .strip_at = true};
        const std::string rows = rows_of(50, name);
        run("all", rows, options);
        const std::string extra = name(3) + "," + name(4) + "\n";
        const std::size_t cut = rows.rfind('\n', rows.size() / 2) + 1;
        run("some", rows.substr(0, cut) + extra, options);
        // The rules come from the store.
        IngestOptions more = with_key();
        more.append_to = path("some");
        write_bytes(path("removed.csv"), "source,target\n" + extra);
        more.removals = {{"mention", path("removed.csv")}};
        const IngestReport report = run("more", "source,target\n" + rows.substr(cut), more);
        EXPECT_EQ(report.rejected, 0U);
        expect_same_stores(path("more"), path("all"));
        EXPECT_EQ(Store::open(path("more")).accounts()->naming(), Store::open(path("all")).accounts()->naming());
        more.pseudonyms.clear();
        EXPECT_THROW(run("more", "source,target\n" + rows.substr(cut), more), std::invalid_argument);
    }
    const Finished erased = program({"erase", "all", "--account", "20", "--pseudonyms", "key"});
    EXPECT_EQ(erased.code, 0) << erased.err;
    EXPECT_FALSE(Store::open(path("all")).accounts()->find(key_.pseudonym("20")).has_value());
    EXPECT_TRUE(Store::open(path("all")).accounts()->naming().pseudonyms.has_value());
}

TEST_F(Pseudonyms, AreAppendedToWithTheirKeyAlone) {
    const Naming plain;
    const Naming folded{{.fold_case = true}, {}};
    const Naming keyed{{}, PseudonymInfo{key_.fingerprint(), false}};
    const PseudonymKey other(std::string(secret.rbegin(), secret.rend()));
    EXPECT_EQ(naming_to_append("s", plain, {}, nullptr), plain);
    EXPECT_EQ(naming_to_append("s", folded, {}, nullptr), folded);
    EXPECT_EQ(naming_to_append("s", folded, folded.rules, nullptr), folded);
    EXPECT_EQ(naming_to_append("s", keyed, {}, &key_), keyed);
    EXPECT_THROW(naming_to_append("s", plain, folded.rules, nullptr), std::invalid_argument);
    EXPECT_THROW(naming_to_append("s", folded, {.strip_at = true}, nullptr), std::invalid_argument);
    EXPECT_THROW(naming_to_append("s", plain, {}, &key_), std::invalid_argument);
    EXPECT_THROW(naming_to_append("s", keyed, {}, nullptr), std::invalid_argument);
    EXPECT_THROW(naming_to_append("s", keyed, {}, &other), std::invalid_argument);
}

}  // namespace coterie::testing
