#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "host/array.hpp"
#include "host/progress.hpp"
#include "io/handle_dictionary.hpp"
#include "io/name_rules.hpp"

namespace coterie {

/// A secret key that turns names of accounts into pseudonyms: the same name always into the same one, and nobody without the
/// key can tell whose it is, nor make one.
///
///   pseudonym(name) = the first 16 bytes of HMAC-SHA256(key, name), as 32 lower-case hexadecimal digits
///
/// `name` is the handle, normalised by the NameRules, or the number in decimal without leading zeros. Two of 100 million
/// accounts share a pseudonym with a chance of 1.5e-23; if it happens, ingest says so and writes nothing.
/// RFC 2104 (which asks for 128 bits at least), FIPS 180-4.
class PseudonymKey {
  public:
    static constexpr std::size_t pseudonym_size = 32;
    static constexpr std::size_t least_bytes = 32;
    static constexpr std::size_t most_bytes = 4096;

    /// `secret`: 32 to 4,096 bytes. Throws std::invalid_argument for fewer or more.
    explicit PseudonymKey(std::string secret);
    /// Reads a key file: all its bytes as they stand are the key (`head -c 32 /dev/urandom > key`, or `openssl rand -hex 32`).
    /// Throws IoError, naming the file, if it cannot be read or holds no key: too few bytes, too many, or such that are not
    /// random (fewer than 8 different ones).
    static PseudonymKey read(const std::filesystem::path& path);
    ~PseudonymKey();
    PseudonymKey(PseudonymKey&&) noexcept;

    /// From any thread.
    std::string pseudonym(std::string_view name) const;
    /// The pseudonym of an original as somebody writes it, by the naming of a store: normalised, or as a number (007 is 7).
    /// Empty if the originals are numbers and `original` is none.
    std::string pseudonym(std::string_view original, const Naming& naming) const;
    /// What tells keys apart and is kept in a store: 16 digits of HMAC-SHA256(key, NUL and "coterie key"). No account's name
    /// has a NUL byte.
    const std::string& fingerprint() const { return fingerprint_; }

    /// Computes pseudonyms on one thread, without setting up the key for each.
    class Maker {
      public:
        explicit Maker(const PseudonymKey& key);
        ~Maker();
        Maker(const Maker&) = delete;
        Maker& operator=(const Maker&) = delete;
        /// Writes the 32 digits to `digits`.
        void write(std::string_view name, char* digits);

      private:
        struct Context;
        std::unique_ptr<Context> context_;
    };

  private:
    std::string secret_;
    std::string fingerprint_;
};

/// Whether others than the owner of the file may read it: then a key in it is no secret.
bool readable_by_others(const std::filesystem::path& path);

/// Pseudonyms of `ids` (distinct numbers) in bytewise order; `positions` [ids] leads there. Throws Error if two are equal.
SortedHandles pseudonyms_of(std::span<const std::uint64_t> ids, const PseudonymKey& key, int threads,
                            Progress* progress = nullptr);

}  // namespace coterie
