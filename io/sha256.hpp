#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace coterie {

/// SHA-256 of bytes that come in pieces. FIPS 180-4; computed by OpenSSL, which uses the processor's SHA instructions.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void add(const void* bytes, std::size_t count);
    /// The digest in lowercase hexadecimal [64]. Nothing may be added after it.
    std::string hexadecimal();

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

}  // namespace coterie
