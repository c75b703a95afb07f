#include "io/ingest_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "host/errors.hpp"

namespace coterie {

namespace {

constexpr std::uint64_t least_reject_limit = 100;
constexpr std::uint64_t rows_per_allowed_reject = 1000;

}  // namespace

std::optional<PseudonymKey> pseudonym_key(const IngestOptions& options, IngestReport& report) {
    if (options.pseudonyms.empty()) return std::nullopt;
    std::optional<PseudonymKey> key(PseudonymKey::read(options.pseudonyms));
    if (readable_by_others(options.pseudonyms))
        report.notes.push_back(
            fmt::format("{}: others than its owner can read this key, and tell who is who by it: chmod 600",
                        options.pseudonyms.string()));
    return key;
}

void settle_rejects(RejectsFile& rejects, const IngestOptions& options, std::uint64_t rows, IngestReport& report) {
    report.rejected = rejects.count();
    if (rejects.count() == 0) {
        // A list left by an earlier run would speak of another store.
        if (options.rejects.empty()) {
            std::error_code ignored;
            std::filesystem::remove(rejects.path(), ignored);
        }
        remove_leftovers(rejects.path());
        return;
    }
    rejects.commit();
    report.rejects = rejects.path();
    const std::uint64_t limit =
        options.max_rejects.value_or(std::max(least_reject_limit, rows / rows_per_allowed_reject));
    if (rejects.count() > limit)
        throw TooManyRejects(
            fmt::format("{}\ningest: at most {} of {} rows may be rejected, but {} were: they stand in {}, the first "
                        "above; to go on without them: --max-rejects {}",
                        rejects.first(), limit, rows, rejects.count(), rejects.path().string(), rejects.count()));
}

}  // namespace coterie
