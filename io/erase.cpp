#include "io/erase.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "host/errors.hpp"
#include "host/without_accounts.hpp"
#include "io/fields.hpp"
#include "io/store.hpp"
#include "io/store_lock.hpp"
#include "io/temporary_file.hpp"

namespace coterie {

namespace {

/// True if `name` stands in `text` as a word of its own: not within a longer name or number.
bool names(std::string_view text, std::string_view name) {
    const auto within_name = [](char sign) {
        const auto byte = static_cast<unsigned char>(sign);
        return std::isalnum(byte) != 0 || sign == '_' || byte >= 0x80;
    };
    for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
        const bool begins = at == 0 || !within_name(text[at - 1]);
        const bool ends = at + name.size() == text.size() || !within_name(text[at + name.size()]);
        if (begins && ends) return true;
    }
    return false;
}

bool names_one(std::string_view text, const std::vector<std::string>& accounts) {
    return std::any_of(accounts.begin(), accounts.end(),
                       [&](const std::string& account) { return names(text, account); });
}

std::string read_whole(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) throw IoError(fmt::format("{}: reading failed: {}", path.string(), std::strerror(errno)));
    return std::move(text).str();
}

class Erasure {
  public:
    Erasure(const Store& store, const EraseOptions& options)
        : store_(store), options_(options), accounts_(*store.accounts()) {}

    EraseReport run(const std::vector<std::string>& given) {
        const AccountId n = accounts_.size();
        std::vector<std::uint8_t> gone(n, 0);
        for (const std::string& name : given) {
            const auto account = accounts_.find(name);
            if (!account) {
                report_.absent.push_back(name);
                continue;
            }
            if (gone[*account] == 0) report_.erased.push_back(accounts_.text(*account));
            gone[*account] = 1;
        }
        if (report_.erased.empty()) return std::move(report_);
        store_.verify_checksums(options_.threads, options_.progress);

        std::vector<StoredLayer> layers;
        std::vector<Graph> graphs;
        std::vector<WeightRemainders> remainders;
        for (const LayerInfo& info : store_.layers()) {
            graphs.push_back(store_.graph(info.name));
            remainders.push_back(store_.remainders(info.name));
        }
        for (std::size_t l = 0; l < graphs.size(); ++l) {
            const LayerInfo& info = store_.layers()[l];
            layers.push_back({graphs[l].out(), graphs[l].in(), &remainders[l], !info.directed, info.weighted});
        }
        const RemainingLayers remaining = without_accounts(
            accounts_.by_id(), layers, gone, {.threads = options_.threads, .progress = options_.progress});
        write(remaining);
        return std::move(report_);
    }

  private:
    void write(const RemainingLayers& remaining) {
        const Array<AccountId>& number = remaining.number_of_old;
        const auto n = static_cast<AccountId>(remaining.built.by_id.size());
        std::vector<AccountId> old_of(n);
        for (AccountId old = 0; old < number.size(); ++old)
            if (number[old] != no_account) old_of[number[old]] = old;

        StoreContents contents;
        contents.by_id = remaining.built.by_id;
        contents.created = store_.created();
        contents.naming = accounts_.naming();
        Array<std::uint64_t> ids;
        Array<std::uint64_t> handle_offsets;
        std::string handle_bytes;
        if (accounts_.numeric()) {
            for (const AccountId old : old_of) ids.push_back(accounts_.id(old));
            contents.ids = ids;
        } else {
            handle_offsets.push_back(0);
            for (const AccountId old : old_of) {
                handle_bytes += accounts_.handle(old);
                handle_offsets.push_back(handle_bytes.size());
            }
            contents.handle_offsets = handle_offsets;
            contents.handle_bytes = handle_bytes;
        }
        for (AccountColumn& column : store_.columns()) {
            AccountColumn kept{std::move(column.name), {}};
            std::uint64_t naming = 0;
            for (const AccountId old : old_of) {
                kept.values.push_back(std::move(column.values[old]));
                if (names_one(kept.values.back(), report_.erased)) ++naming;
            }
            if (naming > 0)
                report_.notes.push_back(fmt::format(
                    "the column \"{}\" of {} other accounts holds a name that was erased, and stays as it is",
                    kept.name, naming));
            contents.columns.push_back(std::move(kept));
        }
        for (std::size_t l = 0; l < store_.layers().size(); ++l) {
            const BuiltLayer& built = remaining.built.layers[l];
            LayerInfo info = store_.layers()[l];
            const EdgeOffset edges = info.kept - std::min(info.kept, built.counts.kept);
            report_.edges += edges;
            info.kept -= edges;
            info.rows -= edges;
            contents.layers.push_back({std::move(info), built.out.view(),
                                       built.undirected ? built.out.view() : built.in.view(), &built.remainders});
        }
        for (const std::string& name : store_.result_names())
            contents.results.push_back(remaining_result(store_.result(name), number, old_of));
        write_store(store_.path(), contents, options_.progress);
    }

