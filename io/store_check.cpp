#include "io/store_check.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <set>

#include "host/errors.hpp"
#include "io/descriptor.hpp"
#include "io/hdf5_objects.hpp"
#include "io/store_rules.hpp"

namespace coterie {

namespace {

using hdf5::FoundArray;

/// A damage from an error that says "file: object what".
Damage damage_of(const IoError& error, const std::filesystem::path& path) {
    std::string what = error.what();
    const std::string file = path.string() + ": ";
    if (what.starts_with(file)) what.erase(0, file.size());
    Damage damage{"/", what};
    if (!what.starts_with('/')) return damage;
    const std::size_t end = std::min(what.find_first_of(" :"), what.size());
    damage.object = what.substr(0, end);
    what.erase(0, end);
    what.erase(0, what.find_first_not_of(": ") == what.npos ? what.size() : what.find_first_not_of(": "));
    damage.what = what;
    return damage;
}

void require_readable(const std::filesystem::path& path) {
    const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!descriptor)
        throw IoError(fmt::format("{}: opening the store failed: {}", path.string(), std::strerror(errno)));
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0 || !S_ISREG(status.st_mode))
        throw IoError(fmt::format("{}: a store must be a regular file", path.string()));
}

std::vector<std::string> parts_of(const std::string& object) {
    std::vector<std::string> parts;
    for (std::size_t begin = 1; begin <= object.size();) {
        const std::size_t end = std::min(object.find('/', begin), object.size());
        parts.push_back(object.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

class Check {
  public:
    Check(const Store::Opened& store, int threads, Progress* progress)
        : store_(store), threads_(threads), progress_(progress), checks_(store.descriptor), rules_(store, checks_) {}

    StoreCheck run() {
        {
            const hdf5::Session session;
            found_ = hdf5::all_objects(store_.file.get(), store_.root(), store_.mapping->bytes());
        }
        rules_.accounts();
        for (std::size_t l = 0; l < store_.layers.size(); ++l) {
            rules_.offsets_of(l);
            rules_.counts_of(l);
        }
        const std::size_t known = checks_.size();
        add_others();
        for (ArrayChecks::Id array = known; array < checks_.size(); ++array)
            if (checks_[array].object.starts_with("/accounts/")) check_other(array);
        checks_.run("checking accounts and offsets", threads_, progress_);
        rules_.order();
        for (std::size_t l = 0; l < store_.layers.size(); ++l) rules_.edges_of(l);
        for (ArrayChecks::Id array = known; array < known + others_.size(); ++array)
            if (!checks_[array].object.starts_with("/accounts/")) check_other(array);
        checks_.run("checking edges and results", threads_, progress_);
        rules_.compare_directions();
        return report();
    }

  private:
    /// Arrays that are neither of the accounts' names nor of the layers: columns, results, and what coterie does not know.
    void add_others() {
        std::set<std::uint64_t> known;
        const auto knows = [&](const auto& dataset) { known.insert(dataset.address); };
        const auto may_know = [&](const auto& dataset) {
            if (dataset) knows(*dataset);
        };
        const AccountDatasets& accounts = store_.account_datasets;
        for (const auto* dataset : {&accounts.ids, &accounts.handle_offsets, &accounts.handle_bytes, &accounts.by_id})
            may_know(*dataset);
        for (const LayerDatasets& layer : store_.datasets)
            for (const CsrDatasets* csr : {&layer.out, &layer.in}) {
                knows(csr->offsets);
                knows(csr->neighbors);
                may_know(csr->weights);
            }
        for (FoundArray& array : found_.arrays) {
            if (known.contains(array.address)) continue;
            CheckedArray checked{array.object, {}, array.offset, array.offset ? array.bytes : 0, array.checksum, {}};
            // What another writer put in chunks is read through HDF5 where it is used; its filters guard it, if any do.
            if (!array.offset && array.count > 0) checked.checksum.reset();
            checks_.add(std::move(checked));
            others_.push_back(std::move(array));
        }
        first_other_ = checks_.size() - others_.size();
    }

    void check_other(ArrayChecks::Id array) {
        const FoundArray& found = others_[array - first_other_];
        const std::vector<std::string> parts = parts_of(found.object);
        const auto must_have = [&](std::uint64_t count, std::string_view meaning) {
            if (found.one_dimensional && found.count == count) return;
            damages_.push_back(
                {found.object, fmt::format("must have {} values ({}), got {}", count, meaning, found.count)});
        };
        const std::uint64_t n = store_.num_accounts;
        const bool column = parts.size() == 2 && parts[0] == "accounts";
        const bool divided = parts.size() == 3 && parts[0] == "accounts" && parts[2] == "offsets";
        if (column) must_have(n, "num_accounts");
        if (parts.size() == 3 && parts[0] == "results" && parts[2] == "values") must_have(n, "num_accounts");
        const auto bytes = std::find_if(others_.begin(), others_.end(), [&](const FoundArray& other) {
            return divided && other.object == "/accounts/" + parts[1] + "/bytes";
        });
        if (divided && bytes != others_.end() && found.offset && found.width == sizeof(std::uint64_t)) {
            must_have(n + 1, "num_accounts + 1");
            check_offsets(checks_, array, bytes->count);
        } else {
            checks_.check(array);
        }
    }

    std::string part_of(const std::string& object) const {
        const std::vector<std::string> parts = parts_of(object);
        if (parts.size() >= 2 && parts[0] == "layers") return "layer " + parts[1];
        if (parts[0] == "results") return "results";
        if (parts[0] != "accounts") return "others";
        const bool names = parts.size() > 1 && (parts[1] == "ids" || parts[1] == "handles" || parts[1] == "by_id");
        return parts.size() == 1 || names ? "accounts" : "columns";
    }

    StoreCheck report() {
        StoreCheck result;
        std::map<std::string, StoreCheck::Part> parts;
        for (ArrayChecks::Id array = 0; array < checks_.size(); ++array) {
            const CheckedArray& of = checks_[array];
            StoreCheck::Part& part = parts[part_of(of.object)];
            ++part.arrays;
            part.bytes += of.bytes;
            part.without_sum += !of.checksum;
        }
        const auto add = [&](const std::string& name, std::string rules) {
            const auto found = parts.find(name);
            if (found == parts.end()) return;
            found->second.name = name;
            found->second.rules = std::move(rules);
            result.parts.push_back(std::move(found->second));
        };
        add("accounts", "all different, in ascending order along by_id");
        add("columns", "a value for every account");
        for (const LayerInfo& layer : store_.layers)
            add("layer " + layer.name,
                fmt::format("rows add up; offsets ascend to {}; neighbors ascend, below {}{}; {}", layer.num_edges,
                            store_.num_accounts, layer.weighted ? "; weights finite" : "",
                            layer.directed ? "the same edges out and in" : "each edge both ways"));
        add("results", "a value for every account");
        add("others", "checksums alone: coterie does not know these arrays");
        result.accounts = store_.num_accounts;
        result.bytes = checks_.bytes_read();
        for (const IoError& error : found_.failures) result.damages.push_back(damage_of(error, store_.path));
        for (const std::vector<Damage>& damages : {damages_, rules_.damages(), checks_.damages()})
            result.damages.insert(result.damages.end(), damages.begin(), damages.end());
        return result;
    }

    const Store::Opened& store_;
    int threads_;
    Progress* progress_;
    ArrayChecks checks_;
    StoreRules rules_;
    hdf5::FoundObjects found_;
    std::vector<FoundArray> others_;
    ArrayChecks::Id first_other_ = 0;
    std::vector<Damage> damages_;
};

}  // namespace

StoreCheck check_store(const std::filesystem::path& path, int threads, Progress* progress) {
    require_readable(path);
    std::shared_ptr<const Store::Opened> store;
    try {
        store = opened_store(path);
    } catch (const IoError& error) {
        StoreCheck result;
        result.damages.push_back(damage_of(error, path));
        return result;
    }
    return Check(*store, threads, progress).run();
}

}  // namespace coterie
