#include "io/formats/post_events.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <omp.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>
#include <tuple>
#include <utility>

#include "host/errors.hpp"
#include "io/time_rules.hpp"

namespace coterie {

namespace {

std::tuple<std::uint64_t, std::uint32_t, std::uint64_t, std::uint64_t> key(const PostEvent& event) {
    return {event.post, event.link, event.source, event.target};
}

/// Puts `events` in order and leaves one of each; of several times the latest, for a copy may lack it.
void settle(std::vector<PostEvent>& events) {
    std::sort(events.begin(), events.end(), [](const PostEvent& a, const PostEvent& b) {
        return key(a) != key(b) ? key(a) < key(b) : a.time > b.time;
    });
    events.erase(std::unique(events.begin(), events.end(),
                             [](const PostEvent& a, const PostEvent& b) { return key(a) == key(b); }),
                 events.end());
}

double known_or_least(double time) {
    return std::isnan(time) ? -std::numeric_limits<double>::infinity() : time;
}

[[noreturn]] void fail(const std::string& folder, std::string_view doing) {
    throw IoError(fmt::format("{}: {} failed: {}", folder, doing, std::strerror(errno)));
}

int unnamed_file(const std::string& folder) {
    std::string name = folder + "/coterie-posts-XXXXXX";
    const int file = ::mkostemp(name.data(), O_CLOEXEC);
    if (file < 0) fail(folder, "creating a file for events of posts");
    ::unlink(name.c_str());
    return file;
}

}  // namespace

PostEvents::PostEvents(IdKind ids, HandleNumbers handles, std::size_t threads, std::size_t memory, std::string folder)
    : ids_(ids),
      handles_(std::move(handles)),
      events_a_writer_(
          std::max<std::size_t>(num_parts, memory / sizeof(PostEvent) / std::max<std::size_t>(1, threads))),
      folder_(folder.empty() ? "." : std::move(folder)) {}

PostEvents::~PostEvents() {
    for (const auto& writer : writers_)
        if (writer->file_ >= 0) ::close(writer->file_);
}

PostEvents::Writer::Writer(PostEvents& events) : events_(events), parts_(num_parts) {}

PostEvents::Writer& PostEvents::writer() {
    const std::lock_guard lock(mutex_);
    return *writers_.emplace_back(new Writer(*this));
}

std::uint64_t PostEvents::number_of(const PostAccount& account) {
    return ids_ == IdKind::numeric ? account.id : handles_.number_of(account.username);
}

void PostEvents::Writer::add(const Post& post) {
    keep({post.id, PostEvent::is_post, events_.number_of(post.author), 0, known_or_least(post.time)});
}

void PostEvents::Writer::add(const PostEdge& edge) {
    keep({edge.post, static_cast<std::uint32_t>(edge.link), events_.number_of(edge.source),
          events_.number_of(edge.target), known_or_least(edge.time)});
}

void PostEvents::Writer::keep(const PostEvent& event) {
    parts_[XXH3_64bits(&event.post, sizeof event.post) % num_parts].push_back(event);
    if (++count_ >= events_.events_a_writer_) spill();
}

void PostEvents::Writer::spill() {
    if (file_ < 0) file_ = unnamed_file(events_.folder_);
    for (std::size_t p = 0; p < num_parts; ++p) {
        std::vector<PostEvent>& part = parts_[p];
        if (part.empty()) continue;
        settle(part);
        runs_.push_back({p, written_, part.size()});
        const auto* next = reinterpret_cast<const char*>(part.data());
        for (std::size_t left = part.size() * sizeof(PostEvent); left > 0;) {
            const ssize_t done = ::pwrite(file_, next, left, static_cast<off_t>(written_));
            if (done < 0 && errno == EINTR) continue;
            if (done < 0) fail(events_.folder_, "writing events of posts");
            next += done;
            left -= static_cast<std::size_t>(done);
            written_ += static_cast<std::uint64_t>(done);
        }
        part.clear();
    }
    count_ = 0;
}

/// All events of a part, each once, in order.
std::vector<PostEvent> PostEvents::part(std::size_t number) {
    std::vector<PostEvent> events;
    for (const auto& writer : writers_) {
        std::vector<PostEvent> held = std::move(writer->parts_[number]);
        events.insert(events.end(), held.begin(), held.end());
        for (const Writer::Run& run : writer->runs_) {
            if (run.part != number) continue;
            const std::size_t before = events.size();
            events.resize(before + run.events);
            auto* next = reinterpret_cast<char*>(events.data() + before);
            std::uint64_t offset = run.offset;
            for (std::size_t left = run.events * sizeof(PostEvent); left > 0;) {
                const ssize_t got = ::pread(writer->file_, next, left, static_cast<off_t>(offset));
                if (got < 0 && errno == EINTR) continue;
                if (got <= 0) fail(folder_, "reading events of posts");
                next += got;
                left -= static_cast<std::size_t>(got);
                offset += static_cast<std::uint64_t>(got);
            }
        }
    }
    settle(events);
    return events;
}

void PostEvents::emit(const std::vector<PostEvent>& events, const std::array<std::size_t, num_post_links>& layers,
                      ThreadRows& rows, PostTally& tally) {
    BlockTally counted;
    counted.layers.resize(rows.layers.size());
    for (std::size_t begin = 0; begin < events.size();) {
        std::size_t end = begin;
        std::uint64_t edges = 0;
        for (; end < events.size() && events[end].post == events[begin].post; ++end) {
            const PostEvent& event = events[end];
            if (event.link == PostEvent::is_post) continue;
            ++edges;
            const std::size_t l = layers[event.link];
            LayerTally& layer = counted.layers[l];
            ++layer.rows;
            if (rows.times != nullptr && (*rows.times)[l].matters()) {
                (*rows.times)[l].add(rows, counted, event.source, event.target, std::nullopt, event.time);
                continue;
            }
            if (std::isfinite(event.time)) {
                layer.first_time = std::min(layer.first_time, event.time);
                layer.last_time = std::max(layer.last_time, event.time);
            }
            rows.layers[l].add(event.source, event.target);
        }
        ++tally.posts;
        tally.posts_without_events += edges == 0;
        begin = end;
    }
    for (std::size_t l = 0; l < counted.layers.size(); ++l) tally.layers[l].add(counted.layers[l]);
}

PostTally PostEvents::drain(const std::array<std::size_t, num_post_links>& layers, std::vector<ThreadRows>& rows) {
    PostTally total;
    total.layers.resize(rows[0].layers.size());
    std::exception_ptr failure;
    const int threads = static_cast<int>(rows.size());
#pragma omp parallel num_threads(threads)
    {
        PostTally mine;
        mine.layers.resize(total.layers.size());
        ThreadRows& into = rows[static_cast<std::size_t>(omp_get_thread_num())];
#pragma omp for schedule(dynamic, 1)
        for (std::size_t p = 0; p < num_parts; ++p) {
            try {
                emit(part(p), layers, into, mine);
            } catch (...) {
                const std::lock_guard lock(mutex_);
                if (failure == nullptr) failure = std::current_exception();
            }
        }
        const std::lock_guard lock(mutex_);
        total.posts += mine.posts;
        total.posts_without_events += mine.posts_without_events;
        for (std::size_t l = 0; l < total.layers.size(); ++l) total.layers[l].add(mine.layers[l]);
    }
    for (const auto& writer : writers_)
        if (writer->file_ >= 0) ::close(writer->file_);
    writers_.clear();
    if (failure != nullptr) std::rethrow_exception(failure);
    return total;
}

}  // namespace coterie