    StoredResult remaining_result(StoredResult result, const Array<AccountId>& number,
                                  const std::vector<AccountId>& old_of) {
        for (auto attribute = result.attributes.begin(); attribute != result.attributes.end();) {
            const auto* text = std::get_if<std::string>(&attribute->second);
            const bool naming = text != nullptr && attribute->first != "data_checksum" && attribute->first != "seed" &&
                                attribute->first != "version" && names_one(*text, report_.erased);
            if (naming)
                report_.notes.push_back(
                    fmt::format("the attribute '{}' of the result {} named an account and was dropped",
                                attribute->first, result.name));
            attribute = naming ? result.attributes.erase(attribute) : std::next(attribute);
        }
        const auto method = result.attributes.find("method");
        const bool labels_are_accounts =
            method != result.attributes.end() && method->second == AttributeValue(std::string("cdlp"));
        for (auto array = result.arrays.begin(); array != result.arrays.end();) {
            const bool kept = std::visit(
                [&](auto& values) {
                    if (values.size() != number.size()) return false;
                    std::decay_t<decltype(values)> remaining;
                    for (const AccountId old : old_of) remaining.push_back(values[old]);
                    values = std::move(remaining);
                    return true;
                },
                array->second);
            if (!kept)
                report_.notes.push_back(
                    fmt::format("the array '{}' of the result {} does not list values by account and was dropped",
                                array->first, result.name));
            array = kept ? std::next(array) : result.arrays.erase(array);
        }
        if (labels_are_accounts)
            for (auto& [name, values] : result.arrays)
                if (auto* labels = std::get_if<std::vector<std::uint32_t>>(&values))
                    rename_labels(*labels, number, old_of);
        const auto before = result.attributes.find("accounts_erased");
        std::int64_t erased = static_cast<std::int64_t>(report_.erased.size());
        if (before != result.attributes.end())
            if (const auto* count = std::get_if<std::int64_t>(&before->second)) erased += *count;
        result.attributes["accounts_erased"] = erased;
        report_.results.push_back(result.name);
        return result;
    }

    /// Labels are internal ids of the store; those of erased accounts become that of the member with the smallest original id.
    void rename_labels(std::vector<std::uint32_t>& labels, const Array<AccountId>& number,
                       const std::vector<AccountId>& old_of) const {
        std::vector<AccountId> heir(number.size(), no_account);
        std::vector<AccountId> place(number.size());
        const std::span<const AccountId> by_id = accounts_.by_id();
        for (AccountId position = 0; position < by_id.size(); ++position) place[by_id[position]] = position;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            AccountId& first = heir[labels[i]];
            if (first == no_account || place[old_of[i]] < place[old_of[first]]) first = static_cast<AccountId>(i);
        }
        for (std::uint32_t& label : labels) label = number[label] != no_account ? number[label] : heir[label];
    }

    const Store& store_;
    const EraseOptions& options_;
    const Accounts& accounts_;
    EraseReport report_;
};

/// Takes the lines that name an erased account out of the list of rejected lines.
void clean_rejects(const std::filesystem::path& path, EraseReport& report) {
    std::error_code absent;
    if (!std::filesystem::is_regular_file(path, absent)) return;
    const std::string text = read_whole(path);
    std::string kept;
    std::uint64_t dropped = 0;
    for (std::string_view left = text; !left.empty();) {
        const std::size_t length = std::min(left.find('\n'), left.size() - 1) + 1;
        const std::string_view line = left.substr(0, length);
        left.remove_prefix(length);
        if (names_one(line, report.erased))
            ++dropped;
        else
            kept += line;
    }
    report.reject_lines = dropped;
    if (dropped > 0) write_file(path, kept);
}

void overwrite(int descriptor, const std::filesystem::path& path) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0)
        throw IoError(fmt::format("{}: overwriting the old version failed: {}", path.string(), std::strerror(errno)));
    const std::vector<char> zeros(std::size_t{1} << 20, '\0');
    for (off_t at = 0; at < status.st_size;) {
        const auto count = std::min<std::size_t>(zeros.size(), static_cast<std::size_t>(status.st_size - at));
        const ssize_t written = ::pwrite(descriptor, zeros.data(), count, at);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0)
            throw IoError(
                fmt::format("{}: overwriting the old version failed: {}", path.string(), std::strerror(errno)));
        at += written;
    }
    if (::fsync(descriptor) != 0)
        throw IoError(fmt::format("{}: overwriting the old version failed: {}", path.string(), std::strerror(errno)));
}

}  // namespace

std::vector<std::string> read_account_list(const std::filesystem::path& path) {
    const std::string text = read_whole(path);
    std::vector<std::string> accounts;
    std::string_view left = text;
    if (left.starts_with("\xef\xbb\xbf")) left.remove_prefix(3);
    while (!left.empty()) {
        const std::size_t length = std::min(left.find('\n'), left.size());
        std::string_view line = trimmed(left.substr(0, length));
        if (line.ends_with('\r')) line = trimmed(line.substr(0, line.size() - 1));
        left.remove_prefix(std::min(length + 1, left.size()));
        if (!line.empty() && line.front() != '#') accounts.emplace_back(line);
    }
    return accounts;
}

EraseReport erase_accounts(const std::filesystem::path& path, const std::vector<std::string>& accounts,
                           const EraseOptions& options) {
    std::error_code error;
    const std::filesystem::path target = std::filesystem::canonical(path, error);
    if (error) throw IoError(fmt::format("{}: opening the store failed: {}", path.string(), error.message()));
    const Descriptor old = lock_store(target, options.progress);
    EraseReport report;
    std::vector<std::string> inputs;
    {
        const Store store = Store::open(target);
        report = Erasure(store, options).run(accounts);
        for (const LayerInfo& layer : store.layers())
            for (const SourceFile& source : layer.sources) inputs.push_back(source.path);
    }
    if (report.erased.empty()) return report;
    if (options.overwrite) overwrite(old.get(), path);
    clean_rejects(path.string() + ".rejects.csv", report);
    std::sort(inputs.begin(), inputs.end());
    inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
    if (!inputs.empty())
        report.notes.push_back(
            fmt::format("input files are left as they are, and an ingest from them brings the accounts back: {}",
                        fmt::join(inputs, ", ")));
    report.notes.push_back(
        "files that were written from the store before (tables, rankings, summaries) are not known to it: write them "
        "again");
    return report;
}

}  // namespace coterie
