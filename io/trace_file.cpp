#include "io/trace_file.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "io/temporary_file.hpp"

namespace coterie {

double TraceFile::now() const {
    return std::chrono::duration<double, std::micro>(Clock::now() - began_).count();
}

void TraceFile::add(std::string_view track, std::string_view name, double begin, double end) {
    auto found = std::ranges::find(tracks_, track);
    if (found == tracks_.end()) found = tracks_.insert(tracks_.end(), std::string(track));
    spans_.push_back({static_cast<std::size_t>(found - tracks_.begin()), std::string(name), begin, end});
}

void TraceFile::write(const std::filesystem::path& path) const {
    using Json = nlohmann::ordered_json;
    Json events = Json::array();
    for (std::size_t track = 0; track < tracks_.size(); ++track)
        events.push_back(
            {{"name", "thread_name"}, {"ph", "M"}, {"pid", 1}, {"tid", track}, {"args", {{"name", tracks_[track]}}}});
    for (const Span& span : spans_)
        events.push_back({{"name", span.name},
                          {"ph", "X"},
                          {"pid", 1},
                          {"tid", span.track},
                          {"ts", span.begin},
                          {"dur", span.end - span.begin}});
    write_file(path, Json{{"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}}.dump() + "\n");
}

}  // namespace coterie
