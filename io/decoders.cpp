#include "io/decoders.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "host/errors.hpp"

namespace coterie {

namespace {

constexpr std::size_t buffer_bytes = std::size_t{256} << 10;

[[noreturn]] void fail_truncated(const RawInput& raw) {
    throw IoError(fmt::format("{}: ends after {} bytes in the middle of its compressed data: the file is truncated",
                              raw.name(), raw.bytes_read()));
}

[[noreturn]] void fail_damaged(const RawInput& raw, std::string_view reason) {
    throw IoError(
        fmt::format("{}: its compressed data are damaged near byte {}: {}", raw.name(), raw.position(), reason));
}

/// True if something follows the end of a member. Zeros that pad a file to full blocks are nothing.
bool another_member(RawInput& raw, std::string_view begins_with, std::string_view format) {
    for (;;) {
        const std::string_view ahead = raw.ahead();
        const std::size_t zeros = std::min(ahead.find_first_not_of('\0'), ahead.size());
        raw.take(zeros);
        if (zeros < ahead.size()) break;
        if (!raw.refill()) return false;
    }
    if (begins_with.find(raw.ahead()[0]) == std::string_view::npos)
        throw IoError(
            fmt::format("{}: after the end of its compressed data, at byte {}, stands something that is no {}",
                        raw.name(), raw.position(), format));
    return true;
}

class GzipDecoder : public Decoder {
  public:
    explicit GzipDecoder(const std::string& name) {
        constexpr int largest_window = 15;
        constexpr int with_gzip_header = 16;
        if (inflateInit2(&stream_, largest_window + with_gzip_header) != Z_OK)
            throw IoError(fmt::format("{}: zlib cannot start", name));
    }
    GzipDecoder(const GzipDecoder&) = delete;
    GzipDecoder& operator=(const GzipDecoder&) = delete;
    ~GzipDecoder() override { inflateEnd(&stream_); }

    std::size_t read(RawInput& raw, char* into, std::size_t count) override {
        stream_.next_out = reinterpret_cast<Bytef*>(into);
        stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(count, std::size_t{1} << 30));
        const std::size_t wanted = stream_.avail_out;
        while (stream_.avail_out > 0) {
            if (between_members_) {
                if (!another_member(raw, "\x1f", "gzip")) break;
                inflateReset(&stream_);
                between_members_ = false;
            }
            if (raw.ahead().empty() && !raw.refill()) fail_truncated(raw);
            // zlib takes its input as not const, but does not write to it.
            stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(raw.ahead().data()));
            stream_.avail_in = static_cast<uInt>(raw.ahead().size());
            const int outcome = inflate(&stream_, Z_NO_FLUSH);
            raw.take(raw.ahead().size() - stream_.avail_in);
            if (outcome == Z_STREAM_END) {
                between_members_ = true;
            } else if (outcome != Z_OK) {
                fail_damaged(raw, stream_.msg != nullptr ? stream_.msg : "zlib gives no reason");
            }
        }
        return wanted - stream_.avail_out;
    }

  private:
    z_stream stream_{};
    bool between_members_ = false;
};

class ZstdDecoder : public Decoder {
  public:
    explicit ZstdDecoder(const std::string& name) : stream_(ZSTD_createDStream()) {
        if (stream_ == nullptr) throw IoError(fmt::format("{}: zstd cannot start", name));
    }

    std::size_t read(RawInput& raw, char* into, std::size_t count) override {
        ZSTD_outBuffer out{into, count, 0};
        while (out.pos < out.size) {
            if (between_frames_ && !another_member(raw, frame_begins, "zstd")) break;
            const bool no_more = raw.ahead().empty() && !raw.refill();
            ZSTD_inBuffer in{raw.ahead().data(), raw.ahead().size(), 0};
            const std::size_t before = out.pos;
            const std::size_t outcome = ZSTD_decompressStream(stream_.get(), &out, &in);
            if (ZSTD_isError(outcome) != 0) fail_damaged(raw, ZSTD_getErrorName(outcome));
            raw.take(in.pos);
            between_frames_ = outcome == 0;
            if (no_more && out.pos == before && !between_frames_) fail_truncated(raw);
        }
        return out.pos;
    }

  private:
    /// A frame's first byte, or a skippable frame's.
    static constexpr std::string_view frame_begins = "\x28PQRSTUVWXYZ[\\]^_";

    struct Free {
        void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
    };
    std::unique_ptr<ZSTD_DStream, Free> stream_;
    bool between_frames_ = true;
};

struct Magic {
    std::string_view bytes;
    std::string_view name;
    std::string_view command;
};

using namespace std::string_view_literals;
constexpr std::array<Magic, 3> foreign_compressions{{{"\xfd"
                                                      "7zXZ\0"sv,
                                                      "xz", "xz -dc"},
                                                     {"BZh"sv, "bzip2", "bzip2 -dc"},
                                                     {"PK\3\4"sv, "zip", "unzip -p"}}};

bool begins_as_zstd(std::string_view head) {
    const bool skippable = head.size() >= 4 && (static_cast<unsigned char>(head[0]) & 0xf0U) == 0x50U &&
                           head.substr(1, 3) == "\x2a\x4d\x18";
    return skippable || head.starts_with("\x28\xb5\x2f\xfd");
}

}  // namespace

std::size_t RawInput::read(char* into, std::size_t count) {
    std::size_t total = 0;
    while (total < count && !at_end_) {
        const ssize_t got = ::read(descriptor_, into + total, count - total);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw IoError(fmt::format("{}: reading failed: {}", name_, std::strerror(errno)));
        if (got == 0) at_end_ = true;
        total += static_cast<std::size_t>(got);
    }
    digest_.add(into, total);
    bytes_read_ += total;
    if (at_end_ && bytes_read_ < bytes_there_)
        throw IoError(fmt::format("{}: became shorter while it was read: it had {} bytes, and ended after {}", name_,
                                  bytes_there_, bytes_read_));
    return total;
}

bool RawInput::refill() {
    buffer_.resize(buffer_bytes);
    buffer_.resize(read(buffer_.data(), buffer_.size()));
    taken_ = 0;
    return !buffer_.empty();
}

std::unique_ptr<Decoder> decoder_for(std::string_view head, const std::string& name, const std::string& path) {
    if (head.starts_with("\x1f\x8b")) return std::make_unique<GzipDecoder>(name);
    if (begins_as_zstd(head)) return std::make_unique<ZstdDecoder>(name);
    for (const Magic& magic : foreign_compressions)
        if (head.starts_with(magic.bytes))
            throw IoError(fmt::format(
                "{}: must be plain text, gzip or zstd, but is compressed with {}; try {} {} | coterie ingest … -", name,
                magic.name, magic.command, path));
    if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff"))
        throw IoError(fmt::format("{}: must be UTF-8, but is UTF-16; try iconv -f UTF-16 -t UTF-8 {}", name, path));
    return nullptr;
}

}  // namespace coterie
