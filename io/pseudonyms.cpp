#include "io/pseudonyms.hpp"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "host/errors.hpp"
#include "io/fields.hpp"
#include "io/handle_sort.hpp"

namespace coterie {

namespace {

constexpr std::size_t least_different_bytes = 8;
constexpr std::size_t fingerprint_size = 16;
constexpr std::string_view fingerprint_text("\0coterie key", 12);

std::size_t different_bytes(std::string_view text) {
    std::bitset<256> seen;
    for (const char c : text) seen.set(static_cast<unsigned char>(c));
    return seen.count();
}

}  // namespace

struct PseudonymKey::Maker::Context {
    EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    EVP_MAC_CTX* handle = algorithm == nullptr ? nullptr : EVP_MAC_CTX_new(algorithm);
    Context() = default;
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() {
        EVP_MAC_CTX_free(handle);
        EVP_MAC_free(algorithm);
    }
};

PseudonymKey::Maker::Maker(const PseudonymKey& key) : context_(std::make_unique<Context>()) {
    std::array<char, 7> digest{"SHA256"};
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
    if (context_->handle == nullptr ||
        EVP_MAC_init(context_->handle, reinterpret_cast<const unsigned char*>(key.secret_.data()), key.secret_.size(),
                     parameters.data()) != 1)
        throw Error("pseudonyms: OpenSSL cannot compute HMAC-SHA256 here");
}

PseudonymKey::Maker::~Maker() = default;

void PseudonymKey::Maker::write(std::string_view name, char* digits) {
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    std::size_t size = 0;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(name.data());
    // Without a key, `init` begins anew with the one that was set.
    if (EVP_MAC_init(context_->handle, nullptr, 0, nullptr) != 1 ||
        EVP_MAC_update(context_->handle, bytes, name.size()) != 1 ||
        EVP_MAC_final(context_->handle, digest.data(), &size, digest.size()) != 1)
        throw Error("pseudonyms: OpenSSL failed to compute HMAC-SHA256");
    for (std::size_t i = 0; i < pseudonym_size / 2; ++i) {
        digits[2 * i] = hexadecimal[digest[i] >> 4U];
        digits[2 * i + 1] = hexadecimal[digest[i] & 15U];
    }
}

PseudonymKey::PseudonymKey(std::string secret) : secret_(std::move(secret)) {
    if (secret_.size() < least_bytes || secret_.size() > most_bytes)
        throw std::invalid_argument(
            fmt::format("a key must have {} to {} bytes, got {} (head -c 32 /dev/urandom makes one)", least_bytes,
                        most_bytes, secret_.size()));
    fingerprint_ = pseudonym(fingerprint_text).substr(0, fingerprint_size);
}

PseudonymKey::~PseudonymKey() {
    OPENSSL_cleanse(secret_.data(), secret_.size());
}

PseudonymKey::PseudonymKey(PseudonymKey&&) noexcept = default;

PseudonymKey PseudonymKey::read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string secret(most_bytes + 1, '\0');
    if (!file || std::filesystem::is_directory(path) || !file.read(secret.data(), 0))
        throw IoError(fmt::format("{}: must be a file with a key that can be read: {}", path.string(),
                                  std::filesystem::is_directory(path) ? "it is a folder" : std::strerror(errno)));
    file.read(secret.data(), static_cast<std::streamsize>(secret.size()));
    secret.resize(static_cast<std::size_t>(file.gcount()));
    if (secret.size() >= least_bytes && different_bytes(secret) < least_different_bytes)
        throw IoError(
            fmt::format("{}: a key must be random, got one of only {} different bytes (head -c 32 /dev/urandom "
                        "makes one)",
                        path.string(), different_bytes(secret)));
    try {
        return PseudonymKey(std::move(secret));
    } catch (const std::invalid_argument& problem) {
        throw IoError(fmt::format("{}: {}", path.string(), problem.what()));
    }
}

std::string PseudonymKey::pseudonym(std::string_view name) const {
    std::string digits(pseudonym_size, '\0');
    Maker(*this).write(name, digits.data());
    return digits;
}

std::string PseudonymKey::pseudonym(std::string_view original, const Naming& naming) const {
    if (!naming.pseudonyms || !naming.pseudonyms->of_numbers) return pseudonym(naming.rules.normalised(original));
    const auto number = parse_id(original);
    return number ? pseudonym(std::to_string(*number)) : std::string();
}

bool readable_by_others(const std::filesystem::path& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

SortedHandles pseudonyms_of(std::span<const std::uint64_t> ids, const PseudonymKey& key, int threads,
                            Progress* progress) {
    HandleDictionary dictionary;
    std::vector<std::uint32_t> numbers(ids.size());
    std::array<char, 20> digits{};
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), ids[i]).ptr;
        numbers[i] = dictionary.number_of({digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    SortedHandles sorted = dictionary.take_sorted(threads, progress, &key);
    Array<AccountId> positions(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) positions[i] = sorted.positions[numbers[i]];
    sorted.positions = std::move(positions);
    return sorted;
}

}  // namespace coterie
